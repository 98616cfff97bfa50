// SPDX-License-Identifier: MIT
/// Frames from the guest and to it, and how buffers and headers carry them.
#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::frame_to;
using test::kCardMac;
using test::le;
using test::TextFrame;
using Texts = std::vector<std::string>;

constexpr MacAddress kOther{{2, 0, 0, 0, 0, 7}};

class VirtioNetFrames : public test::Card {
protected:
    /// A header of the guest with this number of buffers.
    static std::string merged(std::uint16_t buffers) { return zeros(10) + le(buffers); }
    static std::string steering(const std::vector<std::uint16_t>& entries, std::uint16_t pairs,
                                std::uint16_t fallback) {
        std::string text =
            le(0x3fU) + le(static_cast<std::uint16_t>(entries.size() - 1)) + le(fallback);
        for (const std::uint16_t entry : entries) {
            text += le(entry);
        }
        return text + le(pairs) + "\x28" + key();
    }

    static std::string key() { return "0123456789abcdefghijklmnopqrstuvwxyzABCD"; }

    const std::string frame_ = frame_to(kCardMac, 100);
};

TEST_F(VirtioNetFrames, LeaveBehindTheHeaderOfTheHost) {
    start();
    send(zeros(12), frame_);
    EXPECT_EQ(backend().received, Texts{zeros(12) + frame_});
    ASSERT_EQ(tx().used.size(), 1U);
    EXPECT_EQ(tx().used[0].written, 0U);
}

TEST_F(VirtioNetFrames, LeaveWithoutACopyOfTheirBytes) {
    start();
    std::string header = zeros(12);
    tx().add({header, frame_.substr(0, 50), frame_.substr(50)}, {});
    const VirtqueueElement element = *tx().pop();
    tx().put_back(1);
    std::vector<const void*> seen;
    backend().on_frame = [&seen](Frame frame) {
        for (const iovec& piece : frame) {
            seen.push_back(piece.iov_base);
        }
    };
    card_->handle_ring(1);
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[1], element.readable[1].iov_base);
    EXPECT_EQ(seen[2], element.readable[2].iov_base);
}

TEST_F(VirtioNetFrames, LeaveWithAHeaderThatTheDeviceHasChecked) {
    start(kModern | VirtioFeatures{csum, host_tso4});
    const VnetHeader sent{.flags = 0xff,
                          .gso_type = VnetHeader::kGsoTcp4,
                          .hdr_len = 54,
                          .gso_size = 30,
                          .csum_start = 34,
                          .csum_offset = 16,
                          .num_buffers = 77};
    VnetHeader expected = sent;
    expected.flags = VnetHeader::kNeedsCsum;
    expected.num_buffers = 0;
    const auto text = [](const VnetHeader& header) {
        const VnetHeader::Bytes raw = header.write(ByteOrder::little);
        return std::string(reinterpret_cast<const char*>(raw.data()), 12);
    };
    send(text(sent), frame_);
    EXPECT_EQ(backend().received, Texts{text(expected) + frame_});
    VnetHeader bad = sent;
    bad.gso_type = VnetHeader::kGsoTcp6;
    send(text(bad), frame_);
    EXPECT_EQ(backend().received.size(), 1U);
    EXPECT_EQ(tx().used.size(), 2U) << "dropped, and the buffer is the driver's again";
    EXPECT_EQ(card_->dropped_by_rule(), 1U);
}

TEST_F(VirtioNetFrames, LeaveWithoutHeaderToABackendThatHasNone) {
    make();
    backend().fake_vnet.has_header = false;
    attach();
    drive();
    send(zeros(12), frame_);
    EXPECT_EQ(backend().received, Texts{frame_});
    rx().add_writable(200);
    (void)arrive(frame_, "");
    EXPECT_EQ(rx().take_used(), merged(1) + frame_);
}

TEST_F(VirtioNetFrames, LeaveWithAShorterHeaderIfTheBackendHasNoLonger) {
    make();
    backend().fake_vnet.longest_header = 10;
    attach();
    drive();
    send(zeros(12), frame_);
    EXPECT_EQ(backend().received, Texts{zeros(10) + frame_});
    rx().add_writable(200);
    (void)arrive(frame_, bytes({2, 0}) + zeros(8));
    EXPECT_EQ(rx().take_used(), bytes({2, 0}) + zeros(8) + le<std::uint16_t>(1) + frame_);
}

