// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "net/base/tracer.h"
#include "net/cli/exec/exec_taps.h"
#include "net/result.h"
#include "net/tap/tun_kernel.h"
#include "net/unique_fd.h"

/// Taking back what was made for a command. Whoever has a descriptor of a tap can make it
/// persistent, become its owner, and give the descriptor on, all without privileges.
namespace qnetdev::cli {

/// A tap that is there for the command only.
struct CreatedTap {
    std::string ifname = {};
    unsigned index = 0;  ///< The kernel gives it to no other interface as long as `fd` is open.
    UniqueFd fd = {};    ///< A queue, so that the interface stays until it is removed.
    Tracer tracer = {};
};

/// Those of the open taps that opening them has created, or a helper for us: not persistent, and
/// without a queue of anybody else. Call it before the command runs. Without CAP_NET_ADMIN, which
/// deleting needs too, it cannot be told where a tap is: there are none then.
Result<std::vector<CreatedTap>> created_taps(const OpenTaps& open);

/// Deletes what is left of them: they are cut off from whoever has them. A warning tells of those
/// that could not be deleted.
void remove_created(TunKernel& kernel, std::vector<CreatedTap> taps);

}  // namespace qnetdev::cli
