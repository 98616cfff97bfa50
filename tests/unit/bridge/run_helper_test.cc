// SPDX-License-Identifier: MIT
#include "net/bridge/run_helper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace qnetdev {
namespace {

using std::chrono::milliseconds;

const std::string kHelper = NET_TEST_HELPER;

using Fds = std::vector<UniqueFd>;

Result<Fds> run(const std::string& helper, milliseconds timeout = milliseconds(10000),
                int cancel_fd = -1) {
    return run_helper(
        {.helper = helper, .bridge = "br7", .timeout = timeout, .cancel_fd = cancel_fd});
}

Result<Fds> run_queues(const std::string& behaviour, unsigned queues) {
    return run_helper({.helper = kHelper + " " + behaviour,
                       .bridge = "br7",
                       .queues = queues,
                       .timeout = milliseconds(10000)});
}

/// Message and hint of a run for several queues that fails, without the helper's path.
std::string queues_problem(const std::string& behaviour, unsigned queues) {
    const Result<Fds> fds = run_queues(behaviour, queues);
    if (fds) {
        return "ok";
    }
    std::string text = fds.error().message() + " | " + fds.error().hint();
    const std::size_t path = text.find(kHelper);
    return path == std::string::npos ? text : text.replace(path, kHelper.size(), "PATH");
}

const std::string kQueuesHint =
    "'queues' above 1 needs a helper that knows --queues=N, such as qnetdev-bridge-helper; QEMU's "
    "does not";

/// What run_helper() says of a helper that does not deliver.
std::string problem(const std::string& helper, milliseconds timeout = milliseconds(10000),
                    int cancel_fd = -1) {
    const Result<Fds> fd = run(helper, timeout, cancel_fd);
    EXPECT_FALSE(fd);
    if (fd) {
        return {};
    }
    EXPECT_EQ(fd.error().param(), "helper");
    EXPECT_EQ(fd.error().stage(), Stage::host);
    return fd.error().message();
}

TEST(RunHelper, ReturnsTheDescriptorThatTheHelperSends) {
    Result<Fds> fds = run(kHelper + " send=1");
    ASSERT_TRUE(fds) << fds.error().message();
    ASSERT_EQ(fds->size(), 1U);
    EXPECT_GE(fcntl(fds->front().get(), F_GETFD), 0);
}

TEST(RunHelper, CallsTheHelperAsQemuDoes) {
    EXPECT_TRUE(run(kHelper + " check-args send=1"));
}

TEST(RunHelper, LeavesTheBridgeOutIfTheCommandNamesOne) {
    EXPECT_EQ(problem(kHelper + " --br=other check-args send=1"),
              "helper '" + kHelper + " --br=other check-args send=1' exited with status 9");
}

/// A program whose name holds "--br=", but no blank.
TEST(RunHelper, AddsTheBridgeToAProgramWhoseNameLooksLikeTheOption) {
    const std::string script =
        ::testing::TempDir() + "run_helper_test--br=x." + std::to_string(getpid());
    std::ofstream(script) << "#!/bin/sh\nexec " << kHelper << " check-args send=1 \"$@\"\n";
    ASSERT_EQ(chmod(script.c_str(), 0755), 0);
    const Result<Fds> fd = run(script);
    EXPECT_TRUE(fd) << fd.error().message();
    std::remove(script.c_str());
}

TEST(RunHelper, RefusesAHelperThatEndsWithoutSending) {
    EXPECT_EQ(problem("/bin/true"), "helper '/bin/true' ended without sending a descriptor");
    EXPECT_EQ(problem(kHelper), "helper '" + kHelper + "' ended without sending a descriptor");
}

TEST(RunHelper, RefusesAHelperThatClosesTheSocketAndGoesOn) {
    EXPECT_EQ(problem(kHelper + " close exit=0"),
              "helper '" + kHelper + " close exit=0' ended without sending a descriptor");
}

TEST(RunHelper, RefusesDataWithoutADescriptor) {
    EXPECT_EQ(problem(kHelper + " data"),
              "helper '" + kHelper + " data' sent data without a descriptor");
}

TEST(RunHelper, RefusesMoreThanOneDescriptor) {
    EXPECT_EQ(problem(kHelper + " send=3"),
              "helper '" + kHelper + " send=3' sent 3 descriptors instead of one");
}

TEST(RunHelper, RefusesAFurtherDescriptorInALaterMessage) {
    EXPECT_EQ(problem(kHelper + " send=1 send=1"),
              "helper '" + kHelper + " send=1 send=1' sent 2 descriptors instead of one");
    EXPECT_EQ(problem(kHelper + " send=1 data"),
              "helper '" + kHelper + " send=1 data' sent data without a descriptor");
}

TEST(RunHelper, AsksForSeveralQueuesAndOnlyThen) {
    Result<Fds> fds = run_queues("check-queues=3 send=3", 3);
    ASSERT_TRUE(fds) << fds.error().message();
    EXPECT_EQ(fds->size(), 3U);
    EXPECT_EQ(queues_problem("check-queues=1 send=1", 1),
              "helper 'PATH check-queues=1 send=1' exited with status 9 | ");
}

TEST(RunHelper, TakesTheDescriptorsOfSeveralMessages) {
    Result<Fds> fds = run_queues("send=253 send=3", 256);
    ASSERT_TRUE(fds) << fds.error().message();
    EXPECT_EQ(fds->size(), 256U);
}

TEST(RunHelper, RefusesAnotherNumberOfDescriptors) {
    EXPECT_EQ(queues_problem("send=2", 3),
              "helper 'PATH send=2' sent 2 descriptors instead of 3 | " + kQueuesHint);
    EXPECT_EQ(queues_problem("send=1", 3),
              "helper 'PATH send=1' sent one descriptor instead of 3 | " + kQueuesHint);
    EXPECT_EQ(queues_problem("send=2 send=2", 3),
              "helper 'PATH send=2 send=2' sent 4 descriptors instead of 3 | ");
}

TEST(RunHelper, SaysThatAHelperMayBeTooOldForQueues) {
    EXPECT_EQ(
        queues_problem("say=usage exit=1", 2),
        "helper 'PATH say=usage exit=1' exited with status 1; it said: usage | " + kQueuesHint);
}

TEST(RunHelper, TellsTheReasonThatTheHelperSends) {
    EXPECT_EQ(queues_problem("'refuse=no rule\nask\tsomebody' say=no exit=1", 2),
              "helper 'PATH 'refuse=no rule\nask\tsomebody' say=no exit=1' refused: no rule | ask "
              "somebody");
    EXPECT_EQ(queues_problem("refuse=no exit=1", 1),
              "helper 'PATH refuse=no exit=1' refused: no | ");
}

TEST(RunHelper, BelievesNoRefusalOfAHelperThatSucceeds) {
    EXPECT_EQ(problem(kHelper + " refuse=no"),
              "helper '" + kHelper + " refuse=no' sent data without a descriptor");
}

TEST(RunHelper, BelievesNoRefusalBehindADescriptor) {
    EXPECT_EQ(queues_problem("send=1 refuse=no exit=1", 2),
              "helper 'PATH send=1 refuse=no exit=1' exited with status 1 | " + kQueuesHint);
}

TEST(RunHelper, LetsTheHelperKnowThatReasonsAreWanted) {
    EXPECT_TRUE(run(kHelper + " check-greeting send=1"));
}

TEST(RunHelper, PrefersTheExitStatusAndWhatTheHelperSaid) {
    EXPECT_EQ(problem(kHelper + " 'say=access denied by acl' exit=3"),
              "helper '" + kHelper +
                  " 'say=access denied by acl' exit=3' exited with status 3; it said: access "
                  "denied by acl");
}

TEST(RunHelper, DropsTheDescriptorOfAHelperThatFails) {
    EXPECT_EQ(problem(kHelper + " send=1 exit=4"),
              "helper '" + kHelper + " send=1 exit=4' exited with status 4");
}

TEST(RunHelper, ReportsAMissingProgram) {
    EXPECT_EQ(problem("/nonexistent/helper"),
              "cannot run '/nonexistent/helper': No such file or directory");
}

TEST(RunHelper, ReportsAnEmptyText) {
    EXPECT_EQ(problem(""), "'helper' must name a program, but is empty");
}

TEST(RunHelper, KillsAHelperThatDoesNotAnswer) {
    EXPECT_EQ(problem(kHelper + " say=thinking hang", milliseconds(100)),
              "helper '" + kHelper +
                  " say=thinking hang' did not answer within 100 ms and was killed; it said: "
                  "thinking");
}

TEST(RunHelper, KillsAHelperThatAnswersButDoesNotEnd) {
    EXPECT_EQ(problem(kHelper + " send=1 hang", milliseconds(100)),
              "helper '" + kHelper + " send=1 hang' did not end within 100 ms and was killed");
}

TEST(RunHelper, IsInterruptedByTheCancelDescriptor) {
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(problem(kHelper + " hang", milliseconds(10000), cancel.get()),
              "helper '" + kHelper + " hang' was interrupted");
    EXPECT_EQ(problem(kHelper + " send=1 hang", milliseconds(10000), cancel.get()),
              "helper '" + kHelper + " send=1 hang' was interrupted");
}

TEST(RunHelper, SaysSoWhenThisProcessHasNoRoomForTheDescriptor) {
    rlimit old = {};
    getrlimit(RLIMIT_NOFILE, &old);
    // The pair, the pipe and the child's pidfd fit, minus the two ends that are closed by then.
    const UniqueFd next(fcntl(0, F_DUPFD_CLOEXEC, 0));
    std::vector<UniqueFd> ballast;
    const rlimit tight = {static_cast<rlim_t>(next.get()) + 6, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const Result<Fds> fd = run(kHelper + " send=4");
    setrlimit(RLIMIT_NOFILE, &old);
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().message(), "helper '" + kHelper +
                                        " send=4' sent descriptors that this process has no room "
                                        "for");
    EXPECT_EQ(fd.error().hint(), "raise the limit on open files: ulimit -n");
}

}  // namespace
}  // namespace qnetdev
