// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_scripts.h"

#include <string>
#include <variant>

#include "net/tap/tap_script.h"

namespace net::cli {
namespace {

Error forbidden(const std::string& param) {
    return Error("--no-scripts forbids '" + param + "' in the command")
        .with_stage(Stage::validate)
        .with_param(param)
        .with_hint("name it in -netdev before '--', or drop --no-scripts");
}

}  // namespace

Result<void> forbid_scripts(qapi::Netdev& netdev) {
    if (const auto* bridge = std::get_if<qapi::NetdevBridgeOptions>(&netdev.branch)) {
        return bridge->helper ? Result<void>(forbidden("helper")) : Result<void>();
    }
    auto* tap = std::get_if<qapi::NetdevTapOptions>(&netdev.branch);
    if (tap == nullptr) {
        return {};
    }
    if (tap->helper) {
        return forbidden("helper");
    }
    if (names_a_script(tap->script.value_or("no"))) {
        return forbidden("script");
    }
    if (names_a_script(tap->downscript.value_or("no"))) {
        return forbidden("downscript");
    }
    // Beside `br` there is no default one, and script=no would have a meaning of its own.
    if (!tap->br) {
        tap->script = "no";
    }
    tap->downscript = "no";
    return {};
}

}  // namespace net::cli
