// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>

#include "qapi/schema.h"

namespace qapi {

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

}  // namespace qapi
