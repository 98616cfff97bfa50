// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/nic/virtio_net.h"
#include "tests/support/fake_client.h"
#include "tests/support/in_process_transport.h"

namespace qnetdev::test {

/// What a queue of a fake netdev was asked for, in order, and what it answers.
class FakeVnet : public VnetBackend {
public:
    /// Shared by the queues of a netdev: "0: header 12", "1: off".
    explicit FakeVnet(std::vector<std::string>& calls, unsigned queue)
        : calls_(calls), queue_(queue) {}

    bool has_header = true;
    bool refuses_order = false;
    int refused_enables = 0;  ///< That many of the next ones.
    bool enabled = true;
    std::size_t header = 10;
    std::size_t longest_header = 24;
    Offloads supported = {.csum = true, .tso4 = true, .tso6 = true, .ecn = true};
    Offloads set = {};
    std::function<void()> on_disabled = {};

    bool has_vnet_hdr() const override { return has_header; }
    bool has_vnet_hdr_len(std::size_t length) const override {
        return has_header && length <= longest_header;
    }
    std::size_t vnet_hdr_len() const override { return has_header ? header : 0; }
    Result<void> set_vnet_hdr_len(std::size_t length) override {
        note("header " + std::to_string(length));
        header = length;
        return {};
    }
    Offloads supported_offloads() const override { return supported; }
    void set_offload(const Offloads& offloads) override {
        note("offloads");
        set = offloads;
    }
    Result<void> set_vnet_le(bool enable) override { return order("le", enable); }
    Result<void> set_vnet_be(bool enable) override { return order("be", enable); }
    Result<void> set_queue_enabled(bool enable) override {
        if (enable != enabled) {
            note(enable ? "on" : "off");
            if (refused_enables > 0) {
                --refused_enables;
                return Error("no queue today");
            }
            enabled = enable;
            if (!enable && on_disabled) {
                on_disabled();
            }
        }
        return {};
    }

private:
    void note(const std::string& what) { calls_.push_back(std::to_string(queue_) + ": " + what); }
    Result<void> order(const std::string& which, bool enable) {
        note(which + (enable ? " on" : " off"));
        if (refuses_order && enable) {
            return Error("not that order");
        }
        return {};
    }

    std::vector<std::string>& calls_;
    unsigned queue_;
};

class FakeBackendQueue : public FakeClient {
public:
    FakeBackendQueue(std::vector<std::string>& calls, unsigned queue)
        : FakeClient("n0", "fake"), fake_vnet(calls, queue) {
        fake_vnet.on_disabled = [this] { purge_incoming(); };  // as a tap does
    }

    FakeVnet fake_vnet;
    std::function<void(Frame)> on_frame = {};

    VnetBackend& vnet() override { return fake_vnet; }
    Delivery receive(Frame frame) override {
        if (on_frame) {
            on_frame(frame);
        }
        return FakeClient::receive(frame);
    }
};

inline std::string bytes(std::initializer_list<unsigned> values) {
    std::string text;
    for (const unsigned value : values) {
        text += static_cast<char>(value);
    }
    return text;
}

/// A number as the driver writes it, low byte first.
template <class Number>
std::string le(Number value) {
    std::string text;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        text += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xffU);
    }
    return text;
}

inline constexpr MacAddress kCardMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

inline std::string mac_text(const MacAddress& mac) {
    return {reinterpret_cast<const char*>(mac.bytes.data()), mac.bytes.size()};
}

/// Of `size` bytes, with this destination and Ethernet type.
inline std::string frame_to(const MacAddress& destination, std::size_t size = 60,
                            unsigned type = 0x0800) {
    std::string frame = mac_text(destination) + bytes({2, 0, 0, 0, 0, 1, type >> 8, type & 0xff});
    frame.resize(size, 'p');
    return frame;
}

/// A card in front of a fake netdev, with a driver that a test plays.
class Card : public ::testing::Test {
protected:
    using enum VirtioFeature;

    static constexpr VirtioFeatures kModern{version_1, mrg_rxbuf, status, ctrl_vq, ctrl_rx};

    /// Call first: the card, and a netdev of as many queues.
    void make(unsigned pairs = 1, const VirtioNetProperties& properties = {}) {
        transport_ = std::make_unique<InProcessTransport>(2 * pairs + 1);
        auto card = std::make_unique<VirtioNet>(
            NicIdentity{.id = "nic0", .model = "virtio-net-device", .mac = kCardMac},
            VirtioNetOptions{.properties = properties,
                             .queue_pairs = pairs,
                             .log = Log([this](LogLevel, std::string_view message) {
                                 log_.emplace_back(message);
                             })},
            *transport_);
        card_ = card.get();
        registry_.insert(std::move(card));
        add_backend(pairs);
    }
    void add_backend(unsigned pairs, const std::string& id = "n0") {
        auto group = std::make_unique<NetClientGroup>(id, NetClientGroup::Kind::netdev);
        for (unsigned queue = 0; queue < pairs; ++queue) {
            group->add(std::make_unique<FakeBackendQueue>(calls_, queue));
        }
        backend_ = &registry_.insert(std::move(group));
    }
    void attach() {
        ASSERT_TRUE(registry_.attach(*card_, *backend_));
        const Result<void> fits = card_->check_netdev(*backend_);
        ASSERT_TRUE(fits) << fits.error().message();
        card_->on_attached();
    }
    /// make(), attach(), and a driver that has taken these features and is ready.
    void start(const VirtioFeatures& features = kModern, unsigned pairs = 1,
               VirtioNetProperties properties = {}) {
        properties.mq = pairs > 1;
        make(pairs, properties);
        attach();
        drive(features);
    }
    void drive(const VirtioFeatures& features = kModern) {
        card_->set_features(features);
        card_->set_status(15);
        calls_.clear();
    }

    FakeBackendQueue& backend(unsigned queue = 0) {
        return static_cast<FakeBackendQueue&>(backend_->client(queue));
    }
    InProcessRing& rx(unsigned pair = 0) { return transport_->ring(2 * pair); }
    InProcessRing& tx(unsigned pair = 0) { return transport_->ring(2 * pair + 1); }
    InProcessRing& control() { return transport_->ring(card_->control_ring()); }

    /// The driver sends a header and a frame.
    void send(const std::string& header, const std::string& frame, unsigned pair = 0) {
        tx(pair).add_readable(header + frame);
        card_->handle_ring(2 * pair + 1);
    }
    /// A frame comes from the netdev, behind its header.
    Delivery arrive(const std::string& frame, const std::string& header, unsigned queue = 0) {
        return backend(queue).send(TextFrame(header + frame));
    }
    /// Whether the card acknowledges the command; `data` is what follows class and command.
    bool command(unsigned command_class, unsigned number, const std::string& data) {
        control().add({bytes({command_class, number}) + data}, {1});
        card_->handle_ring(card_->control_ring());
        return !control().used.empty() && control().take_used() == bytes({0});
    }
    std::string config(std::size_t offset, std::size_t count) {
        std::vector<std::byte> space(count, std::byte{0xdd});
        card_->read_config(offset, space);
        return {reinterpret_cast<const char*>(space.data()), space.size()};
    }

    static std::string zeros(std::size_t count) { return std::string(count, '\0'); }

    std::vector<std::string> log_ = {};
    std::vector<std::string> calls_ = {};
    std::unique_ptr<InProcessTransport> transport_ = {};
    NetClientRegistry registry_ = {};  // after what its groups use
    VirtioNet* card_ = nullptr;
    NetClientGroup* backend_ = nullptr;
};

}  // namespace qnetdev::test
