// SPDX-License-Identifier: MIT
#include "qapi/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace qnetdev::qapi {
namespace {

constexpr std::array<std::string_view, 8> kKeys = {"ifname", "fd",       "fds",     "script",
                                                   "queues", "vnet_hdr", "poll-us", "vhost"};

TEST(EditDistance, CountsSlips) {
    EXPECT_EQ(edit_distance("queues", "queues", 3), 0U);
    EXPECT_EQ(edit_distance("queue", "queues", 3), 1U);
    EXPECT_EQ(edit_distance("qeuues", "queues", 3), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting", 3), 3U);
    EXPECT_EQ(edit_distance("abc", "xyz", 2), 3U);
    EXPECT_EQ(edit_distance("", "ab", 3), 2U);
}

TEST(EditDistance, TakesCaseAndUnderscoreForTheSame) {
    EXPECT_EQ(edit_distance("VNET-HDR", "vnet_hdr", 0), 0U);
}

TEST(Nearest, FindsWhatWasMeant) {
    EXPECT_EQ(nearest("queue", kKeys), "queues");
    EXPECT_EQ(nearest("vnet-hdr", kKeys), "vnet_hdr");
    EXPECT_EQ(nearest("poll_us", kKeys), "poll-us");
    EXPECT_EQ(nearest("ifName", kKeys), "ifname");
    EXPECT_EQ(nearest("ifnam", kKeys), "ifname");
    EXPECT_EQ(nearest("FD", kKeys), "fd");
}

TEST(Nearest, KeepsSilentWhenNothingIsNear) {
    EXPECT_EQ(nearest("foo", kKeys), "");
    EXPECT_EQ(nearest("br", kKeys), "");
    EXPECT_EQ(nearest("", kKeys), "");
    EXPECT_EQ(nearest(std::string(65, 'k'), kKeys), "");
}

}  // namespace
}  // namespace qnetdev::qapi
