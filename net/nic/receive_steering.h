// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/base/limits.h"
#include "net/net_client.h"

/// Receive-side scaling: which queue a frame goes to, by a hash of its flow.
namespace qnetdev {

/// What flows are told apart by; virtio-net's numbers of hash types.
enum HashType : std::uint32_t {
    hash_ipv4 = 1U << 0,
    hash_tcp4 = 1U << 1,
    hash_udp4 = 1U << 2,
    hash_ipv6 = 1U << 3,
    hash_tcp6 = 1U << 4,
    hash_udp6 = 1U << 5,
    hash_ip_ex = 1U << 6,
    hash_tcp_ex = 1U << 7,
    hash_udp_ex = 1U << 8,
};
inline constexpr std::uint32_t kHashTypes = (1U << 9) - 1;

inline constexpr std::size_t kHashKey = 40;
using HashKey = std::array<std::uint8_t, kHashKey>;

/// What the guest wants of the hash; a value that is saved and restored.
struct ReceiveSteering {
    bool enabled = false;
    bool redirect = false;  ///< Choose the queue by it.
    bool report = false;    ///< Tell it in the header of the frame.
    std::uint32_t types = 0;
    std::uint16_t default_queue = 0;        ///< For frames without hash.
    std::vector<std::uint16_t> table = {};  ///< A power of two of queues, by the hash's low bits.
    HashKey key = {};

    bool operator==(const ReceiveSteering&) const = default;
};

/// The hash of a frame, and by what rule: a report code of the header, 1 to 9.
struct FrameHash {
    std::uint32_t value = 0;
    std::uint16_t report = 0;

    bool operator==(const FrameHash&) const = default;
};

/// Toeplitz hash; of `data` at most 36 bytes count, as the key is 40 long.
std::uint32_t toeplitz_hash(std::span<const std::uint8_t> data, const HashKey& key);

/// By the most precise of the types that fits; nothing if none does. Of fragments only the
/// addresses count, as the ports are in the first of them alone.
std::optional<FrameHash> hash_frame(Frame frame, std::uint32_t types, const HashKey& key);

/// The queue for a frame with that hash or none, before it is taken modulo the queues in use.
std::uint16_t steer(const ReceiveSteering& steering, const std::optional<FrameHash>& hash);

}  // namespace qnetdev
