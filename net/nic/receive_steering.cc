// SPDX-License-Identifier: MIT
#include "net/nic/receive_steering.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "net/nic/virtio_net_header.h"

namespace qnetdev {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

// IPv6 extension headers.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kDestination = 60;

/// What of a frame is hashed.
struct Flow {
    bool ipv6 = false;
    std::array<std::uint8_t, 32> addresses = {};
    /// With the addresses of extension headers, where there are some: mobile home, final hop.
    std::array<std::uint8_t, 32> extended_addresses = {};
    std::uint8_t protocol = 0;  ///< TCP or UDP if `ports` are known, else 0.
    std::array<std::uint8_t, 4> ports = {};
};

/// The beginning of a frame, which is all that says where it belongs.
class Start {
public:
    explicit Start(Frame frame) : size_(PieceReader(frame).read(bytes_)) {}

    bool has(std::size_t at, std::size_t count) const { return at + count <= size_; }
    std::uint8_t byte(std::size_t at) const { return std::to_integer<std::uint8_t>(bytes_[at]); }
    unsigned number(std::size_t at) const { return byte(at) * 256U + byte(at + 1); }
    template <std::size_t N>
    void copy(std::size_t at, std::array<std::uint8_t, N>& out, std::size_t count,
              std::size_t out_at = 0) const {
        assert(has(at, count) && out_at + count <= N);
        std::memcpy(out.data() + out_at, bytes_.data() + at, count);
    }

private:
    std::array<std::byte, 512> bytes_ = {};
    std::size_t size_;
};

void read_ports(const Start& start, std::size_t at, std::uint8_t protocol, Flow& flow) {
    if ((protocol == kTcp || protocol == kUdp) && start.has(at, 4)) {
        flow.protocol = protocol;
        start.copy(at, flow.ports, 4);
    }
}

std::optional<Flow> read_ipv4(const Start& start, std::size_t at) {
    if (!start.has(at, 20) || start.byte(at) >> 4 != 4) {
        return {};
    }
    const std::size_t length = (start.byte(at) & 0x0fU) * std::size_t{4};
    if (length < 20) {
        return {};
    }
    Flow flow;
    start.copy(at + 12, flow.addresses, 8);
    constexpr unsigned kFragmentBits = 0x3fff;  // more fragments, or not the first
    if ((start.number(at + 6) & kFragmentBits) == 0) {
        read_ports(start, at + length, start.byte(at + 9), flow);
    }
    return flow;
}

/// The home address of a mobile node, in place of the source.
void read_destination_options(const Start& start, std::size_t at, std::size_t end, Flow& flow) {
    constexpr std::uint8_t kHomeAddress = 0xc9;
    for (at += 2; at < end && start.has(at, 1);) {
        if (start.byte(at) == 0) {
            ++at;  // one byte of padding
            continue;
        }
        if (!start.has(at, 2)) {
            return;
        }
        const std::size_t length = start.byte(at + 1);
        if (start.byte(at) == kHomeAddress && length == 16 && start.has(at + 2, 16)) {
            start.copy(at + 2, flow.extended_addresses, 16, 0);
        }
        at += 2 + length;
    }
}

/// The last hop of a type 2 routing header, in place of the destination.
void read_routing(const Start& start, std::size_t at, Flow& flow) {
    if (start.has(at, 24) && start.byte(at + 2) == 2 && start.byte(at + 3) == 1) {
        start.copy(at + 8, flow.extended_addresses, 16, 16);
    }
}

std::optional<Flow> read_ipv6(const Start& start, std::size_t at) {
    if (!start.has(at, 40) || start.byte(at) >> 4 != 6) {
        return {};
    }
    Flow flow;
    flow.ipv6 = true;
    start.copy(at + 8, flow.addresses, 32);
    flow.extended_addresses = flow.addresses;
    std::uint8_t next = start.byte(at + 6);
    at += 40;
    while (next == kHopByHop || next == kRouting || next == kDestination) {
        if (!start.has(at, 8)) {
            return flow;
        }
        const std::size_t end = at + 8 + start.byte(at + 1) * std::size_t{8};
        if (next == kRouting) {
            read_routing(start, at, flow);
        } else if (next == kDestination) {
            read_destination_options(start, at, end, flow);
        }
        next = start.byte(at);
        at = end;
    }
    if (next != kFragment) {
        read_ports(start, at, next, flow);
    }
    return flow;
}

std::optional<Flow> read_flow(Frame frame) {
    const Start start(frame);
    std::size_t at = kEthernet - 2;
    for (int tags = 0; tags < 2 && start.has(at, 6); ++tags, at += 4) {
        if (start.number(at) != 0x8100 && start.number(at) != 0x88a8) {
            break;
        }
    }
    if (!start.has(at, 2)) {
        return {};
    }
    switch (start.number(at)) {
        case 0x0800:
            return read_ipv4(start, at + 2);
        case 0x86dd:
            return read_ipv6(start, at + 2);
        default:
            return {};
    }
}

/// A hash type, its report code, and what it looks at. The first that fits is taken.
struct Rule {
    HashType type;
    std::uint16_t report;
    bool ipv6;
    std::uint8_t protocol;  ///< 0: any, and without ports.
    bool extended;
};

constexpr std::array kRules{
    Rule{hash_tcp4, 2, false, kTcp, false}, Rule{hash_udp4, 3, false, kUdp, false},
    Rule{hash_ipv4, 1, false, 0, false},    Rule{hash_tcp_ex, 8, true, kTcp, true},
    Rule{hash_tcp6, 5, true, kTcp, false},  Rule{hash_udp_ex, 9, true, kUdp, true},
    Rule{hash_udp6, 6, true, kUdp, false},  Rule{hash_ip_ex, 7, true, 0, true},
    Rule{hash_ipv6, 4, true, 0, false},
};

bool fits(const Rule& rule, const Flow& flow, std::uint32_t types) {
    return (types & rule.type) != 0 && rule.ipv6 == flow.ipv6 &&
           (rule.protocol == 0 || rule.protocol == flow.protocol);
}

}  // namespace

