// SPDX-License-Identifier: MIT
#include "qapi/suggest.h"

#include <algorithm>
#include <array>

namespace qnetdev::qapi {
namespace {

constexpr std::size_t kLongestWord = 64;

char fold(char c) {
    if (c == '_') {
        return '-';
    }
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

using Row = std::array<std::size_t, kLongestWord + 1>;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap > limit || a.size() > kLongestWord || b.size() > kLongestWord) {
        return limit + 1;
    }
    // Three rows of the Damerau-Levenshtein table, in the variant that swaps only neighbours.
    std::array<Row, 3> rows;
    for (std::size_t j = 0; j <= b.size(); ++j) {
        rows[0][j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const Row& above = rows[(i - 1) % 3];
        Row& row = rows[i % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = fold(a[i - 1]) == fold(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return std::min(rows[a.size() % 3][b.size()], limit + 1);
}

std::string_view nearest(std::string_view given, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t limit = std::min<std::size_t>(3, given.size() / 3);
    // Short words are near to everything, so they must match but for case and '-'.
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(given, candidate, limit);
        if (distance <= limit && !candidate.empty()) {
            best = candidate;
            if (distance == 0) {
                break;
            }
            limit = distance - 1;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view suggestion) {
    return suggestion.empty() ? std::string() : "did you mean '" + std::string(suggestion) + "'?";
}

}  // namespace qnetdev::qapi
