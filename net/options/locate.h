// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/options/traditional.h"
#include "net/result.h"
#include "qapi/value.h"

namespace qnetdev {

/// Finds options in an argument that was parsed before. Reads the argument once and looks for each
/// option once, so that many findings about a long argument cost no more than both together.
///
/// The text must outlive the locator. Of a text that cannot be read nothing is found.
class OptionLocator {
public:
    explicit OptionLocator(std::string_view text);
    OptionLocator(const OptionLocator&) = delete;
    OptionLocator& operator=(const OptionLocator&) = delete;

    /// From the key to the end of the value; of repeated keys the last, of a nested path the
    /// deepest member that is there. Of an option with several values the one that the message
    /// quotes, if it does.
    std::optional<TextSpan> find(std::string_view param, std::string_view message);

    /// The option whose value the message quotes, but for the type: for errors that name no option.
    std::optional<TextSpan> find_quoted(std::string_view message) const;

private:
    /// Where an option is, as a whole and by its values.
    struct Places {
        std::optional<TextSpan> whole = {};
        std::unordered_map<std::string_view, TextSpan> values = {};
    };

    const qapi::Document* document() const;
    Places look_up(std::string_view param) const;

    std::optional<TraditionalOptions> options_ = {};
    std::optional<qapi::Document> document_ = {};
    std::unordered_map<std::string, Places> places_ = {};
};

}  // namespace qnetdev
