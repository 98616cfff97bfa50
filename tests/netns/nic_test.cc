// SPDX-License-Identifier: MIT
/// A virtio-net card on a real tap, its guest being the test.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <set>

#include "net/nic/virtio_net.h"
#include "tests/netns/packets.h"
#include "tests/netns/support.h"
#include "tests/support/in_process_transport.h"

namespace qnetdev::test {
namespace {

using enum VirtioFeature;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kBuffer = 2048;
constexpr std::string_view kMark = "frame-of-the-test-";

/// Sends UDP datagrams of many flows to an interface: the driver spreads them over its queues.
class FlowSender {
public:
    explicit FlowSender(const std::string& interface)
        : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
        require(bool(fd_), "packet socket");
        address_.sll_family = AF_PACKET;
        address_.sll_protocol = htons(ETH_P_IP);
        address_.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    }
    void send(unsigned number) const {
        std::string frame = make_frame("").substr(0, 12) + std::string("\x08\x00", 2);
        std::string packet(
            "\x45\x00\x00\x3c\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01"
            "\x0a\x00\x00\x02\x00\x00\x00\x35\x00\x28\x00\x00",
            28);
        packet[20] = static_cast<char>(number % 251);
        packet[21] = static_cast<char>(number % 241);
        frame += packet + std::string(kMark) + std::to_string(number) + "!";
        frame.resize(74, '.');
        require(sendto(fd_.get(), frame.data(), frame.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address_),
                       sizeof address_) == static_cast<ssize_t>(frame.size()),
                "send a frame");
    }

private:
    UniqueFd fd_;
    sockaddr_ll address_ = {};
};

class VirtioNetOnTap : public Netns {
protected:
    void make(unsigned queues, const VirtioFeatures& features) {
        ASSERT_EQ(outcome(init({.ifname = "t0", .queues = queues})), "ok");
        set_up("t0");
        transport_ = std::make_unique<InProcessTransport>(2 * queues + 1);
        const auto make_card = [this](NicIdentity identity, unsigned pairs) {
            VirtioNetOptions options{.queue_pairs = pairs};
            options.properties.mq = true;
            return std::make_unique<VirtioNet>(std::move(identity), std::move(options),
                                               *transport_);
        };
        const Result<Nic*> attached =
            nic_attach(context(), {.id = "nic0", .model = "virtio-net-device"}, "n0",
                       limits::kVirtioNetPairs, make_card);
        require(bool(attached), "nic_attach");
        card_ = static_cast<VirtioNet*>(*attached);
        pairs_ = queues;
        card_->set_features(features);
        card_->set_status(15);
    }
    void TearDown() override {
        drop_context();
        Netns::TearDown();
    }
    /// "1 of 2": attached queues, as the kernel tells.
    static std::string kernel_queues() {
        const std::optional<Link> link = find("t0");
        return std::to_string(link->queues) + " of " +
               std::to_string(link->queues + link->disabled_queues);
    }
    bool set_pairs(unsigned pairs) {
        InProcessRing& ring = transport_->ring(card_->control_ring());
        ring.add({std::string("\x04\x00", 2) + static_cast<char>(pairs) + '\0'}, {1});
        card_->handle_ring(card_->control_ring());
        return ring.take_used() == std::string(1, '\0');
    }
    /// The driver gives the card as many buffers as a ring has place for.
    void refill(unsigned pair) {
        InProcessRing& ring = transport_->ring(2 * pair);
        while (ring.available() < 256) {
            ring.add_writable(kBuffer);
        }
        card_->handle_ring(2 * pair);
    }
    /// Takes what has come through a ring; of frames that the test sent, their numbers.
    void collect(unsigned pair) {
        InProcessRing& ring = transport_->ring(2 * pair);
        while (!ring.used.empty()) {
            const std::string frame = ring.take_used();
            const std::size_t mark = frame.find(kMark);
            if (mark == std::string::npos) {
                continue;  // the kernel's own
            }
            ++by_ring_[pair];
            EXPECT_TRUE(arrived_.insert(std::stoi(frame.substr(mark + kMark.size()))).second)
                << "twice";
        }
    }
    void turn() {
        for (unsigned pair = 0; pair < pairs_; ++pair) {
            refill(pair);
        }
        (void)loop().run_pending();
        for (unsigned pair = 0; pair < pairs_; ++pair) {
            collect(pair);
        }
    }
    void transmit(unsigned pair, const std::string& frame) {
        transport_->ring(2 * pair + 1).add({std::string(kHeader, '\0'), frame}, {});
        card_->handle_ring(2 * pair + 1);
    }

