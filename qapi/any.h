// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>
#include <variant>

#include "qapi/schema.h"

namespace qnetdev::qapi {

/// The JSON value null.
struct Null {
    bool operator==(const Null&) const = default;
};

/// Any JSON value, as its text.
struct Any {
    std::string json = "null";

    bool operator==(const Any&) const = default;
};

/// An object without members: what commands without arguments take and return.
struct Empty {
    bool operator==(const Empty&) const = default;
};

template <>
inline constexpr auto members<Empty> = std::tuple{};

namespace detail {

template <class... Branch>
struct OneOf {
    using Type = std::variant<Branch...>;
};
template <>
struct OneOf<> {
    using Type = std::variant<Empty>;
};

}  // namespace detail

/// A variant whose alternatives all depend on how the program is built: `OneOf<void, A, B>` is
/// `std::variant<A, B>`. In a build without any it holds an Empty, which is no branch.
template <class Void, class... Branch>
using OneOf = typename detail::OneOf<Branch...>::Type;

}  // namespace qnetdev::qapi
