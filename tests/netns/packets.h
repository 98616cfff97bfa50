// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/unique_fd.h"

namespace qnetdev::test {

/// A raw packet socket on an interface, as a host program would use it: what it sends can be read
/// from the tap's queue, and what is written to the queue arrives here.
class PacketSocket {
public:
    explicit PacketSocket(const std::string& interface);

    void send(const std::string& frame) const;
    /// The next frame that make_frame() made; empty if none came within seconds.
    std::string receive() const;
    /// Whether no such frame arrives for a moment.
    bool stays_silent() const;

private:
    std::string receive_within(int milliseconds) const;
    UniqueFd fd_;
};

/// A broadcast Ethernet frame of a type that nothing else on the host uses, with that payload.
std::string make_frame(const std::string& payload);
/// Whether the frame was made by make_frame(): kernels talk IPv6 on their own.
bool is_test_frame(const std::string& frame);

}  // namespace qnetdev::test