TEST_F(VirtioNetFrames, ChangeTheirByteOrderIfTheBackendRefusesTheGuests) {
    make();
    attach();
    transport_->byte_order = ByteOrder::big;
    backend().fake_vnet.refuses_order = true;
    drive({csum, guest_csum});
    const std::string big = bytes({1, 0, 0, 54, 0, 0, 0, 34, 0, 16});
    const std::string little = bytes({1, 0, 54, 0, 0, 0, 34, 0, 16, 0});
    send(big, frame_);
    EXPECT_EQ(backend().received, Texts{little + frame_});
    rx().add_writable(200);
    (void)arrive(frame_, little);
    EXPECT_EQ(rx().take_used(), big + frame_);
}

TEST_F(VirtioNetFrames, KeepTheGuestsByteOrderIfTheBackendTakesIt) {
    make();
    attach();
    transport_->byte_order = ByteOrder::big;
    drive({csum});
    const std::string big = bytes({1, 0, 0, 54, 0, 0, 0, 34, 0, 16});
    send(big, frame_);
    EXPECT_EQ(backend().received, Texts{big + frame_});
}

TEST_F(VirtioNetFrames, ThatAreNoFramesAreUsedAndLost) {
    start();
    send(zeros(12), "");
    send(zeros(12), std::string(13, 'x'));
    send(zeros(12), std::string(70000, 'x'));
    tx().add(Texts(200, std::string(1000, 'x')), {});
    card_->handle_ring(1);
    EXPECT_EQ(tx().used.size(), 4U);
    EXPECT_TRUE(backend().received.empty());
    EXPECT_TRUE(transport_->broken.empty());
    EXPECT_EQ(card_->dropped_by_rule(), 4U);
}

TEST_F(VirtioNetFrames, InManyPiecesArePutTogether) {
    start();
    Texts pieces;
    for (const char byte : zeros(12) + frame_) {
        pieces.push_back({byte});
    }
    tx().add(pieces, {});
    card_->handle_ring(1);
    EXPECT_EQ(backend().received, Texts{zeros(12) + frame_});
}

TEST_F(VirtioNetFrames, ShorterThanTheirHeaderBreakTheDevice) {
    for (const std::string& chain : {std::string(), zeros(11)}) {
        start();
        tx().add_readable(chain);
        card_->handle_ring(1);
        EXPECT_EQ(transport_->broken, (Texts{"a frame to send that is shorter than its header"}));
        EXPECT_TRUE(tx().used.empty());
        registry_.remove(*backend_);
        registry_.remove(*card_);
    }
}

TEST_F(VirtioNetFrames, AreLostWhileTheLinkIsDown) {
    start();
    ASSERT_TRUE(registry_.set_link("nic0", false));
    send(zeros(12), frame_);
    EXPECT_EQ(tx().used.size(), 1U);
    rx().add_writable(200);
    (void)arrive(frame_, zeros(12));
    ASSERT_TRUE(registry_.set_link("nic0", true));
    EXPECT_TRUE(backend().received.empty());
    EXPECT_TRUE(rx().used.empty());
    EXPECT_EQ(rx().available(), 1U);
}

TEST_F(VirtioNetFrames, WaitInTheRingWhileTheBackendIsBusy) {
    start();
    backend().can_take = false;
    for (int i = 0; i < 5; ++i) {
        send(zeros(12), frame_);
    }
    EXPECT_EQ(tx().used.size(), 1U) << "the one that the backend keeps";
    EXPECT_FALSE(tx().notifies);
    backend().can_take = true;
    backend().flush_incoming();
    EXPECT_EQ(backend().received.size(), 5U);
    EXPECT_EQ(tx().used.size(), 5U);
    EXPECT_TRUE(tx().notifies);
}

TEST_F(VirtioNetFrames, OfARingThatWaitsAreLostWhenTheLinkGoesDown) {
    start();
    backend().can_take = false;
    for (int i = 0; i < 5; ++i) {
        send(zeros(12), frame_);
    }
    ASSERT_TRUE(registry_.set_link("nic0", false));
    EXPECT_EQ(tx().used.size(), 5U);
}

