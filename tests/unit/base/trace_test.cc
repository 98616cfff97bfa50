// SPDX-License-Identifier: MIT
#include "net/trace.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "net/base/limits.h"
#include "net/base/traced_subprocess.h"
#include "net/base/tracer.h"
#include "tests/support/trace_lines.h"

namespace qnetdev {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

constexpr TraceFlag kFlags[] = {{1, "ONE"}, {4, "FOUR"}};

class TraceTest : public ::testing::Test {
protected:
    test::TraceLines lines_;
};

TEST_F(TraceTest, IsOffWithoutASink) {
    EXPECT_FALSE(Trace());
    EXPECT_FALSE(Trace(Trace::Sink()));
    EXPECT_FALSE(Tracer(Trace(), "n0"));
    Tracer().write("ioctl", "7", "0", microseconds(1));
    bool shown = false;
    EXPECT_TRUE(Tracer().run(
        "ioctl", "", [] { return true; }, [&shown](bool) { return shown = true, "0"; }));
    EXPECT_FALSE(shown);
}

TEST_F(TraceTest, ALineTellsNetdevQueueCallResultAndTime) {
    Lines lines;
    const Trace trace([&lines](std::string_view line) { lines.emplace_back(line); });
    Tracer(trace, "n0", 2).write("ioctl", "7, TUNGETIFF", "0 tap0", microseconds(13));
    Tracer(trace, "n0").write("close", "7", "0", microseconds(15002));
    Tracer(trace, "n0").for_several().write("netlink", "RTM_DELLINK", "-1 EPERM", {});
    EXPECT_EQ(lines,
              (Lines{"n0/2 ioctl(7, TUNGETIFF) = 0 tap0 (13 us)", "n0 close(7) = 0 (15002 us)",
                     "* netlink(RTM_DELLINK) = -1 EPERM (0 us)"}));
}

TEST_F(TraceTest, ShowsWhatACallReturned) {
    const Tracer tracer(lines_.trace(), "n0");
    const auto show = [&tracer](auto result) {
        (void)trace_ioctl(tracer, 7, "X", "", [&result] { return std::move(result); });
    };
    show(Result<void>());
    show(Result<int>(-4));
    show(Result<unsigned>(Error::from_errno(EBUSY, "X")));
    show(Result<int>(Error::from_errno(9999, "X")));
    show(Result<void>(Error("no such driver")));
    EXPECT_EQ(lines_.take(),
              (Lines{"n0 ioctl(7, X) = 0 (N us)", "n0 ioctl(7, X) = 0 -4 (N us)",
                     "n0 ioctl(7, X) = -1 EBUSY (N us)", "n0 ioctl(7, X) = -1 9999 (N us)",
                     "n0 ioctl(7, X) = -1 no such driver (N us)"}));
}

TEST_F(TraceTest, NamesFlagsAndKeepsUnknownBits) {
    EXPECT_EQ(trace_flags(0, kFlags), "0");
    EXPECT_EQ(trace_flags(5, kFlags), "ONE|FOUR");
    EXPECT_EQ(trace_flags(0x80000004, kFlags), "FOUR|0x80000000");
    EXPECT_EQ(trace_flags(0x12, kFlags), "0x12");
}

TEST_F(TraceTest, WordsHaveNeitherBlanksNorControlCharacters) {
    EXPECT_EQ(trace_word(""), "\"\"");
    EXPECT_EQ(trace_word("/etc/qemu-ifup"), "/etc/qemu-ifup");
    EXPECT_EQ(trace_word(std::string_view("a b\n\x1b[0m\\\x7f\xc3\xa4\0", 13)),
              "a\\x20b\\x0a\\x1b[0m\\x5c\\x7f\\xc3\\xa4\\x00");
}

TEST_F(TraceTest, NoLineIsLongerThanItsLimit) {
    const std::string endless(100'000, 'x');
    const Tracer tracer(lines_.trace(), endless, 4294967295U);
    tracer.write("spawn", endless, endless, microseconds(1));
    const std::string line = lines_.take().front();
    EXPECT_LE(line.size(), limits::kTraceLine);
    EXPECT_GT(line.size(), limits::kTraceLine - 10);
    EXPECT_TRUE(line.ends_with("x... (N us)")) << line;
    EXPECT_NE(line.find("x.../4294967295 spawn(x"), line.npos) << line;
    EXPECT_NE(line.find("x...) = x"), line.npos) << line;
}

TEST_F(TraceTest, WhateverItIsGivenItIsOnePrintableLine) {
    lines_.trace().write("a\nb\x1b[1m\xff");
    EXPECT_EQ(lines_.take(), Lines{"a?b?[1m?"});
}

TEST_F(TraceTest, ShowsNothingOnceItIsStopped) {
    const Trace trace = lines_.trace();
    const Tracer tracer(trace, "n0");
    trace.stop();
    tracer.write("close", "7", "0", {});
    EXPECT_EQ(lines_.take(), Lines{});
}

TEST_F(TraceTest, ThreadsDoNotMeetInTheSink) {
    constexpr int kLines = 2000;
    int shown = 0;  // without a lock of its own
    const Trace trace([&shown](std::string_view) { ++shown; });
    const auto work = [&trace] {
        const Tracer tracer(trace, "n0");
        for (int i = 0; i < kLines; ++i) {
            tracer.write("close", "7", "0", {});
        }
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(shown, 2 * kLines);
}

class TracedSubprocessTest : public TraceTest {
protected:
    /// Runs it for so long, and kills it then; the lines, with its number as PID.
    Lines life_of(const std::vector<std::string>& argv, milliseconds patience, int cancel_fd = -1) {
        const Tracer tracer(lines_.trace(), "n0", 0);
        pid_t pid = -1;
        {
            Result<TracedSubprocess> child = TracedSubprocess::spawn(
                argv, 5, Subprocess::Clock::now() + std::chrono::seconds(10), -1, tracer);
            if (child) {
                pid = child->pid();
                EXPECT_TRUE(child->wait(Subprocess::Clock::now() + patience, -1, cancel_fd));
                EXPECT_TRUE(child->wait(Subprocess::Clock::now(), -1, cancel_fd));
            }
        }
        Lines lines = lines_.take();
        for (std::string& line : lines) {
            line = std::regex_replace(line, std::regex("\\b" + std::to_string(pid) + "\\b"), "PID");
        }
        return lines;
    }
};

TEST_F(TracedSubprocessTest, ShowsHowItWasStartedAndHowItEnded) {
    EXPECT_EQ(life_of({"/bin/sh", "-c", "exit 3"}, milliseconds(10'000)),
              (Lines{"n0/0 spawn(/bin/sh -c exit\\x203, fd 5) = PID (N us)",
                     "n0/0 wait(PID) = 0 exit status 3 (N us)"}));
    EXPECT_EQ(life_of({"/bin/sh", "-c", "kill -KILL $$"}, milliseconds(10'000)).back(),
              "n0/0 wait(PID) = 0 killed by SIGKILL (N us)");
}

TEST_F(TracedSubprocessTest, ShowsWhyItCouldNotBeStarted) {
    EXPECT_EQ(life_of({"/nonexistent", "tap0"}, milliseconds(0)),
              Lines{"n0/0 spawn(/nonexistent tap0, fd 5) = -1 ENOENT (N us)"});
}

TEST_F(TracedSubprocessTest, ShowsThatItsTimeWasUpAndThatItWasKilled) {
    const Lines lines = life_of({"/bin/sleep", "60"}, milliseconds(20));
    EXPECT_EQ(lines,
              (Lines{"n0/0 spawn(/bin/sleep 60, fd 5) = PID (N us)",
                     "n0/0 wait(PID) = timed out (N us)", "n0/0 wait(PID) = timed out (N us)",
                     "n0/0 kill(-PID, SIGKILL) = 0 was killed (N us)"}));
}

}  // namespace
}  // namespace qnetdev
