// SPDX-License-Identifier: MIT
#include "net/log.h"

#include <gtest/gtest.h>

#include <climits>
#include <string>
#include <vector>

namespace qnetdev {
namespace {

TEST(Log, DiscardsEverythingByDefault) {
    Log().warning("nobody hears it");
}

TEST(Log, HandsLevelAndMessageToTheSink) {
    std::vector<std::string> lines;
    const Log log([&lines](LogLevel level, std::string_view message) {
        lines.push_back(std::string(log_level_name(level)) + " " + std::string(message));
    });
    log.warning("one");
    log.info("two");
    log.write(LogLevel::debug, "three");
    EXPECT_EQ(lines, (std::vector<std::string>{"warning one", "info two", "debug three"}));
}

TEST(LogLevelName, IsLowerCase) {
    EXPECT_EQ(log_level_name(LogLevel::debug), "debug");
    EXPECT_EQ(log_level_name(LogLevel::info), "info");
    EXPECT_EQ(log_level_name(LogLevel::warning), "warning");
    EXPECT_EQ(log_level_name(LogLevel::error), "error");
}

TEST(StderrLog, WritesOneLineWithProgramAndLevel) {
    ::testing::internal::CaptureStderr();
    stderr_log("tool").warning("the lake is dry");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "tool: warning: the lake is dry\n");
}

TEST(StderrLog, LeavesTheMiddleOfALongMessageOut) {
    ::testing::internal::CaptureStderr();
    stderr_log("tool").warning("netdev '" + std::string(1 << 20, 'a') + "' is gone");
    const std::string line = ::testing::internal::GetCapturedStderr();
    EXPECT_LE(line.size(), static_cast<std::size_t>(PIPE_BUF));
    EXPECT_TRUE(line.starts_with("tool: warning: netdev 'aaa"));
    EXPECT_NE(line.find("aaa [...] aaa"), line.npos);
    EXPECT_TRUE(line.ends_with("aaa' is gone\n"));
}

TEST(StderrLog, LeavesLowerLevelsOut) {
    ::testing::internal::CaptureStderr();
    stderr_log("tool").info("not asked for");
    stderr_log("tool", LogLevel::info).info("asked for");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "tool: info: asked for\n");
}

}  // namespace
}  // namespace qnetdev
