// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_scripts.h"

#include <string>
#include <variant>

namespace net::cli {
namespace {

Error forbidden(const std::string& param) {
    return Error("--no-scripts forbids '" + param + "' in the command")
        .with_stage(Stage::validate)
        .with_param(param)
        .with_hint("name it in -netdev before '--', or drop --no-scripts");
}

}  // namespace

Result<void> forbid_scripts(TapRequest& request) {
    const qapi::Netdev& netdev = request.argument.netdev();
    if (const auto* bridge = std::get_if<qapi::NetdevBridgeOptions>(&netdev.branch)) {
        return bridge->helper ? Result<void>(forbidden("helper")) : Result<void>();
    }
    const auto& options = std::get<qapi::NetdevTapOptions>(netdev.branch);
    auto* named = std::get_if<ByName>(&std::get<TapPlan>(request.plan.backend).source);
    if (named == nullptr) {
        return forbidden("helper");
    }
    if (options.script && named->script.runs) {
        return forbidden("script");
    }
    if (options.downscript && named->downscript.runs) {
        return forbidden("downscript");
    }
    named->script = {};
    named->downscript = {};
    return {};
}

}  // namespace net::cli
