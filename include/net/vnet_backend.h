// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include "net/api.h"
#include "net/result.h"

/// What a virtio-net card asks of the backend it is attached to: header, offloads, byte order, the
/// spreading of frames over queues, and the kernel's help with moving them.
namespace qnetdev {

class VhostNet;

/// Work on frames that their sender may leave to their receiver, by the names of virtio-net's
/// feature bits. A value: it says what a guest has negotiated, what a backend supports, or what is
/// set, as the place where it stands tells.
struct Offloads {
    bool csum = false;  ///< Every other one builds on it, and is off without.
    bool tso4 = false;
    bool tso6 = false;
    bool ecn = false;  ///< Only with tso4 or tso6.
    bool ufo = false;
    bool uso4 = false;  ///< The kernel wants both USO bits together.
    bool uso6 = false;
    bool tunnel = false;       ///< UDP tunnel segmentation.
    bool tunnel_csum = false;  ///< The same with outer checksums.

    bool operator==(const Offloads&) const = default;
};

/// Lengths that a virtio-net header can have: plain, mergeable, with hash, with tunnel fields.
inline constexpr std::array<std::size_t, 4> kVnetHeaderLengths{10, 12, 20, 24};

/// One queue's answers. The defaults are those of a backend whose frames have no header, and which
/// leaves no work to their receiver.
///
/// Part of a client, which NetClientState::vnet() gets it from, and used on the client's thread.
class QNETDEV_API VnetBackend {
public:
    VnetBackend() = default;
    VnetBackend(const VnetBackend&) = delete;
    VnetBackend& operator=(const VnetBackend&) = delete;
    virtual ~VnetBackend();

    /// What clients without any of it share: it has no state.
    static VnetBackend& none();

    /// Length of the header that frames between NIC and backend start with now, both those that
    /// the NIC gets in receive() and those that it send()s. 0: they are bare Ethernet frames, as
    /// they always are until set_vnet_hdr_len() is called, and again for the next NIC.
    virtual std::size_t vnet_hdr_len() const { return 0; }
    /// Length of the header between backend and host: what vnet_hdr_len() would have to be for
    /// frames to pass as they are. Where the two differ, the backend takes the host's header off,
    /// and puts one of zeros on. 0: the host has none.
    virtual std::size_t host_vnet_hdr_len() const { return 0; }
    /// Whether the host side can have a header, and one of that length.
    virtual bool has_vnet_hdr() const { return false; }
    virtual bool has_vnet_hdr_len(std::size_t) const { return false; }
    /// From now on both lengths are `length`, one of kVnetHeaderLengths. The NIC has to expect the
    /// header, and to put it before what it sends, from the call on.
    virtual Result<void> set_vnet_hdr_len(std::size_t length);

    /// Those that could be set. Nothing if the host does not tell.
    virtual Offloads supported_offloads() const { return {}; }
    /// Those that are set now. Queues of one interface have them in common.
    virtual Offloads offloads() const { return {}; }
    /// Turns on what was negotiated, as far as the host goes along, and everything else off;
    /// offloads() then tells what came of it.
    virtual void set_offload(const Offloads&) {}

    /// The byte order of the header's fields.
    virtual Result<void> set_vnet_le(bool enable);
    virtual Result<void> set_vnet_be(bool enable);

    /// Installs the program that spreads frames over the queues; -1 removes it.
    virtual Result<void> set_steering_ebpf(int program_fd);

    /// The queue's vhost-net device, see net/vhost_net.h; null if it has none.
    virtual VhostNet* vhost() { return nullptr; }

    /// Whether frames pass this queue, which they do until a NIC says otherwise; nothing if it is
    /// so already. On failure the state is kept. Default: a backend that cannot tell its queues
    /// apart, for which it is enough that the NIC leaves some alone.
    virtual Result<void> set_queue_enabled(bool) { return {}; }
};

/// Tells a backend which byte order the header's fields have.
///
/// Setting the host's own byte order needs no support and always succeeds.
QNETDEV_API Result<void> net_set_vnet_le(VnetBackend& backend, bool enable);
QNETDEV_API Result<void> net_set_vnet_be(VnetBackend& backend, bool enable);

}  // namespace qnetdev
