// SPDX-License-Identifier: MIT
#pragma once

/// What passes over the socket of a helper; docs/bridge-helper.md describes it.
namespace qnetdev {

/// ENQ, sent by the parent before it starts the helper: tell me why, if you refuse. QEMU sends
/// nothing, and so is told nothing: it would take any byte for a broken answer.
inline constexpr char kReasonsWanted = '\x05';

/// Data byte of a message that carries descriptors.
inline constexpr char kDescriptorMarker = '\0';
/// First byte of a refusal: NAK. The text that follows is read until the end of the stream.
inline constexpr char kRefusalMarker = '\x15';

}  // namespace qnetdev
