// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "net/options.h"
#include "net/validate/validate.h"

namespace qnetdev {
namespace {

NetdevPlan plan_of(std::string_view argument, NetdevOrigin origin = NetdevOrigin::command_line) {
    const auto parsed = parse_netdev(argument);
    if (!parsed) {
        ADD_FAILURE() << parsed.error().message();
        return {};
    }
    Validation validation = validate_netdev(parsed->netdev, origin);
    EXPECT_TRUE(validation.broken.empty()) << argument;
    return validation.plan.value_or(NetdevPlan{});
}

PlanWait wait_of(std::string_view argument) {
    return tap_plan(plan_of(argument))->wait;
}

/// "3 net0": numbers, and names as they are.
std::string fds_of(std::string_view argument, NetdevOrigin origin = NetdevOrigin::command_line) {
    std::string text;
    for (const FdRef& fd : passed_fds(plan_of(argument, origin))) {
        text += (text.empty() ? "" : " ") + (fd.number ? std::to_string(*fd.number) : fd.text);
    }
    return text;
}

TEST(NetdevPlan, CarriesTheOptionsOfATypeThatHasNothingElse) {
    const NetdevPlan plan = plan_of("user,id=n0,hostname=guest");
    EXPECT_EQ(plan.id, "n0");
    EXPECT_EQ(std::get<qapi::NetdevUserOptions>(plan.backend).hostname, "guest");
    EXPECT_EQ(plan_driver(plan), qapi::NetClientDriver::user);
}

TEST(NetdevPlan, TellsItsType) {
    EXPECT_EQ(plan_driver(plan_of("tap,id=n0")), qapi::NetClientDriver::tap);
    EXPECT_EQ(plan_driver(plan_of("bridge,id=n0")), qapi::NetClientDriver::bridge);
    EXPECT_EQ(plan_driver(plan_of("socket,id=n0,listen=:1")), qapi::NetClientDriver::socket);
}

TEST(NetdevPlan, WaitsForTheHelperOfABridge) {
    EXPECT_EQ(wait_of("bridge,id=n0"), PlanWait::for_others);
    EXPECT_EQ(wait_of("tap,id=n0,fd=3"), PlanWait::never);
}

TEST(NetdevPlan, SitsOnAHubIfMadeByNet) {
    EXPECT_TRUE(plan_of("tap,id=n0,fd=3", NetdevOrigin::net_option).on_hub);
    EXPECT_FALSE(plan_of("tap,id=n0,fd=3", NetdevOrigin::monitor).on_hub);
}

TEST(NetdevPlan, NamesEveryDescriptorThatIsPassed) {
    EXPECT_EQ(fds_of("tap,id=n,fds=3:04,vhostfds=5:6"), "3 4 5 6");
    EXPECT_EQ(fds_of("tap,id=n,fd=3,vhostfd=+5"), "3 5");
    EXPECT_EQ(fds_of("tap,id=n,ifname=t0,vhostfd=7"), "7");
    EXPECT_EQ(fds_of("socket,id=n,fd=3"), "3");
    EXPECT_EQ(fds_of("socket,id=n,fd=sock", NetdevOrigin::monitor), "sock");
    EXPECT_EQ(fds_of("stream,id=n,addr.type=fd,addr.str=4"), "4");
    EXPECT_EQ(fds_of("dgram,id=n,local.type=fd,local.str=5"), "5");
    EXPECT_EQ(fds_of("dgram,id=n,local.type=fd,local.str=5,remote.type=inet,"
                     "remote.host=230.0.0.1,remote.port=1234"),
              "5");
    EXPECT_EQ(fds_of("vhost-vdpa,id=n,vhostfd=6"), "6");
    EXPECT_EQ(fds_of("af-xdp,id=n,ifname=e,queues=2,inhibit=on,sock-fds=7:8"), "7 8");
    EXPECT_EQ(fds_of("tap,id=n"), "");
    EXPECT_EQ(fds_of("user,id=n"), "");
}

}  // namespace
}  // namespace qnetdev
