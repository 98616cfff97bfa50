// SPDX-License-Identifier: MIT
#include "net/cli/exec/tap_argument.h"

#include <gtest/gtest.h>

#include <numeric>

#include "net/netdev.h"
#include "net/options.h"

namespace qnetdev::cli {
namespace {

/// The argument with descriptors from 3 upwards, as many as its queues (and vhosts) need.
std::string rewritten(NetdevOption option, std::string_view text) {
    NetdevArguments arguments;
    arguments.add(option, std::string(text));
    const Result<NetdevReading> reading = read_netdev(arguments.items().front());
    if (!reading) {
        return "error: " + reading.error().message();
    }
    if (!reading->tap) {
        return "untouched";
    }
    TapNumbers numbers;
    numbers.fds.resize(reading->tap->queues());
    std::iota(numbers.fds.begin(), numbers.fds.end(), 3);
    if (reading->tap->needs_vhost()) {
        numbers.vhostfds.resize(numbers.fds.size());
        std::iota(numbers.vhostfds.begin(), numbers.vhostfds.end(), 3 + numbers.fds.size());
    }
    const Result<std::string> text_after = rewrite_tap_argument(*reading->tap, numbers);
    return text_after ? *text_after : "error: " + text_after.error().message();
}

std::string netdev(std::string_view text) {
    return rewritten(NetdevOption::netdev, text);
}

TEST(TapArgument, OneQueueBecomesFdAndSeveralBecomeFds) {
    EXPECT_EQ(netdev("tap,id=n"), "tap,id=n,fd=3");
    EXPECT_EQ(netdev("tap,id=n,queues=1"), "tap,id=n,fd=3");
    EXPECT_EQ(netdev("tap,id=n,queues=3"), "tap,id=n,fds=3:4:5");
}

TEST(TapArgument, WhatOpeningUsedUpGoesAndTheRestStaysToTheLetter) {
    EXPECT_EQ(netdev("tap,id=n,ifname=vm%d,script=no,downscript=/a,,b,br=br0,vnet_hdr=on,queues=2"),
              "tap,id=n,fds=3:4");
    EXPECT_EQ(netdev("tap,sndbuf=1M,id=n,queues=0x2,poll-us=7,vhost=off"),
              "tap,sndbuf=1M,id=n,poll-us=7,vhost=off,fds=3:4");
    EXPECT_EQ(netdev("id=n,type=tap,queues=2"), "id=n,type=tap,fds=3:4");
    EXPECT_EQ(netdev("tap,id=n,"), "tap,id=n,fd=3");
    EXPECT_EQ(netdev("tap,id=n,helper=/x --y,,z,br=b"), "tap,id=n,fd=3");
}

TEST(TapArgument, FlagsAndRepeatsGoToo) {
    EXPECT_EQ(netdev("tap,id=n,vnet_hdr,queues=9,queues=2"), "tap,id=n,fds=3:4");
    EXPECT_EQ(netdev("tap,id=n,novnet_hdr,novhost"), "tap,id=n,novhost,fd=3");
    EXPECT_EQ(netdev("tap,id=n,ifname"), "tap,id=n,fd=3");
}

TEST(TapArgument, VhostGetsItsDescriptors) {
    EXPECT_EQ(netdev("tap,id=n,vhost=on"), "tap,id=n,vhost=on,fd=3,vhostfd=4");
    EXPECT_EQ(netdev("tap,id=n,vhostforce=on,queues=2"),
              "tap,id=n,vhostforce=on,fds=3:4,vhostfds=5:6");
    EXPECT_EQ(netdev("tap,id=n,vhost=off,vhostforce=on"), "tap,id=n,vhost=off,vhostforce=on,fd=3");
    EXPECT_EQ(netdev("tap,id=n,vhostfd=9"), "tap,id=n,vhostfd=9,fd=3");
    EXPECT_EQ(netdev("tap,id=n,vhostfd=9,queues=2"),
              "error: 'vhostfd' is one descriptor, but 'queues' is 2");
}

TEST(TapArgument, ABridgeBecomesATap) {
    EXPECT_EQ(netdev("bridge,id=b"), "tap,id=b,fd=3");
    EXPECT_EQ(netdev("bridge,id=b,br=br1,helper=/x"), "tap,id=b,fd=3");
    EXPECT_EQ(netdev("id=b,type=bridge"), "id=b,type=tap,fd=3");
    EXPECT_EQ(netdev("user,type=bridge,id=b"), "tap,type=tap,id=b,fd=3");
}

TEST(TapArgument, JsonStaysJson) {
    EXPECT_EQ(netdev(R"({"type":"tap","id":"n","queues":2,"ifname":"x","script":"no",)"
                     R"("downscript":"","vnet_hdr":true,"sndbuf":5,"poll-us":1})"),
              R"({"id":"n","type":"tap","fds":"3:4","sndbuf":5,"poll-us":1})");
    EXPECT_EQ(netdev(R"({"type":"bridge","id":"b","br":"br1"})"),
              R"({"id":"b","type":"tap","fd":"3"})");
    EXPECT_EQ(netdev(R"({'type':'tap','id':'n','vhost':true})"),
              R"({"id":"n","type":"tap","fd":"3","vhost":true,"vhostfd":"4"})");
}

TEST(TapArgument, NicKeepsItsCard) {
    EXPECT_EQ(rewritten(NetdevOption::nic, "tap,model=e1000,mac=52:54:00:00:00:01,ifname=x"),
              "tap,model=e1000,mac=52:54:00:00:00:01,fd=3");
    EXPECT_EQ(rewritten(NetdevOption::nic, "bridge,br=b,id=k,model=virtio"),
              "tap,id=k,model=virtio,fd=3");
    EXPECT_EQ(rewritten(NetdevOption::nic, "tap,queues=2,model=virtio-net-pci"),
              "tap,model=virtio-net-pci,fds=3:4");
    EXPECT_EQ(rewritten(NetdevOption::net, "tap,script=no"), "tap,fd=3");
}

TEST(TapArgument, OthersStayUntouched) {
    for (const char* text : {"user,id=u,hostfwd=tcp::1-:2", "socket,id=s,fd=5", "tap,id=n,fd=5",
                             "tap,id=n,fds=5:6", "help", "?", "passt,id=p,unheard-of=1", "",
                             R"({"type":"user","id":"u"})", R"({"type":"unheard-of","id":"u"})"}) {
        EXPECT_EQ(netdev(text), "untouched") << text;
    }
    EXPECT_EQ(rewritten(NetdevOption::nic, "none"), "untouched");
    EXPECT_EQ(rewritten(NetdevOption::nic, "user,model=e1000"), "untouched");
    EXPECT_EQ(rewritten(NetdevOption::nic, "model=e1000"), "untouched");
    EXPECT_EQ(rewritten(NetdevOption::net, "nic,model=e1000"), "untouched");
}

TEST(TapArgument, AWrongTapIsOurError) {
    EXPECT_EQ(netdev("tap,id=n,queus=2"), "error: 'queus' is not an option of tap");
    EXPECT_EQ(netdev("tap,id=n,queues=300"), "error: 'queues' must be at most 256, but is 300");
    EXPECT_EQ(netdev("tap,id=n,fd=3,queues=2"), "error: 'queues' cannot be used with 'fd'");
    EXPECT_TRUE(netdev("{\"type\":\"tap\"").starts_with("error: "));
    EXPECT_EQ(rewritten(NetdevOption::net, "tap,queues=2"),
              "error: 'queues' cannot be used with -net: hubs have one queue");
}

/// What QEMU would say to our rewriting: the same rules, and the same netdev but for the carried
/// out part.
TEST(TapArgument, TheResultIsAValidTap) {
    for (const char* text :
         {"tap,id=n,queues=256,vhost=on,ifname=x", "bridge,id=n,br=x,helper=/y z",
          R"({"type":"tap","id":"n","queues":256,"vhost":true})", "tap,id=n,sndbuf=0,vhostfd=3"}) {
        const std::string after = netdev(text);
        const Result<ParsedNetdev> parsed = parse_netdev(after);
        ASSERT_TRUE(parsed) << after << ": " << parsed.error().message();
        EXPECT_TRUE(net_validate(parsed->netdev, NetdevOrigin::command_line).empty()) << after;
        EXPECT_EQ(parsed->netdev.id, "n");
    }
}

TEST(TapArgument, TheDeviceHasTwoVectorsForEachQueueAndTwoMore) {
    EXPECT_EQ(virtio_net_device("hn0", 1), "virtio-net-pci,netdev=hn0");
    EXPECT_EQ(virtio_net_device("hn0", 8), "virtio-net-pci,netdev=hn0,mq=on,vectors=18");
    EXPECT_EQ(virtio_net_device("a,b", 2), "virtio-net-pci,netdev=a,,b,mq=on,vectors=6");
}

}  // namespace
}  // namespace qnetdev::cli
