// SPDX-License-Identifier: MIT
#include "net/cli/exec/terminal_guard.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "net/unique_fd.h"

namespace qnetdev::cli {
namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

/// TIOCLINUX pastes what is selected on a virtual console.
constexpr std::initializer_list<unsigned> kTypingRequests = {TIOCSTI, TIOCLINUX};

/// The kernel looks at the lower half of a request only (ioctl(2) in fs/ioctl.c takes an unsigned
/// int), so the other bits must not hide one.
constexpr scmp_datum_t kRequestBits = 0xffffffff;

/// `code` is libseccomp's: a negated errno, or 0.
Result<void> check(int code, std::string_view what) {
    if (code == 0) {
        return {};
    }
    return Error::from_errno(-code, what)
        .with_prefix("cannot keep the command from typing into the terminal")
        .with_hint("use --new-session on, which needs no seccomp filter");
}

/// The other ABIs through which a process of this machine can make system calls. One that is not
/// named here is killed when it tries.
std::vector<std::uint32_t> other_abis() {
    switch (seccomp_arch_native()) {
        case SCMP_ARCH_X86_64:
            return {SCMP_ARCH_X86, SCMP_ARCH_X32};
        case SCMP_ARCH_AARCH64:
            return {SCMP_ARCH_ARM};
        default:
            return {};
    }
}

Result<void> fill(scmp_filter_ctx filter) {
    NET_TRY(check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
                  "seccomp_attr_set"));
    // It is drop_privileges() that decides on no_new_privs.
    NET_TRY(check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), "seccomp_attr_set"));
    // Without this older kernels slow the whole command down, a guest's processors included. It
    // fails where there is no such flag.
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    for (const std::uint32_t abi : other_abis()) {
        NET_TRY(check(seccomp_arch_add(filter, abi), "seccomp_arch_add"));
    }
    for (const unsigned request : kTypingRequests) {
        NET_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                       SCMP_A1(SCMP_CMP_MASKED_EQ, kRequestBits, request)),
                      "seccomp_rule_add"));
    }
    return {};
}

}  // namespace

bool has_terminal() {
    const UniqueFd terminal(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
    return terminal || errno != ENXIO;
}

Result<void> forbid_typing() {
    const Filter filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
    if (!filter) {
        return check(-ENOMEM, "seccomp_init");
    }
    NET_TRY(fill(filter.get()));
    NET_TRY(check(seccomp_load(filter.get()), "seccomp_load"));
    for (const unsigned request : kTypingRequests) {
        // Of no descriptor, so that nothing is typed if it should work.
        if (ioctl(-1, request, "") == 0 || errno != EPERM) {
            return check(-ENOTSUP, "seccomp filter");
        }
    }
    return {};
}

Result<void> leave_terminal() {
    if (setsid() < 0) {
        return Error::from_errno(errno, "cannot start a new session")
            .with_hint("use --lifetime supervise: a child can");
    }
    return {};
}

}  // namespace qnetdev::cli
