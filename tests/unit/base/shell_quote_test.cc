// SPDX-License-Identifier: MIT
#include "net/base/shell_quote.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace qnetdev {
namespace {

/// What a real shell makes of the line, a word a line.
std::string read_by_shell(const std::string& line) {
    const std::string command = "printf '%s|' " + line;
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return "no shell";
    }
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) {
        text += buffer.data();
    }
    (void)pclose(pipe);
    return text;
}

TEST(ShellQuote, LeavesPlainWordsAsTheyAre) {
    const std::vector<std::string> words = {"qemu", "-netdev", "tap,id=n0,fds=3:4", "/a/b.c"};
    EXPECT_EQ(shell_quote(words), "qemu -netdev tap,id=n0,fds=3:4 /a/b.c");
}

TEST(ShellQuote, QuotesAnAssignmentOnlyWhereItWouldBeOne) {
    const std::vector<std::string> words = {"a=b", "c=d"};
    EXPECT_EQ(shell_quote(words), "'a=b' c=d");
}

TEST(ShellQuote, IsReadBackByAShell) {
    const std::vector<std::string> words = {"x",     "",         "a b",   "it's",  "{\"id\":\"n\"}",
                                            "$HOME", "`id`",     "\\",    "~root", "*",
                                            "#x",    "a\nb",     "\"q\"", "!",     "[a]",
                                            "a;b&c", "(x)<y>|z", "'"};
    std::string expected;
    for (const std::string& word : words) {
        expected += word + "|";
    }
    EXPECT_EQ(read_by_shell(shell_quote(words)), expected);
}

}  // namespace
}  // namespace qnetdev
