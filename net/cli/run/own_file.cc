// SPDX-License-Identifier: MIT
#include "net/cli/run/own_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace net::cli {
namespace {

constexpr std::chrono::seconds kLockTime{1};

}  // namespace

Result<FilePlace> FilePlace::find(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    FilePlace place{.name = path.substr(slash == path.npos ? 0 : slash + 1)};
    if (place.name.empty() || place.name == "." || place.name == "..") {
        return Error::from_errno(EISDIR, path);
    }
    place.folder = UniqueFd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place.folder) {
        return Error::from_errno(errno, path);
    }
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

}  // namespace net::cli
