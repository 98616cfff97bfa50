// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace qnetdev::test {

/// Descriptors open in this process: number to what it points at, such as "socket:[1234]".
std::map<int, std::string> open_fds();

/// Whether this process has children, running or zombies.
bool has_children();

/// Fails a test that ends with other descriptors open than it began with, or with a child.
///
/// Only what outlives the test's fixture counts, so members may own descriptors.
class LeakListener : public ::testing::EmptyTestEventListener {
public:
    void OnTestStart(const ::testing::TestInfo& info) override;
    void OnTestEnd(const ::testing::TestInfo& info) override;

private:
    std::map<int, std::string> before_ = {};
};

}  // namespace qnetdev::test
