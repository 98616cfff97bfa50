// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace qnetdev {

/// What a line of the human monitor printed.
struct HumanOutput {
    std::string text = {};  ///< Lines end in CR LF.
    bool last = false;      ///< It was `quit`: the program ends.
};

}  // namespace qnetdev
