// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net_header.h"

#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::frame_to;
using test::kCardMac;
using test::TextFrame;
using enum VirtioFeature;

constexpr VirtioFeatures kAllHost{csum,     host_tso4, host_tso6,   host_ecn,
                                  host_ufo, host_uso,  host_tunnel, host_tunnel_csum};

/// TCP over IPv4: the checksum is 16 bytes into the segment, which starts behind 34.
VnetHeader tso4() {
    return {.flags = VnetHeader::kNeedsCsum,
            .gso_type = VnetHeader::kGsoTcp4,
            .hdr_len = 54,
            .gso_size = 1448,
            .csum_start = 34,
            .csum_offset = 16};
}
VnetHeader uso4() {
    VnetHeader header = tso4();
    header.gso_type = VnetHeader::kGsoUdpL4;
    header.csum_offset = 6;
    return header;
}

std::optional<VnetHeader> check(const VnetHeader& header, std::size_t size = 4000,
                                unsigned type = 0x0800, const VirtioFeatures& acked = kAllHost) {
    return check_driver_header(header, TextFrame(frame_to(kCardMac, size, type)), acked);
}

VirtioFeatures without(VirtioFeature feature) {
    return kAllHost & ~VirtioFeatures{feature};
}

TEST(VnetHeader, IsReadAsItIsWrittenInBothOrders) {
    const VnetHeader header{.flags = 1,
                            .gso_type = 0x81,
                            .hdr_len = 0x0102,
                            .gso_size = 0x0304,
                            .csum_start = 0x0506,
                            .csum_offset = 0x0708,
                            .num_buffers = 0x090a,
                            .hash_value = 0x0b0c0d0e,
                            .hash_report = 0x0f10,
                            .outer_th_offset = 0x1112,
                            .inner_nh_offset = 0x1314};
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
        EXPECT_EQ(VnetHeader::parse(header.write(order), 24, order), header);
    }
    const VnetHeader::Bytes big = header.write(ByteOrder::big);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(big.data()), big.size()),
              bytes({1,  0x81, 1,  2,  3,  4,  5, 6, 7,    8,    9,    10,
                     11, 12,   13, 14, 15, 16, 0, 0, 0x11, 0x12, 0x13, 0x14}));
    const VnetHeader cut = VnetHeader::parse(big, 12, ByteOrder::big);
    EXPECT_EQ(cut.num_buffers, 0x090a);
    EXPECT_EQ(cut.hash_value, 0U);
    EXPECT_EQ(cut.inner_nh_offset, 0);
}

TEST(DriverHeader, PassesAsItIsWhenItIsGood) {
    EXPECT_EQ(check(tso4()), tso4());
    EXPECT_EQ(check(uso4()), uso4());
    VnetHeader six = tso4();
    six.gso_type = VnetHeader::kGsoTcp6 | VnetHeader::kGsoEcn;
    six.csum_start = 54;
    EXPECT_EQ(check(six, 4000, 0x86dd), six);
    EXPECT_EQ(check({}, 60), VnetHeader());
}

TEST(DriverHeader, LosesWhatHasNoMeaning) {
    const VnetHeader noise{.flags = 0xf6,
                           .gso_size = 7,
                           .csum_start = 60000,
                           .csum_offset = 60000,
                           .num_buffers = 9,
                           .hash_value = 8,
                           .hash_report = 1,
                           .outer_th_offset = 3,
                           .inner_nh_offset = 4};
    EXPECT_EQ(check(noise, 60), VnetHeader());
}

TEST(DriverHeader, LosesAHintThatTheHostWouldRefuse) {
    for (const std::uint16_t hint : std::vector<std::uint16_t>{1, 13, 61, 65535}) {
        EXPECT_EQ(check({.hdr_len = hint}, 60)->hdr_len, 0);
    }
    EXPECT_EQ(check({.hdr_len = 14}, 60)->hdr_len, 14);
    EXPECT_EQ(check({.hdr_len = 60}, 60)->hdr_len, 60);
}

TEST(DriverHeader, NeedsAFrameThatIsOne) {
    EXPECT_FALSE(check({}, 13));
    EXPECT_TRUE(check({}, 14));
    EXPECT_TRUE(check({}, 69608));
    EXPECT_FALSE(check({}, 69609));
}

