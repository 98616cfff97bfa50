// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "net/cli/exec/tap_argument.h"
#include "net/result.h"

namespace qnetdev::cli {

/// A tap as a program that is not QEMU is told of it.
struct TemplateTap {
    std::string_view id;
    const TapNumbers& numbers;
};

/// Looks a netdev up by its id; null if there is none.
using FindTap = std::function<const TemplateTap*(std::string_view id)>;

/// Replaces every `%{ID.FORM}` in a word; `%%{` stands for a literal `%{`.
///
/// Forms: `fd` (of a single queue), `fdN`, `fds` (3:4), `fd-list` (3,4), `vhostfds`,
/// `vhostfd-list`, `queues`, and what a program takes: `qemu` (-netdev), `device` (-device),
/// `cloud-hypervisor` (--net), `crosvm` (--net). Fails for ids and forms that are unknown, and for
/// a netdev that the form cannot express.
Result<std::string> expand_templates(std::string_view word, const FindTap& find);

}  // namespace qnetdev::cli
