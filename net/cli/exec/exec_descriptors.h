// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <vector>

#include "net/result.h"

/// Which descriptors a command gets, and under which numbers.
namespace qnetdev::cli {

/// The open descriptors above 2.
Result<std::set<int>> open_descriptors();

/// Hands out numbers from 3 upwards.
class FdNumbers {
public:
    /// Numbers that are never handed out.
    explicit FdNumbers(std::set<int> avoided) : avoided_(std::move(avoided)) {}

    int take();

private:
    std::set<int> avoided_;
    int next_ = 3;
};

/// A descriptor that has to appear under another number.
struct FdMove {
    int from = -1;
    int to = -1;
};

/// Arranges this process's descriptors for an exec: 0 to 2, the moved ones at their new places and
/// those in `kept` survive it, all others close with it. Whatever stood at a new place is gone, so
/// call it only where nothing but exec or exit follows.
Result<void> arrange_descriptors(std::vector<FdMove> moves, const std::set<int>& kept);

}  // namespace qnetdev::cli
