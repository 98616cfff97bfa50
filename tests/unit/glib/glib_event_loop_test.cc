// SPDX-License-Identifier: MIT
#include "net/glib_event_loop.h"

#include <glib.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "net/unique_fd.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;

TEST(GlibEventLoop, DropsPendingTimersWithTheLoop) {
    auto marker = std::make_shared<int>(0);
    GMainContext* context = g_main_context_new();
    {
        Result<std::unique_ptr<EventLoop>> loop = glib_event_loop(context);
        ASSERT_TRUE(loop);
        (*loop)->add_timer(milliseconds(0), [marker] {});
        EXPECT_EQ(marker.use_count(), 2);
    }
    EXPECT_EQ(marker.use_count(), 1);
    EXPECT_EQ(g_main_context_pending(context), FALSE);
    g_main_context_unref(context);
}

TEST(GlibEventLoop, KeepsAReferenceToTheContext) {
    GMainContext* context = g_main_context_new();
    Result<std::unique_ptr<EventLoop>> loop = glib_event_loop(context);
    g_main_context_unref(context);
    ASSERT_TRUE(loop);
    int calls = 0;
    const Timer timer(**loop, milliseconds(0), [&] { ++calls; });
    while (calls == 0) {
        g_main_context_iteration(context, TRUE);
    }
    EXPECT_EQ(calls, 1);
}

TEST(GlibEventLoop, KeepsTwoLoopsOfOneContextApart) {
    test::TestLoop one;
    Result<std::unique_ptr<EventLoop>> two = glib_event_loop(one.context());
    ASSERT_TRUE(two);
    const UniqueFd fd(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    int calls = 0;
    Result<FdWatch> first =
        FdWatch::create(one.loop(), fd.get(), fd_readable, [&](unsigned) { ++calls; });
    Result<FdWatch> second =
        FdWatch::create(**two, fd.get(), fd_readable, [&](unsigned) { calls += 10; });
    ASSERT_TRUE(first && second);
    one.run_once();
    EXPECT_EQ(calls, 11);
}

}  // namespace
}  // namespace qnetdev