TEST_F(VirtioNetFrames, LeaveInBursts) {
    start();
    for (int i = 0; i < 300; ++i) {
        tx().add_readable(zeros(12) + frame_);
    }
    card_->handle_ring(1);
    EXPECT_EQ(tx().used.size(), 256U);
    EXPECT_EQ(tx().interrupts, 1);
    EXPECT_EQ(transport_->scheduled, std::vector<unsigned>{1});
    EXPECT_FALSE(tx().notifies);
    card_->handle_ring(1);
    EXPECT_EQ(tx().used.size(), 300U);
    EXPECT_TRUE(tx().notifies);
    EXPECT_EQ(transport_->scheduled.size(), 1U);
}

TEST_F(VirtioNetFrames, ArriveBehindTheHeaderOfTheGuest) {
    start();
    rx().add_writable(200);
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::done);
    ASSERT_EQ(rx().used.size(), 1U);
    EXPECT_EQ(rx().interrupts, 1);
    EXPECT_EQ(rx().take_used(), merged(1) + frame_);
}

TEST_F(VirtioNetFrames, ArriveWithoutACountForOldGuests) {
    start({ctrl_vq});
    rx().add_writable(200);
    (void)arrive(frame_, zeros(10));
    EXPECT_EQ(rx().take_used(), zeros(10) + frame_);
}

TEST_F(VirtioNetFrames, ArriveInAsManyBuffersAsTheyNeed) {
    start();
    for (int i = 0; i < 4; ++i) {
        rx().add({}, {20, 20});
    }
    (void)arrive(frame_, zeros(12));
    ASSERT_EQ(rx().used.size(), 3U);
    EXPECT_EQ(rx().interrupts, 1) << "all at once";
    std::string all;
    while (!rx().used.empty()) {
        all += rx().take_used();
    }
    EXPECT_EQ(all, merged(3) + frame_);
    EXPECT_EQ(rx().available(), 1U);
}

TEST_F(VirtioNetFrames, WaitForBuffers) {
    start();
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::busy);
    EXPECT_TRUE(rx().notifies);
    rx().add_writable(50);
    card_->handle_ring(0);
    EXPECT_TRUE(rx().used.empty()) << "not enough";
    EXPECT_EQ(rx().available(), 1U);
    rx().add_writable(100);
    card_->handle_ring(0);
    EXPECT_EQ(rx().used.size(), 2U);
    EXPECT_EQ(backend().peer_ready_calls, 1);
}

TEST_F(VirtioNetFrames, LargerThanABufferAreLostIfTheyCannotBeSpread) {
    start({version_1, ctrl_vq});
    rx().add_writable(100);
    rx().add_writable(112);
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::done);
    EXPECT_EQ(rx().available(), 2U) << "put back, in order";
    EXPECT_TRUE(rx().used.empty());
    (void)arrive(frame_.substr(0, 88), zeros(12));
    EXPECT_EQ(rx().take_used(), merged(1) + frame_.substr(0, 88));
}

TEST_F(VirtioNetFrames, AreSpreadOverNoMoreThanAThousandBuffers) {
    start();
    for (int i = 0; i < 1100; ++i) {
        rx().add_writable(12);
    }
    EXPECT_EQ(arrive(frame_to(kCardMac, 12 * 1023), zeros(12)), Delivery::done);
    EXPECT_EQ(rx().used.size(), 1024U) << "one of them for the header";
    for (int i = 0; i < 1100; ++i) {
        rx().add_writable(12);
    }
    EXPECT_EQ(arrive(frame_to(kCardMac, 12 * 1023 + 1), zeros(12)), Delivery::done);
    EXPECT_EQ(rx().used.size(), 1024U);
}

TEST_F(VirtioNetFrames, FindNoRoomInABrokenBuffer) {
    for (const std::vector<std::size_t>& room :
         {std::vector<std::size_t>{}, std::vector<std::size_t>{11}, std::vector<std::size_t>{0}}) {
        start();
        rx().add({"readable"}, room);
        EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::done);
        EXPECT_EQ(transport_->broken,
                  (Texts{"a receive buffer without room for a frame's header"}));
        EXPECT_TRUE(rx().used.empty());
        EXPECT_EQ(rx().available(), 1U);
        registry_.remove(*backend_);
        registry_.remove(*card_);
    }
    start();
    rx().add_writable(50);
    rx().add({"readable"}, {});
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::done);
    EXPECT_EQ(transport_->broken.size(), 1U);
    EXPECT_EQ(rx().available(), 2U);
}

