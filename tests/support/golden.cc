// SPDX-License-Identifier: MIT
#include "tests/support/golden.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace net::test {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

bool accepting() {
    const char* accept = std::getenv("ACCEPT");
    return accept != nullptr && std::string_view(accept) == "1";
}

std::string_view line_at(std::string_view text, std::size_t offset) {
    const std::size_t start = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
    return text.substr(start, text.find('\n', offset) - start);
}

AssertionResult describe_difference(const std::string& path, std::string_view expected,
                                    std::string_view actual) {
    const auto [at, unused] =
        std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
    const auto offset = static_cast<std::size_t>(at - expected.begin());
    const auto line = 1 + std::count(expected.begin(), at, '\n');
    return AssertionFailure() << path << ":" << line << ": expected\n  "
                              << line_at(expected, offset) << "\nbut got\n  "
                              << line_at(actual, offset) << "\n(ACCEPT=1 rewrites the file)";
}

}  // namespace

AssertionResult matches_golden(const std::string& path, std::string_view actual) {
    if (accepting()) {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << actual;
        file.close();
        return file ? AssertionSuccess() : AssertionFailure() << path << ": cannot be written";
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return AssertionFailure() << path << ": cannot be read (ACCEPT=1 writes it)";
    }
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    return expected == actual ? AssertionSuccess() : describe_difference(path, expected, actual);
}

}  // namespace net::test
