// SPDX-License-Identifier: MIT
#include "net/monitor/fds/fd_sets.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "net/base/limits.h"

namespace qnetdev {
namespace {

constexpr std::string_view kPrefix = "/dev/fdset/";

Error no_such_fd(std::int64_t id, std::optional<std::int64_t> fd) {
    const std::string set = "there is no descriptor set " + std::to_string(id);
    return Error(fd ? "set " + std::to_string(id) + " has no descriptor " + std::to_string(*fd)
                    : set)
        .with_stage(Stage::validate)
        .with_param(fd ? "fd" : "fdset-id");
}

}  // namespace

FdSets::~FdSets() {
    for (auto& [id, members] : sets_) {
        for (Member& member : members) {
            close(std::move(member.fd));
        }
    }
}

void FdSets::close(UniqueFd fd) const {
    if (dispose_ && fd) {
        dispose_(std::move(fd));
    }
}

Result<void> FdSets::check_add(std::optional<std::int64_t> id) const {
    if (id && *id < 0) {
        return Error("'fdset-id' must not be negative")
            .with_stage(Stage::validate)
            .with_param("fdset-id");
    }
    if (count_ == limits::kHeldFds) {
        return Error("the descriptor sets are full: they hold " + std::to_string(count_) +
                     " descriptors")
            .with_hint("remove-fd makes room");
    }
    return {};
}

Result<FdSets::Place> FdSets::add(std::optional<std::int64_t> id, std::optional<std::string> opaque,
                                  UniqueFd fd) {
    if (Result<void> allowed = check_add(id); !allowed) {
        close(std::move(fd));
        return std::move(allowed).error();
    }
    if (!id) {
        id = 0;
        // In order, so that the first gap is the lowest free number.
        for (auto set = sets_.begin(); set != sets_.end() && set->first == *id; ++set) {
            ++*id;
        }
    }
    const int number = fd.get();
    sets_[*id].push_back({std::move(fd), std::move(opaque)});
    ++count_;
    return Place{*id, number};
}

Result<void> FdSets::remove(std::int64_t id, std::optional<std::int64_t> fd) {
    const auto set = sets_.find(id);
    if (set == sets_.end()) {
        return no_such_fd(id, {});
    }
    std::vector<Member>& members = set->second;
    const auto named =
        std::stable_partition(members.begin(), members.end(),
                              [fd](const Member& member) { return fd && member.fd.get() != *fd; });
    if (named == members.end()) {
        return no_such_fd(id, fd);
    }
    for (auto member = named; member != members.end(); ++member) {
        close(std::move(member->fd));
        --count_;
    }
    members.erase(named, members.end());
    if (members.empty()) {
        sets_.erase(set);
    }
    return {};
}

Result<UniqueFd> FdSets::open(std::string_view path, int flags) const {
    std::int64_t id = -1;
    const std::string_view digits =
        path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : std::string_view();
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), id);
    const auto set = sets_.find(id);
    if (digits.empty() || end != digits.end() || error != std::errc() || set == sets_.end()) {
        return Error::from_errno(ENOENT, std::string(path));
    }
    for (const Member& member : set->second) {
        if ((fcntl(member.fd.get(), F_GETFL) & O_ACCMODE) == (flags & O_ACCMODE)) {
            UniqueFd duplicate(fcntl(member.fd.get(), F_DUPFD_CLOEXEC, 3));
            if (!duplicate) {
                return Error::from_errno(errno, std::string(path));
            }
            return duplicate;
        }
    }
    return Error::from_errno(EACCES, std::string(path))
        .with_hint("no descriptor of the set was opened in that mode");
}

}  // namespace qnetdev
