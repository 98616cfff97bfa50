// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>

#include <climits>

#include "net/tap.h"
#include "tests/support/tap_fixture.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

class TapPublic : public test::TapFixture {};

TEST_F(TapPublic, TellsTapsFromOtherClients) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_TRUE(is_tap(tap("n0")));
    EXPECT_FALSE(is_tap(attach_nic("n0").client(0)));
}

TEST_F(TapPublic, RefusesWhatIsNoTap) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    NetClientState& card = attach_nic("n0").client(0);
    const std::string refused = "'nic-n0' must be a tap, but is of type fake";
    EXPECT_EQ(tap_query(card).error().message(), refused);
    EXPECT_EQ(tap_enable(card).error().message(), refused);
    EXPECT_EQ(tap_disable(card).error().message(), refused);
    EXPECT_EQ(tap_get_fd(card), -1);
}

TEST_F(TapPublic, LendsTheDescriptor) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_EQ(tap_get_fd(group("n0").client(0)), tap("n0").fd());
}

TEST_F(TapPublic, AttachesAndDetaches) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 2;
    ASSERT_TRUE(add("n0", options));
    EXPECT_TRUE(tap_disable(group("n0").client(1)));
    EXPECT_FALSE(tap("n0", 1).enabled());
    EXPECT_TRUE(tap("n0", 0).enabled());
    EXPECT_TRUE(tap_enable(group("n0").client(1)));
    EXPECT_TRUE(tap("n0", 1).enabled());
}

TEST_F(TapPublic, QueriesTheFirstQueue) {
    const test::TemporaryFile down = test::shell_script("down", "exit 0");
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 2;
    options.sndbuf = 65536;
    options.downscript = down.path();
    ASSERT_TRUE(add("n0", options));
    ASSERT_TRUE(tap("n0").vnet().set_vnet_hdr_len(12));
    tap("n0").vnet().set_offload({.csum = true});
    Result<TapState> state = tap_query(group("n0").client(0));
    ASSERT_TRUE(state);
    EXPECT_EQ(state->fd, tap("n0").fd());
    EXPECT_EQ(state->ifname, "t0");
    EXPECT_TRUE(state->multi_queue);
    EXPECT_TRUE(state->enabled);
    EXPECT_TRUE(state->vnet_hdr);
    EXPECT_EQ(state->vnet_hdr_len, 12);
    EXPECT_EQ(state->sndbuf, 65536);
    EXPECT_EQ(state->offloads, Offloads{.csum = true});
    EXPECT_EQ(state->supported_offloads,
              (Offloads{true, true, true, true, true, true, true, true, true}));
    EXPECT_EQ(state->script, "no");
    EXPECT_EQ(state->downscript, down.path());
    EXPECT_FALSE(state->vhost);
}

TEST_F(TapPublic, QueriesALaterQueue) {
    const test::TemporaryFile down = test::shell_script("down", "exit 0");
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 2;
    options.downscript = down.path();
    ASSERT_TRUE(add("n0", options));
    tap("n0", 0).vnet().set_offload({.csum = true});
    ASSERT_TRUE(tap_disable(group("n0").client(1)));
    Result<TapState> state = tap_query(group("n0").client(1));
    ASSERT_TRUE(state);
    EXPECT_EQ(state->fd, tap("n0", 1).fd());
    EXPECT_FALSE(state->enabled);
    EXPECT_EQ(state->offloads,
              Offloads{.csum = true});  // of the interface, whichever queue it was set through
    EXPECT_EQ(state->downscript, "no");
}

TEST_F(TapPublic, QueriesADescriptorFromOutside) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    ASSERT_TRUE(add("n0", {.fd = std::to_string(fd.release())}));
    Result<TapState> state = tap_query(group("n0").client(0));
    ASSERT_TRUE(state);
    EXPECT_FALSE(state->multi_queue);
    EXPECT_FALSE(state->vnet_hdr);
    EXPECT_EQ(state->vnet_hdr_len, 0);
    EXPECT_EQ(state->sndbuf, INT_MAX);
    EXPECT_EQ(state->script, "no");
    EXPECT_EQ(state->downscript, "no");
}

TEST_F(TapPublic, SaysNoForAScriptThatIsSwitchedOffByAnEmptyText) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.script = "";
    options.downscript = "";
    ASSERT_TRUE(add("n0", options));
    Result<TapState> state = tap_query(group("n0").client(0));
    ASSERT_TRUE(state);
    EXPECT_EQ(state->script, "no");
    EXPECT_EQ(state->downscript, "no");
}

TEST_F(TapPublic, ReportsACallThatFails) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    tun_.fail(test::TunCall::get_sndbuf, 1, EIO);
    EXPECT_EQ(tap_query(group("n0").client(0)).error().message(),
              "TUNGETSNDBUF: Input/output error");
}

}  // namespace
}  // namespace qnetdev
