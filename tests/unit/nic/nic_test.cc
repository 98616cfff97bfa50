// SPDX-License-Identifier: MIT
/// Cards as parts of a context: names, netdevs, links, and a model that is not virtio.
#include "net/nic/nic.h"

#include "net/client/net_context_internals.h"
#include "net/nic/plain_nic.h"
#include "tests/support/fake_tun.h"
#include "tests/support/test_loop.h"
#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::FakeBackendQueue;
using test::TextFrame;
using Texts = std::vector<std::string>;

/// A guest that notes what its card gets.
class Guest : public PlainNicGuest {
public:
    bool can_take = true;
    Texts received = {};
    std::vector<bool> links = {};
    int ready = 0;

    bool can_receive() const override { return can_take; }
    void receive(Frame frame) override {
        std::string text(total_length(frame), '\0');
        (void)PieceReader(frame).read(std::as_writable_bytes(std::span(text)));
        received.push_back(text);
    }
    void on_ready() override { ++ready; }
    void on_link(bool up) override { links.push_back(up); }
};

class Nics : public ::testing::Test {
protected:
    void add_netdev(const std::string& id, unsigned queues = 1) {
        auto group = std::make_unique<NetClientGroup>(id, NetClientGroup::Kind::netdev);
        for (unsigned queue = 0; queue < queues; ++queue) {
            group->add(std::make_unique<FakeBackendQueue>(calls_, queue));
        }
        context_.registry().insert(std::move(group));
    }
    FakeBackendQueue& netdev(const std::string& id, unsigned queue = 0) {
        return static_cast<FakeBackendQueue&>(context_.registry().find_backend(id)->client(queue));
    }
    static NicIdentity called(const std::string& id) {
        return {.id = id, .model = "rtl8139", .mac = test::kCardMac};
    }
    Result<Nic*> attach(const std::string& id, const std::string& netdev,
                        unsigned most_queues = 1024) {
        return nic_attach(context_, called(id), netdev, most_queues, maker());
    }
    Result<Nic*> add(const std::string& id) { return nic_add(context_, called(id), maker()); }
    MakeNic maker() {
        return [this](NicIdentity identity, unsigned queues) {
            return std::make_unique<PlainNic>(std::move(identity), queues, guest_);
        };
    }
    static std::string refusal(const Result<Nic*>& outcome) {
        return outcome ? "was taken" : outcome.error().param() + ": " + outcome.error().message();
    }
    Texts names() {
        Texts names;
        for (const auto& group : context_.registry().groups()) {
            for (std::size_t queue = 0; queue < group->size(); ++queue) {
                if (group->kind() == NetClientGroup::Kind::nic) {
                    names.push_back(group->client(queue).info_line());
                }
            }
        }
        return names;
    }

    Guest guest_;
    Texts calls_ = {};
    test::TestLoop loop_;
    test::FakeTun tun_;
    NetContext context_{internals_on(loop_.loop(), tun_)};
};

TEST_F(Nics, HaveAQueueForEachOfTheirNetdev) {
    add_netdev("n0", 3);
    const Result<Nic*> nic = attach("a", "n0");
    ASSERT_TRUE(nic);
    EXPECT_EQ((*nic)->size(), 3U);
    EXPECT_EQ(netdev("n0", 2).peer(), &(*nic)->client(2));
    EXPECT_EQ(names(), (Texts{"a: index=0,type=nic,model=rtl8139,macaddr=52:54:00:12:34:56",
                              "a: index=1,type=nic,", "a: index=2,type=nic,"}));
}

TEST_F(Nics, NeedANetdevThatIsThereAndFreeAndSmallEnough) {
    add_netdev("n0", 3);
    EXPECT_EQ(refusal(attach("a", "zz")), "netdev: no netdev 'zz'");
    EXPECT_EQ(refusal(attach("a", "n0", 2)),
              "netdev: netdev 'n0' has 3 queues, but a card of model 'rtl8139' has at most 2");
    ASSERT_TRUE(attach("a", "n0"));
    EXPECT_EQ(refusal(attach("b", "n0")), "netdev: netdev 'n0' is in use by 'a'");
    add_netdev("n1");
    EXPECT_EQ(refusal(attach("a", "n1")), "id: 'id' a is in use by another card");
    EXPECT_EQ(refusal(add("a")), "id: 'id' a is in use by another card");
    EXPECT_EQ(names().size(), 3U);
    EXPECT_EQ(netdev("n1").peer(), nullptr);
}

