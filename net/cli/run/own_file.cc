// SPDX-License-Identifier: MIT
#include "net/cli/run/own_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

namespace qnetdev::cli {
namespace {

constexpr std::chrono::seconds kLockTime{1};

constexpr int kMostLinks = 40;  // in one path, as the kernel has it

/// Root, we, or whoever could exchange everything anyway: in a user namespace that is root too.
bool is_trusted(uid_t user) {
    struct stat top = {};
    return user == 0 || user == geteuid() || (stat("/", &top) == 0 && user == top.st_uid);
}

/// Whether nobody else can give the name of `entry` in `folder` to something else.
bool is_kept(const struct stat& folder, const struct stat& entry) {
    const bool shared = (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    return is_trusted(folder.st_uid) &&
           (!shared || ((folder.st_mode & S_ISVTX) != 0 && is_trusted(entry.st_uid)));
}

/// The links of /proc lead to a file, and their text only describes it.
bool is_of_proc(int fd) {
    struct statfs file_system = {};
    return fstatfs(fd, &file_system) == 0 && file_system.f_type == PROC_SUPER_MAGIC;
}

/// The way along a path, name by name, as the kernel goes it, but through nobody else's links.
struct Walk {
    UniqueFd folder = {};
    std::string rest = {};
    bool is_fixed = true;
    int links = 0;

    static Result<Walk> start(const std::string& path) {
        Walk walk{.rest = path};
        NET_TRY(walk.go_to(path.starts_with('/') ? "/" : "."));
        return walk;
    }
    Result<void> go_to(const char* path) {
        const int here = folder ? folder.get() : AT_FDCWD;
        UniqueFd next(openat(here, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!next) {
            return Error::from_errno(errno, path);
        }
        folder = std::move(next);
        return {};
    }
    /// The next name, empty at the end.
    std::string take_name() {
        rest.erase(0, std::min(rest.find_first_not_of('/'), rest.size()));
        std::string name = rest.substr(0, rest.find('/'));
        rest.erase(0, name.size());
        return name;
    }
    Result<void> step(const std::string& name);
    Result<void> follow(int link, const std::string& name);
};

Result<void> Walk::step(const std::string& name) {
    constexpr int kFlags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    // O_DIRECTORY has what is mounted on demand mounted.
    UniqueFd next(openat(folder.get(), name.c_str(), kFlags | O_DIRECTORY));
    const bool is_folder = static_cast<bool>(next);
    if (!is_folder && errno == ENOTDIR) {
        next = UniqueFd(openat(folder.get(), name.c_str(), kFlags));
    }
    struct stat here = {};
    struct stat there = {};
    if (!next || fstat(folder.get(), &here) != 0 || fstat(next.get(), &there) != 0) {
        return Error::from_errno(errno, name);
    }
    is_fixed = is_fixed && is_kept(here, there);
    if (is_folder) {
        folder = std::move(next);
        return {};
    }
    if (!S_ISLNK(there.st_mode)) {
        return Error::from_errno(ENOTDIR, name);
    }
    if (!is_trusted(there.st_uid)) {
        return Error("'" + name + "' on the way is a link that user " +
                     std::to_string(there.st_uid) + " made")
            .with_hint("name the folder that the link leads to");
    }
    return follow(next.get(), name);
}

Result<void> Walk::follow(int link, const std::string& name) {
    if (++links > kMostLinks) {
        return Error::from_errno(ELOOP, name);
    }
    if (is_of_proc(link)) {
        is_fixed = false;  // who knows
        return go_to(name.c_str());
    }
    char target[PATH_MAX];
    const ssize_t length = readlinkat(link, "", target, sizeof target);
    if (length <= 0 || length == sizeof target) {
        return Error::from_errno(length < 0 ? errno : ENOENT, name);
    }
    rest.insert(0, target, static_cast<std::size_t>(length));
    return target[0] == '/' ? go_to("/") : Result<void>();
}

}  // namespace

Result<FilePlace> FilePlace::find(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    FilePlace place{.name = path.substr(slash == path.npos ? 0 : slash + 1)};
    if (place.name.empty() || place.name == "." || place.name == "..") {
        return Error::from_errno(EISDIR, path);
    }
    Walk walk = NET_TRY(Walk::start(folder));
    for (std::string name = walk.take_name(); !name.empty(); name = walk.take_name()) {
        NET_TRY(walk.step(name));
    }
    place.folder = std::move(walk.folder);
    place.is_fixed = walk.is_fixed;
    return place;
}

UniqueFd FilePlace::look() const {
    return UniqueFd(openat(folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

bool FilePlace::names(int fd) const {
    struct stat named = {};
    struct stat opened = {};
    return fstatat(folder.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fd, &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

UniqueFd FilePlace::lock() const {
    UniqueFd opened(openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto deadline = std::chrono::steady_clock::now() + kLockTime;
    while (opened && flock(opened.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK &&
           std::chrono::steady_clock::now() < deadline) {
        (void)poll(nullptr, 0, 1);
    }
    return opened;
}

void FilePlace::remove() const {
    (void)unlinkat(folder.get(), name.c_str(), 0);
}

OwnFile::~OwnFile() {
    if (file_) {
        // Another instance may be about to take the name.
        const UniqueFd lock = place_.lock();
        if (place_.names(file_.get())) {
            place_.remove();
        }
    }
}

}  // namespace qnetdev::cli
