// SPDX-License-Identifier: MIT
/// What a process is told that may not have a tap. Each case runs in a child that gives its
/// privileges up.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

class Unprivileged : public Netns {
protected:
    static void drop_capabilities() {
        __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, 2> nothing{};
        require(syscall(SYS_capset, &header, nothing.data()) == 0, "capset");
    }
    /// From here on /dev/net, in this process alone, is empty.
    static void hide_dev_net() {
        require(unshare(CLONE_NEWNS) == 0, "unshare");
        // In a chroot, / is no mount, but then /dev is one.
        require(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ||
                    mount("none", "/dev", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0,
                "mount /");
        require(mount("none", "/dev/net", "tmpfs", 0, nullptr) == 0, "mount /dev/net");
    }
    /// How a tap fails after `give_up` in a child.
    std::string failure(void (*give_up)(), const Tap& tap) {
        return in_child([&] {
            give_up();
            return outcome(init(tap));
        });
    }
};

TEST_F(Unprivileged, WithoutCapNetAdminTheKernelRefuses) {
    EXPECT_EQ(failure(drop_capabilities, {.ifname = "t0"}),
              "cannot open tap 't0': TUNSETIFF: Operation not permitted\n"
              "hint: making or opening a tap needs CAP_NET_ADMIN, or an interface that was given "
              "to this user (ip tuntap add mode tap user NAME)");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(Unprivileged, AnInterfaceGivenToTheUserNeedsNoCapability) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    require(ioctl(open_tap("t0", 0).get(), TUNSETOWNER, geteuid()) == 0, "TUNSETOWNER");
    EXPECT_EQ(failure(drop_capabilities, {.ifname = "t0"}), "ok");
}

TEST_F(Unprivileged, ANodeThatCannotBeOpenedIsExplained) {
    const auto lock_out = [] {
        hide_dev_net();
        require(mknod("/dev/net/tun", S_IFREG | 0000, 0) == 0, "mknod");
        drop_capabilities();
    };
    EXPECT_EQ(failure(lock_out, {.ifname = "t0"}),
              "cannot open /dev/net/tun: Permission denied\n"
              "hint: the node's mode shuts this user out, or a device policy does: see ls -l "
              "/dev/net/tun");
}

TEST_F(Unprivileged, ANodeThatIsMissingIsExplained) {
    EXPECT_EQ(failure(hide_dev_net, {.ifname = "t0"}),
              "cannot open /dev/net/tun: No such file or directory\n"
              "hint: create the node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200");
}

TEST_F(Unprivileged, ANodeThatIsSomethingElseIsNoTun) {
    const auto fake_node = [] {
        hide_dev_net();
        require(mknod("/dev/net/tun", S_IFREG | 0600, 0) == 0, "mknod");
    };
    EXPECT_EQ(failure(fake_node, {.ifname = "t0"}),
              "cannot open tap 't0': TUNGETFEATURES: Inappropriate ioctl for device");
}

TEST_F(Unprivileged, CleanupClosesWhatItMayNoLongerDelete) {
    // As a VMM that has opened its taps and dropped its privileges.
    EXPECT_EQ(in_child([&] {
                  for (const char* name : {"t0", "t1", "t2"}) {
                      require(bool(init({.ifname = name}, name)), name);
                  }
                  drop_capabilities();
                  net_cleanup(context(), {.exclusive = true});
                  return std::to_string(links().size() - 1) + " left, " +
                         std::to_string(warnings().size()) + " warnings";
              }),
              "0 left, 0 warnings");
}

TEST_F(Unprivileged, StrangersCannotAttachAQueue) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    const UniqueFd tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    const std::string got = in_child([&] {
        constexpr uid_t kNobody = 65534;
        if (setresuid(kNobody, kNobody, kNobody) != 0) {
            return std::string("there is nobody else in this user namespace");
        }
        ifreq request = {};
        std::strncpy(request.ifr_name, "t0", IFNAMSIZ - 1);
        request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
        return ioctl(tun.get(), TUNSETIFF, &request) == 0 ? std::string("attached")
                                                          : std::string(std::strerror(errno));
    });
    EXPECT_TRUE(got == "Operation not permitted" || (getuid() == 0 && got.starts_with("there is")))
        << got;
    EXPECT_EQ(find("t0")->queues, 2U);
}

TEST_F(Unprivileged, ATapThatWasPassedNeedsNoCapability) {
    const UniqueFd tap = open_tap("t0", IFF_VNET_HDR);
    EXPECT_EQ(failure(drop_capabilities, {.fd = std::to_string(tap.get())}), "ok");
}

}  // namespace
}  // namespace qnetdev::test
