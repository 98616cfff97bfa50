// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net_header.h"

#include <algorithm>
#include <cstring>

#include "net/base/limits.h"

namespace qnetdev {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIpv4 = 20;
constexpr std::size_t kIpv6 = 40;
constexpr std::size_t kUdp = 8;
constexpr std::size_t kUdpSegments = 128;  // UDP_MAX_SEGMENTS in the kernel's <linux/udp.h>

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::uint16_t kTypeVlan = 0x8100;
constexpr std::uint16_t kTypeServiceVlan = 0x88a8;

std::uint16_t get16(std::span<const std::byte> bytes, std::size_t at, ByteOrder order) {
    const auto first = std::to_integer<unsigned>(bytes[at]);
    const auto second = std::to_integer<unsigned>(bytes[at + 1]);
    return static_cast<std::uint16_t>(order == ByteOrder::little ? first | (second << 8)
                                                                 : (first << 8) | second);
}

std::uint32_t get32(std::span<const std::byte> bytes, std::size_t at, ByteOrder order) {
    const std::uint32_t first = get16(bytes, at, order);
    const std::uint32_t second = get16(bytes, at + 2, order);
    return order == ByteOrder::little ? first | (second << 16) : (first << 16) | second;
}

void put16(std::span<std::byte> bytes, std::size_t at, std::uint16_t value, ByteOrder order) {
    const auto low = static_cast<std::byte>(value & 0xffU);
    const auto high = static_cast<std::byte>(value >> 8);
    bytes[at] = order == ByteOrder::little ? low : high;
    bytes[at + 1] = order == ByteOrder::little ? high : low;
}

void put32(std::span<std::byte> bytes, std::size_t at, std::uint32_t value, ByteOrder order) {
    const auto low = static_cast<std::uint16_t>(value & 0xffffU);
    const auto high = static_cast<std::uint16_t>(value >> 16);
    put16(bytes, at, order == ByteOrder::little ? low : high, order);
    put16(bytes, at + 2, order == ByteOrder::little ? high : low, order);
}

/// The Ethernet type behind at most two VLAN tags; 0 if the frame is too short.
std::uint16_t network_type(Frame frame) {
    std::array<std::byte, kEthernet + 8> start{};
    const std::size_t count = PieceReader(frame).read(start);
    for (std::size_t at = kEthernet - 2; at + 2 <= count; at += 4) {
        const std::uint16_t type = get16(start, at, ByteOrder::big);
        if (type != kTypeVlan && type != kTypeServiceVlan) {
            return type;
        }
    }
    return 0;
}

bool checksum_fits(const VnetHeader& header, std::uint64_t length, std::uint16_t type) {
    const std::size_t start = header.csum_start;
    if (start + header.csum_offset + 2 > length) {
        return false;
    }
    const bool is_ipv6 = type == kTypeIpv6 || header.gso_type == VnetHeader::kGsoTcp6;
    const std::size_t network = is_ipv6 ? kIpv6 : type == kTypeIpv4 ? kIpv4 : 0;
    return start >= kEthernet + network;
}

/// Whether the driver may use that kind of segmentation, and the frame is of that kind.
bool segmentation_taken(std::uint8_t kind, const VirtioFeatures& acked, std::uint16_t type) {
    switch (kind) {
        case VnetHeader::kGsoTcp4:
            return acked.has(VirtioFeature::host_tso4) && type == kTypeIpv4;
        case VnetHeader::kGsoTcp6:
            return acked.has(VirtioFeature::host_tso6) && type == kTypeIpv6;
        case VnetHeader::kGsoUdp:
            return acked.has(VirtioFeature::host_ufo) && (type == kTypeIpv4 || type == kTypeIpv6);
        case VnetHeader::kGsoUdpL4:
            return acked.has(VirtioFeature::host_uso) && (type == kTypeIpv4 || type == kTypeIpv6);
        default:
            return false;
    }
}

bool is_tcp(std::uint8_t kind) {
    return kind == VnetHeader::kGsoTcp4 || kind == VnetHeader::kGsoTcp6;
}

/// What the transport protocol of a segmented frame demands.
bool segments_fit(const VnetHeader& header, std::uint8_t kind, std::uint64_t length) {
    constexpr std::uint16_t kTcpChecksum = 16;
    constexpr std::uint16_t kUdpChecksum = 6;
    if (is_tcp(kind)) {
        return header.csum_offset == kTcpChecksum;
    }
    if (kind == VnetHeader::kGsoUdpL4) {
        const std::size_t before = std::size_t{header.csum_start} + kUdp;
        return header.csum_offset == kUdpChecksum && length >= before &&
               (length - before) <= kUdpSegments * std::uint64_t{header.gso_size};
    }
    return true;
}

bool is_good_segmentation(const VnetHeader& header, std::uint64_t length, std::uint16_t type,
                          const VirtioFeatures& acked) {
    constexpr std::uint8_t kTunnels = VnetHeader::kGsoTunnel4 | VnetHeader::kGsoTunnel6;
    constexpr std::uint8_t kModifiers = kTunnels | VnetHeader::kGsoEcn;
    const auto kind = static_cast<std::uint8_t>(header.gso_type & ~unsigned{kModifiers});
    const auto tunnels = static_cast<std::uint8_t>(header.gso_type & kTunnels);
    if (header.gso_type == VnetHeader::kGsoNone) {
        return true;
    }
    if (tunnels != 0 && (tunnels == kTunnels || !acked.has(VirtioFeature::host_tunnel))) {
        return false;
    }
    if ((header.gso_type & VnetHeader::kGsoEcn) != 0 &&
        (!is_tcp(kind) || !acked.has(VirtioFeature::host_ecn))) {
        return false;
    }
    // In a tunnel the type is that of the frame inside.
    const std::uint16_t inner = tunnels == 0                   ? type
                                : kind == VnetHeader::kGsoTcp6 ? kTypeIpv6
                                                               : kTypeIpv4;
    return header.gso_size != 0 && header.gso_size != 0xffff &&
           (header.flags & VnetHeader::kNeedsCsum) != 0 && segmentation_taken(kind, acked, inner) &&
           segments_fit(header, kind, length);
}

}  // namespace