    std::unique_ptr<InProcessTransport> transport_ = {};
    VirtioNet* card_ = nullptr;
    unsigned pairs_ = 0;
    std::set<int> arrived_ = {};
    std::array<int, 2> by_ring_ = {};
};

TEST_F(VirtioNetOnTap, UsesTheQueuesThatItsGuestAsksFor) {
    make(4, {version_1, ctrl_vq, mq});
    EXPECT_EQ(kernel_queues(), "1 of 4");
    EXPECT_TRUE(set_pairs(3));
    EXPECT_EQ(kernel_queues(), "3 of 4");
    EXPECT_TRUE(set_pairs(4));
    EXPECT_EQ(kernel_queues(), "4 of 4");
    EXPECT_FALSE(set_pairs(5));
    EXPECT_TRUE(set_pairs(1));
    EXPECT_EQ(kernel_queues(), "1 of 4");
    EXPECT_TRUE(set_pairs(2));
    card_->set_status(0);
    EXPECT_EQ(kernel_queues(), "1 of 4");
    ASSERT_EQ(outcome(net_nic_detach(context(), "nic0")), "ok");
    EXPECT_EQ(kernel_queues(), "4 of 4") << "as the next card expects it";
}

TEST_F(VirtioNetOnTap, HasTheHeaderAndTheOffloadsThatItsGuestHasTaken) {
    make(1, {version_1, guest_csum, guest_tso4, guest_tso6});
    EXPECT_EQ(state().vnet_hdr_len, 12);
    EXPECT_EQ(state().offloads, (Offloads{.csum = true, .tso4 = true, .tso6 = true}));
    card_->set_status(0);
    EXPECT_EQ(state().vnet_hdr_len, 10);
    EXPECT_EQ(state().offloads, Offloads());
}

TEST_F(VirtioNetOnTap, LosesNoFrameOfTheQueuesThatItKeeps) {
    constexpr int kRounds = 400;
    constexpr int kBurst = 50;
    make(2, {version_1, mrg_rxbuf, ctrl_vq, mq});
    ASSERT_TRUE(set_pairs(2));
    const PacketSocket host("t0");
    const FlowSender flows("t0");
    int sent = 0;
    int through_second = 0;
    int in_flight = 0;  // when a queue was detached: what it holds then is lost in the kernel
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kBurst; ++i) {
            flows.send(static_cast<unsigned>(sent++));
            transmit(i % 2, make_frame("from the guest " + std::to_string(i)));
        }
        if (round % 40 == 20) {
            EXPECT_TRUE(set_pairs(1));
            EXPECT_EQ(kernel_queues(), "1 of 2");
            in_flight += kBurst;
            through_second += by_ring_[1];
            by_ring_[1] = 0;
        } else if (round % 40 == 39) {
            EXPECT_EQ(by_ring_[1], 0) << "a frame on a ring that is not used";
            EXPECT_TRUE(set_pairs(2));
            EXPECT_EQ(kernel_queues(), "2 of 2");
        }
        turn();
        for (int i = 0; i < kBurst; ++i) {
            ASSERT_EQ(host.receive(), make_frame("from the guest " + std::to_string(i)));
        }
    }
    EXPECT_TRUE(loop().run_until([&] {
        turn();
        return static_cast<int>(arrived_.size()) + in_flight >= sent;
    }));
    EXPECT_GT(through_second, 0) << "nothing was sent that the second queue gets";
    EXPECT_EQ(sent, kRounds * kBurst);
    EXPECT_EQ(card_->dropped_by_rule(), 0U);
}

TEST_F(VirtioNetOnTap, AnnouncesItselfToTheNetwork) {
    make(1, {version_1, status});
    const UniqueFd all(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_RARP)));
    require(bool(all), "packet socket");
    card_->client(0).announce();
    std::array<char, 100> frame;
    EXPECT_EQ(recv(all.get(), frame.data(), frame.size(), MSG_DONTWAIT), 60);
}

}  // namespace
}  // namespace qnetdev::test
