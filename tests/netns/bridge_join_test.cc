// SPDX-License-Identifier: MIT
/// `br=` of a tap opened by name: a port of that bridge, without any script.
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <sys/eventfd.h>

#include <chrono>
#include <thread>

#include "net/bridge/join_bridge.h"
#include "net/netlink/link.h"
#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

LinkInfo look(const std::string& name) {
    RouteSocket socket;
    LinkInfo link;
    require(socket.open() == 0 && query_link(socket, name.c_str(), link) == 0, "look at " + name);
    return link;
}

/// Attributes of a bridge, set through its own kind of link data.
void configure_bridge(const std::string& name, std::uint32_t stp, std::uint32_t forward_delay) {
    RouteSocket socket;
    require(socket.open() == 0, "netlink socket");
    nlmsghdr* message = socket.link_request(RTM_NEWLINK, NLM_F_ACK, look(name).index);
    nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
    nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, forward_delay);
    mnl_attr_put_u32(message, IFLA_BR_STP_STATE, stp);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    require(socket.run(message, nullptr, nullptr) == 0, "configure " + name);
}

void set_mtu(const std::string& name, std::uint32_t mtu) {
    RouteSocket socket;
    require(socket.open() == 0, "netlink socket");
    nlmsghdr* message = socket.link_request(RTM_NEWLINK, NLM_F_ACK, look(name).index);
    mnl_attr_put_u32(message, IFLA_MTU, mtu);
    require(socket.run(message, nullptr, nullptr) == 0, "MTU of " + name);
}

/// BR_STATE_*; fails as long as the port has no carrier.
bool set_port_state(const std::string& name, std::uint8_t state) {
    RouteSocket socket;
    require(socket.open() == 0, "netlink socket");
    nlmsghdr* message = socket.link_request(RTM_SETLINK, NLM_F_ACK, look(name).index);
    static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(message))->ifi_family = AF_BRIDGE;
    nlattr* info = mnl_attr_nest_start(message, IFLA_PROTINFO);
    mnl_attr_put_u8(message, IFLA_BRPORT_STATE, state);
    mnl_attr_nest_end(message, info);
    return socket.run(message, nullptr, nullptr) == 0;
}

void await_port_state(const std::string& name, std::uint8_t state) {
    const auto deadline = Clock::now() + std::chrono::seconds(5);
    while (look(name).port_state != state) {
        require(Clock::now() < deadline, "state of " + name);
        std::this_thread::yield();
    }
}

class TapBridge : public Netns {
protected:
    void SetUp() override {
        Netns::SetUp();
        // Whatever runs them leaves a trace.
        settings.default_script = write_program("up", "#!/bin/sh\n: > \"$0.ran\"\n");
        settings.default_downscript = write_program("down", "#!/bin/sh\n: > \"$0.ran\"\n");
        bridge_.emplace("br7");
        set_mtu("br7", 1400);
        set_up("br7");
    }
    void TearDown() override {
        drop_context();
        bridge_.reset();
        Netns::TearDown();
    }
    /// Netns::init() without its "no" for scripts.
    Result<void> join(Tap tap) {
        qapi::Netdev netdev;
        netdev.id = "n0";
        netdev.branch = std::move(tap);
        return net_client_init(context(), netdev);
    }

    std::optional<Bridge> bridge_;
};

TEST_F(TapBridge, TakesTheInterfaceWithItsMtuAndSetsItUp) {
    ASSERT_EQ(outcome(join({.ifname = "t0", .br = "br7"})), "ok");
    const LinkInfo link = look("t0");
    EXPECT_EQ(link.master, look("br7").index);
    EXPECT_EQ(link.mtu, 1400U);
    EXPECT_TRUE(link.is_up);
    EXPECT_EQ(link.address.bytes.front(), 0xfe);
    EXPECT_EQ(link.port_state, BR_STATE_FORWARDING);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapBridge, TakesAnInterfaceOfSeveralQueues) {
    ASSERT_EQ(outcome(join({.br = "br7", .queues = 8})), "ok");
    EXPECT_EQ(look(state().ifname).master, look("br7").index);
    EXPECT_EQ(look(state().ifname).tun.queues, 8U);
}

TEST_F(TapBridge, NeedsNoScriptAndRunsNone) {
    ASSERT_EQ(outcome(join({.ifname = "t0", .br = "br7"})), "ok");
    EXPECT_EQ(net_info(context()),
              std::vector<std::string>{"n0: index=0,type=tap,ifname=t0,script=no,downscript=no"});
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_NE(access((dir() + "/up.ran").c_str(), F_OK), 0);
    EXPECT_NE(access((dir() + "/down.ran").c_str(), F_OK), 0);
}

TEST_F(TapBridge, RunsAScriptThatIsGiven) {
    ASSERT_EQ(outcome(join({.ifname = "t0", .script = settings.default_script, .br = "br7"})),
              "ok");
    EXPECT_EQ(access((dir() + "/up.ran").c_str(), F_OK), 0);
    EXPECT_EQ(look("t0").master, look("br7").index);
}

TEST_F(TapBridge, MustExistUnlessAScriptIsGiven) {
    EXPECT_EQ(
        outcome(join({.ifname = "t0", .br = "nosuch"})),
        "bridge 'nosuch': No such device\nhint: make it: ip link add nosuch type bridge && ip "
        "link set nosuch up");
    EXPECT_FALSE(find("t0").has_value());
    ASSERT_EQ(outcome(join({.ifname = "t0", .script = "no", .downscript = "no", .br = "nosuch"})),
              "ok");
    EXPECT_EQ(warnings(), std::vector<std::string>{"netdev 'n0': 'br' is left to 'script': bridge "
                                                   "'nosuch': No such device"});
}

