// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_netdevs.h"

#include <gtest/gtest.h>

namespace qnetdev::cli {
namespace {

std::vector<NetdevWord> found(std::vector<std::string_view> words) {
    return find_netdev_words(words);
}

NetdevReading read(std::string_view text, NetdevOption option = NetdevOption::netdev) {
    NetdevArguments arguments;
    arguments.add(option, std::string(text));
    arguments.invent_ids([] { return 7U; });
    Result<NetdevReading> reading = read_netdev(arguments.items().front());
    EXPECT_TRUE(reading) << reading.error().message();
    return reading ? *std::move(reading) : NetdevReading{};
}

TEST(CommandNetdevs, FindsEachOptionWithOneOrTwoDashes) {
    EXPECT_EQ(found({"qemu", "-netdev", "a", "--netdev", "b", "-nic", "c", "--net", "d"}),
              (std::vector<NetdevWord>{{2, NetdevOption::netdev},
                                       {4, NetdevOption::netdev},
                                       {6, NetdevOption::nic},
                                       {8, NetdevOption::net}}));
}

TEST(CommandNetdevs, TakesNoValueOfAnotherOptionForOne) {
    EXPECT_EQ(found({"qemu", "-name", "-netdev", "tap,id=x"}), std::vector<NetdevWord>{});
    EXPECT_EQ(found({"qemu", "-append", "-nic", "-netdev", "a"}),
              (std::vector<NetdevWord>{{4, NetdevOption::netdev}}));
    EXPECT_EQ(found({"qemu", "-netdev", "-netdev", "-netdev", "b"}),
              (std::vector<NetdevWord>{{2, NetdevOption::netdev}, {4, NetdevOption::netdev}}));
}

TEST(CommandNetdevs, KnowsOptionsWithoutValue) {
    EXPECT_EQ(found({"qemu", "-S", "-netdev", "a"}).size(), 1U);
    EXPECT_EQ(found({"qemu", "-enable-kvm", "--nodefaults", "-nic", "a"}).size(), 1U);
    EXPECT_EQ(found({"qemu", "disk.img", "-netdev", "a"}).size(), 1U);
}

TEST(CommandNetdevs, FindsThemBehindAWrapper) {
    EXPECT_EQ(found({"numactl", "--membind", "0", "--", "qemu", "-netdev", "a"}),
              (std::vector<NetdevWord>{{6, NetdevOption::netdev}}));
}

TEST(CommandNetdevs, NeedsAnArgumentAndAProgram) {
    EXPECT_TRUE(found({}).empty());
    EXPECT_TRUE(found({"-netdev"}).empty());
    EXPECT_TRUE(found({"qemu", "-netdev"}).empty());
    EXPECT_TRUE(found({"-netdev", "a"}).empty());
    EXPECT_TRUE(found({"qemu", "-netdev=a", "netdev", "---netdev", "a", "-Netdev", "b"}).empty());
}

TEST(CommandNetdevs, CountsQueues) {
    EXPECT_EQ(read("tap,id=a").tap->queues(), 1U);
    EXPECT_EQ(read("tap,id=a,queues=8").tap->queues(), 8U);
    EXPECT_EQ(read("bridge,id=a").tap->queues(), 1U);
    EXPECT_EQ(read("tap,id=a,fds=5:6:7").queues, 3U);
    EXPECT_EQ(read("tap,id=a,fds=5:6:7").id, "a");
}

TEST(CommandNetdevs, NoticesDescriptorsThatAreNamed) {
    const auto fds = [](std::string_view text) { return read(text).named_fds; };
    EXPECT_EQ(fds("tap,id=a,fds=5:6,vhostfds=7:8"), (std::vector<int>{5, 6, 7, 8}));
    EXPECT_EQ(fds("tap,id=a,fd=5,vhostfd=6"), (std::vector<int>{5, 6}));
    EXPECT_EQ(fds("tap,id=a,vhostfd=6"), std::vector<int>{6});
    EXPECT_EQ(fds("socket,id=a,fd=9"), std::vector<int>{9});
    EXPECT_EQ(fds("stream,id=a,addr.type=fd,addr.str=9"), std::vector<int>{9});
    EXPECT_EQ(fds("dgram,id=a,local.type=fd,local.str=10"), std::vector<int>{10});
    EXPECT_EQ(fds("vhost-vdpa,id=a,vhostfd=4"), std::vector<int>{4});
    EXPECT_EQ(fds("af-xdp,id=a,ifname=e,queues=2,inhibit=on,sock-fds=4:5"),
              (std::vector<int>{4, 5}));
    EXPECT_EQ(fds("user,id=a"), std::vector<int>{});
}

TEST(CommandNetdevs, InventsAnIdThatNobodyCanHaveGiven) {
    EXPECT_EQ(read("tap,model=e1000", NetdevOption::nic).tap->plan.id, "#net007");
    EXPECT_EQ(read("tap,id=mine", NetdevOption::nic).tap->plan.id, "mine");
}

TEST(CommandNetdevs, PassesWarningsOn) {
    EXPECT_EQ(read("tap,id=a,vhost").tap->argument.warnings().size(), 1U);
}

}  // namespace
}  // namespace qnetdev::cli
