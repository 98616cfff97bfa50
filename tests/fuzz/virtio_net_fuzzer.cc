// SPDX-License-Identifier: MIT
/// A guest that does to a virtio-net card what it likes, with a netdev that sometimes fails.
///
/// The input is a list of steps: a byte that says which, a byte that says how many follow, and
/// those. Whatever they are, the card stays within its bounds, and what it saves it can load.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/nic/virtio_net.h"
#include "tests/fuzz/checks.h"
#include "tests/support/fake_client.h"
#include "tests/support/in_process_transport.h"

namespace fuzz {
namespace {

using namespace qnetdev;

constexpr unsigned kPairs = 3;

/// A backend that does all that is asked, unless it is told to refuse.
class Vnet : public VnetBackend {
public:
    bool refuses = false;
    std::size_t header = 10;

    bool has_vnet_hdr() const override { return true; }
    bool has_vnet_hdr_len(std::size_t) const override { return true; }
    Result<void> set_vnet_hdr_len(std::size_t length) override {
        if (refuses) {
            return Error("refused");
        }
        header = length;
        return {};
    }
    Offloads supported_offloads() const override {
        return {.csum = true, .ufo = true, .uso4 = true, .uso6 = true, .tunnel = true};
    }
    Result<void> set_vnet_le(bool) override { return answer(); }
    Result<void> set_vnet_be(bool) override { return answer(); }
    Result<void> set_queue_enabled(bool) override { return answer(); }

private:
    Result<void> answer() const {
        return refuses ? Result<void>(Error("refused")) : Result<void>();
    }
};

class Backend : public test::FakeClient {
public:
    Backend() : FakeClient("n0", "fake") {}

    Vnet fake_vnet;
    VnetBackend& vnet() override { return fake_vnet; }
    Delivery receive(Frame frame) override {
        const std::uint64_t length = total_length(frame);
        require(length >= fake_vnet.header + 14, "a frame behind its header",
                std::to_string(length));
        require(frame.size() <= limits::kFramePieces + 1, "pieces that clients take");
        return Delivery::done;
    }
};

/// A card with its netdev, in a world of its own.
struct World {
    test::InProcessTransport transport{2 * kPairs + 1};
    NetClientRegistry registry = {};
    VirtioNet* card = nullptr;
    NetClientGroup* backend = nullptr;

    World() {
        VirtioNetOptions options{.queue_pairs = kPairs};
        options.properties.mq = options.properties.rss = options.properties.hash = true;
        auto made = std::make_unique<VirtioNet>(NicIdentity{.id = "nic0", .model = "virtio-net"},
                                                std::move(options), transport);
        card = made.get();
        registry.insert(std::move(made));
        auto group = std::make_unique<NetClientGroup>("n0", NetClientGroup::Kind::netdev);
        for (unsigned queue = 0; queue < kPairs; ++queue) {
            group->add(std::make_unique<Backend>());
        }
        backend = &registry.insert(std::move(group));
        require(bool(registry.attach(*card, *backend)), "attached");
        card->on_attached();
    }
    Backend& queue(unsigned index) { return static_cast<Backend&>(backend->client(index)); }
};

/// Cut into pieces of that size; at most 200 of them.
std::vector<std::string> cut(std::string_view data, std::size_t size) {
    std::vector<std::string> pieces;
    size = std::max({size, std::size_t{1}, data.size() / 200 + 1});
    for (std::size_t at = 0; at < data.size(); at += size) {
        pieces.emplace_back(data.substr(at, size));
    }
    return pieces;
}

class Guest {
public:
    /// False at the end.
    bool step(std::string_view& input) {
        if (input.size() < 2) {
            return false;
        }
        const auto what = static_cast<std::uint8_t>(input[0]);
        const std::size_t length = static_cast<std::uint8_t>(input[1]);
        data_ = input.substr(2, length);
        input.remove_prefix(std::min(input.size(), 2 + length));
        do_step(what % 14);
        check();
        return true;
    }

private:
    void do_step(unsigned what) {
        switch (what) {
            case 0:
                return send_command(1);
            case 1:
                return send_command(byte(0) % 4U);
            case 2:
                return world_.card->set_features(VirtioFeatures(number(0), number(8)));
            case 3:
                return world_.card->set_status(byte(0));
            case 4:
                world_.transport.ring(2 * pair() + 1).add(cut(rest(), byte(1)), {});
                return world_.card->handle_ring(2 * pair() + 1);
            case 5:
                world_.transport.ring(2 * pair()).add({}, {byte(1) * std::size_t{7}, byte(2)});
                return world_.card->handle_ring(2 * pair());
            case 6:
                return arrive();
            case 7:
                (void)world_.registry.set_link("nic0", byte(0) % 2 == 0);
                return;
            case 8:
                return world_.card->client(0).announce();
            case 9:
                return touch_config();
            case 10:
                return move();
            case 11:
                world_.queue(pair()).fake_vnet.refuses = byte(1) % 2 == 0;
                return;
            case 12:
                world_.queue(pair()).can_take = byte(1) % 2 == 0;
                return world_.queue(pair()).flush_incoming();
            default:
                return send_table();
        }
    }
    std::uint8_t byte(std::size_t at) const {
        return at < data_.size() ? static_cast<std::uint8_t>(data_[at]) : std::uint8_t{0};
    }
    std::uint64_t number(std::size_t at) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            value |= std::uint64_t{byte(at + i)} << (8 * i);
        }
        return value;
    }
    unsigned pair() const { return byte(0) % kPairs; }
    std::string_view rest() const {
        return data_.size() > 2 ? data_.substr(2) : std::string_view();
    }