TEST(DriverHeader, NeedsWhatWasNegotiated) {
    EXPECT_FALSE(check(tso4(), 4000, 0x0800, without(host_tso4)));
    EXPECT_FALSE(check(tso4(), 4000, 0x0800, without(csum)));
    EXPECT_FALSE(check(uso4(), 4000, 0x0800, without(host_uso)));
    VnetHeader header = tso4();
    header.gso_type = VnetHeader::kGsoUdp;
    EXPECT_TRUE(check(header));
    EXPECT_FALSE(check(header, 4000, 0x0800, without(host_ufo)));
    header.gso_type = VnetHeader::kGsoTcp4 | VnetHeader::kGsoEcn;
    EXPECT_TRUE(check(header));
    EXPECT_FALSE(check(header, 4000, 0x0800, without(host_ecn)));
    header.gso_type = VnetHeader::kGsoTcp6;
    header.csum_start = 54;
    EXPECT_FALSE(check(header, 4000, 0x86dd, without(host_tso6)));
    header = {.flags = VnetHeader::kNeedsCsum, .csum_start = 34, .csum_offset = 16};
    EXPECT_TRUE(check(header));
    EXPECT_FALSE(check(header, 4000, 0x0800, without(csum)));
}

TEST(DriverHeader, NeedsAKindOfSegmentationThatExists) {
    for (unsigned type = 1; type < 256; ++type) {
        VnetHeader header = tso4();
        header.gso_type = static_cast<std::uint8_t>(type);
        const bool good = type == 0x01 || type == 0x03 || type == 0x81;
        const bool tunnelled = type == 0x21 || type == 0x41 || type == 0x23 || type == 0x43 ||
                               type == 0x24 || type == 0x44 || type == 0xa1 || type == 0xc1 ||
                               type == 0xa4 || type == 0xc4;
        EXPECT_EQ(check(header).has_value(), good || tunnelled) << type;
        EXPECT_EQ(check(header, 4000, 0x0800, without(host_tunnel)).has_value(), good) << type;
    }
}

TEST(DriverHeader, NeedsSegmentsOfASizeWithAChecksum) {
    for (const std::uint16_t size : std::vector<std::uint16_t>{0, 0xffff}) {
        VnetHeader header = tso4();
        header.gso_size = size;
        EXPECT_FALSE(check(header)) << size;
    }
    VnetHeader header = tso4();
    header.flags = 0;
    EXPECT_FALSE(check(header));
    header = tso4();
    header.csum_offset = 6;
    EXPECT_FALSE(check(header)) << "a TCP checksum is elsewhere";
    header = uso4();
    header.csum_offset = 16;
    EXPECT_FALSE(check(header)) << "and a UDP one too";
}

TEST(DriverHeader, NeedsFewEnoughDatagrams) {
    VnetHeader header = uso4();
    header.gso_size = 10;
    EXPECT_TRUE(check(header, 34 + 8 + 1280));
    EXPECT_FALSE(check(header, 34 + 8 + 1281));
    header = tso4();
    header.gso_size = 10;
    EXPECT_TRUE(check(header, 34 + 8 + 1281)) << "TCP has no such limit";
}

TEST(DriverHeader, NeedsAChecksumInsideTheFrameAndBehindItsAddresses) {
    VnetHeader header{.flags = VnetHeader::kNeedsCsum, .csum_start = 34, .csum_offset = 16};
    EXPECT_TRUE(check(header, 52));
    EXPECT_FALSE(check(header, 51));
    header.csum_start = 33;
    EXPECT_FALSE(check(header));
    header.csum_start = 53;
    EXPECT_FALSE(check(header, 4000, 0x86dd));
    header.csum_start = 54;
    EXPECT_TRUE(check(header, 4000, 0x86dd));
    header.csum_start = 0xffff;
    header.csum_offset = 0xffff;
    EXPECT_FALSE(check(header, 4000)) << "their sum is beyond 16 bits";
    header = {.flags = VnetHeader::kNeedsCsum, .csum_start = 13, .csum_offset = 6};
    EXPECT_FALSE(check(header, 4000, 0x1234));
}

