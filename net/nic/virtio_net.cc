// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <memory>
#include <utility>

#include "net/base/limits.h"
#include "net/nic/virtio_net_queue.h"

namespace qnetdev {
namespace {

class ConfigWriter {
public:
    explicit ConfigWriter(ByteOrder order) : order_(order) {}

    void put(std::size_t at, std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) {
            const std::size_t shift = 8 * (order_ == ByteOrder::little ? i : bytes - 1 - i);
            space_[at + i] = static_cast<std::byte>(value >> shift & 0xffU);
        }
    }
    void put(const MacAddress& mac) {
        std::memcpy(space_.data(), mac.bytes.data(), mac.bytes.size());
    }
    std::span<const std::byte> bytes() const { return space_; }

private:
    ByteOrder order_;
    std::array<std::byte, 24> space_ = {};
};

/// Lines of a log that a card writes about its guest, which could go on for ever.
constexpr unsigned kGuestWarnings = 16;

}  // namespace

VirtioNet::VirtioNet(NicIdentity identity, VirtioNetOptions options, VirtioTransport& transport)
    : Nic(std::move(identity)),
      transport_(transport),
      properties_(options.properties),
      log_(std::move(options.log)),
      config_size_(virtio_net_config_size(properties_)),
      pairs_(options.queue_pairs) {
    assert(options.queue_pairs >= 1 && options.queue_pairs <= limits::kVirtioNetPairs);
    for (unsigned queue = 0; queue < options.queue_pairs; ++queue) {
        add(std::make_unique<Queue>(*this, queue));
    }
    config_status_ = kConfigLinkUp;
    host_features_ = virtio_net_host_features(properties_, peer_);
    filter_.vlans.set();
}

VirtioNet::~VirtioNet() = default;

VnetBackend& VirtioNet::backend(unsigned pair) {
    NetClientState* peer = client(pair).peer();
    return peer != nullptr ? peer->vnet() : VnetBackend::none();
}

ByteOrder VirtioNet::guest_order() const {
    return acked_.has(VirtioFeature::version_1) ? ByteOrder::little
                                                : transport_.driver_byte_order();
}

/// The order in which the backend has the header's fields.
ByteOrder VirtioNet::host_order() const {
    constexpr ByteOrder kNative =
        std::endian::native == std::endian::little ? ByteOrder::little : ByteOrder::big;
    return swaps_ ? kNative : guest_order();
}

bool VirtioNet::is_multiqueue() const {
    return acked_.has(VirtioFeature::mq) || acked_.has(VirtioFeature::rss);
}

bool VirtioNet::is_driving() const {
    return running_ && !broken_ && (status_ & virtio_status::kDriverOk) != 0;
}

void VirtioNet::warn(const std::string& what) {
    if (warnings_ < kGuestWarnings) {
        ++warnings_;
        log_.warning("card '" + id() + "': " + what +
                     (warnings_ == kGuestWarnings ? "; more is not told" : ""));
    }
}

void VirtioNet::break_device(std::string_view why) {
    if (std::exchange(broken_, true)) {
        return;
    }
    warn("the guest's driver broke a rule, and has to reset it: " + std::string(why));
    if (acked_.has(VirtioFeature::version_1)) {
        status_ |= virtio_status::kNeedsReset;
    }
    update_started();
    transport_.report_broken(why);
}

Result<void> VirtioNet::check_peer(const VirtioNetPeer& peer) const {
    const VirtioFeatures offered = virtio_net_host_features(properties_, peer);
    const VirtioFeatures missing = acked_ & ~offered & ~kTransportFeatures;
    if (missing != VirtioFeatures()) {
        return Error("card '" + id() + "': the netdev cannot do what the guest was promised: " +
                     describe_virtio_net_features(missing))
            .with_stage(Stage::validate)
            .with_param("netdev");
    }
    return {};
}

Result<void> VirtioNet::check_netdev(NetClientGroup& netdev) const {
    return check_peer(VirtioNetPeer::of(netdev.client(0).vnet()));
}

