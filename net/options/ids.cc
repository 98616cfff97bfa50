// SPDX-License-Identifier: MIT
#include <algorithm>

#include "net/options.h"
#include "qapi/utf8.h"

namespace net {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_well_formed_id(std::string_view id) {
    return !id.empty() && is_letter(id.front()) && std::all_of(id.begin(), id.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

Result<void> check_id(std::string_view id) {
    if (is_well_formed_id(id)) {
        return {};
    }
    return Error("'id' must be an identifier, not '" + qapi::printable(id, 64) + "'")
        .with_stage(Stage::parse)
        .with_param("id")
        .with_hint("an identifier is a letter, then letters, digits, '-', '.' and '_'");
}

}  // namespace net
