// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/log.h"
#include "net/nic/nic.h"
#include "net/nic/receive_steering.h"
#include "net/nic/virtio_net_features.h"
#include "net/nic/virtio_transport.h"

namespace qnetdev {

/// Bits of a virtio device's status that the card looks at.
namespace virtio_status {
inline constexpr std::uint8_t kDriverOk = 4;
inline constexpr std::uint8_t kNeedsReset = 0x40;
}  // namespace virtio_status

/// All that a guest has made of a card, to be carried to another process. A value; whoever reads it
/// from elsewhere need not check it: VirtioNet::load() does.
struct VirtioNetState {
    VirtioFeatures features = {};
    std::uint8_t device_status = 0;
    MacAddress mac = {};
    std::uint16_t config_status = 0;
    ReceiveFilter filter = {};
    bool had_vnet_hdr = false;
    bool had_ufo = false;
    std::uint16_t max_queue_pairs = 1;
    std::uint16_t queue_pairs = 1;
    std::uint64_t guest_offloads = 0;
    ReceiveSteering steering = {};

    bool operator==(const VirtioNetState&) const = default;
};

struct VirtioNetOptions {
    VirtioNetProperties properties = {};
    unsigned queue_pairs = 1;  ///< 1 to limits::kVirtioNetPairs: those of the netdev.
    Log log = {};
};

/// A virtio-net card: what the driver's features, status, configuration and rings mean, and what is
/// asked of the backend for it. Nothing of PCI, and nothing of how rings lie in memory: that is the
/// transport's.
///
/// Everything that comes from the driver is hostile. Rules that it breaks make the device broken
/// until it is reset, or cost it the frame or command; they cost nobody else anything.
///
/// Lives on the loop of its clients. Rings are numbered as the driver does: 2p and 2p + 1 receive
/// and transmit of pair p, the control queue behind the last pair.
class VirtioNet final : public Nic {
public:
    /// `transport` must outlive it.
    VirtioNet(NicIdentity identity, VirtioNetOptions options, VirtioTransport& transport);
    ~VirtioNet() override;

    Result<void> check_netdev(NetClientGroup& netdev) const override;
    void on_attached() override;
    std::optional<ReceiveFilterDescription> query_receive_filter() override;

    // What the transport tells.

    /// What the driver may take; transport and rings add their own.
    const VirtioFeatures& host_features() const { return host_features_; }
    /// What the driver takes; whatever it was not offered, it does not get.
    void set_features(const VirtioFeatures& asked);
    const VirtioFeatures& features() const { return acked_; }
    /// 0 resets.
    void set_status(std::uint8_t status);
    std::uint8_t status() const { return status_; }
    void reset();
    /// Bytes behind the configuration space read as 0, and are not written.
    std::size_t config_size() const { return config_size_; }
    void read_config(std::size_t offset, std::span<std::byte> bytes) const;
    void write_config(std::size_t offset, std::span<const std::byte> bytes);
    /// The driver has kicked that ring, or it was scheduled.
    void handle_ring(unsigned ring);
    /// Whether the machine runs; it does when the card is made.
    void set_running(bool running);

    // The state, to be carried elsewhere while the machine is stopped.

    VirtioNetState save() const;
    /// What may have changed since the card was made is asked again: the backend of a netdev that
    /// was postponed has just come.
    Result<void> pre_load();
    /// Makes the card what it was. Fails without effect if this one or its backend cannot do what
    /// the driver was promised. Frames move after post_load() and set_running().
    Result<void> load(const VirtioNetState& state);
    /// The rings have been restored too. Announces the card to its new network if the guest can.
    void post_load();

    unsigned queue_pairs() const { return queue_pairs_; }
    unsigned max_queue_pairs() const { return static_cast<unsigned>(size()); }
    bool is_multiqueue() const;
    unsigned ring_count() const { return is_multiqueue() ? 2 * max_queue_pairs() + 1 : 3; }
    unsigned control_ring() const { return ring_count() - 1; }
    /// Frames of the driver that were dropped since the card was made: nobody could have sent them.
    std::uint64_t dropped_by_rule() const { return dropped_by_rule_; }

private:
    class Queue;
    struct Pair {
        std::size_t host_header = 0;  ///< Bytes that the backend puts before frames.
        /// Of the queue of the backend that has to take frames again before more are sent.
        std::optional<unsigned> waits_for = {};
    };
    struct Placed {
        VirtqueueElement element;
        std::size_t written;
    };
    enum class Ack : std::uint8_t { ok = 0, error = 1 };

