// SPDX-License-Identifier: MIT
#include <cstdlib>

/// What the C++ headers call when an assertion of theirs (_GLIBCXX_ASSERTIONS) does not hold. It is
/// part of the runtime library, which the helper does without.
namespace std {                                            // NOLINT(cert-dcl58-cpp)
void __glibcxx_assert_fail(const char*, int, const char*,  // NOLINT
                           const char*) noexcept {
    abort();
}
}  // namespace std