std::uint64_t total_length(Frame pieces) {
    std::uint64_t total = 0;
    for (const iovec& piece : pieces) {
        total += piece.iov_len;
    }
    return total;
}

std::span<const std::byte> PieceReader::take(std::size_t bytes) {
    while (!pieces_.empty() && offset_ == pieces_.front().iov_len) {
        pieces_ = pieces_.subspan(1);
        offset_ = 0;
    }
    if (pieces_.empty()) {
        return {};
    }
    const iovec& piece = pieces_.front();
    const std::span<const std::byte> taken(static_cast<const std::byte*>(piece.iov_base) + offset_,
                                           std::min(bytes, piece.iov_len - offset_));
    offset_ += taken.size();
    return taken;
}

std::size_t PieceReader::read(std::span<std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const std::span<const std::byte> taken = take(bytes.size() - done);
        if (taken.empty()) {
            break;
        }
        std::memcpy(bytes.data() + done, taken.data(), taken.size());
        done += taken.size();
    }
    return done;
}

std::size_t PieceReader::skip(std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
        const std::size_t taken = take(bytes - done).size();
        if (taken == 0) {
            break;
        }
        done += taken;
    }
    return done;
}

std::uint64_t PieceReader::remaining() const {
    return total_length(pieces_) - offset_;
}

std::size_t write_pieces(Frame pieces, std::size_t offset, std::span<const std::byte> bytes) {
    std::size_t done = 0;
    for (const iovec& piece : pieces) {
        if (offset >= piece.iov_len) {
            offset -= piece.iov_len;
            continue;
        }
        const std::size_t count = std::min(piece.iov_len - offset, bytes.size() - done);
        if (count == 0) {
            break;
        }
        std::memcpy(static_cast<std::byte*>(piece.iov_base) + offset, bytes.data() + done, count);
        done += count;
        offset = 0;
    }
    return done;
}

std::size_t copy_pieces(PieceReader& from, Frame to, std::size_t offset) {
    std::size_t done = 0;
    for (const iovec& piece : to) {
        if (offset >= piece.iov_len) {
            offset -= piece.iov_len;
            continue;
        }
        const std::size_t count =
            from.read({static_cast<std::byte*>(piece.iov_base) + offset, piece.iov_len - offset});
        done += count;
        if (count < piece.iov_len - offset) {
            break;
        }
        offset = 0;
    }
    return done;
}

VnetHeader VnetHeader::parse(const Bytes& bytes, std::size_t length, ByteOrder order) {
    Bytes known{};
    std::copy_n(bytes.begin(), std::min(length, known.size()), known.begin());
    VnetHeader header;
    header.flags = std::to_integer<std::uint8_t>(known[0]);
    header.gso_type = std::to_integer<std::uint8_t>(known[1]);
    header.hdr_len = get16(known, 2, order);
    header.gso_size = get16(known, 4, order);
    header.csum_start = get16(known, 6, order);
    header.csum_offset = get16(known, 8, order);
    header.num_buffers = get16(known, 10, order);
    header.hash_value = get32(known, 12, order);
    header.hash_report = get16(known, 16, order);
    header.outer_th_offset = get16(known, 20, order);
    header.inner_nh_offset = get16(known, 22, order);
    return header;
}

