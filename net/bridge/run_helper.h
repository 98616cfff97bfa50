// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/tracer.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

struct HelperRequest {
    std::string_view helper;  ///< Text of `helper=`.
    std::string_view bridge;  ///< Bridge to join, for `--br=`.
    unsigned queues = 1;
    std::chrono::milliseconds timeout{};
    int cancel_fd = -1;  ///< The helper is killed as soon as this can be read; -1: never.
    Tracer tracer = {};
};

/// The words of a helper command.
///
/// Without blank or tab the text is the program, to the letter. Otherwise it is split as a POSIX
/// shell splits words (quotes, backslash, `#` comments), and nothing else of a shell: `$`, `;`,
/// `|`, `*` are ordinary characters. A program without '/' is then looked up in PATH. At most 64
/// words, and limits::kHelperText bytes before anything is split.
Result<std::vector<std::string>> split_helper_command(std::string_view text);

/// Runs a bridge helper and receives the descriptors it sends: one for each queue, in their order.
///
/// Contract: HELPER --use-vnet --fd=N --br=BRIDGE (no `--br=` if a text of several words has one),
/// N being one end of a UNIX stream socket; the helper sends one byte with one descriptor and exits
/// with status 0. For several queues `--queues=COUNT` is added, which QEMU's helper does not know,
/// and the descriptors come in messages of at most 253. A helper that refuses may say why over the
/// socket (net/bridge/helper_answer.h). Blocks for at most `timeout`, and a second more if the
/// helper then has to be killed. On failure the helper is dead, or the error says that it is not,
/// and every descriptor of ours closed.
Result<std::vector<UniqueFd>> run_helper(const HelperRequest& request);

}  // namespace qnetdev
