// SPDX-License-Identifier: MIT
#include "tests/guest/vhost/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kUdp = kEthernet + 20;
constexpr std::size_t kPayload = kUdp + 8;
constexpr unsigned kFlows = 16;
constexpr unsigned kBatch = 64;
constexpr std::array<unsigned char, 6> kNobody{0x02, 0, 0, 0, 0, 0x55};

void put16(FrameBytes* frame, std::size_t place, std::uint16_t value) {
    value = htons(value);
    std::memcpy(frame->data() + place, &value, sizeof value);
}

UniqueFd our_namespace() {
    return UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

}  // namespace

FrameBytes make_frame(std::uint64_t sequence) {
    FrameBytes frame{};
    std::memcpy(frame.data(), kNobody.data(), kNobody.size());
    frame[6] = std::byte{0x02};
    put16(&frame, 12, ETHERTYPE_IP);
    frame[kEthernet] = std::byte{0x45};
    put16(&frame, kEthernet + 2, kFrameBytes - kEthernet);
    frame[kEthernet + 8] = std::byte{64};
    frame[kEthernet + 9] = std::byte{17};
    frame[kEthernet + 12] = std::byte{10};
    frame[kEthernet + 16] = std::byte{11};
    put16(&frame, kUdp, static_cast<std::uint16_t>(1000 + sequence % kFlows));
    put16(&frame, kUdp + 2, 9);
    put16(&frame, kUdp + 4, kFrameBytes - kUdp);
    std::memcpy(frame.data() + kPayload, &sequence, sizeof sequence);
    std::uint64_t noise = sequence * 0x9e3779b97f4a7c15;
    for (std::size_t i = kPayload + sizeof sequence; i < kFrameBytes; ++i) {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        frame[i] = static_cast<std::byte>(noise);
    }
    return frame;
}

void Tally::take(std::span<const std::byte> frame) {
    if (frame.size() < kPayload + sizeof(std::uint64_t) ||
        std::memcmp(frame.data(), kNobody.data(), kNobody.size()) != 0) {
        return;
    }
    std::uint64_t sequence = 0;
    std::memcpy(&sequence, frame.data() + kPayload, sizeof sequence);
    const FrameBytes sent = make_frame(sequence);
    if (sequence >= seen_.size() || frame.size() != sent.size() ||
        !std::equal(frame.begin(), frame.end(), sent.begin())) {
        ++altered_;
    } else if (seen_[sequence]) {
        ++doubled_;
    } else {
        seen_[sequence] = true;
        ++taken_;
    }
}

Wire::Wire(const std::string& ifname) {
    const UniqueFd ours = our_namespace();
    require(unshare(CLONE_NEWNET) == 0, "unshare");
    namespace_ = our_namespace();
    require(setns(ours.get(), CLONE_NEWNET) == 0, "setns");
    move_link(ifname, namespace_.get());
    require(setns(namespace_.get(), CLONE_NEWNET) == 0, "setns");
    socket_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_IP)));
    require(static_cast<bool>(socket_), "socket");
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", ifname.c_str());
    request.ifr_flags = IFF_UP | IFF_PROMISC;
    require(ioctl(socket_.get(), SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
    sockaddr_ll address = {};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_IP);
    address.sll_ifindex = static_cast<int>(if_nametoindex(ifname.c_str()));
    require(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
            "bind");
    const int bytes = 16 << 20;
    require(setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0,
            "SO_RCVBUFFORCE");
    const int bypass = 1;
    require(setsockopt(socket_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass) == 0,
            "PACKET_QDISC_BYPASS");
    require(setns(ours.get(), CLONE_NEWNET) == 0, "setns");
}

unsigned Wire::send(std::uint64_t first, unsigned count) {
    std::array<FrameBytes, kBatch> frames;
    std::array<iovec, kBatch> pieces{};
    std::array<mmsghdr, kBatch> messages{};
    count = std::min(count, kBatch);
    for (unsigned i = 0; i < count; ++i) {
        frames[i] = make_frame(first + i);
        pieces[i] = {frames[i].data(), kFrameBytes};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = sendmmsg(fd(), messages.data(), count, 0);
    return sent > 0 ? static_cast<unsigned>(sent) : 0;
}

unsigned Wire::receive(const std::function<void(std::span<const std::byte> frame)>& take) {
    std::array<std::array<std::byte, 2048>, kBatch> buffers;
    std::array<iovec, kBatch> pieces{};
    std::array<mmsghdr, kBatch> messages{};
    for (unsigned i = 0; i < kBatch; ++i) {
        pieces[i] = {buffers[i].data(), buffers[i].size()};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(fd(), messages.data(), kBatch, 0, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(i);
        take({buffers[index].data(), messages[index].msg_len});
    }
    return count > 0 ? static_cast<unsigned>(count) : 0;
}

}  // namespace qnetdev::test
