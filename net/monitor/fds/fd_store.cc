// SPDX-License-Identifier: MIT
#include "net/fd_store.h"

#include <algorithm>
#include <utility>

#include "net/base/limits.h"

namespace qnetdev {
namespace {

Error no_such_fd(std::string_view name) {
    return Error("no descriptor named '" + std::string(name) + "' has been passed")
        .with_stage(Stage::validate)
        .with_hint("pass it with getfd first; a name can be used once");
}

}  // namespace

FdStore::~FdStore() = default;

NamedFds::~NamedFds() {
    close_all();
}

void NamedFds::close_all() {
    for (auto& [name, fd] : std::exchange(fds_, {})) {
        dispose(std::move(fd));
    }
}

void NamedFds::dispose(UniqueFd fd) const {
    if (dispose_ && fd) {
        dispose_(std::move(fd));
    }
}

Result<void> NamedFds::add(std::string_view name, UniqueFd fd) {
    Result<void> allowed = check_name(name);
    if (!allowed) {
        dispose(std::move(fd));
        return allowed;
    }
    UniqueFd& kept = fds_[std::string(name)];
    dispose(std::exchange(kept, std::move(fd)));
    return {};
}

Result<void> NamedFds::check_name(std::string_view name) const {
    if (!name.empty() && name.front() >= '0' && name.front() <= '9') {
        return Error("'fdname' must not start with a digit, but is '" + std::string(name) + "'")
            .with_stage(Stage::validate)
            .with_param("fdname");
    }
    if (fds_.size() >= limits::kHeldFds) {
        return Error("the monitor holds " + std::to_string(fds_.size()) +
                     " named descriptors already")
            .with_hint("closefd makes room");
    }
    return {};
}

Result<void> NamedFds::close(std::string_view name) {
    Result<UniqueFd> fd = take(name);
    if (!fd) {
        return std::move(fd).error().with_param("fdname");
    }
    dispose(*std::move(fd));
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

}  // namespace qnetdev