TEST(DriverHeader, NeedsTheFrameToBeOfItsKind) {
    EXPECT_FALSE(check(tso4(), 4000, 0x0806));
    VnetHeader six = tso4();
    six.csum_start = 54;
    EXPECT_FALSE(check(six, 4000, 0x86dd)) << "TCP over IPv4 in IPv6";
    six.gso_type = VnetHeader::kGsoTcp6;
    EXPECT_FALSE(check(six, 4000, 0x0800));
    std::string tagged = frame_to(kCardMac, 4000, 0x8100);
    tagged.replace(16, 2, bytes({0x08, 0x00}));
    EXPECT_TRUE(check_driver_header(tso4(), TextFrame(tagged), kAllHost));
}

TEST(DriverHeader, KeepsTheFieldsOfATunnel) {
    VnetHeader header = tso4();
    header.gso_type |= VnetHeader::kGsoTunnel4;
    header.flags |= VnetHeader::kTunnelCsum;
    header.outer_th_offset = 34;
    header.inner_nh_offset = 64;
    EXPECT_EQ(check(header), header);
    VnetHeader plain = header;
    plain.flags = VnetHeader::kNeedsCsum;
    EXPECT_EQ(check(header, 4000, 0x0800, without(host_tunnel_csum)), plain);
}

TEST(Checksum, IsThatOfTheBytesFromItsStart) {
    // RFC 1071's example: 0001 f203 f4f5 f6f7 sum up to ddf2.
    const std::string frame = "ab" + bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7});
    const VnetHeader header{.flags = 1, .csum_start = 2, .csum_offset = 0};
    EXPECT_EQ(complete_checksum(header, TextFrame(frame)), 0x220d);
    EXPECT_EQ(complete_checksum(header, TextFrame(frame + "\x10")), 0x120d) << "an odd byte";
    EXPECT_EQ(complete_checksum(header, TextFrame("ab" + bytes({0xff, 0xff}))), 0xffff)
        << "0 would say that there is none";
    EXPECT_EQ(complete_checksum({.csum_start = 9, .csum_offset = 0}, TextFrame(frame)),
              std::nullopt);
    const std::string large(40000, '\xff');
    EXPECT_EQ(complete_checksum({.csum_start = 0, .csum_offset = 0}, TextFrame(large)), 0xffff);
}

TEST(Dhcp, IsWhatAServerAnswersWithAnOpenChecksum) {
    std::string frame = frame_to(kCardMac, 342);
    frame[14] = 0x45;
    frame[23] = 17;
    frame.replace(34, 2, bytes({0, 67}));
    const VnetHeader open{.flags = VnetHeader::kNeedsCsum, .csum_start = 34, .csum_offset = 6};
    const auto is_dhcp = [](const VnetHeader& header, const std::string& text) {
        return is_dhcp_without_checksum(header, TextFrame(text));
    };
    EXPECT_TRUE(is_dhcp(open, frame));
    EXPECT_TRUE(is_dhcp(open, frame.substr(0, 42)));
    EXPECT_FALSE(is_dhcp(open, frame.substr(0, 41)));
    EXPECT_FALSE(is_dhcp({}, frame));
    EXPECT_FALSE(is_dhcp(open, frame + std::string(1500 - 342, 'x')));
    frame[35] = 68;
    EXPECT_FALSE(is_dhcp(open, frame));
    frame[35] = 67;
    frame[23] = 6;
    EXPECT_FALSE(is_dhcp(open, frame));
}

TEST(Pieces, AreReadAndWrittenAcrossTheirBorders) {
    std::string a = "ab";
    std::string b;
    std::string c = "cdef";
    const std::vector<iovec> pieces{{a.data(), a.size()}, {b.data(), 0}, {c.data(), c.size()}};
    PieceReader reader(pieces);
    EXPECT_EQ(reader.remaining(), 6U);
    EXPECT_EQ(reader.skip(1), 1U);
    std::array<std::byte, 3> three{};
    EXPECT_EQ(reader.read(three), 3U);
    EXPECT_EQ(three[2], std::byte{'d'});
    EXPECT_EQ(reader.remaining(), 2U);
    EXPECT_EQ(reader.skip(9), 2U);
    EXPECT_EQ(reader.read(three), 0U);

    EXPECT_EQ(write_pieces(pieces, 1, std::as_bytes(std::span("XYZ", 3))), 3U);
    EXPECT_EQ(a + c, "aXYZef");
    EXPECT_EQ(write_pieces(pieces, 5, std::as_bytes(std::span("123", 3))), 1U);
    EXPECT_EQ(c, "YZe1");
}

}  // namespace
}  // namespace qnetdev
