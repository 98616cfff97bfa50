// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"
#include "net/validate/validate.h"

namespace qnetdev {
namespace {

std::string missing(std::string_view argument) {
    const std::vector<std::string> netdevs{"n0"};
    const std::vector<std::string> chardevs{"c0"};
    const auto parsed = parse_netdev(argument);
    return parsed ? findings(validate_references(parsed->netdev, {netdevs, chardevs}))
                  : "cannot be parsed";
}

TEST(References, NameTheNetdevOfAHubPort) {
    EXPECT_EQ(missing("hubport,id=n,hubid=0"), "");
    EXPECT_EQ(missing("hubport,id=n,hubid=0,netdev=n0"), "");
    EXPECT_EQ(missing("hubport,id=n,hubid=0,netdev=c0"),
              "'netdev' must name an existing netdev, not 'c0' [netdev] "
              "(create it first, with a -netdev of its own)");
    EXPECT_EQ(missing("hubport,id=n,hubid=0,netdev="),
              "'netdev' must name an existing netdev, not '' [netdev] "
              "(create it first, with a -netdev of its own)");
}

TEST(References, NameTheNetdevOfACard) {
    EXPECT_EQ(missing("nic,id=n,netdev=n0"), "");
    EXPECT_EQ(missing("nic,id=n,netdev=zz"),
              "'netdev' must name an existing netdev, not 'zz' [netdev] "
              "(create it first, with a -netdev of its own)");
}

TEST(References, NameTheChardevOfVhostUser) {
    EXPECT_EQ(missing("vhost-user,id=n,chardev=c0"), "");
    EXPECT_EQ(missing("vhost-user,id=n,chardev=n0"),
              "'chardev' must name an existing chardev, not 'n0' [chardev] "
              "(create it first, with a -chardev of its own)");
}

TEST(References, AreNotLookedForElsewhere) {
    EXPECT_EQ(missing("user,id=n,guestfwd=::80-zz"), "");
    EXPECT_EQ(missing("tap,id=n"), "");
}

}  // namespace
}  // namespace qnetdev