VnetHeader::Bytes VnetHeader::write(ByteOrder order) const {
    Bytes bytes{};
    bytes[0] = std::byte{flags};
    bytes[1] = std::byte{gso_type};
    put16(bytes, 2, hdr_len, order);
    put16(bytes, 4, gso_size, order);
    put16(bytes, 6, csum_start, order);
    put16(bytes, 8, csum_offset, order);
    put16(bytes, 10, num_buffers, order);
    put32(bytes, 12, hash_value, order);
    put16(bytes, 16, hash_report, order);
    put16(bytes, 20, outer_th_offset, order);
    put16(bytes, 22, inner_nh_offset, order);
    return bytes;
}

std::optional<VnetHeader> check_driver_header(VnetHeader header, Frame frame,
                                              const VirtioFeatures& acked) {
    const std::uint64_t length = total_length(frame);
    if (length < kEthernet || length > limits::kPacketBytes - VnetHeader::kLongest) {
        return {};
    }
    const std::uint16_t type = network_type(frame);
    const bool tunnel_csum =
        (header.flags & VnetHeader::kTunnelCsum) != 0 && acked.has(VirtioFeature::host_tunnel_csum);
    header.flags &= VnetHeader::kNeedsCsum;
    if (header.flags == 0) {
        header.csum_start = 0;
        header.csum_offset = 0;
    } else if (!acked.has(VirtioFeature::csum) || !checksum_fits(header, length, type)) {
        return {};
    }
    if (!is_good_segmentation(header, length, type, acked)) {
        return {};
    }
    if (header.gso_type == VnetHeader::kGsoNone) {
        header.gso_size = 0;
    }
    const bool is_tunnel =
        (header.gso_type & (VnetHeader::kGsoTunnel4 | VnetHeader::kGsoTunnel6)) != 0;
    if (!is_tunnel) {
        header.outer_th_offset = 0;
        header.inner_nh_offset = 0;
    } else if (tunnel_csum) {
        header.flags |= VnetHeader::kTunnelCsum;
    }
    if (header.hdr_len < kEthernet || header.hdr_len > length) {
        header.hdr_len = 0;  // a hint, for which the host would refuse the frame
    }
    header.num_buffers = 0;
    header.hash_value = 0;
    header.hash_report = 0;
    return header;
}

std::optional<std::uint16_t> complete_checksum(const VnetHeader& header, Frame frame) {
    const std::size_t place = std::size_t{header.csum_start} + header.csum_offset;
    if (place + 2 > total_length(frame)) {
        return {};
    }
    PieceReader reader(frame);
    (void)reader.skip(header.csum_start);
    std::array<std::byte, 512> block{};  // of even length: pairs do not straddle blocks
    std::uint64_t sum = 0;
    while (const std::size_t count = reader.read(block)) {
        for (std::size_t at = 0; at + 1 < count; at += 2) {
            sum += get16(block, at, ByteOrder::big);
        }
        if (count % 2 != 0) {
            sum += std::to_integer<std::uint64_t>(block[count - 1]) << 8;
        }
    }
    while ((sum >> 16) != 0) {
        sum = (sum & 0xffffU) + (sum >> 16);
    }
    const auto checksum = static_cast<std::uint16_t>(~sum & 0xffffU);
    return checksum == 0 ? std::uint16_t{0xffff} : checksum;  // 0 says "none" in UDP
}

bool is_dhcp_without_checksum(const VnetHeader& header, Frame frame) {
    constexpr std::size_t kWithUdp = kEthernet + kIpv4 + kUdp;
    constexpr std::size_t kLargest = 1500;
    constexpr std::size_t kProtocol = kEthernet + 9;
    constexpr std::byte kUdpProtocol{17};
    constexpr std::uint16_t kServerPort = 67;
    std::array<std::byte, kWithUdp> start{};
    if ((header.flags & VnetHeader::kNeedsCsum) == 0 || total_length(frame) >= kLargest ||
        PieceReader(frame).read(start) < start.size()) {
        return false;
    }
    return get16(start, kEthernet - 2, ByteOrder::big) == kTypeIpv4 &&
           (start[kEthernet] & std::byte{0xf0}) == std::byte{0x40} &&
           start[kProtocol] == kUdpProtocol &&
           get16(start, kEthernet + kIpv4, ByteOrder::big) == kServerPort;
}

}  // namespace qnetdev
