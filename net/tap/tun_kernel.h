// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "net/netlink/link_info.h"
#include "net/result.h"
#include "net/unique_fd.h"
#include "net/vnet_backend.h"

namespace qnetdev {

/// IFF_* bits of <linux/if_tun.h>, named here so that nothing else needs that header.
namespace tun_flags {
inline constexpr unsigned kTun = 0x0001;
inline constexpr unsigned kTap = 0x0002;
inline constexpr unsigned kNapi = 0x0010;
inline constexpr unsigned kNapiFrags = 0x0020;
inline constexpr unsigned kNoCarrier = 0x0040;
inline constexpr unsigned kMultiQueue = 0x0100;
inline constexpr unsigned kDetachedQueue = 0x0400;
inline constexpr unsigned kPersist = 0x0800;
inline constexpr unsigned kNoPacketInfo = 0x1000;
inline constexpr unsigned kOneQueue = 0x2000;  ///< Without meaning since Linux 3.8.
inline constexpr unsigned kVnetHdr = 0x4000;
/// For set_iff() only: make the interface, and fail with EBUSY if it exists.
inline constexpr unsigned kExclusive = 0x8000;
}  // namespace tun_flags

/// The interface behind a descriptor.
struct TunInterface {
    std::string name = {};
    unsigned flags = 0;  ///< tun_flags
};

/// What any queue may have put on all of a tap, and what stays when that queue is gone: steering
/// and filters, a lost carrier, a small send buffer, another byte order.
enum class TunShared {
    steering,
    filter_program,
    socket_filter,
    address_filter,
    carrier,
    sndbuf,
    vnet_le,
    vnet_be
};
inline constexpr std::array kAllTunShared{TunShared::steering,      TunShared::filter_program,
                                          TunShared::socket_filter, TunShared::address_filter,
                                          TunShared::carrier,       TunShared::sndbuf,
                                          TunShared::vnet_le,       TunShared::vnet_be};

/// The tun driver's calls, one method each, as a seam: unit tests fake the kernel without root.
///
/// Every error is Error::from_errno() with the name of the call, "TUNSETIFF" for example, or with
/// what could not be done if that takes more than one. Methods that take an `int` borrow it.
/// Stateless, so any thread may call. tests/support/tun_kernel_contract.cc holds both to the rest.
class TunKernel {
public:
    TunKernel() = default;
    TunKernel(const TunKernel&) = delete;
    TunKernel& operator=(const TunKernel&) = delete;
    virtual ~TunKernel() = default;

    /// Opens /dev/net/tun, non-blocking and close-on-exec.
    virtual Result<UniqueFd> open_tun() = 0;
    /// Opens /dev/tap<index>, the device of a macvtap or ipvtap interface, the same way.
    virtual Result<UniqueFd> open_macvtap(unsigned interface_index) = 0;
    /// Index of an existing interface, 0 if there is none of that name.
    virtual Result<unsigned> interface_index(const std::string& name) = 0;

    virtual Result<unsigned> get_features(int fd) = 0;
    /// TUNSETIFF; returns the name the kernel settled on. `name` has at most 15 bytes.
    virtual Result<std::string> set_iff(int fd, const std::string& name, unsigned flags) = 0;
    /// kNoPacketInfo of the outcome is IFF_NOFILTER too, so it says something only if it is
    /// missing.
    virtual Result<TunInterface> get_iff(int fd) = 0;
    /// From now on only that user, and who may administer the network, can open further queues.
    virtual Result<void> set_owner(int fd, unsigned uid) = 0;
    /// The interface of that name: who has it, and for how long, which no ioctl tells. ENODEV if
    /// there is none.
    virtual Result<LinkInfo> get_link(const std::string& name) = 0;
    /// Makes one of them what it is on a new tap. EINVAL or ENOTTY: the kernel does not know it.
    virtual Result<void> reset_shared(int fd, TunShared what) = 0;
    /// Deletes an interface, whoever has queues of it.
    virtual Result<void> delete_interface(unsigned index) = 0;
    /// Whether the queue's interface is in the calling thread's network namespace; false also if
    /// that cannot be told.
    virtual bool is_in_our_namespace(int fd) = 0;
    /// Of this queue alone; a new one has INT_MAX.
    virtual Result<int> get_sndbuf(int fd) = 0;
    /// Of all queues of the interface that are attached now.
    virtual Result<void> set_sndbuf(int fd, int bytes) = 0;
    /// TUNSETOFFLOAD, of the whole interface: these on, all others off. EINVAL if the kernel does
    /// not know one of them, or wants one that is missing; then nothing has changed.
    virtual Result<void> set_offload(int fd, const Offloads& offloads) = 0;
    /// All queues of a tap have one length, but each of a macvtap has its own.
    virtual Result<int> get_vnet_hdr_size(int fd) = 0;
    virtual Result<void> set_vnet_hdr_size(int fd, int bytes) = 0;
    virtual Result<void> set_vnet_le(int fd, bool enable) = 0;
    virtual Result<void> set_vnet_be(int fd, bool enable) = 0;
    /// TUNSETQUEUE: attaches or detaches one queue of a multi-queue interface. The other calls
    /// serve a detached queue as well.
    virtual Result<void> set_queue(int fd, bool attach) = 0;
    /// TUNSETSTEERINGEBPF; -1 removes the program.
    virtual Result<void> set_steering_ebpf(int fd, int program_fd) = 0;
};

/// The driver of the system we were built for. On systems without one, every call fails clearly.
TunKernel& system_tun_kernel();

/// The TUN_F_* bits that TUNSETOFFLOAD is told for these, one for each.
unsigned tun_offload_bits(const Offloads& offloads);

/// What system_tun_kernel() is elsewhere; built on Linux too, for its test.
TunKernel& unsupported_tun_kernel();

}  // namespace qnetdev
