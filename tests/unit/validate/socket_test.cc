// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"

namespace qnetdev {
namespace {

std::string judge_socket(const std::string& options) {
    return judge("socket,id=n," + options);
}

TEST(Socket, AcceptsEachMode) {
    for (const char* options :
         {"fd=3", "listen=:1234", "connect=127.0.0.1:1234", "mcast=230.0.0.1:1234",
          "mcast=230.0.0.1:1234,localaddr=127.0.0.1", "mcast=230.0.0.1:1234,localaddr=1.2.3",
          "udp=127.0.0.1:5,localaddr=:6", "mcast=example.org:1"}) {
        EXPECT_EQ(judge_socket(options), "") << options;
    }
}

TEST(Socket, NeedsExactlyOneMode) {
    const std::string rule =
        "exactly one of 'fd', 'listen', 'connect', 'mcast' and 'udp' must be given, not ";
    EXPECT_EQ(judge("socket,id=n"), rule + "none [] (for example listen=:4000)");
    EXPECT_EQ(judge_socket("fd=3,listen=:1"),
              rule + "'fd' and 'listen' [] (drop all but one of them)");
    EXPECT_EQ(judge_socket("localaddr=x"),
              rule +
                  "none [] (for example listen=:4000)\n'localaddr' can be used only with 'mcast' "
                  "or 'udp' [localaddr]");
}

TEST(Socket, TakesLocaladdrOnlyWithDatagrams) {
    EXPECT_EQ(judge_socket("listen=127.0.0.1:1400,localaddr=127.0.0.1:1"),
              "'localaddr' can be used only with 'mcast' or 'udp' [localaddr]");
}

TEST(Socket, NeedsLocaladdrWithUdp) {
    EXPECT_EQ(judge_socket("udp=127.0.0.1:1"),
              "'udp' needs 'localaddr', the HOST:PORT to receive at [localaddr]");
}

TEST(Socket, ReadsLocaladdrBeforeUdp) {
    EXPECT_EQ(judge_socket("udp=127.0.0.1,localaddr="),
              "'localaddr' must be HOST:PORT, not '' [localaddr] "
              "(add a port, such as localaddr=:4000)\n"
              "'udp' must be HOST:PORT, not '127.0.0.1' [udp] "
              "(add a port, such as udp=127.0.0.1:4000)");
}

TEST(Socket, ChecksHostAndPortOfEachMode) {
    for (const std::string option : {"listen", "connect", "mcast"}) {
        EXPECT_EQ(judge_socket(option + "=1234"), "'" + option +
                                                      "' must be HOST:PORT, not '1234' [" + option +
                                                      "] (add a colon: " + option + "=:1234)");
    }
}

TEST(Socket, WantsAMulticastGroup) {
    EXPECT_EQ(judge_socket("mcast=192.0.0.1:5558"),
              "'mcast' must name a multicast group, but 192.0.0.1 is none [mcast] "
              "(groups are 224.0.0.0 to 239.255.255.255)");
    EXPECT_TRUE(judge_socket("mcast=:1").starts_with("'mcast' must name a multicast group"));
    EXPECT_TRUE(judge_socket("mcast=localhost:1").starts_with("'mcast' must name"));
}

TEST(Socket, ReadsTheInterfaceOfAGroupBeforeTheGroup) {
    EXPECT_EQ(judge_socket("mcast=127.0.0.1:1234,localaddr=127.0.0.1:80"),
              "'localaddr' must be an IPv4 address, not '127.0.0.1:80' [localaddr] "
              "(with 'mcast' it has no port)\n"
              "'mcast' must name a multicast group, but 127.0.0.1 is none [mcast] "
              "(groups are 224.0.0.0 to 239.255.255.255)");
}

TEST(Socket, ChecksTheDescriptor) {
    EXPECT_EQ(judge_socket("fd=x"),
              "'fd' must be a descriptor number, not 'x' [fd] "
              "(names work only in monitor commands)");
    EXPECT_EQ(judge("socket,id=n,fd=x", NetdevOrigin::monitor), "");
}

TEST(Socket, PutsThePortRangeBehindRules) {
    EXPECT_EQ(judge_socket("udp=x,localaddr=:65536"),
              "'udp' must be HOST:PORT, not 'x' [udp] (add a port, such as udp=x:4000)\n"
              "host: the port of 'localaddr' must be 0 to 65535, but is 65536 [localaddr] "
              "(ports have 16 bits)");
}

}  // namespace
}  // namespace qnetdev
