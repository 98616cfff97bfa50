// SPDX-License-Identifier: MIT
#include "net/bridge_helper/syscall_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace qnetdev::helper {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_PPC64LE;
#elif defined(__s390x__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_S390X;
#else
#error "name the AUDIT_ARCH_ of this architecture"
#endif

/// What a call is allowed with: `(argument & mask) == value`, in its low 32 bits.
struct Rule {
    std::uint32_t number;
    int argument = -1;  ///< -1: with anything.
    std::uint32_t mask = 0;
    std::uint32_t value = 0;
};

constexpr std::uint32_t kAll = 0xffffffff;

constexpr Rule kRules[] = {
    // Files: the access file, /etc/passwd and /etc/group, the tun node.
    {.number = SYS_openat, .argument = 2, .mask = O_CREAT | O_TRUNC | O_TMPFILE | O_PATH},
    {.number = SYS_openat2},
    {.number = SYS_read},
    {.number = SYS_close},
    {.number = SYS_fstat},
#ifdef SYS_newfstatat
    {.number = SYS_newfstatat},
#endif
    // The tap, and rtnetlink.
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETIFF},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNGETFEATURES},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETOWNER},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETSTEERINGEBPF},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETFILTEREBPF},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNDETACHFILTER},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETTXFILTER},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETCARRIER},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETSNDBUF},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETOFFLOAD},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETVNETHDRSZ},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETVNETLE},
    {.number = SYS_ioctl, .argument = 1, .mask = kAll, .value = TUNSETVNETBE},
    {.number = SYS_socket, .argument = 0, .mask = kAll, .value = AF_NETLINK},
    {.number = SYS_bind},
    {.number = SYS_getsockname},
    {.number = SYS_sendto},
    {.number = SYS_recvmsg},
    // The answer and the messages.
    {.number = SYS_sendmsg},
    {.number = SYS_write},
    {.number = SYS_writev},
    // What libc needs for memory, and the end.
    {.number = SYS_brk},
    {.number = SYS_mmap, .argument = 2, .mask = PROT_EXEC},
    {.number = SYS_munmap},
    {.number = SYS_getrandom},
    {.number = SYS_rt_sigreturn},
    {.number = SYS_exit_group},
};
constexpr std::size_t kRuleCount = sizeof(kRules) / sizeof(kRules[0]);

/// The low half of an argument in struct seccomp_data.
constexpr std::uint32_t low_half(int argument) {
    const auto offset = offsetof(seccomp_data, args) + static_cast<std::size_t>(argument) * 8;
    return static_cast<std::uint32_t>(offset) + (std::endian::native == std::endian::big ? 4 : 0);
}

/// A BPF program, built instruction by instruction.
class Program {
public:
    void add(std::uint16_t code, std::uint32_t value, std::uint8_t if_true = 0,
             std::uint8_t if_false = 0) {
        code_[size_++] = {.code = code, .jt = if_true, .jf = if_false, .k = value};
    }
    void load(std::size_t offset) {
        add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    }
    void give_up_with(std::uint32_t action) { add(BPF_RET | BPF_K, action); }

    void add_rule(const Rule& rule) {
        // The accumulator holds the number before and after.
        if (rule.argument < 0) {
            add(BPF_JMP | BPF_JEQ | BPF_K, rule.number, 0, 1);
            give_up_with(SECCOMP_RET_ALLOW);
            return;
        }
        add(BPF_JMP | BPF_JEQ | BPF_K, rule.number, 0, 5);
        load(low_half(rule.argument));
        add(BPF_ALU | BPF_AND | BPF_K, rule.mask);
        add(BPF_JMP | BPF_JEQ | BPF_K, rule.value, 0, 1);
        give_up_with(SECCOMP_RET_ALLOW);
        load(offsetof(seccomp_data, nr));
    }
    sock_fprog program() { return {.len = static_cast<unsigned short>(size_), .filter = code_}; }

private:
    sock_filter code_[6 * kRuleCount + 8] = {};
    std::size_t size_ = 0;
};

}  // namespace

bool install_syscall_filter(Refusal& why) {
    Program filter;
    filter.load(offsetof(seccomp_data, arch));
    filter.add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    filter.give_up_with(SECCOMP_RET_KILL_PROCESS);
    filter.load(offsetof(seccomp_data, nr));
    for (const Rule& rule : kRules) {
        filter.add_rule(rule);
    }
    filter.give_up_with(SECCOMP_RET_ERRNO | EPERM);
    const sock_fprog program = filter.program();
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        why.set_errno("cannot limit the system calls", errno);
        why.hint.add("the kernel needs CONFIG_SECCOMP_FILTER");
        return false;
    }
    return true;
}

}  // namespace qnetdev::helper
