// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tap_findings.h"

namespace qnetdev {
namespace {

using test::broken_rules;
using test::Findings;
using test::findings;
using Tap = qapi::NetdevTapOptions;

constexpr NetdevOrigin kMonitor = NetdevOrigin::monitor;

/// "3:4:5:…", that many.
std::string numbers(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
        list += std::to_string(3 + i) + ":";
    }
    return list;
}

TEST(ValidateTapDescriptors, AcceptsNumbers) {
    EXPECT_EQ(findings({.fd = "3"}), Findings{});
    EXPECT_EQ(findings({.fd = " 3"}), Findings{});
    EXPECT_EQ(findings({.fds = "3:4:", .vhostfds = "5:6"}), Findings{});
}

TEST(ValidateTapDescriptors, RefusesAnythingElseOnTheCommandLine) {
    for (const std::string token : {"abc", "-1", "0x3", "3x", "3 "}) {
        EXPECT_EQ(findings({.fd = token}),
                  Findings{"'fd' must be a descriptor number, not '" + token + "'"});
    }
}

TEST(ValidateTapDescriptors, TellsWhereNamesWork) {
    const std::vector<Error> broken = broken_rules({.fd = "abc"}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].hint(), "names work only in monitor commands");
    EXPECT_EQ(broken[0].param(), "fd");
    EXPECT_EQ(broken[0].stage(), Stage::validate);
}

TEST(ValidateTapDescriptors, AcceptsNamesFromAMonitor) {
    EXPECT_EQ(findings({.fd = "abc"}, kMonitor), Findings{});
    EXPECT_EQ(findings({.fd = "-1"}, kMonitor), Findings{});
    EXPECT_EQ(findings({.fds = "abc:4", .vhostfds = "v:5"}, kMonitor), Findings{});
}

TEST(ValidateTapDescriptors, ReadsWhatStartsWithADigitAsANumberFromAMonitorToo) {
    const std::vector<Error> broken = broken_rules({.fd = "3x"}, kMonitor);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'fd' must be a descriptor number, not '3x'");
    EXPECT_EQ(broken[0].hint(), "names passed with getfd do not start with a digit");
}

TEST(ValidateTapDescriptors, RefusesEmptyTokensEverywhere) {
    for (const NetdevOrigin origin : {NetdevOrigin::command_line, kMonitor}) {
        EXPECT_EQ(findings({.fd = ""}, origin), Findings{"'fd' has an empty entry"});
        EXPECT_EQ(findings({.fds = "3::4"}, origin), Findings{"'fds' has an empty entry"});
        EXPECT_EQ(findings({.fds = ":"}, origin), Findings{"'fds' has an empty entry"});
        EXPECT_EQ(findings({.vhostfd = ""}, origin), Findings{"'vhostfd' has an empty entry"});
    }
}

TEST(ValidateTapDescriptors, ReportsEveryEmptyToken) {
    EXPECT_EQ(findings({.fds = "3:::4"}),
              (Findings{"'fds' has an empty entry", "'fds' has an empty entry"}));
    EXPECT_EQ(findings({.fds = ":3"}), Findings{"'fds' has an empty entry"});
    EXPECT_EQ(findings({.fds = "3::"}), Findings{"'fds' has an empty entry"});
}

TEST(ValidateTapDescriptors, RefusesAnEmptyList) {
    EXPECT_EQ(findings({.fds = ""}), Findings{"'fds' must name at least one descriptor"});
}

TEST(ValidateTapDescriptors, RefusesListsOfDifferentLength) {
    EXPECT_EQ(findings({.fds = "3:4", .vhostfds = "5"}),
              Findings{"'vhostfds' must have one entry for each of 'fds': 1 against 2"});
    EXPECT_EQ(findings({.fds = "3", .vhostfds = ""}),
              (Findings{"'vhostfds' must have one entry for each of 'fds': 0 against 1",
                        "'vhostfds' must name at least one descriptor"}));
}

TEST(ValidateTapDescriptors, RefusesMoreEntriesThanANicCanTake) {
    EXPECT_EQ(findings({.fds = numbers(1024)}), Findings{});
    EXPECT_EQ(findings({.fds = numbers(1025)}),
              Findings{"'fds' must have at most 1024 entries, but has 1025"});
}

TEST(ValidateTapDescriptors, RefusesADescriptorTwice) {
    const std::vector<Error> broken = broken_rules({.fds = "3:4:3"}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'fds' names descriptor '3' twice");
    EXPECT_EQ(broken[0].hint(), "each queue needs a descriptor of its own");
    EXPECT_EQ(broken[0].param(), "fds");
    EXPECT_EQ(findings({.fds = "3:4", .vhostfds = "5:5"}),
              Findings{"'vhostfds' names descriptor '5' twice"});
    EXPECT_EQ(findings({.fds = "a:b:a"}, kMonitor), Findings{"'fds' names descriptor 'a' twice"});
}

TEST(ValidateTapDescriptors, ComparesNumbersAsNumbers) {
    EXPECT_EQ(findings({.fds = "3:+3"}), Findings{"'fds' names descriptor '+3' twice"});
    EXPECT_EQ(findings({.fds = "3: 3"}), Findings{"'fds' names descriptor ' 3' twice"});
    EXPECT_EQ(findings({.fds = "3:03"}, kMonitor), Findings{"'fds' names descriptor '03' twice"});
}

TEST(ValidateTapDescriptors, ComparesNamesOfAMonitorAsNames) {
    EXPECT_EQ(findings({.fds = "3:+3: 3"}, kMonitor), Findings{});
}

TEST(ValidateTapDescriptors, CountsAListAsItIsSplit) {
    const std::vector<std::pair<std::string, unsigned>> lists = {
        {"3", 1},  {"3:4:5", 3}, {"3:4:", 2}, {":", 1},
        {"::", 2}, {"3::4", 3},  {"3::", 2},  {":3", 2}};
    for (const auto& [list, count] : lists) {
        const Tap tap{.helper = "h", .vhostfds = list, .queues = count};
        for (const std::string& message : findings(tap)) {
            EXPECT_EQ(message, "'vhostfds' has an empty entry") << list;
        }
    }
}

}  // namespace
}  // namespace qnetdev
