// SPDX-License-Identifier: MIT
#include "tests/support/fake_tun.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace net::test {
namespace {

using namespace tun_flags;

constexpr unsigned kFlags = kTap | kNoPacketInfo;

/// What set_iff() says on a new descriptor: 0, or the errno. Keeps the queue.
int try_set_iff(FakeTun& tun, std::vector<UniqueFd>& queues, const std::string& name,
                unsigned flags) {
    Result<UniqueFd> fd = tun.open_tun();
    Result<std::string> outcome = tun.set_iff(fd->get(), name, flags);
    if (!outcome) {
        return outcome.error().errnum();
    }
    queues.push_back(*std::move(fd));
    return 0;
}

TEST(FakeTun, PicksTheLowestFreeNumberForATemplate) {
    FakeTun tun;
    tun.add_interface("tap0", {.persistent = true});
    Result<UniqueFd> fd = tun.open_tun();
    Result<std::string> name = tun.set_iff(fd->get(), "tap%d", kFlags);
    ASSERT_TRUE(name);
    EXPECT_EQ(*name, "tap1");
}

TEST(FakeTun, RemovesAnInterfaceWithItsLastQueue) {
    FakeTun tun;
    std::vector<UniqueFd> queues;
    ASSERT_EQ(try_set_iff(tun, queues, "t0", kFlags | kMultiQueue), 0);
    ASSERT_EQ(try_set_iff(tun, queues, "t0", kFlags | kMultiQueue), 0);
    queues.pop_back();
    EXPECT_NE(tun.find("t0"), nullptr);
    queues.pop_back();
    EXPECT_EQ(tun.find("t0"), nullptr);
}

TEST(FakeTun, KeepsAPersistentInterface) {
    FakeTun tun;
    tun.add_interface("t0", {.persistent = true});
    { const UniqueFd fd = tun.open_queue("t0", 0); }
    ASSERT_NE(tun.find("t0"), nullptr);
    EXPECT_TRUE(tun.find("t0")->queues.empty());
}

TEST(FakeTun, RefusesASecondHolderOfASingleQueue) {
    FakeTun tun;
    std::vector<UniqueFd> queues;
    ASSERT_EQ(try_set_iff(tun, queues, "t0", kFlags), 0);
    EXPECT_EQ(try_set_iff(tun, queues, "t0", kFlags), EBUSY);
}

TEST(FakeTun, RefusesAnotherMultiQueueFlag) {
    FakeTun tun;
    std::vector<UniqueFd> queues;
    tun.add_interface("single", {.persistent = true});
    tun.add_interface("multi", {.flags = kFlags | kMultiQueue, .persistent = true});
    EXPECT_EQ(try_set_iff(tun, queues, "single", kFlags | kMultiQueue), EINVAL);
    EXPECT_EQ(try_set_iff(tun, queues, "multi", kFlags), EINVAL);
}

TEST(FakeTun, RefusesAnInterfaceThatIsNoTap) {
    FakeTun tun;
    std::vector<UniqueFd> queues;
    tun.add_interface("lo", {.persistent = true, .is_tun_device = false});
    EXPECT_EQ(try_set_iff(tun, queues, "lo", kFlags), EINVAL);
}

TEST(FakeTun, Takes256QueuesAndNoMore) {
    FakeTun tun;
    std::vector<UniqueFd> queues;
    for (int i = 0; i < 256; ++i) {
        ASSERT_EQ(try_set_iff(tun, queues, "t0", kFlags | kMultiQueue), 0);
    }
    EXPECT_EQ(try_set_iff(tun, queues, "t0", kFlags | kMultiQueue), E2BIG);
}

TEST(FakeTun, AnswersEBADFDBeforeTheDescriptorHasAnInterface) {
    FakeTun tun;
    Result<UniqueFd> fd = tun.open_tun();
    EXPECT_EQ(tun.get_iff(fd->get()).error().message(), "TUNGETIFF: File descriptor in bad state");
}

TEST(FakeTun, AnswersENOTTYForAnythingElse) {
    FakeTun tun;
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    EXPECT_EQ(tun.get_iff(null.get()).error().errnum(), ENOTTY);
}

TEST(FakeTun, FailsTheNthCallOfAKind) {
    FakeTun tun;
    tun.fail(TunCall::open_tun, 2, EIO);
    EXPECT_TRUE(tun.open_tun());
    Result<UniqueFd> second = tun.open_tun();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "cannot open /dev/net/tun: Input/output error");
    EXPECT_TRUE(tun.open_tun());
    EXPECT_EQ(tun.count(TunCall::open_tun), 3U);
}

TEST(FakeTun, CarriesFramesBetweenQueueAndWire) {
    FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    EXPECT_EQ(write(fd.get(), "out", 3), 3);
    EXPECT_EQ(tun.get_frame(fd.get()), "out");
    EXPECT_EQ(tun.get_frame(fd.get()), std::nullopt);
    tun.put_frame(fd.get(), "in");
    char buffer[8];
    EXPECT_EQ(read(fd.get(), buffer, sizeof buffer), 2);
}

TEST(FakeTun, BreaksAQueueSoThatReadingFails) {
    FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    tun.break_queue(fd.get());
    char byte = 0;
    EXPECT_EQ(read(fd.get(), &byte, 1), -1);
    EXPECT_EQ(tun.find("t0"), nullptr);
}

TEST(FakeTun, WantsBothUsoBitsAndChecksums) {
    FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    EXPECT_FALSE(tun.set_offload(fd.get(), tun_offload::kCsum | tun_offload::kUso4));
    EXPECT_FALSE(tun.set_offload(fd.get(), tun_offload::kTso4));
    EXPECT_TRUE(tun.set_offload(fd.get(), 0x61));
}

TEST(FakeTun, DetachesAndAttachesQueuesOfAMultiQueueInterfaceOnly) {
    FakeTun tun;
    const UniqueFd multi = tun.open_queue("t0", kMultiQueue);
    const UniqueFd single = tun.open_queue("t1", 0);
    EXPECT_TRUE(tun.set_queue(multi.get(), false));
    EXPECT_FALSE(tun.set_queue(multi.get(), false));
    EXPECT_TRUE(tun.set_queue(multi.get(), true));
    EXPECT_FALSE(tun.set_queue(single.get(), false));
}

}  // namespace
}  // namespace net::test
