// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <cerrno>
#include <optional>

#include "net/tap/fd_list.h"
#include "net/tap/pipeline.h"

namespace net {
namespace {

Result<TapFd> resolve(TapBuild& build, std::string_view name) {
    if (build.fds != nullptr && !is_fd_number(name)) {
        UniqueFd fd = NET_TRY(build.fds->take(name));
        return TapFd::owned(std::move(fd));
    }
    const std::optional<int> parsed = parse_fd_number(name);
    if (!parsed) {
        return Error("no descriptor can be passed by name here");  // a monitor without a store
    }
    const int number = *parsed;
    if (fcntl(number, F_GETFD) < 0) {
        return Error::from_errno(errno, "descriptor " + std::to_string(number))
            .with_hint("no descriptor of that number is open in this process");
    }
    if (build.fds != nullptr && build.fds->owns(number)) {
        return Error("descriptor " + std::to_string(number) + " belongs to this program")
            .with_hint("what was passed with getfd is called by its name");
    }
    NET_TRY(build.context.check_unclaimed(number));
    return TapFd{.fd = number};
}

}  // namespace

Result<void> net_tap_from_monitor_fd(TapBuild& build, const char* option, std::string_view name,
                                     std::string_view vhostfd) {
    Result<TapFd> fd = resolve(build, name);
    if (!fd) {
        return std::move(fd).error().with_prefix(option).with_param(option);
    }
    Result<void> outcome = net_tap_fd_init_external(build, *std::move(fd), vhostfd);
    if (!outcome) {
        Error error = std::move(outcome).error().with_prefix(std::string(option) + " '" +
                                                             std::string(name) + "'");
        return error.param().empty() ? std::move(error).with_param(option) : error;
    }
    return {};
}

}  // namespace net