TEST_F(Nics, WithoutIdAreNumberedByModelAndQueue) {
    add_netdev("n0", 2);
    add_netdev("n1");
    ASSERT_TRUE(attach("", "n0"));
    ASSERT_TRUE(attach("a", "n1"));
    ASSERT_TRUE(add(""));
    ASSERT_TRUE(add("rtl8139.5"));
    ASSERT_TRUE(add(""));
    const std::string text = "model=rtl8139,macaddr=52:54:00:12:34:56";
    EXPECT_EQ(names(), (Texts{"rtl8139.0: index=0,type=nic," + text, "rtl8139.1: index=1,type=nic,",
                              "a: index=0,type=nic," + text, "rtl8139.3: index=0,type=nic," + text,
                              "rtl8139.5: index=0,type=nic," + text,
                              "rtl8139.6: index=0,type=nic," + text}));
}

TEST_F(Nics, GetAnotherNetdevInPlaceOfOneThatIsGone) {
    add_netdev("n0", 2);
    add_netdev("n1", 2);
    add_netdev("small");
    Nic& nic = **attach("a", "n0");
    const auto change = [&](const std::string& to) {
        const Result<void> changed = nic_change_netdev(context_, nic, to);
        return changed ? "done" : changed.error().message();
    };
    EXPECT_EQ(change("n1"), "card 'a' still has netdev 'n0'");
    (void)context_.registry().remove(*context_.registry().find_backend("n0"));
    EXPECT_EQ(guest_.links, std::vector<bool>{false});
    EXPECT_EQ(change("zz"), "no netdev 'zz'");
    EXPECT_EQ(change("small"), "card 'a' needs a netdev of 2 queues, but 'small' has 1");
    EXPECT_EQ(change("n1"), "done");
    EXPECT_EQ(guest_.links, (std::vector<bool>{false, true}));
    (void)netdev("n1", 1).send(TextFrame("hello"));
    EXPECT_EQ(guest_.received, Texts{"hello"});
}

TEST_F(Nics, PlainOnesTakeFramesAsTheyAre) {
    add_netdev("n0", 2);
    auto& nic = static_cast<PlainNic&>(**attach("a", "n0"));
    EXPECT_EQ(nic.send(TextFrame("out")), Delivery::done);
    EXPECT_EQ(netdev("n0").received, Texts{"out"});
    EXPECT_EQ(calls_, Texts()) << "no header, no offload, no queue";
    guest_.can_take = false;
    EXPECT_EQ(netdev("n0", 0).send(TextFrame("a")), Delivery::busy);
    EXPECT_EQ(netdev("n0", 1).send(TextFrame("b")), Delivery::busy);
    guest_.can_take = true;
    nic.flush();
    EXPECT_EQ(guest_.received, (Texts{"a", "b"}));
    EXPECT_EQ(nic.query_receive_filter(), std::nullopt);
}

TEST_F(Nics, PlainOnesAnnounceThemselvesAndKnowTheirLink) {
    add_netdev("n0", 2);
    Nic& nic = **attach("a", "n0");
    nic.client(0).announce();
    ASSERT_EQ(netdev("n0").received.size(), 1U);
    EXPECT_EQ(netdev("n0").received[0].size(), kAnnouncementBytes);
    ASSERT_TRUE(context_.registry().set_link("a", false));
    ASSERT_TRUE(context_.registry().set_link("n0", false));
    ASSERT_TRUE(context_.registry().set_link("n0", true));
    EXPECT_EQ(guest_.links, (std::vector<bool>{false, false, true}));
}

TEST_F(Nics, PlainOnesAreToldWhenTheyCanGoOn) {
    add_netdev("n0");
    auto& nic = static_cast<PlainNic&>(**attach("a", "n0"));
    netdev("n0").can_take = false;
    EXPECT_EQ(nic.send(TextFrame("out")), Delivery::busy);
    netdev("n0").can_take = true;
    netdev("n0").flush_incoming();
    EXPECT_EQ(guest_.ready, 1);
    EXPECT_EQ(netdev("n0").received, Texts{"out"});
}

}  // namespace
}  // namespace qnetdev
