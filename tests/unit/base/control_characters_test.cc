// SPDX-License-Identifier: MIT
#include "net/base/control_characters.h"

#include <gtest/gtest.h>

namespace qnetdev {
namespace {

TEST(ReplaceControls, LeavesTextAlone) {
    EXPECT_EQ(replace_controls("plain ~ \xc2\xa0 \xc3\x9b \xe2\x82\xac", '?'),
              "plain ~ \xc2\xa0 \xc3\x9b \xe2\x82\xac");
}

TEST(ReplaceControls, ReplacesThoseOfAscii) {
    EXPECT_EQ(replace_controls(std::string_view("a\0b\x1b[0m\x7f\n", 9), '?'), "a?b?[0m??");
}

TEST(ReplaceControls, ReplacesThoseOfUnicodeAsOneCharacter) {
    EXPECT_EQ(replace_controls("\xc2\x80 \xc2\x9b"
                               "31m \xc2\x9f",
                               '?'),
              "? ?31m ?");
}

TEST(ReplaceControls, KeepsWhatItIsTold) {
    EXPECT_EQ(replace_controls("a\tb\nc\r", ' ', "\n\t"), "a\tb\nc ");
}

TEST(ReplaceControls, ReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(replace_controls("\xc2\n", '?'), "??");
    EXPECT_EQ(replace_controls("\xc2\n", '?', "\n"), "?\n");
    EXPECT_EQ(replace_controls("a\xff\xfe\x9b"
                               "b\xe2\x82",
                               '?'),
              "a???b??");
    EXPECT_EQ(replace_controls("\xc0\x80 \xc0\xaf \xed\xa0\x80", '?'), "? ?? ???");
}

}  // namespace
}  // namespace qnetdev
