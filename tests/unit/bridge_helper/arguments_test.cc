// SPDX-License-Identifier: MIT
#include "net/bridge_helper/arguments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qnetdev::helper {
namespace {

/// "ok", or the reason.
std::string parse(std::vector<const char*> words, Arguments& arguments) {
    words.insert(words.begin(), "helper");
    Refusal why;
    arguments = {};
    return parse_arguments(static_cast<int>(words.size()), words.data(), arguments, why)
               ? "ok"
               : std::string(why.message.view());
}

std::string parse(std::vector<const char*> words) {
    Arguments arguments;
    return parse(std::move(words), arguments);
}

TEST(Arguments, TakesWhatQemuSends) {
    Arguments arguments;
    ASSERT_EQ(parse({"--use-vnet", "--fd=7", "--br=br0"}, arguments), "ok");
    EXPECT_TRUE(arguments.use_vnet);
    EXPECT_EQ(arguments.fd, 7);
    EXPECT_EQ(arguments.bridge, "br0");
    EXPECT_EQ(arguments.queues, 1U);
    EXPECT_EQ(arguments.action, Arguments::Action::serve);
}

TEST(Arguments, TakesTheExtensions) {
    Arguments arguments;
    ASSERT_EQ(parse({"--br=a", "--fd=3", "--queues=256", "--ifname=vm%d", "--mtu=9000",
                     "--mac=52:54:00:aB:cd:ef"},
                    arguments),
              "ok");
    EXPECT_EQ(arguments.queues, 256U);
    EXPECT_EQ(arguments.ifname, "vm%d");
    EXPECT_EQ(arguments.mtu, 9000U);
    EXPECT_EQ(format_mac(*arguments.mac).view(), "52:54:00:ab:cd:ef");
}

TEST(Arguments, TakesOneNotationOfAnAddressOnly) {
    for (const char* mac : {"52-54-00-12-34-56", "52:54:0:12:34:56", "052:54:00:12:34:56",
                            "0x123456", "1", "", ":::::", "52:54:00:12:34:5", " 52:54:00:12:34:56",
                            "x", "53:54:00:12:34:56", "00:00:00:00:00:00", "152:54:00:12:34:56"}) {
        const std::string word = std::string("--mac=") + mac;
        EXPECT_EQ(
            parse({"--br=a", "--fd=3", word.c_str()}),
            "'--mac' must be the unicast address xx:xx:xx:xx:xx:xx of an interface, but is '" +
                std::string(mac) + "'");
    }
}

TEST(Arguments, LetsTheLastOfARepeatedOptionCount) {
    Arguments arguments;
    ASSERT_EQ(parse({"--br=a", "--fd=3", "--br=b", "--fd=9"}, arguments), "ok");
    EXPECT_EQ(arguments.bridge, "b");
    EXPECT_EQ(arguments.fd, 9);
    EXPECT_EQ(parse({"--fd=x", "--fd=3", "--br=a"}),
              "'--fd' must be the number of an inherited socket, 3 or above, but is 'x'");
}

TEST(Arguments, NamesWhatIsMissing) {
    EXPECT_EQ(parse({"--fd=3"}), "'--br=BRIDGE' is missing");
    EXPECT_EQ(parse({"--br=br0"}), "'--fd=NUMBER' is missing");
    EXPECT_EQ(parse({"--br=br0", "--check"}), "ok");
    EXPECT_EQ(parse({"--help"}), "ok");
}

TEST(Arguments, RefusesUnknownWords) {
    EXPECT_EQ(parse({"--fd=3", "--br=b", "--verbose"}), "unknown argument '--verbose'");
    EXPECT_EQ(parse({"--fd", "3", "--br=b"}), "unknown argument '--fd'");
    EXPECT_EQ(parse({"a\n\x1b[31mb"}), "unknown argument 'a??[31mb'");
}

TEST(Numbers, AreDigitsAndNothingElse) {
    EXPECT_EQ(parse_number("0", 10), 0UL);
    EXPECT_EQ(parse_number("010", 10), 10UL);
    EXPECT_EQ(parse_number("4294967295", 4294967295UL), 4294967295UL);
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1e1", "11", "99999999999999999999",
                             "18446744073709551617"}) {
        EXPECT_FALSE(parse_number(text, 10).has_value()) << text;
    }
}

TEST(Names, AreThoseThatAnInterfaceCanHave) {
    EXPECT_TRUE(is_interface_name("tap0"));
    EXPECT_TRUE(is_interface_template("a%db"));
    EXPECT_TRUE(is_bridge_name("br-\xc3\xa4"));
    for (const char* name :
         {"", ".", "..", "all", "default", "a/b", "a b", "a:b", "a%d", "abcdefghijklmnop",
          "\xc3\xa4", "a\x7f", "-a", ".a", "a;b", "$a", "a*"}) {
        EXPECT_FALSE(is_interface_name(name)) << name;
    }
    for (const char* name : {"%", "%s", "%d%d", "a%", "%%d", "a/%d", "-%d", "abcdefghijklmn%d"}) {
        EXPECT_FALSE(is_interface_template(name)) << name;
    }
}

}  // namespace
}  // namespace qnetdev::helper
