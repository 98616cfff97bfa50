// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string>

#include "net/client/net_context_internals.h"
#include "net/tap/pipeline.h"

namespace qnetdev {
namespace {

Result<TapFd> take_by_name(TapBuild& build, const std::string& name) {
    if (build.fds == nullptr) {
        return Error("no descriptor can be passed by name here");  // a monitor without a store
    }
    UniqueFd fd = NET_TRY(build.fds->take(name));
    return TapFd(std::move(fd));
}

Result<TapFd> borrow_by_number(TapBuild& build, int number) {
    if (fcntl(number, F_GETFD) < 0) {
        return Error::from_errno(errno, "descriptor " + std::to_string(number))
            .with_hint("no descriptor of that number is open in this process");
    }
    if (build.fds != nullptr && build.fds->owns(number)) {
        return Error("descriptor " + std::to_string(number) + " belongs to this program")
            .with_hint("what was passed with getfd is called by its name");
    }
    NET_TRY(build.context.internals().check_unclaimed(number));
    return TapFd::lent(number);
}

Result<void> check_name(TapBuild& build, std::string_view option, const FdRef& ref) {
    if (build.fds != nullptr && !ref.number && !build.fds->contains(ref.text)) {
        const std::string name(option);
        return std::move(build.fds->take(ref.text)).error().with_prefix(name).with_param(name);
    }
    return {};
}

}  // namespace

Result<void> check_descriptor_names(TapBuild& build) {
    if (const auto* passed = std::get_if<PassedFds>(&build.plan.source)) {
        for (const FdRef& ref : passed->fds) {
            NET_TRY(check_name(build, passed->option, ref));
        }
    }
    for (const VhostSource& vhost : build.plan.vhost) {
        if (const auto* ref = std::get_if<FdRef>(&vhost)) {
            NET_TRY(check_name(build, build.plan.vhost_fd_option, *ref));
        }
    }
    return {};
}

Result<TapFd> take_descriptor(TapBuild& build, const FdRef& ref) {
    return ref.number ? borrow_by_number(build, *ref.number) : take_by_name(build, ref.text);
}

Result<void> net_init_tap_fds(TapBuild& build, const PassedFds& passed) {
    for (const FdRef& ref : passed.fds) {
        NET_TRY(net_tap_from_monitor_fd(build, passed.option, ref));
    }
    return {};
}

Result<void> net_tap_from_monitor_fd(TapBuild& build, std::string_view option, const FdRef& ref) {
    const std::string name(option);
    Result<TapFd> fd = take_descriptor(build, ref);
    if (!fd) {
        return std::move(fd).error().with_prefix(name).with_param(name);
    }
    Result<void> outcome = net_tap_fd_init_external(build, *std::move(fd));
    if (!outcome) {
        Error error = std::move(outcome).error().with_prefix(name + " '" + ref.text + "'");
        return error.param().empty() ? std::move(error).with_param(name) : error;
    }
    return {};
}

}  // namespace qnetdev
