// SPDX-License-Identifier: MIT
#pragma once

namespace qnetdev::cli {

/// Puts /dev/null where 0, 1 or 2 is closed, so that no descriptor that we open is ever taken for a
/// standard stream, ours or a child's. It can neither be read nor be written there, as before:
/// output that nobody can get is an error, not lost. Call before anything else is opened.
bool fill_standard_streams();

}  // namespace qnetdev::cli
