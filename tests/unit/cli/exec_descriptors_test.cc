// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace qnetdev::cli {
namespace {

/// In a child, because what is tested leaves this process's descriptors behind in disorder.
int status_in_child(const std::function<int()>& run) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(run());
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

ino_t inode(int fd) {
    struct stat info = {};
    return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

bool survives_exec(int fd) {
    const int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

TEST(ExecDescriptors, NumbersStartAtThreeAndAvoidWhatIsTaken) {
    FdNumbers numbers({3, 5, 6, 100});
    EXPECT_EQ(numbers.take(), 4);
    EXPECT_EQ(numbers.take(), 7);
    EXPECT_EQ(numbers.take(), 8);
    EXPECT_EQ(FdNumbers({}).take(), 3);
}

TEST(ExecDescriptors, TwoCanChangePlaces) {
    EXPECT_EQ(status_in_child([] {
                  int pipe_fds[2];
                  int other[2];
                  if (pipe(pipe_fds) != 0 || pipe(other) != 0) {
                      return 10;
                  }
                  const ino_t a = inode(pipe_fds[0]);
                  const ino_t b = inode(other[0]);
                  const Result<void> done =
                      arrange_descriptors({{pipe_fds[0], other[0]}, {other[0], pipe_fds[0]}}, {});
                  if (!done) {
                      return 11;
                  }
                  const bool swapped = inode(other[0]) == a && inode(pipe_fds[0]) == b;
                  return swapped && survives_exec(other[0]) && survives_exec(pipe_fds[0]) ? 0 : 12;
              }),
              0);
}

TEST(ExecDescriptors, OnlyWhatIsPassedSurvives) {
    EXPECT_EQ(status_in_child([] {
                  for (const int fd : {50, 60, 70, 80}) {
                      if (dup2(2, fd) != fd) {
                          return 10;
                      }
                  }
                  if (!arrange_descriptors({{50, 61}}, {70, 1})) {
                      return 11;
                  }
                  const bool good = survives_exec(0) && survives_exec(1) && survives_exec(2) &&
                                    survives_exec(61) && survives_exec(70) && !survives_exec(50) &&
                                    !survives_exec(60) && !survives_exec(80);
                  return good ? 0 : 12;
              }),
              0);
}

TEST(ExecDescriptors, AreListedWithoutTheStandardOnes) {
    const int fd = fcntl(2, F_DUPFD_CLOEXEC, 40);
    const Result<std::set<int>> open = open_descriptors();
    ASSERT_TRUE(open);
    EXPECT_TRUE(open->contains(fd));
    EXPECT_FALSE(open->contains(2));
    (void)close(fd);
}

TEST(ExecDescriptors, AClosedOneIsAnError) {
    EXPECT_EQ(status_in_child([] {
                  const Result<void> done = arrange_descriptors({{999, 50}}, {});
                  return done ? 10 : (done.error().errnum() == EBADF ? 0 : 11);
              }),
              0);
}

}  // namespace
}  // namespace qnetdev::cli
