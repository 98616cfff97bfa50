// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/api.h"
#include "net/result.h"
#include "net/unique_fd.h"

/// The kernel's vhost-net as a NIC model uses it: one device for each queue pair of a tap, which
/// the NIC gets from VnetBackend::vhost() and starts on the rings that its guest has set up.
namespace qnetdev {

class VhostKernel;

/// Numbers of virtio's and vhost's feature bits that matter here.
namespace vhost_feature {
inline constexpr unsigned kMergeableBuffers = 15;
inline constexpr unsigned kLogAll = 26;
/// Of a kernel: it can make and strip the virtio-net header itself, for a tap that has none.
inline constexpr unsigned kMakesHeader = 27;
inline constexpr unsigned kVersion1 = 32;
inline constexpr unsigned kAccessPlatform = 33;
inline constexpr unsigned kGuestUdpTunnel = 65;
inline constexpr unsigned kHostUdpTunnel = 67;
}  // namespace vhost_feature

/// A set of feature bits; kernels before 6.17 have none above 63.
struct VhostFeatures {
    std::uint64_t low = 0;   ///< Bits 0 to 63.
    std::uint64_t high = 0;  ///< Bits 64 to 127.

    static constexpr VhostFeatures bit(unsigned number) {
        return number < 64 ? VhostFeatures{std::uint64_t{1} << number, 0}
                           : VhostFeatures{0, std::uint64_t{1} << (number - 64)};
    }
    constexpr bool has(unsigned number) const { return (*this & bit(number)) == bit(number); }
    constexpr VhostFeatures operator|(VhostFeatures other) const {
        return {low | other.low, high | other.high};
    }
    constexpr VhostFeatures operator&(VhostFeatures other) const {
        return {low & other.low, high & other.high};
    }
    /// Those of this set that are not in the other.
    constexpr VhostFeatures without(VhostFeatures other) const {
        return {low & ~other.low, high & ~other.high};
    }
    bool operator==(const VhostFeatures&) const = default;
};

/// As one hexadecimal number: "0x33d008000".
QNETDEV_API std::string to_string(const VhostFeatures& features);

/// A piece of the guest's memory, mapped in this process.
struct VhostMemoryRegion {
    std::uint64_t guest_address = 0;
    std::uint64_t size = 0;
    std::uint64_t user_address = 0;
};

/// One ring as the guest's driver has set it up. Descriptors are borrowed for the call.
struct VhostRing {
    unsigned size = 0;  ///< Entries, a power of two; 0: the guest has not enabled it.
    /// Where its parts are in this process.
    std::uint64_t descriptors = 0;
    std::uint64_t available = 0;
    std::uint64_t used = 0;
    std::uint64_t used_guest_address = 0;  ///< For the dirty log.
    std::uint16_t next_available = 0;      ///< Where to go on; what stop() said, or 0.
    int kick_fd = -1;                      ///< The guest's doorbell, an eventfd; -1: none.
    int call_fd = -1;                      ///< Its interrupt, an eventfd; -1: masked.
};

inline constexpr std::size_t kVhostRings = 2;
inline constexpr unsigned kVhostReceive = 0;   ///< The kernel fills the guest's buffers.
inline constexpr unsigned kVhostTransmit = 1;  ///< It empties them.

/// The rings of one queue pair.
using VhostRings = std::array<VhostRing, kVhostRings>;

/// What all queue pairs of a NIC have in common.
struct VhostSetup {
    VhostFeatures features = {};  ///< What the guest has acknowledged, as far as vhost is told.
    std::span<const VhostMemoryRegion> memory = {};
    /// A bit for each 4 KiB page of guest memory, which the kernel sets where it writes; null: no
    /// log. Has to reach to the highest guest address.
    void* dirty_log = nullptr;
};

/// Where the kernel was in each ring when it stopped; nothing where it did not say: the used index
/// in the ring then tells.
using VhostPositions = std::array<std::optional<std::uint16_t>, kVhostRings>;

/// The queue of a tap that a device takes frames from and gives them to: what a device asks of it.
class VhostTap {
public:
    struct State {
        bool is_tap = false;       ///< And no layer 3 interface.
        std::size_t vnet_hdr = 0;  ///< Bytes of the header before its frames; 0: none.
        std::string name = {};     ///< For messages.
    };

    VhostTap() = default;
    VhostTap(const VhostTap&) = delete;
    VhostTap& operator=(const VhostTap&) = delete;
    virtual ~VhostTap() = default;

