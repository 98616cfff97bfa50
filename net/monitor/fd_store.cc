// SPDX-License-Identifier: MIT
#include "net/fd_store.h"

#include <algorithm>

namespace net {
namespace {

Error no_such_fd(std::string_view name) {
    return Error("no descriptor named '" + std::string(name) + "' has been passed")
        .with_stage(Stage::validate)
        .with_hint("pass it with getfd first; a name can be used once");
}

}  // namespace

Result<void> NamedFds::add(std::string_view name, UniqueFd fd) {
    if (!name.empty() && name.front() >= '0' && name.front() <= '9') {
        return Error("'fdname' must not start with a digit, but is '" + std::string(name) + "'")
            .with_stage(Stage::validate)
            .with_param("fdname");
    }
    fds_.insert_or_assign(std::string(name), std::move(fd));
    return {};
}

Result<void> NamedFds::close(std::string_view name) {
    if (fds_.erase(std::string(name)) == 0) {
        return no_such_fd(name);
    }
    return {};
}

bool NamedFds::contains(std::string_view name) const {
    return fds_.contains(std::string(name));
}

bool NamedFds::owns(int fd) const {
    return std::any_of(fds_.begin(), fds_.end(),
                       [fd](const auto& entry) { return entry.second.get() == fd; });
}

Result<UniqueFd> NamedFds::take(std::string_view name) {
    auto node = fds_.extract(std::string(name));
    if (node.empty()) {
        return no_such_fd(name);
    }
    return std::move(node.mapped());
}

}  // namespace net
