// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace net::test {

/// Whether `actual` is what the golden file holds, byte for byte; else the first line that differs.
///
/// With ACCEPT=1 in the environment the file is written instead, and review reads the diff. A test
/// says `EXPECT_TRUE(matches_golden(dir + "/x.out", text))`, the folder passed in by its
/// meson.build.
::testing::AssertionResult matches_golden(const std::string& path, std::string_view actual);

}  // namespace net::test
