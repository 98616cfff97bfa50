// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/device.h"
#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// Sends the descriptors in the order of the queues: messages of one zero byte with at most 253
/// descriptors each. Does not wait for a reader.
[[nodiscard]] bool send_device(int socket, const Device& device, Refusal& why);

/// Tells a parent that has asked for it why there is no descriptor: the byte kRefusalMarker, the
/// message, and behind a newline the hint.
void send_refusal(int socket, const Refusal& why);

}  // namespace qnetdev::helper
