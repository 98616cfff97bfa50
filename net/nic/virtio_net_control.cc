// SPDX-License-Identifier: MIT
/// Commands of the control queue. Each comes from a guest that may mean harm: lengths and numbers
/// are checked before anything changes, and a command that fails leaves all as it was, but for what
/// the commands of receive-side scaling say.
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "net/nic/virtio_net.h"

namespace qnetdev {
namespace {

enum CommandClass : std::uint8_t {
    class_rx = 0,
    class_mac = 1,
    class_vlan = 2,
    class_announce = 3,
    class_mq = 4,
    class_offloads = 5,
};

std::optional<std::uint8_t> read_byte(PieceReader& request) {
    std::array<std::byte, 1> byte;
    if (request.read(byte) != byte.size()) {
        return {};
    }
    return std::to_integer<std::uint8_t>(byte[0]);
}

std::optional<MacAddress> read_mac(PieceReader& request) {
    MacAddress mac;
    if (request.read(std::as_writable_bytes(std::span(mac.bytes))) != mac.bytes.size()) {
        return {};
    }
    return mac;
}

/// A part of the address table: as many as there is room for, and whether there were more.
struct AddressList {
    std::vector<MacAddress> addresses = {};
    bool overflow = false;
};

/// `count` addresses, which are all there. Of too many none is kept.
AddressList read_addresses(PieceReader& request, std::uint64_t count, std::size_t room) {
    AddressList list;
    if (count > room) {
        list.overflow = true;
        (void)request.skip(count * MacAddress().bytes.size());
        return list;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        list.addresses.push_back(read_mac(request).value_or(MacAddress()));
    }
    return list;
}

}  // namespace

template <class Number>
std::optional<Number> VirtioNet::read_number(PieceReader& request) const {
    std::array<std::byte, sizeof(Number)> bytes;
    if (request.read(bytes) != bytes.size()) {
        return {};
    }
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t at = guest_order() == ByteOrder::little ? bytes.size() - 1 - i : i;
        number = number << 8 | std::to_integer<std::uint64_t>(bytes[at]);
    }
    return static_cast<Number>(number);
}

void VirtioNet::handle_control() {
    Virtqueue& ring = transport_.ring(control_ring());
    for (int done = 0; done < limits::kControlBurst; ++done) {
        const std::optional<VirtqueueElement> element = ring.pop();
        if (!element) {
            return;
        }
        PieceReader request(element->readable);
        if (request.remaining() < 2 || total_length(element->writable) < 1) {
            ring.put_back(1);
            break_device("a command without its class or without room for an answer");
            return;
        }
        const std::array ack{static_cast<std::byte>(execute(request))};
        (void)write_pieces(element->writable, 0, ack);
        ring.push(*element, ack.size());
        ring.publish();
        if (broken_) {
            return;
        }
    }
    transport_.schedule(control_ring());
}

VirtioNet::Ack VirtioNet::execute(PieceReader& request) {
    const std::uint8_t command_class = read_byte(request).value_or(0xff);
    const std::uint8_t command = read_byte(request).value_or(0xff);
    switch (command_class) {
        case class_rx:
            return set_receive_mode(command, request);
        case class_mac:
            return set_address(command, request);
        case class_vlan:
            return set_vlan(command, request);
        case class_announce:
            return acknowledge_announcement(command);
        case class_mq:
            return set_multiqueue(command, request);
        case class_offloads:
            return set_guest_offloads(command, request);
        default:
            return Ack::error;
    }
}

