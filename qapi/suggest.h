// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace qnetdev::qapi {

/// Slips of a pen between two words: a byte too many, missing, wrong, or two swapped.
///
/// Case, and '-' for '_', count nothing. Counts up to `limit` and returns limit + 1 beyond it.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate that `given` was probably meant to be, or an empty text.
///
/// A longer word may have more slips (one in three bytes, at most three); of equally near
/// candidates the first wins. Words above 64 bytes have no near one.
std::string_view nearest(std::string_view given, std::span<const std::string_view> candidates);

/// "did you mean 'queues'?", or an empty text without a suggestion.
std::string did_you_mean(std::string_view suggestion);

}  // namespace qnetdev::qapi
