// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/net_client.h"
#include "net/nic/virtio_net_features.h"

/// The header before frames: what it may say, and how it is written.
namespace qnetdev {

/// Frames and buffers in pieces; the driver's memory, which may change while we look at it.
class PieceReader {
public:
    explicit PieceReader(Frame pieces) : pieces_(pieces) {}

    /// Copies what is there, at most `bytes.size()`, and moves on; how much that was.
    std::size_t read(std::span<std::byte> bytes);
    /// How much could be passed over.
    std::size_t skip(std::size_t bytes);
    /// What is left; as long as memory is, so in 64 bits.
    std::uint64_t remaining() const;
    /// The next bytes that lie together, at most that many; nothing at the end.
    std::span<const std::byte> take(std::size_t bytes);

private:
    Frame pieces_;
    std::size_t offset_ = 0;  ///< Into the first piece.
};

/// Bytes in all pieces; never wraps, as no iovec is longer than memory.
std::uint64_t total_length(Frame pieces);

/// Copies to where `offset` bytes are before it in the pieces; how much fitted.
std::size_t write_pieces(Frame pieces, std::size_t offset, std::span<const std::byte> bytes);

/// Copies what the reader has left to behind `offset` bytes of the pieces; how much fitted.
std::size_t copy_pieces(PieceReader& from, Frame to, std::size_t offset);

/// Which order a number's bytes have.
enum class ByteOrder { little, big };

struct VnetHeader {
    static constexpr std::uint8_t kNeedsCsum = 1;
    static constexpr std::uint8_t kDataValid = 2;
    static constexpr std::uint8_t kRscInfo = 4;
    static constexpr std::uint8_t kTunnelCsum = 8;

    static constexpr std::uint8_t kGsoNone = 0;
    static constexpr std::uint8_t kGsoTcp4 = 1;
    static constexpr std::uint8_t kGsoUdp = 3;
    static constexpr std::uint8_t kGsoTcp6 = 4;
    static constexpr std::uint8_t kGsoUdpL4 = 5;
    static constexpr std::uint8_t kGsoTunnel4 = 0x20;
    static constexpr std::uint8_t kGsoTunnel6 = 0x40;
    static constexpr std::uint8_t kGsoEcn = 0x80;

    std::uint8_t flags = 0;
    std::uint8_t gso_type = kGsoNone;
    std::uint16_t hdr_len = 0;
    std::uint16_t gso_size = 0;
    std::uint16_t csum_start = 0;
    std::uint16_t csum_offset = 0;
    std::uint16_t num_buffers = 0;
    std::uint32_t hash_value = 0;
    std::uint16_t hash_report = 0;
    std::uint16_t outer_th_offset = 0;
    std::uint16_t inner_nh_offset = 0;

    static constexpr std::size_t kLongest = kVnetHeaderLengths.back();
    using Bytes = std::array<std::byte, kLongest>;

    /// Of a header of `length` bytes: what lies behind is not read and stays 0.
    static VnetHeader parse(const Bytes& bytes, std::size_t length, ByteOrder order);
    /// All fields; the caller takes as many bytes as its header has.
    Bytes write(ByteOrder order) const;

    bool operator==(const VnetHeader&) const = default;
};

/// What a driver sends with a frame, made harmless: null if the frame is to be dropped. Fields that
/// have no meaning are 0, and hints that the host would refuse are gone.
///
/// `frame` is what follows the header; only the first bytes of it are looked at.
std::optional<VnetHeader> check_driver_header(VnetHeader header, Frame frame,
                                              const VirtioFeatures& acked);

/// The Internet checksum that the header leaves to its reader, over the bytes from csum_start.
/// Null if it asks for one that does not fit into the frame.
std::optional<std::uint16_t> complete_checksum(const VnetHeader& header, Frame frame);

/// Whether this is an answer of a DHCP server whose checksum somebody left open: clients read them
/// from raw sockets, and some do not know that it may be.
bool is_dhcp_without_checksum(const VnetHeader& header, Frame frame);

}  // namespace qnetdev
