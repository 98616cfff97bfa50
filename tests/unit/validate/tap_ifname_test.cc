// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/validate/rules.h"
#include "tap_findings.h"

namespace qnetdev {
namespace {

std::string problem(std::string_view ifname) {
    const std::vector<Error> broken =
        test::broken_rules({.ifname = std::string(ifname)}, NetdevOrigin::command_line);
    if (broken.empty()) {
        return "fine";
    }
    EXPECT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].param(), "ifname");
    EXPECT_EQ(broken[0].stage(), Stage::host);
    return broken[0].message();
}

TEST(CheckIfname, AcceptsWhatTheKernelAccepts) {
    for (const char* name :
         {"", "t0", "fifteen-letters", "...", "a.b", "tap%d", "%d", "x%dy", "-", "\xc3\xa9"}) {
        EXPECT_EQ(problem(name), "fine") << name;
    }
}

TEST(CheckIfname, RefusesWhatTheKernelWouldCut) {
    EXPECT_EQ(problem("sixteen-letters!"),
              "'ifname' must have at most 15 bytes, but is 'sixteen-letters!'");
}

TEST(CheckIfname, RefusesTheNamesOfFolders) {
    EXPECT_EQ(problem("."), "'ifname' must be the name of an interface, but is '.'");
    EXPECT_EQ(problem(".."), "'ifname' must be the name of an interface, but is '..'");
}

TEST(CheckIfname, RefusesSeparatorsAndBlanks) {
    for (const std::string name :
         {"a/b", "a:1", "a b", "a\tb", "a\n", "a\v", "a\f", "a\r", "a\xa0"}) {
        EXPECT_EQ(problem(name),
                  "'ifname' must not contain '/', ':' or blanks, but is " + in_quotes(name));
    }
}

TEST(CheckIfname, RefusesANulThatWouldCutTheName) {
    const std::string name("t0\0x", 4);
    EXPECT_EQ(problem(name), "'ifname' must not contain a NUL, but is " + in_quotes(name));
}

TEST(CheckIfname, RefusesOtherTemplatesThanOnePercentD) {
    for (const std::string name : {"a%", "a%s", "%d%d", "a%%d", "100%"}) {
        EXPECT_EQ(problem(name),
                  "'ifname' may hold one '%d' and no other '%', but is " + in_quotes(name));
    }
}

}  // namespace
}  // namespace qnetdev