VirtioNet::Ack VirtioNet::set_receive_mode(std::uint8_t command, PieceReader& request) {
    constexpr std::array kModes{&ReceiveFilter::promiscuous, &ReceiveFilter::all_multicast,
                                &ReceiveFilter::all_unicast, &ReceiveFilter::no_multicast,
                                &ReceiveFilter::no_unicast,  &ReceiveFilter::no_broadcast};
    const std::optional<std::uint8_t> on = read_byte(request);
    if (!on || command >= kModes.size()) {
        return Ack::error;
    }
    filter_.*kModes[command] = *on != 0;
    filter_changed();
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::set_address(std::uint8_t command, PieceReader& request) {
    constexpr std::uint8_t kTable = 0;
    constexpr std::uint8_t kAddress = 1;
    if (command == kTable) {
        return set_address_table(request);
    }
    if (command != kAddress || request.remaining() != MacAddress().bytes.size()) {
        return Ack::error;
    }
    set_mac(*read_mac(request));
    filter_changed();
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::set_address_table(PieceReader& request) {
    constexpr std::uint64_t kBytes = sizeof(MacAddress::bytes);
    const std::optional<std::uint32_t> unicasts = read_number<std::uint32_t>(request);
    if (!unicasts || request.remaining() < *unicasts * kBytes) {
        return Ack::error;
    }
    AddressList unicast = read_addresses(request, *unicasts, limits::kFilterAddresses);
    const std::optional<std::uint32_t> multicasts = read_number<std::uint32_t>(request);
    if (!multicasts || request.remaining() != *multicasts * kBytes) {
        return Ack::error;
    }
    AddressList multicast =
        read_addresses(request, *multicasts, limits::kFilterAddresses - unicast.addresses.size());
    filter_.unicast = std::move(unicast.addresses);
    filter_.unicast_overflow = unicast.overflow;
    filter_.multicast = std::move(multicast.addresses);
    filter_.multicast_overflow = multicast.overflow;
    filter_changed();
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::set_vlan(std::uint8_t command, PieceReader& request) {
    constexpr std::uint8_t kAdd = 0;
    constexpr std::uint8_t kDelete = 1;
    const std::optional<std::uint16_t> vid = read_number<std::uint16_t>(request);
    if (!vid || *vid >= filter_.vlans.size() || (command != kAdd && command != kDelete)) {
        return Ack::error;
    }
    filter_.vlans.set(*vid, command == kAdd);
    filter_changed();
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::acknowledge_announcement(std::uint8_t command) {
    constexpr std::uint8_t kAcknowledge = 0;
    if (command != kAcknowledge || (config_status_ & kConfigAnnounce) == 0) {
        return Ack::error;
    }
    config_status_ ^= kConfigAnnounce;
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::set_multiqueue(std::uint8_t command, PieceReader& request) {
    constexpr std::uint8_t kPairs = 0;
    constexpr std::uint8_t kSteering = 1;
    constexpr std::uint8_t kHash = 2;
    // Every command of the class does, even one that fails.
    steering_ = {.redirect = acked_.has(VirtioFeature::rss)};
    if (command == kSteering || command == kHash) {
        return set_steering(request, command == kSteering);
    }
    const std::optional<std::uint16_t> pairs = read_number<std::uint16_t>(request);
    if (command != kPairs || !acked_.has(VirtioFeature::mq) || !pairs || *pairs == 0 ||
        *pairs > max_queue_pairs()) {
        return Ack::error;
    }
    if (Result<void> set = set_queue_pairs(*pairs); !set) {
        warn(set.error().message());
        return Ack::error;
    }
    return Ack::ok;
}

/// Both commands have the same layout; without a table, one entry and no number of queues count.
VirtioNet::Ack VirtioNet::set_steering(PieceReader& request, bool with_table) {
    if (!acked_.has(with_table ? VirtioFeature::rss : VirtioFeature::hash_report)) {
        return Ack::error;
    }
    ReceiveSteering wanted = {
        .enabled = true, .redirect = with_table, .report = acked_.has(VirtioFeature::hash_report)};
    const std::optional<std::uint32_t> types = read_number<std::uint32_t>(request);
    const std::optional<std::uint16_t> mask = read_number<std::uint16_t>(request);
    const std::optional<std::uint16_t> fallback = read_number<std::uint16_t>(request);
    const std::size_t entries = with_table ? mask.value_or(0) + std::size_t{1} : 1;
    if (!types || !mask || !fallback || (*types & ~kHashTypes) != 0 ||
        entries > limits::kSteeringTable || !std::has_single_bit(entries) ||
        (with_table && *fallback >= max_queue_pairs())) {
        return Ack::error;
    }
    wanted.types = *types;
    wanted.default_queue = with_table ? *fallback : std::uint16_t{0};
    for (std::size_t i = 0; i < entries; ++i) {
        // Entries are not checked: a frame's queue is taken modulo those in use.
        wanted.table.push_back(read_number<std::uint16_t>(request).value_or(0));
    }
    const std::optional<std::uint16_t> pairs = read_number<std::uint16_t>(request);
    const std::optional<std::uint8_t> key_bytes = read_byte(request);
    if (!pairs || !key_bytes || (with_table && (*pairs == 0 || *pairs > max_queue_pairs())) ||
        *key_bytes > kHashKey || request.remaining() < *key_bytes ||
        (*key_bytes == 0 && *types != 0)) {
        return Ack::error;
    }
    (void)request.read(std::as_writable_bytes(std::span(wanted.key).first(*key_bytes)));
    if (with_table) {
        if (Result<void> set = set_queue_pairs(*pairs); !set) {
            warn(set.error().message());
            return Ack::error;
        }
    }
    if (*types != 0) {
        steering_ = std::move(wanted);
    }
    return Ack::ok;
}

VirtioNet::Ack VirtioNet::set_guest_offloads(std::uint8_t command, PieceReader& request) {
    constexpr std::uint8_t kSet = 0;
    const std::optional<std::uint64_t> wanted = read_number<std::uint64_t>(request);
    if (command != kSet || !wanted || !acked_.has(VirtioFeature::ctrl_guest_offloads) ||
        !peer_.vnet_hdr) {
        return Ack::error;
    }
    const std::uint64_t offloads = *wanted & ~kRscOffloadBits;
    if ((offloads & ~virtio_net_guest_offload_bits(acked_)) != 0) {
        return Ack::error;
    }
    guest_offloads_ = offloads;
    apply_offloads();
    return Ack::ok;
}

}  // namespace qnetdev