    virtual int vhost_fd_of_tap() const = 0;
    /// As the kernel tells it now.
    virtual Result<State> vhost_tap_state() = 0;
    /// The kernel reads the tap from now on, and nobody else may; or no longer does.
    virtual void on_vhost_running(bool running) = 0;
};

class VhostNet;

/// Starts the devices of a NIC's queue pairs, each on its rings, all or none. Nobody reads the taps
/// then; what was read before is the NIC's to deliver. The taps' header length and offloads have
/// to be set. A refusal is the kernel's last word: whoever serves the rings by itself then has no
/// reason to ask again before something has changed.
QNETDEV_API Result<void> vhost_net_start(std::span<VhostNet* const> pairs, const VhostSetup& setup,
                                         std::span<const VhostRings> rings);

/// Stops all of them, and tells for each where it was. After that nothing touches the guest's
/// memory, and the taps are read again. Those that do not run are left alone.
QNETDEV_API std::vector<VhostPositions> vhost_net_stop(std::span<VhostNet* const> pairs);

/// Replaces the whole table of the guest's memory while the devices run. On failure those behind
/// the first to refuse keep the old one: stop them.
QNETDEV_API Result<void> vhost_net_set_memory(std::span<VhostNet* const> pairs,
                                              std::span<const VhostMemoryRegion> memory);

/// Starts to log into `bitmap`, or stops if it is null, on all running devices or none. If stopping
/// fails, some may still write to the bitmap: it is needed until they are stopped.
QNETDEV_API Result<void> vhost_net_set_log(std::span<VhostNet* const> pairs, void* bitmap);

/// One vhost-net device: the two rings of one queue pair.
///
/// The kernel checks next to nothing of what it is told, so this does, before it attaches. Without
/// an IOTLB: guests behind an IOMMU (VIRTIO_F_ACCESS_PLATFORM) are refused. Not thread-safe; lives
/// on the loop of its NetContext, and must not outlive the netdev.
class QNETDEV_API VhostNet {
public:
    /// Makes the calling process the owner of the device behind `fd`, which is borrowed and must
    /// stay open, and sets up what does not depend on a guest. `busy_poll_us`: how long the kernel
    /// polls before it sleeps; 0: not at all. On failure the device is as it was.
    static Result<std::unique_ptr<VhostNet>> create(VhostKernel& kernel, int fd,
                                                    std::uint32_t busy_poll_us);
    VhostNet(const VhostNet&) = delete;
    VhostNet& operator=(const VhostNet&) = delete;
    /// Stops it.
    ~VhostNet();

    /// Puts the device between its rings and that tap. Once, before start().
    void connect(VhostTap& tap) { tap_ = &tap; }
    /// Fails if the kernel cannot serve a tap with, or without, a header.
    Result<void> check_header(bool has_vnet_hdr) const;

    int fd() const { return fd_; }
    /// The process whose memory the kernel uses: the one that called create().
    int owner() const { return owner_; }
    std::uint32_t busy_poll_us() const { return busy_poll_us_; }
    /// All that the kernel has.
    const VhostFeatures& features() const { return features_; }
    /// What of a NIC's features can be offered to its guest: those that are for the kernel to
    /// implement are taken away where it does not; all others pass.
    VhostFeatures offer(VhostFeatures nic) const;
    /// Whether the kernel moves the frames: after vhost_net_start(), until vhost_net_stop().
    bool is_running() const { return running_; }

    /// Has the guest interrupted through another eventfd; -1: masked, see take_masked_call().
    Result<void> set_call(unsigned ring, int call_fd);
    /// Whether an interrupt has come while it was masked. Clears that.
    bool take_masked_call(unsigned ring);
    /// An eventfd that can be read once the kernel has given a malformed ring up, until the next
    /// start; borrowed.
    int error_fd(unsigned ring) const { return rings_[ring].error.get(); }
    /// Stops one ring and tells where it was, as a guest resets it; nothing if it is not running.
    Result<std::optional<std::uint16_t>> stop_ring(unsigned ring);
    /// And starts it again, on what the guest has set up since.
    Result<void> start_ring(unsigned ring, const VhostRing& with);

    /// Gives the ownership up, so that another process can take the device.
    Result<void> release();

private:
    friend Result<void> vhost_net_start(std::span<VhostNet* const>, const VhostSetup&,
                                        std::span<const VhostRings>);
    friend std::vector<VhostPositions> vhost_net_stop(std::span<VhostNet* const>);
    friend Result<void> vhost_net_set_memory(std::span<VhostNet* const>,
                                             std::span<const VhostMemoryRegion>);
    friend Result<void> vhost_net_set_log(std::span<VhostNet* const>, void*);

    struct Ring {
        UniqueFd masked = {};  ///< Where interrupts go that nobody listens to.
        UniqueFd error = {};
        VhostRing guest = {};  ///< As it was started.
        bool placed = false;
        bool attached = false;
    };

    VhostNet(VhostKernel& kernel, int fd, std::uint32_t busy_poll_us)
        : kernel_(kernel), fd_(fd), busy_poll_us_(busy_poll_us) {}
    Result<void> set_up();
    Result<void> set_up_rings();
    Result<void> own();
    Result<void> read_features();
    Result<void> write_features(VhostFeatures features);
    Result<void> check(const VhostSetup& setup);
    Result<void> check_features() const;
    Result<void> start(const VhostSetup& setup, const VhostRings& rings);
    Result<void> place_ring(unsigned ring);
    Result<void> write_address(unsigned ring);
    Result<void> attach_ring(unsigned ring);
    std::optional<std::uint16_t> detach_ring(unsigned ring);
    Result<void> set_log(void* bitmap);
    VhostPositions stop();

    VhostKernel& kernel_;
    int fd_;
    std::uint32_t busy_poll_us_;
    int owner_ = 0;
    bool owned_ = false;
    bool running_ = false;
    bool logs_ = false;
    VhostTap* tap_ = nullptr;
    VhostFeatures features_ = {};
    VhostFeatures negotiated_ = {};
    std::array<Ring, kVhostRings> rings_ = {};
};

}  // namespace qnetdev
