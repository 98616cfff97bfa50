// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "net/result.h"

/// The generated types as nlohmann_json's values, for embedders who have JSON in that form.
///
/// The generated headers `qapi/*_nlohmann.h` declare for each type of the schema
///
///     void to_json(nlohmann::ordered_json& json, const T& value);
///     template <> qnetdev::Result<T> from_json(const nlohmann::ordered_json& json);
///
/// to_json() is found by nlohmann_json itself (`nlohmann::ordered_json json = netdev;`). The other
/// way a function of ours is called, because there bad input is a normal answer, and all that
/// json.get<T>() could do about it is throw. Link with nlohmann_json 3.11, whose version is part of
/// the symbols' names (`pkg-config qnetdev-nlohmann`).
namespace qnetdev::qapi {

/// Reads a value as a T, with the checks that JSON text gets.
///
/// Errors are of qnetdev::Stage::parse, their param is the full member path, and they have no span.
/// A number with a fraction or an exponent is no integer, be it 1.0. Also refused are texts that
/// are not UTF-8, infinite numbers and NaN, binary values, and more nesting, elements or bytes than
/// JSON text may have. Throws nothing.
template <class T>
qnetdev::Result<T> from_json(const nlohmann::ordered_json& json);

}  // namespace qnetdev::qapi
