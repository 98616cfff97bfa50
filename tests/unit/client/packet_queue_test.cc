// SPDX-License-Identifier: MIT
#include "net/client/packet_queue.h"

#include <gtest/gtest.h>

#include <array>

#include "net/base/limits.h"
#include "tests/support/fake_client.h"

namespace qnetdev {
namespace {

using test::TextFrame;

std::string text_of(const std::vector<std::byte>& packet) {
    return {reinterpret_cast<const char*>(packet.data()), packet.size()};
}

TEST(PacketQueue, IsFirstInFirstOut) {
    PacketQueue queue;
    EXPECT_TRUE(queue.append(TextFrame("one")));
    EXPECT_TRUE(queue.append(TextFrame("two")));
    EXPECT_EQ(text_of(queue.take_front()), "one");
    EXPECT_EQ(text_of(queue.take_front()), "two");
    EXPECT_TRUE(queue.empty());
}

TEST(PacketQueue, JoinsThePiecesOfAFrame) {
    PacketQueue queue;
    std::string head = "head";
    std::string tail = "tail";
    const std::array<iovec, 3> pieces{
        {{head.data(), head.size()}, {nullptr, 0}, {tail.data(), tail.size()}}};
    EXPECT_TRUE(queue.append(pieces));
    EXPECT_EQ(text_of(queue.take_front()), "headtail");
}

TEST(PacketQueue, PutsAPacketBackInFront) {
    PacketQueue queue;
    EXPECT_TRUE(queue.append(TextFrame("one")));
    std::vector<std::byte> packet = queue.take_front();
    EXPECT_TRUE(queue.append(TextFrame("two")));
    queue.put_back(std::move(packet));
    EXPECT_EQ(text_of(queue.take_front()), "one");
}

TEST(PacketQueue, RefusesMoreThanTheLimit) {
    PacketQueue queue;
    for (std::size_t i = 0; i < limits::kQueuedPackets; ++i) {
        ASSERT_TRUE(queue.append(TextFrame("x")));
    }
    EXPECT_FALSE(queue.append(TextFrame("x")));
}

}  // namespace
}  // namespace qnetdev
