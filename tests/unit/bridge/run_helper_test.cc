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

namespace net {
namespace {

using std::chrono::milliseconds;

const std::string kHelper = NET_TEST_HELPER;

Result<UniqueFd> run(const std::string& helper, milliseconds timeout = milliseconds(10000),
                     int cancel_fd = -1) {
    return run_helper(
        {.helper = helper, .bridge = "br7", .timeout = timeout, .cancel_fd = cancel_fd});
}

/// What run_helper() says of a helper that does not deliver.
std::string problem(const std::string& helper, milliseconds timeout = milliseconds(10000),
                    int cancel_fd = -1) {
    const Result<UniqueFd> fd = run(helper, timeout, cancel_fd);
    EXPECT_FALSE(fd);
    if (fd) {
        return {};
    }
    EXPECT_EQ(fd.error().param(), "helper");
    EXPECT_EQ(fd.error().stage(), Stage::host);
    return fd.error().message();
}

TEST(RunHelper, ReturnsTheDescriptorThatTheHelperSends) {
    Result<UniqueFd> fd = run(kHelper + " send=1");
    ASSERT_TRUE(fd) << fd.error().message();
    EXPECT_GE(fcntl(fd->get(), F_GETFD), 0);
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
    const Result<UniqueFd> fd = run(script);
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
    const Result<UniqueFd> fd = run(kHelper + " send=4");
    setrlimit(RLIMIT_NOFILE, &old);
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().message(), "helper '" + kHelper +
                                        " send=4' sent descriptors that this process has no room "
                                        "for");
    EXPECT_EQ(fd.error().hint(), "raise the limit on open files: ulimit -n");
}

}  // namespace
}  // namespace net