void VirtioNet::on_attached() {
    peer_ = VirtioNetPeer::of(backend(0));
    host_features_ = virtio_net_host_features(properties_, peer_);
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        // Nothing but a length that was set shows that frames carry a header.
        const bool set = peer_.vnet_hdr && backend(pair).set_vnet_hdr_len(guest_header_);
        const bool plain =
            !set && peer_.vnet_hdr && backend(pair).set_vnet_hdr_len(kVnetHeaderLengths.front());
        pairs_[pair].host_header = set ? guest_header_ : plain ? kVnetHeaderLengths.front() : 0;
    }
    if (const Result<void> enabled = enable_queues(queue_pairs_); !enabled) {
        warn(enabled.error().message());
    }
    apply_offloads();
    if (started_) {
        apply_byte_order();
    }
    on_link_changed();
}

void VirtioNet::set_features(const VirtioFeatures& asked) {
    acked_ = virtio_net_taken_features(asked, host_features_);
    transport_.set_ring_count(ring_count());
    const unsigned pairs = is_multiqueue() ? queue_pairs_ : 1;
    if (const Result<void> set = set_queue_pairs(pairs); !set) {
        warn(set.error().message());
        queue_pairs_ = pairs;  // what comes through one that stays attached reaches these
    }
    apply_features(virtio_net_guest_offload_bits(acked_));
    steering_.redirect = acked_.has(VirtioFeature::rss);
    if (acked_.has(VirtioFeature::ctrl_vlan)) {
        filter_.vlans.reset();
    } else {
        filter_.vlans.set();
    }
}

void VirtioNet::apply_features(std::uint64_t guest_offloads) {
    apply_header_length();
    guest_offloads_ = guest_offloads;
    apply_offloads();
}

void VirtioNet::apply_header_length() {
    guest_header_ = virtio_net_guest_header(acked_);
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        if (pairs_[pair].host_header == 0 || pairs_[pair].host_header == guest_header_ ||
            !backend(pair).has_vnet_hdr_len(guest_header_)) {
            continue;
        }
        if (Result<void> set = backend(pair).set_vnet_hdr_len(guest_header_); set) {
            pairs_[pair].host_header = guest_header_;
        } else {
            warn(set.error().message());
        }
    }
}

/// Through queue 0 only: they are the interface's.
void VirtioNet::apply_offloads() {
    if (peer_.vnet_hdr && client(0).peer() != nullptr) {
        backend(0).set_offload(virtio_net_offloads(guest_offloads_));
    }
}

void VirtioNet::apply_byte_order() {
    const auto set = [this](unsigned pair, bool enable) {
        return guest_order() == ByteOrder::little ? net_set_vnet_le(backend(pair), enable)
                                                  : net_set_vnet_be(backend(pair), enable);
    };
    swaps_ = false;
    for (unsigned pair = 0; peer_.vnet_hdr && pair < queue_pairs_; ++pair) {
        if (set(pair, true)) {
            continue;
        }
        while (pair > 0) {
            (void)set(--pair, false);
        }
        swaps_ = true;
        return;
    }
}

void VirtioNet::forget_byte_order() {
    for (unsigned pair = 0; peer_.vnet_hdr && !swaps_ && pair < queue_pairs_; ++pair) {
        (void)(guest_order() == ByteOrder::little ? net_set_vnet_le(backend(pair), false)
                                                  : net_set_vnet_be(backend(pair), false));
    }
    swaps_ = false;
}

void VirtioNet::update_started() {
    const bool starts = is_driving() && is_link_up();
    if (std::exchange(started_, starts) != starts) {
        starts ? apply_byte_order() : forget_byte_order();
    }
    if (!is_driving()) {
        return;
    }
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        if (starts && pair < queue_pairs_) {
            flush_received(pair);
        }
        handle_transmit(pair);  // sends what waited for a start, or drops what waits for the link
    }
}

void VirtioNet::set_status(std::uint8_t status) {
    if (status == 0) {
        reset();
        return;
    }
    const std::uint8_t kept = broken_ ? status_ & virtio_status::kNeedsReset : 0;
    status_ = status | kept;
    update_started();
}

void VirtioNet::set_running(bool running) {
    running_ = running;
    update_started();
}

void VirtioNet::reset() {
    status_ = 0;
    broken_ = false;
    update_started();
    filter_ = {};
    steering_ = {};
    config_status_ &= static_cast<std::uint16_t>(~unsigned{kConfigAnnounce});
    set_mac(permanent_mac());
    set_features({});
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        client(pair).purge_incoming();  // of the driver that is gone
    }
}

