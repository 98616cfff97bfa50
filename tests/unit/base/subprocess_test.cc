// SPDX-License-Identifier: MIT
#include "net/base/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "net/base/limits.h"
#include "tests/support/leak_listener.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;
using Event = Subprocess::Event;

Subprocess::Clock::time_point in(milliseconds delay) {
    return Subprocess::Clock::now() + delay;
}

constexpr milliseconds kLong{10000};

Result<Subprocess> spawn_shell(const std::string& script, int keep_fd = -1) {
    return Subprocess::spawn({"/bin/sh", "-c", script}, keep_fd, in(kLong), -1);
}

/// Runs a shell script to its end.
Subprocess run_shell(const std::string& script) {
    Result<Subprocess> child = spawn_shell(script);
    EXPECT_TRUE(child) << child.error().message();
    Result<Event> event = child->wait(in(kLong), -1, -1);
    EXPECT_TRUE(event && *event == Event::exited);
    return *std::move(child);
}

/// Waits again and again, each time for too short a time, until the child has written something.
bool wait_for_output(Subprocess& child, std::size_t bytes) {
    const auto deadline = in(kLong);
    while (child.output().size() < bytes && Subprocess::Clock::now() < deadline) {
        Result<Event> event = child.wait(in(milliseconds(20)), -1, -1);
        if (!event || *event != Event::timed_out) {
            return false;
        }
    }
    return child.output().size() >= bytes;
}

TEST(Subprocess, TellsSuccess) {
    const Subprocess child = run_shell("exit 0");
    EXPECT_TRUE(child.succeeded());
    EXPECT_EQ(describe_wait_status(child.status()), "exited with status 0");
}

TEST(Subprocess, TellsTheExitStatus) {
    const Subprocess child = run_shell("exit 3");
    EXPECT_FALSE(child.succeeded());
    EXPECT_EQ(describe_wait_status(child.status()), "exited with status 3");
}

TEST(Subprocess, TellsTheSignal) {
    const Subprocess child = run_shell("kill -TERM $$");
    EXPECT_FALSE(child.succeeded());
    EXPECT_EQ(describe_wait_status(child.status()), "was killed by signal 15 (Terminated)");
}

TEST(Subprocess, PassesArgumentsToTheLetter) {
    Result<Subprocess> child = Subprocess::spawn(
        {"/bin/sh", "-c", "printf '<%s>' \"$@\"", "sh", "a b", "", "$HOME;*"}, -1, in(kLong), -1);
    ASSERT_TRUE(child);
    ASSERT_TRUE(child->wait(in(kLong), -1, -1));
    EXPECT_EQ(child->output(), "<a b><><$HOME;*>");
}

TEST(Subprocess, CapturesBothOutputsWithoutTheWhiteSpaceAtTheEnd) {
    EXPECT_EQ(run_shell("echo out; echo err >&2; printf ' \\t\\r\\n\\n'").output(), "out\nerr");
}

TEST(Subprocess, CapturesAtMostTheLimit) {
    const Subprocess child = run_shell("head -c 100000 /dev/zero | tr '\\0' x");
    EXPECT_TRUE(child.succeeded());
    EXPECT_EQ(child.output(), std::string(limits::kChildOutput, 'x'));
}

TEST(Subprocess, ReadsNothingFromStandardInput) {
    EXPECT_EQ(run_shell("cat; echo end").output(), "end");
}

TEST(Subprocess, HasItsOwnProcessGroup) {
    EXPECT_EQ(run_shell("set -- $(cat /proc/$$/stat); test $1 = $5 && echo yes").output(), "yes");
}

TEST(Subprocess, StartsWithDefaultSignals) {
    const auto old = std::signal(SIGTERM, SIG_IGN);
    const Subprocess child = run_shell("kill -TERM $$; exit 0");
    std::signal(SIGTERM, old);
    EXPECT_EQ(describe_wait_status(child.status()), "was killed by signal 15 (Terminated)");
}

TEST(Subprocess, StartsWithNoSignalBlocked) {
    sigset_t all;
    sigset_t saved;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    const Subprocess child = run_shell("grep SigBlk /proc/self/status");
    pthread_sigmask(SIG_SETMASK, &saved, nullptr);
    EXPECT_EQ(child.output(), "SigBlk:\t0000000000000000");
}

TEST(Subprocess, ReportsAMissingProgram) {
    const Result<Subprocess> child =
        Subprocess::spawn({"/nonexistent/program", "x"}, -1, in(kLong), -1);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().message(),
              "cannot run '/nonexistent/program': No such file or directory");
    EXPECT_EQ(child.error().errnum(), ENOENT);
}