    void control(const std::vector<std::string>& request, std::size_t room) {
        test::InProcessRing& ring = world_.transport.ring(world_.card->control_ring());
        const std::size_t before = ring.used.size();
        const std::size_t waiting = ring.available();
        ring.add(request, {room});
        world_.card->handle_ring(world_.card->control_ring());
        const bool same_ring = &ring == &world_.transport.ring(world_.card->control_ring());
        require(ring.used.size() + ring.available() == before + waiting + 1 && same_ring,
                "no command gets lost");
    }
    void send_command(std::size_t room) {
        control(cut(data_.substr(std::min<std::size_t>(1, data_.size())), byte(0)), room);
    }
    /// A table of as many addresses as two bytes say, with the length that belongs to them.
    void send_table() {
        std::string request("\x01\x00", 2);
        for (const unsigned count : {unsigned{byte(0)}, unsigned{byte(1)}}) {
            request += std::string{static_cast<char>(count), 0, 0, 0};
            request += std::string(count * std::size_t{6}, static_cast<char>(byte(2)));
        }
        control(cut(request, 100), 1);
    }
    void arrive() {
        const std::string frame(rest());
        (void)world_.queue(pair()).send(test::TextFrame(frame));
    }
    void touch_config() {
        std::vector<std::byte> bytes(byte(1));
        world_.card->read_config(number(2), bytes);
        world_.card->write_config(number(2), bytes);
    }
    /// Into another world, where the state has to be the same.
    void move() {
        const VirtioNetState state = world_.card->save();
        World other;
        other.card->set_running(false);
        const Result<void> loaded = other.card->load(state);
        require(bool(loaded), "what was saved can be loaded",
                loaded ? "" : loaded.error().message());
        require(other.card->save() == state, "and is the same then");
        other.card->post_load();
    }
    void check() const {
        const VirtioNet& card = *world_.card;
        require(card.queue_pairs() >= 1 && card.queue_pairs() <= kPairs, "pairs in bounds");
        const VirtioNetState state = card.save();
        require(
            state.filter.unicast.size() + state.filter.multicast.size() <= limits::kFilterAddresses,
            "addresses in bounds");
        require(state.steering.table.size() <= limits::kSteeringTable, "flows in bounds");
        require((state.features & ~card.host_features() & ~kTransportFeatures) == VirtioFeatures(),
                "no feature that was not offered");
    }

    World world_ = {};
    std::string_view data_ = {};
};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 65536));
    fuzz::Guest guest;
    while (guest.step(input)) {
    }
    return 0;
}
