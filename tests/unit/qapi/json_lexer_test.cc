// SPDX-License-Identifier: MIT
#include "qapi/json_lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qnetdev::qapi {
namespace {

using Step = JsonLexer::Step;

/// The tokens of a text, the last one also if it is not complete; "!" behind one that is broken.
std::vector<std::string> tokens(std::string_view text) {
    JsonLexer lexer;
    std::vector<std::string> list(1);
    for (std::size_t at = 0; at < text.size();) {
        const Step step = lexer.step(static_cast<unsigned char>(text[at]));
        if (step == Step::token_ended_before) {
            list.emplace_back();
            continue;
        }
        const bool blank = step == Step::going_on && lexer.is_between();
        list.back().append(text.substr(at++, blank ? 0 : 1));
        if (step == Step::broken || step == Step::broken_escape) {
            list.back() += '!';
        }
        if (step == Step::broken) {
            return list;
        }
        if (step == Step::token_ends) {
            list.emplace_back();
        }
    }
    return list;
}

using List = std::vector<std::string>;

TEST(JsonLexer, CutsTokens) {
    EXPECT_EQ(tokens(R"({"a" :[1,-2.5e+3 , true],'b':null})"),
              (List{"{", "\"a\"", ":", "[", "1", ",", "-2.5e+3", ",", "true", "]", ",", "'b'", ":",
                    "null", "}", ""}));
}

TEST(JsonLexer, LooksForNoTokenInAString) {
    EXPECT_EQ(tokens(R"("a\"{'1" 'b\'"')"), (List{R"("a\"{'1")", R"('b\'"')", ""}));
}

TEST(JsonLexer, StopsAtTheByteThatBreaksAToken) {
    EXPECT_EQ(tokens("[01"), (List{"[", "01!"}));
    EXPECT_EQ(tokens("[1.e3"), (List{"[", "1.e!"}));
    EXPECT_EQ(tokens("-a"), (List{"-a!"}));
    EXPECT_EQ(tokens("\"a\n\""), (List{"\"a\n!"}));
    EXPECT_EQ(tokens(" A"), (List{"A!"}));
}

TEST(JsonLexer, GoesOnBehindABrokenEscape) {
    EXPECT_EQ(tokens("'\\\n' 1"), (List{"'\\\n!'", "1"}));
}

TEST(JsonLexer, SaysWhatMayBeLeftOut) {
    JsonLexer lexer;
    EXPECT_EQ(lexer.plain_length("abc"), 0U) << "not in a string";
    (void)lexer.step('"');
    EXPECT_EQ(lexer.plain_length("abc'd\"e"), 5U);
    EXPECT_EQ(lexer.plain_length("ab\\\""), 2U);
    EXPECT_EQ(lexer.plain_length("ab\xff"), 2U);
    (void)lexer.step('\\');
    EXPECT_EQ(lexer.plain_length("\"abc"), 0U) << "escaped";
}

TEST(JsonLexer, KnowsWhatMayEndWithTheText) {
    for (const auto& [text, may_end] : std::vector<std::pair<std::string, bool>>{{"", false},
                                                                                 {"0", true},
                                                                                 {"-", false},
                                                                                 {"12", true},
                                                                                 {"1.", false},
                                                                                 {"1.5", true},
                                                                                 {"1e", false},
                                                                                 {"1e+", false},
                                                                                 {"1e+2", true},
                                                                                 {"nul", true},
                                                                                 {"\"a", false}}) {
        JsonLexer lexer;
        for (const char c : text) {
            (void)lexer.step(static_cast<unsigned char>(c));
        }
        EXPECT_EQ(lexer.may_end(), may_end) << text;
    }
}

}  // namespace
}  // namespace qnetdev::qapi
