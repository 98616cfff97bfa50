// SPDX-License-Identifier: MIT
#include "tests/netns/packets.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

constexpr unsigned kEtherType = 0x88b5;  // IEEE 802: local experiments
constexpr int kPatience = 5000;          // ms; only a test that fails waits so long
constexpr int kMoment = 150;             // ms

}  // namespace

PacketSocket::PacketSocket(const std::string& interface)
    : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(kEtherType))) {
    require(bool(fd_), "packet socket");
    sockaddr_ll address = {};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(kEtherType);
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    require(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
            "bind packet socket");
}

void PacketSocket::send(const std::string& frame) const {
    require(::send(fd_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()),
            "send a frame");
}

std::string PacketSocket::receive_within(int milliseconds) const {
    pollfd entry = {fd_.get(), POLLIN, 0};
    if (poll(&entry, 1, milliseconds) != 1) {
        return {};
    }
    std::array<char, 70000> buffer;
    const ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return count < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(count));
}

std::string PacketSocket::receive() const {
    return receive_within(kPatience);
}

bool PacketSocket::stays_silent() const {
    return receive_within(kMoment).empty();
}

std::string make_frame(const std::string& payload) {
    std::string frame(6, '\xff');
    frame += std::string("\x02\x00\x00\x00\x00\x01", 6);
    frame += static_cast<char>(kEtherType >> 8);
    frame += static_cast<char>(kEtherType & 0xff);
    frame += payload;
    frame.resize(std::max<std::size_t>(frame.size(), ETH_ZLEN), '\0');
    return frame;
}

bool is_test_frame(const std::string& frame) {
    return frame.size() >= ETH_HLEN && frame[12] == static_cast<char>(kEtherType >> 8) &&
           frame[13] == static_cast<char>(kEtherType & 0xff);
}

}  // namespace qnetdev::test
