// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "net/base/fd_flags.h"
#include "net/result.h"
#include "net/tap/tun_kernel.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// A tap's descriptor, on its way to a client and in it.
///
/// One that the user named by number is only lent until its netdev comes to life: then it becomes
/// ours like any other, and else the destructor leaves it open and as it was.
class TapFd {
public:
    TapFd() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor)
    TapFd(UniqueFd owned) noexcept : fd_(std::move(owned)) {}
    static TapFd lent(int number) noexcept;
    TapFd(TapFd&& other) noexcept = default;
    TapFd& operator=(TapFd&& other) noexcept;
    ~TapFd() { give_back(); }

    int get() const noexcept { return fd_.get(); }
    explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
    bool is_lent() const noexcept { return static_cast<bool>(fd_) && lent_; }
    /// And close-on-exec; giving it back undoes both. No effect on failure.
    Result<void> make_nonblocking();
    /// It is ours now, lent or not.
    UniqueFd take() noexcept { return std::move(fd_); }

private:
    void give_back() noexcept;

    UniqueFd fd_ = {};
    bool lent_ = false;
    FdFlags before_ = {};
};

/// One queue of a tap interface with what is known of it: what opening makes, what the pipeline
/// hands on, and what a client keeps.
struct TapQueue {
    TapFd fd = {};
    std::string ifname = {};
    bool vnet_hdr = false;
    bool fresh = false;  ///< Just opened by us: the tun driver's defaults still hold.
    /// Of a multi-queue tap that was there before our first queue of it, as far as the kernel
    /// tells.
    unsigned other_queues = 0;
    std::optional<std::uint32_t> owner = {};
    unsigned features = 0;       ///< What get_features() said; 0 if it was not asked.
    unsigned macvtap_index = 0;  ///< 0: not a macvtap or ipvtap, or not opened by us.
};

/// Name of the interface that the queue belongs to.
Result<std::string> tap_fd_get_ifname(TunKernel& kernel, int fd);

/// Attaches a detached queue. EINVAL on an interface without the multi-queue flag.
Result<void> tap_fd_enable(TunKernel& kernel, int fd);

/// Detaches a queue: it keeps its place but carries no traffic. EINVAL as above.
Result<void> tap_fd_disable(TunKernel& kernel, int fd);

}  // namespace qnetdev
