// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_devices.h"

#include <gtest/gtest.h>

namespace qnetdev::cli {
namespace {

constexpr const char* kFourQueues = "tap,id=a,queues=4";

/// "argument: message (hint)" for each warning about the words behind "qemu".
std::vector<std::string> warnings(std::vector<std::string_view> words) {
    words.insert(words.begin(), "qemu");
    std::vector<std::string> texts;
    for (const DeviceWarning& warning : check_devices(words)) {
        texts.push_back(warning.text + ": " + warning.problem.message() + " (" +
                        warning.problem.hint() + ")");
    }
    return texts;
}

using Texts = std::vector<std::string>;

TEST(CommandDevices, WarnsOfACardWithOneQueueForSeveral) {
    EXPECT_EQ(warnings({"-netdev", kFourQueues, "-device", "virtio-net-pci,netdev=a,mac=x"}),
              Texts{"virtio-net-pci,netdev=a,mac=x: 'a' has 4 queues, of which a card without "
                    "mq=on uses one (use -device virtio-net-pci,netdev=a,mac=x,mq=on,vectors=10)"});
    EXPECT_EQ(warnings({"--device", "virtio-net-ccw,mq=off,netdev=a", "--netdev",
                        R"({"type":"tap","id":"a","fds":"3:4"})"}),
              Texts{"virtio-net-ccw,mq=off,netdev=a: 'a' has 2 queues, of which a card without "
                    "mq=on uses one (use -device virtio-net-ccw,mq=on,netdev=a)"});
    EXPECT_EQ(warnings({"-netdev", "vhost-user,id=a,chardev=c,queues=2", "-device",
                        "virtio-net-pci,netdev=a,vectors=3"})
                  .size(),
              1U);
}

TEST(CommandDevices, WarnsOfTooFewVectors) {
    EXPECT_EQ(warnings({"-netdev", kFourQueues, "-device", "virtio-net-pci,vectors=9,mq,netdev=a"}),
              Texts{"virtio-net-pci,vectors=9,mq,netdev=a: 'a' has 4 queues, for which 'vectors' "
                    "must be at least 10, but is 9 "
                    "(use -device virtio-net-pci,vectors=10,mq,netdev=a)"});
}

TEST(CommandDevices, WarnsOfANetdevThatThereIsNot) {
    EXPECT_EQ(warnings({"-netdev", "tap,id=hn0", "-netdev", "user,id=other", "-device",
                        "e1000,netdev=hnO"}),
              Texts{"e1000,netdev=hnO: the command has no netdev with the id 'hnO' "
                    "(use -device e1000,netdev=hn0)"});
    EXPECT_EQ(warnings({"-device", "e1000,netdev=x y"}),
              Texts{"e1000,netdev=x y: the command has no netdev with the id 'x y' "
                    "(add -netdev 'tap,id=x y')"});
    EXPECT_TRUE(warnings({"-nic", "tap,id=n", "-device", "e1000,netdev=n"}).empty());
}

TEST(CommandDevices, ReadsAndWritesJson) {
    EXPECT_EQ(
        warnings({"-netdev", kFourQueues, "-device",
                  R"({"driver":"virtio-net-pci","netdev":"a","mq":true,"vectors":4})"}),
        Texts{
            R"({"driver":"virtio-net-pci","netdev":"a","mq":true,"vectors":4}: 'a' has 4 queues, )"
            R"(for which 'vectors' must be at least 10, but is 4 (use -device )"
            R"('{"driver":"virtio-net-pci","netdev":"a","mq":true,"vectors":10}'))"});
}

TEST(CommandDevices, LeavesAloneWhatIsRightOrUnknown) {
    for (const char* device :
         {"virtio-net-pci,netdev=a,mq=on", "virtio-net-pci,netdev=a,mq=on,vectors=10", "help",
          "virtio-net-device,netdev=a,mq=on,vectors=1", "e1000,netdev=a", "virtio-net-pci,mac=x",
          "virtio-blk-pci,drive=d", "{", "[]", "{}", ""}) {
        EXPECT_EQ(warnings({"-netdev", kFourQueues, "-device", device}), Texts{}) << device;
    }
    EXPECT_TRUE(
        warnings({"-netdev", "tap,id=a", "-device", "virtio-net-pci,netdev=a,vectors=3"}).empty());
    // Netdevs that cannot be seen.
    EXPECT_TRUE(warnings({"-readconfig", "file", "-device", "e1000,netdev=x"}).empty());
    EXPECT_TRUE(warnings({"-netdev", "tap,id=a,queus=2", "-device", "e1000,netdev=a"}).empty());
    // The value of another option.
    EXPECT_TRUE(warnings({"-name", "-device", "e1000,netdev=x"}).empty());
}

}  // namespace
}  // namespace qnetdev::cli