TEST_F(VirtioNetFrames, AreFilteredOnlyWhereThereAreBuffers) {
    start();
    ASSERT_TRUE(command(0, 0, bytes({0})));
    EXPECT_EQ(arrive(frame_to(kOther), zeros(12)), Delivery::busy);
    rx().add_writable(200);
    card_->handle_ring(0);
    EXPECT_TRUE(rx().used.empty());
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::done);
    EXPECT_EQ(rx().used.size(), 1U);
}

TEST_F(VirtioNetFrames, CutInTheirHeaderAreLost) {
    start();
    rx().add_writable(200);
    for (const std::size_t size : {0U, 1U, 11U, 12U}) {
        EXPECT_EQ(arrive("", zeros(size)), Delivery::done);
    }
    EXPECT_TRUE(rx().used.empty());
    (void)arrive("x", zeros(12));
    EXPECT_EQ(rx().used.size(), 1U);
}

TEST_F(VirtioNetFrames, AskTheGuestForNothingThatItDidNotTake) {
    start();
    rx().add_writable(300);
    (void)arrive(frame_, bytes({1, 1, 0, 0, 9, 0, 34, 0, 16, 0, 0, 0}));
    EXPECT_TRUE(rx().used.empty()) << "segments";
    std::string open = frame_to(kCardMac, 54);
    open.replace(34, 20, zeros(20));
    open.replace(34, 2, bytes({0x12, 0x34}));
    (void)arrive(open, bytes({1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0}));
    std::string closed = open;
    closed.replace(50, 2, bytes({0xed, 0xcb}));
    EXPECT_EQ(rx().take_used(), merged(1) + closed) << "its checksum is complete";
}

TEST_F(VirtioNetFrames, KeepWhatTheGuestTook) {
    start(kModern | VirtioFeatures{guest_csum, guest_tso4});
    rx().add_writable(300);
    const std::string header = bytes({1, 1, 0, 0, 9, 0, 34, 0, 16, 0, 1, 0});
    (void)arrive(frame_, header);
    EXPECT_EQ(rx().take_used(), header + frame_);
}

TEST_F(VirtioNetFrames, OfADhcpServerHaveAChecksum) {
    start(kModern | VirtioFeatures{guest_csum});
    std::string answer = frame_to(kCardMac, 342);
    answer[14] = 0x45;
    answer[23] = 17;
    answer.replace(34, 308, bytes({0, 67}) + zeros(306));
    rx().add_writable(400);
    (void)arrive(answer, bytes({1, 0, 0, 0, 0, 0, 34, 0, 6, 0, 0, 0}));
    answer.replace(40, 2, bytes({0xff, 0xbc}));
    EXPECT_EQ(rx().take_used(), merged(1) + answer);
}

TEST_F(VirtioNetFrames, OfAQueueThatIsNotUsedArriveOnOneThatIs) {
    start(kModern | VirtioFeatures{mq}, 2);
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(2)));
    EXPECT_EQ(arrive(frame_, zeros(12), 1), Delivery::busy);
    rx(0).add_writable(200);
    rx(1).add_writable(200);
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(1)));
    EXPECT_EQ(rx(0).used.size(), 1U);
    EXPECT_EQ(rx(1).used.size(), 0U);
    rx(0).add_writable(200);
    EXPECT_EQ(arrive(frame_, zeros(12), 1), Delivery::done);
    EXPECT_EQ(rx(0).used.size(), 2U);
    EXPECT_EQ(arrive(frame_, zeros(12), 1), Delivery::busy);
    rx(0).add_writable(200);
    card_->handle_ring(0);
    EXPECT_EQ(rx(0).used.size(), 3U);
    EXPECT_EQ(rx(1).available(), 1U);
}

