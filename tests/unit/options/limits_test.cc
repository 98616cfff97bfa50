// SPDX-License-Identifier: MIT
#include "net/base/limits.h"

#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
        text += part;
    }
    return text;
}

constexpr std::size_t kMiB = std::size_t{1} << 20U;

TEST(Limits, RefuseOverlongArguments) {
    EXPECT_EQ(fault(std::string(limits::kArgumentBytes + 1, 'a')),
              "the argument is longer than 67108864 bytes []");
}

TEST(Limits, LetAThousandForwardingsPass) {
    std::string text = "user,id=a";
    for (int i = 0; i < 1000; ++i) {
        text += ",hostfwd=tcp::" + std::to_string(i) + "-:1";
    }
    const auto parsed = parse_netdev(text);
    ASSERT_TRUE(parsed);
    const auto& forwardings = *std::get<qapi::NetdevUserOptions>(parsed->netdev.branch).hostfwd;
    ASSERT_EQ(forwardings.size(), 1000U);
    EXPECT_EQ(forwardings[999].str, "tcp::999-:1");
}

TEST(Limits, LetThousandsOfIndicesPass) {
    std::string text = "user,id=a";
    for (int i = 0; i < 20000; ++i) {
        text += ",hostfwd." + std::to_string(19999 - i) + ".str=" + std::to_string(i);
    }
    const auto parsed = parse_netdev(text);
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& forwardings = *std::get<qapi::NetdevUserOptions>(parsed->netdev.branch).hostfwd;
    ASSERT_EQ(forwardings.size(), 20000U);
    EXPECT_EQ(forwardings[0].str, "19999");
}

// These end quickly and in bounded memory, or the sanitizers and the time-out of the suite tell.
TEST(Limits, HoldForHostileTexts) {
    EXPECT_EQ(fault("tap,id=a,vhost," + repeated(",", kMiB)), "'' is not an option of tap []");
    EXPECT_EQ(fault("tap,id=a," + repeated("x,", kMiB)), "'x' is not an option of tap [x]");
    EXPECT_EQ(fault("tap,id=a," + repeated("=,", kMiB)), "'' is not an option of tap []");
    EXPECT_EQ(fault("tap,id=a" + repeated(",br=", kMiB)), "accepted");
    EXPECT_EQ(fault("tap,id=a,br=" + repeated(",,", kMiB)), "accepted");
    EXPECT_EQ(fault("dgram,id=a," + repeated("a.", kMiB) + "a=1"),
              "options are nested deeper than 1024 levels []");
    EXPECT_EQ(fault("{\"a\":" + repeated("[", kMiB)),
              "invalid JSON at column 1029: nested deeper than 1024 levels [] (a netdev in JSON is "
              "one object: {\"type\":\"tap\",\"id\":\"hn0\"})");
    EXPECT_EQ(fault("{\"a\":[" + repeated("1,", kMiB) + "1]}"), "'id' is missing [id]");
}

TEST(Limits, HoldForManyUnknownKeys) {
    std::string text = "dgram,id=a";
    std::string json = R"({"id":"a","type":"dgram")";
    for (int i = 0; text.size() < kMiB; ++i) {
        text += ",k" + std::to_string(i) + "=";
        json += ",\"k" + std::to_string(i) + "\":0";
    }
    const std::string listed =
        "'k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7' and others are not options of dgram []";
    EXPECT_EQ(fault(text), listed);
    EXPECT_EQ(fault(json + "}"), listed);
}

}  // namespace
}  // namespace qnetdev