Result<void> VirtioNet::enable_queues(unsigned pairs) {
    // Attached ones first, so that there is always a queue for frames.
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        NET_TRY(backend(pair).set_queue_enabled(pair < pairs));
    }
    return {};
}

Result<void> VirtioNet::set_queue_pairs(unsigned pairs) {
    // Queues that go are not to be used while they do, nor those that come before they are there.
    const unsigned before = std::exchange(queue_pairs_, std::min(queue_pairs_, pairs));
    if (Result<void> enabled = enable_queues(pairs); !enabled) {
        if (const Result<void> back = enable_queues(before); !back) {
            warn(back.error().message());
        }
        queue_pairs_ = before;
        return enabled;
    }
    queue_pairs_ = pairs;
    if (started_) {
        apply_byte_order();
    }
    if (!is_driving()) {
        return {};
    }
    for (unsigned pair = 0; pair < queue_pairs_; ++pair) {
        flush_received(pair);  // also what came for queues that are no longer used
    }
    return {};
}

void VirtioNet::on_link_changed() {
    const bool up = !client(0).link_down();
    if (up == is_link_up()) {
        return;
    }
    config_status_ ^= kConfigLinkUp;
    transport_.notify_config();
    update_started();
}

void VirtioNet::announce() {
    const auto frame = announcement_frame(permanent_mac());
    (void)send(0, {}, Frame(std::array{iovec{const_cast<std::byte*>(frame.data()), frame.size()}}));
    if (acked_.has(VirtioFeature::guest_announce) && acked_.has(VirtioFeature::ctrl_vq)) {
        config_status_ |= kConfigAnnounce;
        transport_.notify_config();
    }
}

void VirtioNet::filter_changed() {
    if (std::exchange(filter_queried_, false)) {
        tell_filter_changed();
    }
}

std::optional<ReceiveFilterDescription> VirtioNet::query_receive_filter() {
    filter_queried_ = true;
    return ReceiveFilterDescription{.main_mac = mac(),
                                    .filter = filter_,
                                    .filters_vlans = acked_.has(VirtioFeature::ctrl_vlan)};
}

void VirtioNet::read_config(std::size_t offset, std::span<std::byte> bytes) const {
    constexpr std::uint8_t kUnknown = 0xff;
    ConfigWriter config(guest_order());
    config.put(mac());
    config.put(6, config_status_, 2);
    config.put(8, max_queue_pairs(), 2);
    config.put(10, properties_.host_mtu, 2);
    config.put(12, properties_.speed.value_or(0xffffffffU), 4);
    config.put(16, properties_.full_duplex ? std::uint8_t{*properties_.full_duplex} : kUnknown, 1);
    config.put(17, kHashKey, 1);
    config.put(18, properties_.rss ? limits::kSteeringTable : 1, 2);
    config.put(20, kHashTypes, 4);
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    if (offset < config_size_) {
        const std::size_t count = std::min(bytes.size(), config_size_ - offset);
        std::copy_n(config.bytes().begin() + static_cast<std::ptrdiff_t>(offset), count,
                    bytes.begin());
    }
}

/// Only the address can be written, and only by drivers that have no command for it.
void VirtioNet::write_config(std::size_t offset, std::span<const std::byte> bytes) {
    if (acked_.has(VirtioFeature::version_1) || acked_.has(VirtioFeature::ctrl_mac_addr)) {
        return;
    }
    MacAddress address = mac();
    for (const std::byte byte : bytes) {
        if (offset >= address.bytes.size()) {
            break;
        }
        address.bytes[offset++] = std::to_integer<std::uint8_t>(byte);
    }
    if (address != mac()) {
        set_mac(address);
    }
}

void VirtioNet::handle_ring(unsigned ring) {
    if (!is_driving() || ring >= ring_count() || !transport_.ring(ring).is_ready()) {
        return;
    }
    if (ring == control_ring()) {
        handle_control();
    } else if (ring % 2 == 0) {
        flush_received(ring / 2);
    } else {
        handle_transmit(ring / 2);
    }
}

}  // namespace qnetdev