std::uint32_t toeplitz_hash(std::span<const std::uint8_t> data, const HashKey& key) {
    std::uint32_t hash = 0;
    std::uint32_t window = std::uint32_t{key[0]} << 24 | std::uint32_t{key[1]} << 16 |
                           std::uint32_t{key[2]} << 8 | std::uint32_t{key[3]};
    const std::size_t bytes = std::min(data.size(), key.size() - sizeof window);
    for (std::size_t at = 0; at < bytes; ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            if ((data[at] & (0x80U >> bit)) != 0) {
                hash ^= window;
            }
            const unsigned next = key[at + sizeof window] >> (7 - bit) & 1U;
            window = window << 1 | next;
        }
    }
    return hash;
}

std::optional<FrameHash> hash_frame(Frame frame, std::uint32_t types, const HashKey& key) {
    const std::optional<Flow> flow = read_flow(frame);
    if (!flow) {
        return {};
    }
    const auto* const rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& candidate) {
        return fits(candidate, *flow, types);
    });
    if (rule == kRules.end()) {
        return {};
    }
    std::array<std::uint8_t, 36> data{};
    const std::size_t addresses = flow->ipv6 ? 32 : 8;
    const auto& from = rule->extended ? flow->extended_addresses : flow->addresses;
    std::copy_n(from.begin(), addresses, data.begin());
    std::size_t count = addresses;
    if (rule->protocol != 0) {
        std::copy(flow->ports.begin(), flow->ports.end(),
                  data.begin() + static_cast<std::ptrdiff_t>(count));
        count += flow->ports.size();
    }
    return FrameHash{.value = toeplitz_hash(std::span(data).first(count), key),
                     .report = rule->report};
}

std::uint16_t steer(const ReceiveSteering& steering, const std::optional<FrameHash>& hash) {
    if (!hash || steering.table.empty()) {
        return steering.default_queue;
    }
    return steering.table[hash->value & (steering.table.size() - 1)];
}

}  // namespace qnetdev
