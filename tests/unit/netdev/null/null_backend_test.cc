// SPDX-License-Identifier: MIT
#include "tests/unit/netdev/null/null_backend.h"

#include <gtest/gtest.h>

#include <optional>

#include "net/cli/netdev_table.h"
#include "net/monitor/commands/describe_netdev.h"
#include "net/options.h"
#include "tests/support/tap_fixture.h"

/// What docs/ARCHITECTURE.md says of adding a backend is enough for everything below. The fixture
/// goes by the name of vde.
namespace qnetdev {
namespace {

using Lines = std::vector<std::string>;

class NullBackend : public test::TapFixture {
protected:
    Result<void> start(std::string_view argument) {
        ParsedNetdev parsed = NET_TRY(parse_netdev(argument));
        return net_client_init(context_, parsed.netdev);
    }
};

TEST_F(NullBackend, ComesToLifeFromText) {
    ASSERT_TRUE(start("vde,id=n0"));
    EXPECT_EQ(group("n0").size(), 1U);
    EXPECT_EQ(group("n0").description().type, "vde");
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=null,drops what it gets"});
}

TEST_F(NullBackend, StandsBesideTaps) {
    ASSERT_TRUE(add("t0", quiet("t0")));
    ASSERT_TRUE(start("vde,id=n0"));
    EXPECT_EQ(context_.registry().groups().size(), 2U);
}

TEST_F(NullBackend, IsNamedWhereATypeIsNotSupported) {
    const Result<void> outcome = start("l2tpv3,id=n0,src=a,dst=b,txsession=1");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().hint(), "tap, bridge and vde are");
}

TEST_F(NullBackend, TakesFramesOfACardAndCountsThem) {
    ASSERT_TRUE(start("vde,id=n0"));
    NetClientState& card = attach_nic("n0").client(0);
    EXPECT_EQ(card.send(test::TextFrame("four")), Delivery::done);
    EXPECT_EQ(card.send(test::TextFrame("sixsix")), Delivery::done);
    const FrameCounters& counters = group("n0").client(0).counters();
    EXPECT_EQ(counters.tx_packets, 2U);
    EXPECT_EQ(counters.tx_bytes, 10U);
    EXPECT_EQ(counters.rx_packets, 0U);
}

TEST_F(NullBackend, OffersACardNothingThatItDoesNotHave) {
    ASSERT_TRUE(start("vde,id=n0"));
    EXPECT_EQ(&group("n0").client(0).vnet(), &VnetBackend::none());
}

TEST_F(NullBackend, IsToldByTheMonitor) {
    ASSERT_TRUE(start("vde,id=n0"));
    const qapi::NetdevInfo info = describe_netdev(group("n0"));
    EXPECT_EQ(info.type, qapi::NetClientDriver::vde);
    EXPECT_EQ(info.stage, qapi::NetdevStage::ready);
    EXPECT_TRUE(info.link_up);
    EXPECT_FALSE(info.interface.has_value());
}

TEST_F(NullBackend, IsToldByTheTool) {
    ASSERT_TRUE(start("vde,id=n0"));
    const Result<std::string> table = cli::netdev_table(context_.registry(), std::nullopt);
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_EQ(*table,
              "id  ifname  queue  fd  multi_queue  vnet_hdr  hdr_len  offload  offered  sndbuf  "
              "script  downscript  vhost\n"
              "n0  -       0      -   -            -         -        -        -        -       "
              "no      no          off\n");
}

TEST_F(NullBackend, IsSetUpOnAThreadIfItsRowSaysThatItWaits) {
    std::optional<Result<void>> outcome;
    ParsedNetdev parsed = *parse_netdev("vde,id=n0,port=1");
    net_client_init_async(context_, parsed.netdev, {},
                          [&outcome](Result<void> result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome) << "not yet";
    ASSERT_TRUE(loop_.run_until([&outcome] { return outcome.has_value(); }));
    EXPECT_TRUE(*outcome);
    EXPECT_EQ(group("n0").size(), 1U);
}

TEST_F(NullBackend, GoesLikeAnyOther) {
    ASSERT_TRUE(start("vde,id=n0"));
    remove("n0");
    EXPECT_EQ(context_.registry().find_backend("n0"), nullptr);
    EXPECT_TRUE(start("vde,id=n0"));
}

}  // namespace
}  // namespace qnetdev
