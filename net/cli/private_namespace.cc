// SPDX-License-Identifier: MIT
#include "net/cli/private_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "net/unique_fd.h"

namespace qnetdev::cli {
namespace {

Result<void> write_file(const char* path, const std::string& text) {
    const UniqueFd fd(open(path, O_WRONLY | O_CLOEXEC));
    if (!fd || write(fd.get(), text.data(), text.size()) < 0) {
        return Error::from_errno(errno, path);
    }
    return {};
}

/// The caller becomes root of the new user namespace, and nobody else exists in it.
Result<void> map_to_root(uid_t uid, gid_t gid) {
    NET_TRY(write_file("/proc/self/setgroups", "deny"));
    NET_TRY(write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1"));
    return write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

Error no_namespace(Error cause) {
    return std::move(cause)
        .with_prefix("cannot make a private network namespace")
        .with_hint("run as root, or use --host to work on the host itself");
}

}  // namespace

Result<void> enter_private_namespace() {
    if (unshare(CLONE_NEWNET) == 0) {
        return {};
    }
    if (errno != EPERM) {
        return no_namespace(Error::from_errno(errno, "unshare"));
    }
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return no_namespace(Error::from_errno(errno, "unshare"));
    }
    Result<void> mapped = map_to_root(uid, gid);
    if (!mapped) {
        return no_namespace(std::move(mapped).error());
    }
    return {};
}

}  // namespace qnetdev::cli