/// A program whose exec hangs: whoever opens it waits until the lease is given back, fcntl(2).
class HeldProgram {
public:
    HeldProgram() : file_("subprocess_test", "#!/bin/sh\n", 0755) {
        sigset_t broken;
        sigemptyset(&broken);
        sigaddset(&broken, SIGIO);
        pthread_sigmask(SIG_BLOCK, &broken, nullptr);
        lease_ = UniqueFd(open(file_.path().c_str(), O_RDWR | O_CLOEXEC));
        held_ = fcntl(lease_.get(), F_SETLEASE, F_WRLCK) == 0;
    }
    bool held() const { return held_; }
    const std::string& path() const { return file_.path(); }

private:
    test::TemporaryFile file_;
    UniqueFd lease_ = {};
    bool held_ = false;
};

TEST(Subprocess, DoesNotWaitForAnExecBeyondTheDeadline) {
    const HeldProgram program;
    ASSERT_TRUE(program.held());
    const auto begin = Subprocess::Clock::now();
    const auto deadline = in(milliseconds(100));
    Result<Subprocess> child = Subprocess::spawn({program.path()}, -1, deadline, -1);
    ASSERT_TRUE(child) << child.error().message();
    Result<Event> event = child->wait(deadline, -1, -1);
    EXPECT_TRUE(event && *event == Event::timed_out);
    child->kill_group();
    EXPECT_EQ(child->describe_kill(), "was killed");
    EXPECT_LT(Subprocess::Clock::now() - begin, kLong);
}

TEST(Subprocess, DoesNotWaitForAnExecThatIsCancelled) {
    const HeldProgram program;
    ASSERT_TRUE(program.held());
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    Result<Subprocess> child = Subprocess::spawn({program.path()}, -1, in(kLong), cancel.get());
    ASSERT_TRUE(child) << child.error().message();
    Result<Event> event = child->wait(in(kLong), -1, cancel.get());
    EXPECT_TRUE(event && *event == Event::cancelled);
    child->kill_group();
    EXPECT_EQ(child->describe_kill(), "was killed");
}

TEST(Subprocess, ReportsAFileThatIsNotExecutable) {
    const test::TemporaryFile file("subprocess_test", "#!/bin/sh\n", 0644);
    const Result<Subprocess> child = Subprocess::spawn({file.path()}, -1, in(kLong), -1);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().message(), "cannot run '" + file.path() + "': Permission denied");
    EXPECT_EQ(child.error().errnum(), EACCES);
}

TEST(Subprocess, ReportsAFileWithoutInterpreter) {
    const test::TemporaryFile file("subprocess_test", "exit 0\n", 0755);
    const Result<Subprocess> child = Subprocess::spawn({file.path()}, -1, in(kLong), -1);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().message(), "cannot run '" + file.path() + "': Exec format error");
    EXPECT_EQ(child.error().errnum(), ENOEXEC);
}

TEST(Subprocess, TimesOut) {
    Result<Subprocess> child = spawn_shell("sleep 60");
    ASSERT_TRUE(child);
    const auto start = Subprocess::Clock::now();
    Result<Event> event = child->wait(start + milliseconds(30), -1, -1);
    ASSERT_TRUE(event);
    EXPECT_EQ(*event, Event::timed_out);
    EXPECT_GE(Subprocess::Clock::now() - start, milliseconds(30));
}

TEST(Subprocess, TimesOutAlsoWhenTheChildNeverStopsWriting) {
    Result<Subprocess> child = spawn_shell("yes & yes & exec yes");
    ASSERT_TRUE(child);
    // A wait that looks at the time only when there is nothing to read never ends; how late it ends
    // is the scheduler's choice, since three children take all the time they get.
    const unsigned alarm_seconds = 30;
    alarm(alarm_seconds);
    EXPECT_TRUE(wait_for_output(*child, limits::kChildOutput));
    Result<Event> event = child->wait(in(milliseconds(50)), -1, -1);
    alarm(0);
    ASSERT_TRUE(event);
    EXPECT_EQ(*event, Event::timed_out);
    EXPECT_EQ(child->output().size(), limits::kChildOutput);
}

TEST(Subprocess, ReportsTheCancelDescriptor) {
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    Result<Subprocess> child = spawn_shell("sleep 60");
    ASSERT_TRUE(child);
    Result<Event> event = child->wait(in(kLong), -1, cancel.get());
    ASSERT_TRUE(event);
    EXPECT_EQ(*event, Event::cancelled);
}

TEST(Subprocess, ReportsAReadableDescriptorBeforeTheEndOfTheChild) {
    const UniqueFd ready(eventfd(1, EFD_CLOEXEC));
    Result<Subprocess> child = spawn_shell("exit 0");
    ASSERT_TRUE(child);
    Result<Event> first = child->wait(in(kLong), ready.get(), -1);
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, Event::readable);
    Result<Event> second = child->wait(in(kLong), -1, -1);
    ASSERT_TRUE(second);
    EXPECT_EQ(*second, Event::exited);
}

/// A pipe whose read end meets end-of-file once nobody has the write end any more.
struct Witness {
    Witness() {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
        read_end = UniqueFd(ends[0]);
        write_end = UniqueFd(ends[1]);
    }
    /// Whether every holder of the write end is gone; waits for a while.
    bool all_gone() {
        write_end.reset();
        pollfd entry = {read_end.get(), POLLIN, 0};
        return poll(&entry, 1, static_cast<int>(kLong.count())) == 1 &&
               (entry.revents & POLLHUP) != 0;
    }

