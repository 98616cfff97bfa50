// SPDX-License-Identifier: MIT
#include "net/bridge_helper/syscall_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace qnetdev::helper {
namespace {

/// The errno of a call that was made behind the filter, 0 if it went through; -1 if the child died.
int errno_of(long (*call)()) {
    const pid_t pid = fork();
    if (pid == 0) {
        Refusal why;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !install_syscall_filter(why)) {
            syscall(SYS_exit_group, 255);
        }
        errno = 0;
        const long outcome = call();
        syscall(SYS_exit_group, outcome < 0 ? errno : 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr const char* kFile = "/etc/hostname";

TEST(SyscallFilter, LetsTheHelperWork) {
    EXPECT_EQ(errno_of([] { return syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0); }), 0);
    EXPECT_EQ(errno_of([] { return syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }), 0);
    EXPECT_EQ(errno_of([] { return syscall(SYS_write, 1, "", 0); }), 0);
    EXPECT_EQ(errno_of([] { return syscall(SYS_ioctl, -1, TUNSETIFF, 0); }), EBADF);
    EXPECT_EQ(errno_of([] { return syscall(SYS_brk, 0); }), 0);
}

TEST(SyscallFilter, RefusesToStartAnything) {
    EXPECT_EQ(errno_of([] { return syscall(SYS_execve, "/bin/true", nullptr, nullptr); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_ptrace, 0, 0, 0, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_kill, 0, 0); }), EPERM);
}

TEST(SyscallFilter, RefusesToMakeFiles) {
    EXPECT_EQ(errno_of([] { return syscall(SYS_openat, AT_FDCWD, kFile, O_RDWR | O_CREAT, 0600); }),
              EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_openat, AT_FDCWD, kFile, O_WRONLY | O_TRUNC, 0); }),
              EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_unlinkat, AT_FDCWD, kFile, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_setuid, 0); }), EPERM);
}

TEST(SyscallFilter, RefusesOtherSocketsAndIoctls) {
    EXPECT_EQ(errno_of([] { return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_ioctl, -1, TUNSETPERSIST, 1); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_ioctl, -1, SIOCGIFFLAGS, 0); }), EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_connect, -1, 0, 0); }), EPERM);
}

TEST(SyscallFilter, RefusesExecutableMemory) {
    EXPECT_EQ(errno_of([] {
                  return syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1
                             ? -1L
                             : 0L;
              }),
              EPERM);
    EXPECT_EQ(errno_of([] { return syscall(SYS_mprotect, 0, 4096, PROT_READ | PROT_EXEC); }),
              EPERM);
}

#ifdef __x86_64__
TEST(SyscallFilter, RefusesCallsOfTheX32Kind) {
    constexpr long kX32 = 0x40000000;
    EXPECT_EQ(errno_of([] { return syscall(kX32 + SYS_write, 1, "", 0); }), EPERM);
}
#endif

}  // namespace
}  // namespace qnetdev::helper
