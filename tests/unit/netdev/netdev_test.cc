// SPDX-License-Identifier: MIT
#include "net/netdev.h"

#include <gtest/gtest.h>

#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using Lines = std::vector<std::string>;

class Netdev : public test::TapFixture {
protected:
    template <class Options>
    Error unsupported(Options options) {
        Result<void> outcome =
            net_client_init(context_, {.id = "n0", .branch = std::move(options)});
        EXPECT_FALSE(outcome);
        return outcome ? Error("was accepted") : std::move(outcome).error();
    }
};

TEST_F(Netdev, ReturnsTheGroupWhichKnowsItsInterface) {
    Result<NetClientGroup*> group = net_client_init(context_, netdev("n0", quiet()));
    ASSERT_TRUE(group);
    EXPECT_EQ((*group)->id(), "n0");
    EXPECT_EQ((*group)->interface_name(), "tap0");
    EXPECT_EQ(*group, context_.registry().find_backend("n0"));
    EXPECT_EQ(*group, net_client_find(context_, "n0").value());
}

TEST_F(Netdev, IsFoundByItsIdOrNotAtAll) {
    Result<NetClientGroup*> none = net_client_find(context_, "n0");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message(), "no netdev 'n0'");
    EXPECT_EQ(none.error().error_class(), ErrorClass::device_not_found);
    EXPECT_DEATH((void)(*none)->size(), "qnetdev: unchecked error: no netdev 'n0'");
}

TEST_F(Netdev, RefusesAnIdThatIsTaken) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    Result<void> again = add("n0", quiet("t1"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(), "'id' n0 is in use by another netdev");
    EXPECT_EQ(again.error().param(), "id");
    EXPECT_EQ(again.error().stage(), Stage::validate);
    EXPECT_EQ(tun_.find("t1"), nullptr);
}

TEST_F(Netdev, TellsAnUnsupportedTypeFromOneThatIsNoBackend) {
    Error error = unsupported(qapi::NetdevUserOptions{});
    EXPECT_EQ(error.message(), "netdev type 'user' is not supported by this build");
    EXPECT_EQ(error.param(), "type");
    EXPECT_EQ(error.hint(), "tap and bridge are");
    error = unsupported(qapi::NetLegacyNicOptions{});
    EXPECT_EQ(error.message(), "'type' nic is a card, not a backend");
    EXPECT_EQ(error.stage(), Stage::validate);
    EXPECT_EQ(unsupported(qapi::NetdevSocketOptions{.listen = ":1"}).message(),
              "netdev type 'socket' is not supported by this build");
}

TEST_F(Netdev, ValidatesWhatItCannotRealise) {
    const Error error = unsupported(qapi::NetdevUserOptions{.net = "bad"});
    EXPECT_EQ(error.param(), "net");
    EXPECT_EQ(error.stage(), Stage::validate);
    EXPECT_EQ(unsupported(qapi::NetdevNone{}).message(), "'type' none is no backend");
}

TEST_F(Netdev, ValidatesWithoutAContext) {
    qapi::NetdevTapOptions options = quiet("a/b");
    options.queues = 0;
    const std::vector<Error> broken =
        net_validate(netdev("n0", options), NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 2U);
    EXPECT_EQ(broken[0].param(), "queues");
    EXPECT_EQ(broken[1].param(), "ifname");
    EXPECT_TRUE(net_validate({.id = "n0", .branch = qapi::NetdevBridgeOptions{}},
                             NetdevOrigin::command_line)
                    .empty());
}

TEST_F(Netdev, FreesTheIdAtOnceWhenItIsDeleted) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    ASSERT_TRUE(net_client_del(context_, "n0"));
    EXPECT_EQ(context_.registry().find_backend("n0"), nullptr);
    EXPECT_TRUE(add("n0", quiet("t0")));
}

TEST_F(Netdev, DeletesANetdevOnce) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    ASSERT_TRUE(net_client_del(context_, "n0"));
    Result<void> again = net_client_del(context_, "n0");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(), "no netdev 'n0'");
    EXPECT_EQ(again.error().error_class(), ErrorClass::device_not_found);
}

TEST_F(Netdev, DeletesAllQueuesTogether) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 8;
    ASSERT_TRUE(add("n0", options));
    remove("n0");
    EXPECT_EQ(tun_.interface_count(), 0U);
    EXPECT_EQ(net_info(context_), Lines{});
}

TEST_F(Netdev, RefusesToDeleteWhatNetMade) {
    ASSERT_TRUE(add("n0", quiet("t0"), NetdevOrigin::net_option));
    Result<void> outcome = net_client_del(context_, "n0");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "'n0' was made by -net and cannot be deleted");
    EXPECT_EQ(outcome.error().error_class(), ErrorClass::generic_error);
    EXPECT_NE(context_.registry().find_backend("n0"), nullptr);
}

TEST_F(Netdev, DoesNotDeleteANicByItsId) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    attach_nic("n0");
    Result<void> outcome = net_client_del(context_, "nic-n0");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().error_class(), ErrorClass::device_not_found);
}

TEST_F(Netdev, SetsTheLinkByName) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_TRUE(net_set_link(context_, "n0", false));
    EXPECT_TRUE(tap("n0").link_down());
    Result<void> outcome = net_set_link(context_, "n1", false);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().error_class(), ErrorClass::device_not_found);
}

TEST_F(Netdev, KeepsTwoContextsApart) {
    NetContext other(internals_on(loop_.loop(), tun_));
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_TRUE(net_client_init(other, netdev("n0", quiet("t1"))));
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,ifname=t0,script=no,downscript=no"});
    EXPECT_EQ(net_info(other), Lines{"n0: index=0,type=tap,ifname=t1,script=no,downscript=no"});
}

TEST_F(Netdev, IsListedInTheOrderOfCreation) {
    ASSERT_TRUE(add("b", quiet("t0")));
    ASSERT_TRUE(add("a", quiet("t1")));
    EXPECT_EQ(net_info(context_), (Lines{"b: index=0,type=tap,ifname=t0,script=no,downscript=no",
                                         "a: index=0,type=tap,ifname=t1,script=no,downscript=no"}));
}

TEST(NetContextCreate, IsOnTheDriverOfTheSystem) {
    test::TestLoop loop;
    const std::unique_ptr<NetContext> context = net_context_create(loop.loop());
    EXPECT_EQ(&context->internals().tun(), &system_tun_kernel());
    EXPECT_EQ(&context->loop(), &loop.loop());
}

}  // namespace
}  // namespace qnetdev
