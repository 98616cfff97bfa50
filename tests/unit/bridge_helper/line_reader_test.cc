// SPDX-License-Identifier: MIT
#include "net/bridge_helper/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/unique_fd.h"
#include "tests/support/temporary_file.h"

namespace qnetdev::helper {
namespace {

using Lines = std::vector<std::string>;

/// The lines, and how it ended.
Lines read(const std::string& text, std::size_t limit = 1 << 20) {
    const test::TemporaryFile file("lines", text);
    const UniqueFd fd(open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
    LineReader reader(fd.get(), limit);
    Lines lines;
    std::string_view line;
    while (true) {
        switch (reader.next(line)) {
            case LineReader::Event::line:
                lines.emplace_back(line);
                continue;
            case LineReader::Event::end:
                return lines;
            case LineReader::Event::too_long:
                lines.emplace_back("(too long)");
                continue;
            case LineReader::Event::too_large:
                lines.emplace_back("(too large)");
                return lines;
            case LineReader::Event::failed:
                lines.emplace_back("(failed)");
                return lines;
        }
    }
}

TEST(LineReader, ReadsLinesWithAndWithoutALastNewline) {
    EXPECT_EQ(read(""), Lines{});
    EXPECT_EQ(read("a\n\nb"), (Lines{"a", "", "b"}));
    EXPECT_EQ(read("a\nb\n"), (Lines{"a", "b"}));
}

TEST(LineReader, ReadsAcrossItsBuffer) {
    Lines expected;
    std::string text;
    for (int i = 0; i < 3000; ++i) {
        expected.push_back("line " + std::to_string(i * 977));
        text += expected.back() + "\n";
    }
    EXPECT_EQ(read(text), expected);
}

TEST(LineReader, LimitsTheLine) {
    const std::string longest(limits::bridge_helper::kAclLine, 'x');
    EXPECT_EQ(read("a\n" + longest + "\nb\n"), (Lines{"a", longest, "b"}));
    EXPECT_EQ(read("a\n" + longest + "x\nb\n"), (Lines{"a", "(too long)", "b"}));
}

TEST(LineReader, PassesOverTheWholeOfALineThatIsTooLong) {
    const std::string buffer(limits::bridge_helper::kAclLine + 1, 'x');
    const Lines last{"(too long)", "b"};
    EXPECT_EQ(read(buffer + "\nb\n"), last);
    EXPECT_EQ(read(buffer + "y\nb\n"), last);
    EXPECT_EQ(read(buffer + buffer + buffer + "allow br0\nb"), last);
    EXPECT_EQ(read(buffer + buffer), Lines{"(too long)"});
    EXPECT_EQ(read(buffer), Lines{"(too long)"});
    EXPECT_EQ(read(buffer + buffer + "\n" + buffer + "\n\nb\n"),
              (Lines{"(too long)", "(too long)", "", "b"}));
    EXPECT_EQ(read(buffer + buffer, buffer.size()), (Lines{"(too long)", "(too large)"}));
}

TEST(LineReader, LimitsTheFile) {
    EXPECT_EQ(read("abc\n", 4), Lines{"abc"});
    EXPECT_EQ(read("abcd\n", 4), Lines{"(too large)"});
}

TEST(LineReader, ReportsWhatCannotBeRead) {
    LineReader reader(-1, 100);
    std::string_view line;
    EXPECT_EQ(reader.next(line), LineReader::Event::failed);
}

}  // namespace
}  // namespace qnetdev::helper
