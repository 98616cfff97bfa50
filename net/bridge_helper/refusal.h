// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/base/fixed_text.h"

/// The set-uid bridge helper. Nothing in this folder allocates, throws, or needs the C++ runtime
/// library: docs/bridge-helper.md says what it trusts, and why it is built like that.
namespace qnetdev::helper {

/// Why the helper will not do what it is asked, and what can be done about it.
///
/// Functions that can fail are [[nodiscard]] bool and take a `Refusal&` last. They set it if and
/// only if they return false.
class Refusal {
public:
    FixedText<640> message = {};
    FixedText<320> hint = {};

    /// Starts the message anew.
    FixedText<640>& set() {
        message.clear();
        hint.clear();
        return message;
    }
    /// "<what>: <description of errnum>".
    FixedText<640>& set_errno(std::string_view what, int errnum) {
        set().add(what).add(": ");
        return add_errno(errnum);
    }
    FixedText<640>& add_errno(int errnum) {
        const char* text = strerrordesc_np(errnum);
        return text != nullptr ? message.add(text)
                               : message.add("error ").add_number(static_cast<unsigned>(errnum));
    }
};

}  // namespace qnetdev::helper