    UniqueFd read_end = {};
    UniqueFd write_end = {};
};

TEST(Subprocess, KillsTheWholeGroupWhenItIsDestroyed) {
    Witness witness;
    {
        Result<Subprocess> child = spawn_shell(
            "sleep 60 & sh -c 'sleep 60 & echo ready; wait' & wait", witness.write_end.get());
        ASSERT_TRUE(child);
        ASSERT_TRUE(wait_for_output(*child, 5));
    }
    EXPECT_TRUE(witness.all_gone());
    EXPECT_FALSE(test::has_children());
}

TEST(Subprocess, LeavesTheBackgroundProcessesOfASuccessfulChildAlone) {
    Witness witness;
    pid_t background = -1;
    {
        Result<Subprocess> child = spawn_shell("sleep 60 & echo $!", witness.write_end.get());
        ASSERT_TRUE(child);
        Result<Event> event = child->wait(in(kLong), -1, -1);
        ASSERT_TRUE(event && *event == Event::exited);
        background = static_cast<pid_t>(std::stoi(child->output()));
    }
    witness.write_end.reset();
    pollfd entry = {witness.read_end.get(), POLLIN, 0};
    EXPECT_EQ(poll(&entry, 1, 20), 0);  // the background process still has it
    EXPECT_EQ(kill(background, SIGKILL), 0);
    EXPECT_TRUE(witness.all_gone());
}

TEST(Subprocess, KillsTheBackgroundProcessesOfAChildThatFailed) {
    Witness witness;
    {
        Result<Subprocess> child = spawn_shell("sleep 60 & exit 1", witness.write_end.get());
        ASSERT_TRUE(child);
        Result<Event> event = child->wait(in(kLong), -1, -1);
        ASSERT_TRUE(event && *event == Event::exited);
        EXPECT_EQ(describe_wait_status(child->status()), "exited with status 1");
    }
    EXPECT_TRUE(witness.all_gone());
}

TEST(Subprocess, IsReapedOnce) {
    Subprocess child = run_shell("exit 0");
    EXPECT_FALSE(test::has_children());
    child.kill_group();
    EXPECT_TRUE(child.succeeded());
}

TEST(Subprocess, NeverReapsSomebodyElsesChild) {
    const pid_t bystander = fork();
    if (bystander == 0) {
        _exit(0);
    }
    siginfo_t info = {};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(bystander), &info, WEXITED | WNOWAIT), 0);
    Subprocess child = run_shell("exit 0");
    Result<Event> again = child.wait(in(kLong), -1, -1);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, Event::exited);
    EXPECT_TRUE(child.succeeded());
    EXPECT_EQ(waitpid(bystander, nullptr, 0), bystander);
}

TEST(Subprocess, SaysSoWhenSomebodyElseReapedTheChild) {
    const auto old = std::signal(SIGCHLD, SIG_IGN);
    const Subprocess child = run_shell("sleep 0.1");  // until it is watched
    std::signal(SIGCHLD, old);
    EXPECT_FALSE(child.succeeded());
    EXPECT_EQ(describe_wait_status(child.status()),
              "ended, but its exit status was taken by another part of this process");
}

TEST(Subprocess, SaysSoWhenTheChildWasReapedBeforeItCouldBeWatched) {
    const auto old = std::signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 20; ++i) {
        const Subprocess child = run_shell("exit 0");
        EXPECT_EQ(child.status(), -1);
    }
    std::signal(SIGCHLD, old);
}

TEST(Subprocess, LeavesIgnoredWhatNohupAndShellsIgnore) {
    for (const int signum : {SIGHUP, SIGINT, SIGQUIT}) {
        const auto old = std::signal(signum, SIG_IGN);
        const Subprocess child = run_shell("kill -" + std::to_string(signum) + " $$");
        std::signal(signum, old);
        EXPECT_TRUE(child.succeeded()) << describe_wait_status(child.status());
    }
}

TEST(DescribeOutput, IsEmptyForASilentProgram) {
    EXPECT_EQ(describe_output(""), "");
    EXPECT_EQ(describe_output("\n"), "");
}

TEST(DescribeOutput, IsOneLine) {
    EXPECT_EQ(describe_output("first\nsecond\tword\x1b[0m"), "; it said: first / second word [0m");
}

TEST(DescribeOutput, HasNothingThatATerminalActsUpon) {
    EXPECT_EQ(describe_output("a\x7f"
                              "b\xc2\x9b"
                              "31m\xc3\xa9"),
              "; it said: a b 31m\xc3\xa9");
}

TEST(DescribeOutput, DropsTheEndOfTheLastLine) {
    EXPECT_EQ(describe_output("half done\n"), "; it said: half done");
}

}  // namespace
}  // namespace qnetdev