TEST_F(TapBridge, IsNoBridgeIfEmpty) {
    ASSERT_EQ(outcome(join({.ifname = "t0", .script = "no", .downscript = "no", .br = ""})), "ok");
    EXPECT_EQ(look("t0").master, 0U);
    EXPECT_TRUE(warnings().empty());
}

TEST_F(TapBridge, HasToBeABridge) {
    EXPECT_EQ(outcome(join({.br = "lo"})), "'lo' is no bridge");
    EXPECT_EQ(outcome(join({.br = "abcdefghijklmnop", .queues = 2})),
              "'br' must have at most 15 bytes, but is 'abcdefghijklmnop'");
}

TEST_F(TapBridge, HasToBeUp) {
    const Bridge down("br8");
    EXPECT_EQ(outcome(join({.br = "br8"})),
              "bridge 'br8' is down\nhint: set it up: ip link set br8 up");
}

TEST_F(TapBridge, TakesNoInterfaceFromAnotherBridge) {
    const Bridge other("br8");
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    set_master("t0", "br8");
    EXPECT_EQ(outcome(join({.ifname = "t0", .br = "br7"})),
              "interface 't0' belongs to another bridge than 'br7'\nhint: take it out first: ip "
              "link set t0 nomaster");
    EXPECT_EQ(look("t0").master, look("br8").index);
}

TEST_F(TapBridge, GivesAPersistentInterfaceBackAsItWas) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    ASSERT_EQ(outcome(join({.ifname = "t0", .br = "br7"})), "ok");
    EXPECT_EQ(look("t0").master, look("br7").index);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(look("t0").master, 0U);
    EXPECT_EQ(look("t0").mtu, 1500U);
    EXPECT_FALSE(look("t0").is_up);
}

TEST_F(TapBridge, KeepsAPersistentInterfaceThatWasThereBefore) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    set_master("t0", "br7");
    ASSERT_EQ(outcome(join({.ifname = "t0", .br = "br7"})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(look("t0").master, look("br7").index);
}

TEST_F(TapBridge, GivesItBackIfALaterStepFails) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    EXPECT_NE(outcome(join({.ifname = "t0", .script = "/bin/false", .br = "br7"})), "ok");
    drop_context();
    EXPECT_EQ(look("t0").master, 0U);
}

TEST_F(TapBridge, IsWaitedForUntilItForwards) {
    configure_bridge("br7", 1, 200);  // 2 s of listening, 2 s of learning
    const auto start = Clock::now();
    ASSERT_EQ(outcome(join({.ifname = "t0", .br = "br7"})), "ok");
    const auto took = Clock::now() - start;
    EXPECT_EQ(look("t0").port_state, BR_STATE_FORWARDING);
    EXPECT_GE(took, milliseconds(3500));  // a wait of more than 5 s would have failed
}

TEST_F(TapBridge, GetsAnInterfaceThatCannotJoinBackAsItWas) {
    set_mtu("br7", 65535);  // more than a tap can have; the address is set before
    const UniqueFd tap = open_tap("t0", 0);
    const LinkInfo before = look("t0");
    EXPECT_FALSE(join_bridge("t0", "br7"));
    const LinkInfo after = look("t0");
    EXPECT_EQ(after.address, before.address);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_EQ(after.master, 0U);
    EXPECT_EQ(after.is_up, before.is_up);
}

TEST_F(TapBridge, IsWaitedForNoLongerThanItMayTake) {
    const UniqueFd tap = open_tap("t0", 0);
    const Result<JoinedPort> port = join_bridge("t0", "br7");
    ASSERT_TRUE(port) << port.error().message();
    await_port_state("t0", BR_STATE_FORWARDING);
    ASSERT_TRUE(set_port_state("t0", BR_STATE_LEARNING));  // without STP nobody ends that
    const auto start = Clock::now();
    EXPECT_EQ(outcome(await_forwarding(*port, -1)),
              "bridge 'br7' does not forward for 't0' after 1000 ms: learning\nhint: see bridge "
              "link and ip link for the state of the port");
    EXPECT_GE(Clock::now() - start, milliseconds(1000));
}

TEST_F(TapBridge, HasToForwardItself) {
    const Bridge other("br8");
    set_up("br8");
    const UniqueFd tap = open_tap("t0", 0);
    set_master("t0", "br8");
    set_up("t0");
    await_port_state("t0", BR_STATE_FORWARDING);
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(outcome(await_forwarding({.ifname = "t0", .bridge = "br7"}, cancel.get())),
              "bridge 'br7' was waited for, but interrupted");
}

TEST_F(TapBridge, IsWaitedForInVainIfCancelled) {
    configure_bridge("br7", 1, 200);
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    settings.cancel_fd = cancel.get();
    EXPECT_EQ(outcome(join({.ifname = "t0", .br = "br7"})),
              "bridge 'br7' was waited for, but interrupted");
    drop_context();
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapBridge, IsNoMatterOfADescriptor) {
    UniqueFd tap = open_tap("t0", 0);
    ASSERT_EQ(outcome(join({.fd = std::to_string(tap.get()), .br = "br7"})), "ok");
    (void)tap.release();  // the netdev's now
    EXPECT_EQ(look("t0").master, 0U);
    drop_context();
}

}  // namespace
}  // namespace qnetdev::test
