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

    virtual bool has_vnet_hdr() const { return false; }
    virtual bool has_vnet_hdr_len(std::size_t) const { return false; }
    /// Bytes; 0 without a header.
    virtual std::size_t vnet_hdr_len() const { return 0; }
    /// The frames exchanged from now on start with a header of `length`, one of kVnetHeaderLengths.
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
