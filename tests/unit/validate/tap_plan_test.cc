// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <climits>
#include <string>

#include "net/validate/validate.h"

namespace qnetdev {
namespace {

using Tap = qapi::NetdevTapOptions;

constexpr NetdevOrigin kCommandLine = NetdevOrigin::command_line;
constexpr NetdevOrigin kMonitor = NetdevOrigin::monitor;

const PlanDefaults kDefaults{
    .script = "/up", .downscript = "/down", .helper = "/usr/lib/bridge-helper"};

NetdevPlan plan_of(qapi::Netdev netdev, NetdevOrigin origin) {
    netdev.id = "n0";
    Validation validation = validate_netdev(netdev, origin, kDefaults);
    EXPECT_TRUE(validation.plan.has_value());
    EXPECT_TRUE(validation.broken.empty());
    return validation.plan.value_or(NetdevPlan{});
}

TapPlan plan(const Tap& tap, NetdevOrigin origin = kCommandLine) {
    NetdevPlan plan = plan_of({.branch = tap}, origin);
    return std::get<TapPlan>(plan.backend);
}

FromHelper bridge(const qapi::NetdevBridgeOptions& options) {
    const NetdevPlan plan = plan_of({.branch = options}, kCommandLine);
    return std::get<FromHelper>(std::get<BridgePlan>(plan.backend).tap.source);
}

ByName by_name(const Tap& tap) {
    return std::get<ByName>(plan(tap).source);
}

FdRef number(int number, const std::string& text) {
    return {.text = text, .number = number};
}

FdRef name(const std::string& text) {
    return {.text = text};
}

TEST(TapPlan, IsAbsentIfAnythingIsBroken) {
    const Validation validation =
        validate_netdev({.id = "n0", .branch = Tap{.queues = 0}}, kCommandLine);
    EXPECT_FALSE(validation.plan.has_value());
    EXPECT_EQ(validation.broken.size(), 1U);
}

TEST(TapPlan, OpensByNameUnlessToldOtherwise) {
    EXPECT_EQ(by_name({}), (ByName{.script = {.text = "/up", .runs = true},
                                   .downscript = {.text = "/down", .runs = true}}));
    const TapPlan usual = plan({});
    EXPECT_EQ(usual.queues, 1U);
    EXPECT_EQ(usual.sndbuf, INT_MAX);
    EXPECT_EQ(usual.vhost, std::vector<VhostSource>{NoVhost{}});
}

TEST(TapPlan, CarriesWhatIsGiven) {
    const Tap tap{.ifname = "t0", .vnet_hdr = false, .queues = 8};
    EXPECT_EQ(by_name(tap).ifname, "t0");
    EXPECT_EQ(by_name(tap).vnet_hdr, false);
    EXPECT_EQ(plan(tap).queues, 8U);
    EXPECT_EQ(plan(tap).vhost.size(), 8U);
}

TEST(TapPlan, RunsNoScriptForNoAndForNothing) {
    for (const char* text : {"no", ""}) {
        const ByName source = by_name({.script = text, .downscript = text});
        EXPECT_EQ(source.script, (ByName::Script{.text = text, .runs = false}));
        EXPECT_EQ(source.downscript, (ByName::Script{.text = text, .runs = false}));
    }
    const ByName source = by_name({.script = "No", .downscript = "/d"});
    EXPECT_EQ(source.script, (ByName::Script{.text = "No", .runs = true}));
    EXPECT_EQ(source.downscript, (ByName::Script{.text = "/d", .runs = true}));
}

TEST(TapPlan, LetsABridgeTakeThePlaceOfTheDefaultScripts) {
    const ByName joins = by_name({.br = "br7"});
    EXPECT_EQ(joins.bridge, "br7");
    EXPECT_EQ(joins.script, (ByName::Script{}));
    EXPECT_EQ(joins.downscript, (ByName::Script{}));
    EXPECT_FALSE(joins.bridge_is_optional);
    EXPECT_EQ(by_name({.downscript = "/d", .br = "br7"}).downscript.text, "/d");
    EXPECT_EQ(by_name({.br = ""}).script.text, "/up");
}

TEST(TapPlan, LetsAScriptMakeTheBridgeOptional) {
    const ByName source = by_name({.script = "/s", .br = "br7"});
    EXPECT_TRUE(source.bridge_is_optional);
    EXPECT_EQ(source.script.text, "/s");
    EXPECT_EQ(source.downscript.text, "/down");
}

TEST(TapPlan, TakesOneDescriptor) {
    EXPECT_EQ(std::get<PassedFds>(plan({.fd = " +3"}).source),
              (PassedFds{.option = "fd", .fds = {number(3, " +3")}}));
    EXPECT_EQ(plan({.fd = "3"}).queues, 1U);
}

TEST(TapPlan, TakesADescriptorForEachQueue) {
    const TapPlan tap = plan({.fds = "3:04:"});
    EXPECT_EQ(std::get<PassedFds>(tap.source),
              (PassedFds{.option = "fds", .fds = {number(3, "3"), number(4, "04")}}));
    EXPECT_EQ(tap.queues, 2U);
}

TEST(TapPlan, TellsNumbersFromNamesByTheOrigin) {
    const TapPlan tap = plan({.fds = "3:net0:-1:+5: 6", .vhostfds = "7:v:8:9:10"}, kMonitor);
    EXPECT_EQ(
        std::get<PassedFds>(tap.source).fds,
        (std::vector<FdRef>{number(3, "3"), name("net0"), name("-1"), name("+5"), name(" 6")}));
    EXPECT_EQ(tap.vhost[0], VhostSource(number(7, "7")));
    EXPECT_EQ(tap.vhost[1], VhostSource(name("v")));
    EXPECT_EQ(std::get<PassedFds>(plan({.fds = "+5: 6"}).source).fds,
              (std::vector<FdRef>{number(5, "+5"), number(6, " 6")}));
}

TEST(TapPlan, ReadsTheLargestNumber) {
    const std::string largest = std::to_string(INT_MAX);
    EXPECT_EQ(std::get<PassedFds>(plan({.fd = largest}).source).fds,
              std::vector<FdRef>{number(INT_MAX, largest)});
}

TEST(TapPlan, AsksAHelper) {
    EXPECT_EQ(std::get<FromHelper>(plan({.helper = "/h"}).source),
              (FromHelper{.command = "/h", .bridge = "br0", .info = "helper=/h"}));
    const TapPlan tap = plan({.br = "br7", .helper = "/h", .queues = 4});
    EXPECT_EQ(std::get<FromHelper>(tap.source).bridge, "br7");
    EXPECT_EQ(tap.queues, 4U);
}

TEST(TapPlan, MakesABridgeNetdevATapFromAHelper) {
    EXPECT_EQ(bridge({}), (FromHelper{.command = "/usr/lib/bridge-helper",
                                      .bridge = "br0",
                                      .info = "helper=(null),br=br0"}));
    EXPECT_EQ(bridge({.br = "br7", .helper = "/h"}),
              (FromHelper{.command = "/h", .bridge = "br7", .info = "helper=/h,br=br7"}));
    const NetdevPlan netdev = plan_of({.branch = qapi::NetdevBridgeOptions{}}, kCommandLine);
    const TapPlan& tap = std::get<BridgePlan>(netdev.backend).tap;
    EXPECT_EQ(tap.queues, 1U);
    EXPECT_EQ(tap.sndbuf, std::nullopt);
    EXPECT_EQ(tap.vhost, std::vector<VhostSource>{NoVhost{}});
}

TEST(TapPlan, LimitsTheSendBuffer) {
    EXPECT_EQ(plan({.sndbuf = 0}).sndbuf, INT_MAX);
    EXPECT_EQ(plan({.sndbuf = 65536}).sndbuf, 65536);
    EXPECT_EQ(plan({.sndbuf = std::uint64_t{1} << 40}).sndbuf, INT_MAX);
}

TEST(TapPlan, WantsVhostForEveryQueueThatIsAskedFor) {
    EXPECT_EQ(plan({.vhost = true, .queues = 2}).vhost,
              (std::vector<VhostSource>{OpenVhost{}, OpenVhost{}}));
    EXPECT_EQ(plan({.fds = "3:4", .vhostforce = true}).vhost,
              (std::vector<VhostSource>{OpenVhost{}, OpenVhost{}}));
    EXPECT_EQ(plan({.vhost = false, .vhostforce = true}).vhost,
              std::vector<VhostSource>{NoVhost{}});
    EXPECT_EQ(plan({.vhostforce = false}).vhost, std::vector<VhostSource>{NoVhost{}});
}

TEST(TapPlan, GivesEachQueueItsVhostDescriptor) {
    EXPECT_EQ(plan({.fds = "3:4", .vhostfds = "5:6"}).vhost,
              (std::vector<VhostSource>{number(5, "5"), number(6, "6")}));
    EXPECT_EQ(plan({.helper = "/h", .vhostfds = "5:6", .queues = 2}).vhost,
              (std::vector<VhostSource>{number(5, "5"), number(6, "6")}));
    EXPECT_EQ(plan({.fd = "3", .vhostfd = "5"}).vhost, std::vector<VhostSource>{number(5, "5")});
}

TEST(TapPlan, SharesOneVhostDescriptorAmongTheQueuesAsQemuDoes) {
    EXPECT_EQ(plan({.vhostfd = "5", .queues = 2}).vhost,
              (std::vector<VhostSource>{number(5, "5"), number(5, "5")}));
}

TEST(TapPlan, KnowsWhichOptionAsksForVhost) {
    EXPECT_EQ(plan({.vhost = true, .vhostfd = "5"}).vhost_option, "vhost");
    EXPECT_EQ(plan({.vhostforce = true}).vhost_option, "vhostforce");
    EXPECT_EQ(plan({.vhostfd = "5"}).vhost_option, "vhostfd");
    EXPECT_EQ(plan({.fds = "3", .vhostfds = "5"}).vhost_option, "vhostfds");
    EXPECT_EQ(plan({}).vhost_option, "");
    EXPECT_EQ(plan({.vhost = true, .poll_us = 50}).vhost_busy_poll_us, 50U);
}

TEST(TapPlan, MayWaitForScriptsHelpersBridgesAndManyQueues) {
    const Tap quiet{.script = "no", .downscript = "no"};
    EXPECT_EQ(plan(quiet).wait, PlanWait::for_removals);
    EXPECT_EQ(plan({.fd = "3"}).wait, PlanWait::never);
    EXPECT_EQ(plan({.fds = "3:4"}).wait, PlanWait::never);
    EXPECT_EQ(plan({}).wait, PlanWait::for_others);
    EXPECT_EQ(plan({.script = "/s"}).wait, PlanWait::for_others);
    EXPECT_EQ(plan({.script = "no"}).wait, PlanWait::for_removals);
    EXPECT_EQ(plan({.br = "br0"}).wait, PlanWait::for_others);
    EXPECT_EQ(plan({.helper = "/h"}).wait, PlanWait::for_others);
    Tap many = quiet;
    many.queues = 16;
    EXPECT_EQ(plan(many).wait, PlanWait::for_removals);
    many.queues = 17;
    EXPECT_EQ(plan(many).wait, PlanWait::for_others);
}

}  // namespace
}  // namespace qnetdev
