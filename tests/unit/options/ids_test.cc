// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

constexpr std::string_view kHint =
    " (an identifier is a letter, then letters, digits, '-', '.' and '_')";

TEST(Ids, StartWithALetter) {
    EXPECT_TRUE(is_well_formed_id("a"));
    EXPECT_TRUE(is_well_formed_id("A.b-c_d9"));
    EXPECT_TRUE(is_well_formed_id(std::string(300, 'x')));
    for (const char* id : {"", "9x", "a b", "-a", "#net0", "a,b", "n\xc3\xa9t"}) {
        EXPECT_FALSE(is_well_formed_id(id)) << id;
    }
}

TEST(Ids, AreCheckedInTraditionalText) {
    EXPECT_EQ(fault("tap,id=9x"), "'id' must be an identifier, not '9x' [id]" + std::string(kHint));
    EXPECT_EQ(fault("tap,id="), "'id' must be an identifier, not '' [id]" + std::string(kHint));
    EXPECT_EQ(pointed_at("tap,id=a b,queues=2"), "a b");
}

TEST(Ids, AreCheckedBeforeAnythingElse) {
    EXPECT_EQ(fault("bogus,queues=x,id=-"),
              "'id' must be an identifier, not '-' [id]" + std::string(kHint));
}

TEST(Ids, AreNotCheckedInKeyvalOfTheCommandLine) {
    EXPECT_EQ(parse_netdev("dgram,id=a b")->netdev.id, "a b");
    EXPECT_EQ(parse_netdev("dgram,id=")->netdev.id, "");
}

TEST(Ids, AreWarnedAboutIfGivenTwice) {
    const auto check = [](std::string_view text, std::string_view id, std::string_view warning) {
        const Result<ParsedNetdev> parsed = parse_netdev(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->netdev.id, id) << text;
        ASSERT_EQ(parsed->warnings.size(), 1U) << text;
        EXPECT_EQ(parsed->warnings.front(), warning) << text;
    };
    check("tap,id=a,id=b", "a", "'id' is given twice: 'a' counts");
    check("tap,id=a,queues=2,id=b,id=a", "a", "'id' is given 3 times: 'a' counts");
    // Where QEMU reads keyval, the last one counts.
    check("dgram,id=a,id=b", "b", "'id' is given twice: 'b' counts");
    check("user,id=a,hostfwd.0.str=tcp::1-:1,id=b", "b", "'id' is given twice: 'b' counts");
    EXPECT_EQ(parse_nic("tap,id=a,id=b")->warnings.size(), 1U);
    EXPECT_TRUE(parse_netdev("user,id=a,hostname=x,,id=b")->warnings.empty());
    EXPECT_TRUE(
        parse_netdev("user,id=a,hostname=x,,id=b,hostfwd.0.str=tcp::1-:1")->warnings.empty());
}

TEST(Ids, AreNotCheckedInJsonOfTheCommandLine) {
    EXPECT_EQ(parse_netdev(R"({"type":"tap","id":"9x"})")->netdev.id, "9x");
}

TEST(Ids, AreCheckedForMonitors) {
    const std::string_view text = R"({"type":"hubport","id":"0h","hubid":0})";
    const auto parsed = parse_netdev_as(text, NetdevLanguage::json);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(fault(parsed.error()),
              "'id' must be an identifier, not '0h' [id]" + std::string(kHint));
    EXPECT_EQ(text.substr(parsed.error().span()->offset, parsed.error().span()->length), "\"0h\"");
}

TEST(Ids, AreCheckedForMonitorsAfterTheTypes) {
    const auto parsed = parse_netdev_as(R"({"type":"hubport","id":"0h"})", NetdevLanguage::json);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().param(), "hubid");
}

}  // namespace
}  // namespace qnetdev
