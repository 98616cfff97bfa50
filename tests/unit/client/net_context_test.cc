// SPDX-License-Identifier: MIT
#include "net/net_context.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <future>

#include "net/base/fd_reaper.h"
#include "net/base/limits.h"
#include "net/client/net_context_internals.h"
#include "tests/support/fake_client.h"
#include "tests/support/fake_tun.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

class NetContextTest : public ::testing::Test {
protected:
    test::TestLoop loop_;
    test::FakeTun tun_;
    NetContext context_{internals_on(loop_.loop(), tun_)};
};

TEST(NetContextOptions, HasTheDefaultsOfQemu) {
    const NetContextOptions options;
    EXPECT_EQ(options.default_script, "/etc/qemu-ifup");
    EXPECT_EQ(options.default_downscript, "/etc/qemu-ifdown");
    EXPECT_EQ(options.default_helper, "/usr/lib/qemu/qemu-bridge-helper");
    EXPECT_EQ(options.script_timeout, limits::kScriptTimeout);
    EXPECT_EQ(options.cancel_fd, -1);
}

TEST_F(NetContextTest, KnowsWhoOwnsADescriptor) {
    EXPECT_TRUE(context_.internals().check_unclaimed(33));
    context_.internals().claim_fd(33, "n0");
    Result<void> outcome = context_.internals().check_unclaimed(33);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "descriptor 33 is already in use by netdev 'n0'");
    context_.internals().disclaim_fd(33);
    EXPECT_TRUE(context_.internals().check_unclaimed(33));
}

TEST_F(NetContextTest, KnowsWhatIsBeingClosed) {
    std::promise<void> gate;
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int number = fd.get();
    FdReaper::Job job{.before_close = [opened = gate.get_future().share()] { opened.wait(); }};
    job.fds.push_back(std::move(fd));
    context_.internals().reaper().submit(std::move(job));
    Result<void> outcome = context_.internals().check_unclaimed(number);
    gate.set_value();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "descriptor " + std::to_string(number) +
                                             " belongs to a netdev that is being removed");
    context_.internals().reaper().wait_all();
    EXPECT_TRUE(context_.internals().check_unclaimed(number));
}

TEST_F(NetContextTest, RunsFramesOnItsOwnLoop) {
    EXPECT_EQ(&context_.queue_loop(0).loop(), &loop_.loop());
    EXPECT_EQ(&context_.queue_loop(7), &context_.queue_loop(0));
}

TEST(QueueLoopTest, LendsOneBufferForTheLargestFrame) {
    test::TestLoop loop;
    QueueLoop queue_loop(loop.loop());
    const std::span<std::byte> buffer = queue_loop.frame_buffer();
    EXPECT_EQ(buffer.size(), limits::kPacketBytes);
    EXPECT_EQ(queue_loop.frame_buffer().data(), buffer.data());
}

TEST(QueueLoopTest, HasABufferOfItsOwn) {
    test::TestLoop loop;
    QueueLoop one(loop.loop());
    QueueLoop other(loop.loop());
    EXPECT_NE(one.frame_buffer().data(), other.frame_buffer().data());
}

/// A group that tells when it is destroyed.
class LoudGroup : public NetClientGroup {
public:
    LoudGroup(std::string id, Kind kind, std::string& diary)
        : NetClientGroup(std::move(id), kind), diary_(diary) {}
    ~LoudGroup() override { diary_ += id() + " "; }

private:
    std::string& diary_;
};

TEST(NetContextLife, RemovesTheNewestFirst) {
    std::string diary;
    test::TestLoop loop;
    test::FakeTun tun;
    {
        NetContext context(internals_on(loop.loop(), tun));
        for (const char* id : {"a", "b", "c"}) {
            context.registry().insert(
                std::make_unique<LoudGroup>(id, NetClientGroup::Kind::netdev, diary));
        }
    }
    EXPECT_EQ(diary, "c b a ");
}

TEST(NetContextLife, FinishesTheReaper) {
    bool ran = false;
    test::TestLoop loop;
    test::FakeTun tun;
    {
        NetContext context(internals_on(loop.loop(), tun));
        context.internals().reaper().submit({.before_close = [&ran] { ran = true; }});
    }
    EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace qnetdev