TEST_F(VirtioNetFrames, OfARingThatIsNotUsedLeaveThroughOneThatIs) {
    start(kModern | VirtioFeatures{mq}, 2);
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(2)));
    send(zeros(12), frame_, 1);
    EXPECT_EQ(backend(1).received.size(), 1U);
    backend(1).can_take = false;
    send(zeros(12), frame_, 1);
    send(zeros(12), frame_, 1);
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(1)));
    EXPECT_EQ(backend(1).received.size(), 1U) << "nothing more through a queue that goes";
    EXPECT_EQ(backend(0).received.size(), 1U);
    send(zeros(12), frame_, 1);
    EXPECT_EQ(backend(0).received.size(), 2U);
    EXPECT_EQ(tx(1).used.size(), 4U);
}

TEST_F(VirtioNetFrames, WaitForTheQueueThatTheyLeaveThrough) {
    start(kModern | VirtioFeatures{mq}, 2);
    backend(0).can_take = false;
    send(zeros(12), frame_, 1);
    send(zeros(12), frame_, 1);
    EXPECT_EQ(tx(1).used.size(), 1U);
    backend(1).flush_incoming();
    EXPECT_EQ(tx(1).used.size(), 1U);
    backend(0).can_take = true;
    backend(0).flush_incoming();
    EXPECT_EQ(tx(1).used.size(), 2U);
    EXPECT_EQ(backend(0).received.size(), 2U);
}

TEST_F(VirtioNetFrames, OfADriverThatIsGoneDoNotReachTheNext) {
    start();
    EXPECT_EQ(arrive(frame_, zeros(12)), Delivery::busy);
    card_->set_status(0);
    EXPECT_EQ(backend().peer_ready_calls, 1);
    rx().add_writable(200);
    drive();
    card_->handle_ring(0);
    EXPECT_TRUE(rx().used.empty());
}

TEST_F(VirtioNetFrames, GoWhereTheirFlowsHashSays) {
    start(kModern | VirtioFeatures{rss}, 4, {.rss = true});
    ASSERT_TRUE(command(4, 1, steering({2}, 3, 1)));
    for (unsigned pair = 0; pair < 4; ++pair) {
        rx(pair).add_writable(200);
        rx(pair).add_writable(200);
    }
    std::string ip = frame_to(kCardMac, 60);
    ip[14] = 0x45;
    (void)arrive(ip, zeros(12), 0);
    EXPECT_EQ(rx(2).used.size(), 1U);
    (void)arrive(frame_to(kCardMac, 60, 0x0806), zeros(12), 0);
    EXPECT_EQ(rx(1).used.size(), 1U) << "no hash: the default queue";
    ASSERT_TRUE(command(4, 1, steering({0xffff}, 3, 1)));
    (void)arrive(ip, zeros(12), 2);
    EXPECT_EQ(rx(0).used.size(), 1U) << "65535 modulo 3";
    EXPECT_TRUE(rx(3).used.empty());
}

TEST_F(VirtioNetFrames, WaitForTheQueueThatTheirHashSays) {
    start(kModern | VirtioFeatures{rss}, 2, {.rss = true});
    ASSERT_TRUE(command(4, 1, steering({1}, 2, 1)));
    rx(0).add_writable(200);
    EXPECT_EQ(arrive(frame_, zeros(12), 0), Delivery::busy);
    rx(1).add_writable(200);
    card_->handle_ring(2);
    EXPECT_EQ(rx(1).used.size(), 1U);
    EXPECT_TRUE(rx(0).used.empty());
}

TEST_F(VirtioNetFrames, TellTheirHash) {
    start(kModern | VirtioFeatures{hash_report}, 1, {.hash = true});
    EXPECT_EQ(backend().fake_vnet.header, 20U);
    ASSERT_TRUE(command(4, 2, steering({0}, 0, 0)));
    rx().add_writable(200);
    std::string ip = frame_to(kCardMac, 60);
    ip[14] = 0x45;
    (void)arrive(ip, zeros(10) + "noise-noi-");
    const std::string got = rx().take_used();
    EXPECT_EQ(got.substr(0, 12), merged(1));
    HashKey key_bytes;
    const std::string text = key();
    std::copy(text.begin(), text.end(), key_bytes.begin());
    const std::optional<FrameHash> hash = hash_frame(TextFrame(ip), hash_ipv4, key_bytes);
    EXPECT_EQ(got.substr(12, 4), le(hash->value));
    EXPECT_NE(hash->value, 0U);
    EXPECT_EQ(got.substr(16), le<std::uint16_t>(1) + zeros(2) + ip);
}

}  // namespace
}  // namespace qnetdev