    // Bits of the configuration's status.
    static constexpr std::uint16_t kConfigLinkUp = 1;
    static constexpr std::uint16_t kConfigAnnounce = 2;

    // virtio_net.cc
    Result<void> check_peer(const VirtioNetPeer& peer) const;
    VnetBackend& backend(unsigned pair);
    ByteOrder guest_order() const;
    ByteOrder host_order() const;
    bool is_driving() const;  ///< The driver is ready, and the machine runs.
    bool is_link_up() const { return (config_status_ & kConfigLinkUp) != 0; }
    Virtqueue& receive_ring(unsigned pair) { return transport_.ring(2 * pair); }
    Virtqueue& transmit_ring(unsigned pair) { return transport_.ring(2 * pair + 1); }
    /// A guest can provoke what is told here again and again, so only the first few are logged.
    void warn(const std::string& what);
    void break_device(std::string_view why);
    void apply_features(std::uint64_t guest_offloads);
    void apply_header_length();
    void apply_offloads();
    void apply_byte_order();
    void forget_byte_order();
    void update_started();
    Result<void> set_queue_pairs(unsigned pairs);
    Result<void> enable_queues(unsigned pairs);
    void on_link_changed();
    void announce();
    void filter_changed();

    // virtio_net_control.cc
    void handle_control();
    Ack execute(PieceReader& request);
    Ack set_receive_mode(std::uint8_t command, PieceReader& request);
    Ack set_address(std::uint8_t command, PieceReader& request);
    Ack set_address_table(PieceReader& request);
    Ack set_vlan(std::uint8_t command, PieceReader& request);
    Ack acknowledge_announcement(std::uint8_t command);
    Ack set_multiqueue(std::uint8_t command, PieceReader& request);
    Ack set_steering(PieceReader& request, bool with_table);
    Ack set_guest_offloads(std::uint8_t command, PieceReader& request);
    template <class Number>
    std::optional<Number> read_number(PieceReader& request) const;

    // virtio_net_frames.cc
    bool can_receive(unsigned queue);
    Delivery receive(unsigned queue, Frame frame);
    Delivery deliver(unsigned pair, VnetHeader header, Frame frame);
    bool prepare_for_guest(VnetHeader& header, Frame& frame, iovec& whole);
    Delivery place(Virtqueue& ring, VnetHeader header, Frame frame);
    void flush_received(unsigned pair);
    void handle_transmit(unsigned pair);
    bool transmit(unsigned pair, const VirtqueueElement& element);
    Delivery send(unsigned pair, const VnetHeader& header, Frame frame);
    void on_peer_ready(unsigned queue);

    // virtio_net_state.cc
    Result<void> check_abilities(const VirtioNetState& state) const;
    Result<void> check_consistency(const VirtioNetState& state) const;

    VirtioTransport& transport_;
    VirtioNetProperties properties_;
    Log log_;
    std::size_t config_size_;
    VirtioNetPeer peer_ = {};
    VirtioFeatures host_features_ = {};
    VirtioFeatures acked_ = {};
    std::uint8_t status_ = 0;
    std::uint16_t config_status_ = 0;  ///< Link, announcement.
    unsigned queue_pairs_ = 1;
    std::size_t guest_header_ = 10;
    std::uint64_t guest_offloads_ = 0;
    ReceiveFilter filter_ = {};
    ReceiveSteering steering_ = {};
    std::vector<Pair> pairs_;
    std::vector<Placed> placed_ = {};      ///< Room, kept from frame to frame.
    std::vector<std::byte> scratch_ = {};  ///< A received frame in one piece.
    std::uint64_t dropped_by_rule_ = 0;
    bool running_ = true;
    bool started_ = false;
    bool broken_ = false;
    unsigned warnings_ = 0;
    bool swaps_ = false;          ///< The backend refused the guest's byte order: we change it.
    bool filter_queried_ = true;  ///< The next change is to be told.
};

}  // namespace qnetdev
