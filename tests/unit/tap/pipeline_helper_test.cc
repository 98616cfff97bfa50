// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using test::TunCall;
using Lines = std::vector<std::string>;

const std::string kSender = std::string(NET_TEST_HELPER) + " connect send=1";

class PipelineHelper : public test::TapFixture {
protected:
    PipelineHelper() : TapFixture({.default_helper = kSender}) {}

    Result<void> add_bridge(const std::string& id, qapi::NetdevBridgeOptions bridge) {
        return net_client_init(context_, {.id = id, .branch = std::move(bridge)});
    }
};

TEST_F(PipelineHelper, MakesAClientOfWhatTheHelperSends) {
    tun_.expect_foreign("t0", tun_flags::kVnetHdr);
    Result<void> outcome = add("n0", {.helper = kSender});
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(tap("n0").model(), "bridge");
    EXPECT_EQ(tap("n0").driver(), "tap");
    EXPECT_TRUE(tap("n0").vnet().has_vnet_hdr());
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,helper=" + kSender});
    remove("n0");
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(PipelineHelper, SetsTheSendBufferForATapOnly) {
    tun_.expect_foreign("t0", 0);
    ASSERT_TRUE(add("n0", {.helper = kSender}));
    EXPECT_EQ(tun_.count(TunCall::set_sndbuf), 1U);
    tun_.expect_foreign("t1", 0);
    ASSERT_TRUE(add_bridge("n1", {}));
    EXPECT_EQ(tun_.count(TunCall::set_sndbuf), 1U);
}

TEST_F(PipelineHelper, TellsTheBridge) {
    tun_.expect_foreign("t0", 0);
    EXPECT_TRUE(add("n0", {.br = "br7", .helper = kSender + " check-args"}));
    tun_.expect_foreign("t1", 0);
    EXPECT_TRUE(add_bridge("n1", {.br = "br7", .helper = kSender + " check-args"}));
}

TEST_F(PipelineHelper, UsesTheDefaultHelperAndBridgeForABridgeNetdev) {
    tun_.expect_foreign("t0", 0);
    ASSERT_TRUE(add_bridge("n0", {}));
    EXPECT_EQ(tap("n0").model(), "bridge");
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,helper=(null),br=br0"});
}

TEST_F(PipelineHelper, ShowsTheHelperAndBridgeOfABridgeNetdev) {
    tun_.expect_foreign("t0", 0);
    ASSERT_TRUE(add_bridge("n0", {.br = "br1", .helper = kSender}));
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,helper=" + kSender + ",br=br1"});
}

TEST_F(PipelineHelper, RefusesADescriptorThatIsNoTap) {
    const std::string null_sender = std::string(NET_TEST_HELPER) + " send=1";
    const Error error = refusal({.helper = null_sender});
    EXPECT_TRUE(error.message().starts_with("helper '" + null_sender + "': descriptor "));
    EXPECT_TRUE(
        error.message().ends_with(" is no open tap: TUNGETIFF: Inappropriate ioctl for device"));
    EXPECT_EQ(error.param(), "helper");
}

TEST_F(PipelineHelper, ClosesTheDescriptorIfALaterStepFails) {
    tun_.expect_foreign("t0", tun_flags::kVnetHdr);
    tun_.fail(TunCall::set_vnet_hdr_size, 1, EIO);
    const Error error = refusal({.helper = kSender});
    EXPECT_EQ(error.message(), "helper '" + kSender +
                                   "': cannot set the header length: TUNSETVNETHDRSZ: "
                                   "Input/output error");
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(PipelineHelper, ReportsAHelperThatFails) {
    const std::string failing = std::string(NET_TEST_HELPER) + " exit=1";
    const Error error = refusal({.helper = failing});
    EXPECT_EQ(error.message(), "helper '" + failing + "' exited with status 1");
    EXPECT_EQ(error.param(), "helper");
}

TEST_F(PipelineHelper, NeedsATextForATap) {
    EXPECT_EQ(refusal({.helper = ""}).message(), "'helper' must name a program, but is empty");
}

}  // namespace
}  // namespace qnetdev
