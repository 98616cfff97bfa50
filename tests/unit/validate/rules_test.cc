// SPDX-License-Identifier: MIT
#include "net/validate/rules.h"

#include <gtest/gtest.h>

#include "findings.h"
#include "net/validate/addresses.h"

namespace qnetdev {
namespace {

std::string pair_fault(std::string_view text) {
    std::vector<Error> broken;
    check_host_port("listen", text, broken);
    return findings(broken);
}

std::string descriptor_fault(std::string_view text, NetdevOrigin origin) {
    std::vector<Error> broken;
    (void)read_fd("fd", text, origin, broken);
    return findings(broken);
}

TEST(HostPort, TakesAddressesNamesAndNothing) {
    for (const char* text : {"127.0.0.1:80", ":0", "localhost:65535", "no such host:1", "127.1:1",
                             "0x7f000001:1", "x.1:1", "127.0.0.1: 0x50", ":010", ":+1"}) {
        EXPECT_EQ(pair_fault(text), "") << text;
    }
}

TEST(HostPort, NeedsAColon) {
    EXPECT_EQ(pair_fault("1234"),
              "'listen' must be HOST:PORT, not '1234' [listen] (add a colon: listen=:1234)");
    EXPECT_EQ(pair_fault(""),
              "'listen' must be HOST:PORT, not '' [listen] (add a port, such as listen=:4000)");
    EXPECT_EQ(
        pair_fault("[::1]"),
        "'listen' must be HOST:PORT, not '[::1]' [listen] (add a port, such as listen=[::1]:4000)");
}

TEST(HostPort, WantsADottedQuadBehindADigit) {
    EXPECT_EQ(pair_fault("300.1.1.1:1"),
              "the host of 'listen' must be an IPv4 address or a host name, not '300.1.1.1' "
              "[listen] (a host that starts with a digit is read as an address)");
    EXPECT_NE(pair_fault("1x:1"), "");
    EXPECT_NE(pair_fault("127.0.0.1.:1"), "");
}

TEST(HostPort, WantsANumberAsPort) {
    EXPECT_EQ(pair_fault(":"),
              "the port of 'listen' must be a number, not '' [listen] (names of services are not "
              "looked up: write 80 for http)");
    EXPECT_EQ(pair_fault("127.0.0.1:x"),
              "the port of 'listen' must be a number, not 'x' [listen] (names of services are not "
              "looked up: write 80 for http)");
    EXPECT_EQ(pair_fault(":1x"),
              "the port of 'listen' must be a number, not '1x' [listen] (names of services are not "
              "looked up: write 80 for http)");
    EXPECT_EQ(pair_fault("::1:80"),
              "the port of 'listen' must be a number, not ':1:80' [listen] (names of services are "
              "not looked up: write 80 for http)");
    EXPECT_EQ(pair_fault(":99999999999999999999"),
              "the port of 'listen' must be a number, not '99999999999999999999' [listen] (names "
              "of services are not looked up: write 80 for http)");
}

TEST(HostPort, CallsAPortOutOfRangeALimitOfTheSystem) {
    EXPECT_EQ(pair_fault(":65536"),
              "host: the port of 'listen' must be 0 to 65535, but is 65536 [listen] "
              "(ports have 16 bits)");
    EXPECT_EQ(pair_fault(":-1"),
              "host: the port of 'listen' must be 0 to 65535, but is -1 [listen] "
              "(ports have 16 bits)");
}

TEST(HostPort, SendsIpv6Elsewhere) {
    EXPECT_EQ(pair_fault("[::1]:80"),
              "host: the host of 'listen' must be an IPv4 address or a host name, not '[::1]' "
              "[listen] (the stream type speaks IPv6)");
}

TEST(HostPort, ReportsHostAndPort) {
    EXPECT_EQ(pair_fault("1x:y"),
              "the host of 'listen' must be an IPv4 address or a host name, not '1x' [listen] "
              "(a host that starts with a digit is read as an address)\n"
              "the port of 'listen' must be a number, not 'y' [listen] (names of services are not "
              "looked up: write 80 for http)");
}

TEST(HostPort, KnowsSomeAddressesWithoutAsking) {
    EXPECT_EQ(known_address(""), 0U);
    EXPECT_EQ(known_address("localhost"), 0x7f000001U);
    EXPECT_EQ(known_address("230.0.0.1"), 0xe6000001U);
    EXPECT_EQ(known_address("300.0.0.1"), std::nullopt);
    EXPECT_EQ(known_address("example.org"), std::nullopt);
}

TEST(Descriptor, IsADecimalNumberOnTheCommandLine) {
    const NetdevOrigin origin = NetdevOrigin::command_line;
    EXPECT_EQ(descriptor_fault("3", origin), "");
    EXPECT_EQ(descriptor_fault(" +03", origin), "");
    EXPECT_EQ(descriptor_fault("2147483647", origin), "");
    EXPECT_EQ(descriptor_fault("x", origin),
              "'fd' must be a descriptor number, not 'x' [fd] "
              "(names work only in monitor commands)");
    EXPECT_EQ(descriptor_fault(" \t\n\v\f\r3", origin), "");
    for (const char* text : {"", " ", "-1", "3 ", "9x", "0x9", "3.0", "+", "++3", "+-3", "+ 3",
                             "2147483648", "99999999999999999999"}) {
        EXPECT_NE(descriptor_fault(text, origin), "") << text;
    }
}

TEST(Descriptor, MayBeANameInAMonitorCommand) {
    const NetdevOrigin origin = NetdevOrigin::monitor;
    EXPECT_EQ(descriptor_fault("net0", origin), "");
    EXPECT_EQ(descriptor_fault("-1", origin), "");
    EXPECT_EQ(descriptor_fault("3", origin), "");
    EXPECT_EQ(descriptor_fault("9x", origin),
              "'fd' must be a descriptor number, not '9x' [fd] "
              "(names passed with getfd do not start with a digit)");
    EXPECT_NE(descriptor_fault("", origin), "");
}

}  // namespace
}  // namespace qnetdev
