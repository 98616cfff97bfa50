// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "net/api.h"

namespace qnetdev {

/// Sole owner of a file descriptor, closed on destruction.
///
/// Signatures state ownership by type alone: `UniqueFd` moves it in or out,
/// `int` only borrows it for the call. Neither converts to the other by itself.
class QNETDEV_API UniqueFd {
public:
    UniqueFd() noexcept = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    /// Closes the current descriptor and adopts `fd`. Keeps errno, never retries
    /// close() (Linux frees the number even on EINTR), aborts on EBADF.
    void reset(int fd = -1) noexcept;

private:
    int fd_ = -1;
};

}  // namespace qnetdev
