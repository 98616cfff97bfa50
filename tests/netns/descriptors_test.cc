// SPDX-License-Identifier: MIT
/// Taps whose descriptors come from outside: fd=, fds=, by number and by name.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

constexpr const char* kHint =
    "\nhint: pass a descriptor of /dev/net/tun on which TUNSETIFF was done";

class PassedTap : public Netns {
protected:
    /// Options for a monitor that knows the descriptors in `names`.
    NetInitOptions from_monitor() { return {NetdevOrigin::monitor, &names}; }

    NamedFds names;
};

void attach_socket_filter(const UniqueFd& tap) {
    sock_filter accept_all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
    sock_fprog program = {.len = 1, .filter = &accept_all};
    require(ioctl(tap.get(), TUNATTACHFILTER, &program) == 0, "TUNATTACHFILTER");
}

std::string text(const UniqueFd& fd) {
    return std::to_string(fd.get());
}

/// "A:B:C" for `fds=`.
std::string list(const std::vector<UniqueFd>& fds) {
    std::string joined;
    for (const UniqueFd& fd : fds) {
        joined += (joined.empty() ? "" : ":") + text(fd);
    }
    return joined;
}

/// A success has made them the netdev's.
void give_up(std::vector<UniqueFd>& fds) {
    for (UniqueFd& fd : fds) {
        (void)fd.release();
    }
    fds.clear();
}

std::vector<UniqueFd> open_queues(const std::string& name, int count) {
    std::vector<UniqueFd> fds;
    for (int i = 0; i < count; ++i) {
        fds.push_back(open_tap(name, IFF_MULTI_QUEUE | IFF_VNET_HDR));
    }
    return fds;
}

TEST_F(PassedTap, IsAdoptedByNumberAndClosedWithTheNetdev) {
    UniqueFd fd = open_tap("t0", IFF_VNET_HDR);
    const int number = fd.get();
    ASSERT_EQ(outcome(init({.fd = text(fd)})), "ok");
    (void)fd.release();
    EXPECT_EQ(tap_get_fd(client()), number);
    EXPECT_TRUE(is_nonblocking(number));
    EXPECT_TRUE(is_close_on_exec(number));
    EXPECT_EQ(net_info(context()),
              std::vector<std::string>{"n0: index=0,type=tap,fd=" + std::to_string(number)});
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(is_open(number));
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(PassedTap, KeepsItsHeaderFlagAndGetsItsLengthSet) {
    UniqueFd with = open_tap("t0", IFF_VNET_HDR);
    set_int(with.get(), TUNSETVNETHDRSZ, 12);
    UniqueFd without = open_tap("t1", 0);
    ASSERT_EQ(outcome(init({.fd = text(with)}, "with")), "ok");
    EXPECT_EQ(get_int(with.release(), TUNGETVNETHDRSZ), 10);
    EXPECT_TRUE(client(0, "with").vnet().has_vnet_hdr());
    ASSERT_EQ(outcome(init({.fd = text(without)}, "without")), "ok");
    (void)without.release();
    EXPECT_FALSE(client(0, "without").vnet().has_vnet_hdr());
}

TEST_F(PassedTap, GetsItsSendBufferSet) {
    UniqueFd limited = open_tap("t0", 0);
    UniqueFd other = open_tap("t1", 0);
    set_int(other.get(), TUNSETSNDBUF, 4096);
    ASSERT_EQ(outcome(init({.fd = text(limited), .sndbuf = 8192}, "limited")), "ok");
    EXPECT_EQ(get_int(limited.release(), TUNGETSNDBUF), 8192);
    ASSERT_EQ(outcome(init({.fd = text(other)}, "unlimited")), "ok");
    EXPECT_EQ(get_int(other.release(), TUNGETSNDBUF), INT_MAX);
}

TEST_F(PassedTap, FourQueuesMakeOneNetdev) {
    std::vector<UniqueFd> fds = open_queues("t0", 4);
    const std::string numbers = list(fds);
    ASSERT_EQ(outcome(init({.fds = numbers})), "ok");
    ASSERT_EQ(context().registry().find_backend("n0")->size(), 4U);
    for (std::size_t queue = 0; queue < 4; ++queue) {
        EXPECT_EQ(tap_get_fd(client(queue)), fds[queue].get());
        EXPECT_EQ(state(queue).ifname, "t0");
    }
    give_up(fds);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(PassedTap, IsTakenByNameFromAMonitor) {
    UniqueFd fd = open_tap("t0", 0);
    const int number = fd.get();
    ASSERT_EQ(outcome(names.add("blue", std::move(fd))), "ok");
    ASSERT_EQ(outcome(init({.fd = "blue"}, "n0", from_monitor())), "ok");
    EXPECT_FALSE(names.contains("blue"));
    EXPECT_EQ(tap_get_fd(client()), number);
}

TEST_F(PassedTap, NamesAndNumbersMixInOneList) {
    std::vector<UniqueFd> fds = open_queues("t0", 2);
    UniqueFd numbered = std::move(fds[1]);
    ASSERT_EQ(outcome(names.add("q0", std::move(fds[0]))), "ok");
    ASSERT_EQ(outcome(init({.fds = "q0:" + text(numbered)}, "n0", from_monitor())), "ok");
    EXPECT_EQ(tap_get_fd(client(1)), numbered.release());
}

TEST_F(PassedTap, AMissingNameCostsTheOthersNothing) {
    ASSERT_EQ(outcome(names.add("q0", open_tap("t0", 0))), "ok");
    EXPECT_EQ(outcome(init({.fds = "q0:q1"}, "n0", from_monitor())),
              "fds: no descriptor named 'q1' has been passed\n"
              "hint: pass it with getfd first; a name can be used once");
    EXPECT_TRUE(find("t0").has_value());
    EXPECT_EQ(outcome(names.close("q0")), "ok");
}

TEST_F(PassedTap, ANamedDescriptorThatIsNoTapIsClosed) {
    UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string number = text(null);
    ASSERT_EQ(outcome(names.add("blue", std::move(null))), "ok");
    EXPECT_EQ(outcome(init({.fd = "blue"}, "n0", from_monitor())),
              "fd 'blue': descriptor " + number +
                  " is no open tap: TUNGETIFF: Inappropriate ioctl for device" + kHint);
    EXPECT_FALSE(is_open(std::atoi(number.c_str())));
}

TEST_F(PassedTap, QueuesMustAgreeInTheirHeader) {
    const UniqueFd with = open_tap("t0", IFF_VNET_HDR);
    const UniqueFd without = open_tap("t1", 0);
    EXPECT_EQ(outcome(init({.fds = text(with) + ":" + text(without)})),
              "fds '" + text(without) +
                  "': queue 1 (t1) has no virtio-net header, unlike the queues before it\n"
                  "hint: open all queues with the same IFF_VNET_HDR");
    EXPECT_EQ(outcome(init({.fds = text(without) + ":" + text(with)})),
              "fds '" + text(with) +
                  "': queue 1 (t0) has a virtio-net header, unlike the queues before it\n"
                  "hint: open all queues with the same IFF_VNET_HDR");
}

TEST_F(PassedTap, QueuesOfTwoInterfacesAreNoNetdev) {
    const UniqueFd first = open_tap("t0", IFF_VNET_HDR);
    const UniqueFd second = open_tap("t1", IFF_VNET_HDR);
    EXPECT_EQ(outcome(init({.fds = text(first) + ":" + text(second)})),
              "fds '" + text(second) +
                  "': queue 1 is of interface 't1', but the first one of 't0'\n"
                  "hint: open all queues with IFF_MULTI_QUEUE and the same name");
    EXPECT_TRUE(is_open(first.get()));
    EXPECT_TRUE(is_open(second.get()));
}

TEST_F(PassedTap, ATunInterfaceIsNamedAndStaysAsItWas) {
    const UniqueFd tun = open_tun("t0", IFF_TUN | IFF_NO_PI);
    const std::string why =
        " is of 't0', which is a tun (layer 3) interface: no Ethernet frame "
        "passes it\nhint: pass a descriptor on which TUNSETIFF was done with "
        "IFF_TAP";
    EXPECT_EQ(outcome(init({.fd = text(tun)})),
              "fd '" + text(tun) + "': descriptor " + text(tun) + why);
    EXPECT_TRUE(is_open(tun.get()));
    EXPECT_FALSE(is_nonblocking(tun.get()));
    const UniqueFd tap = open_tap("t1", 0);
    EXPECT_EQ(outcome(init({.fds = text(tap) + ":" + text(tun)})),
              "fds '" + text(tun) + "': descriptor " + text(tun) + why);
    EXPECT_FALSE(is_nonblocking(tap.get()));
}

TEST_F(PassedTap, PacketInformationIsNoPartOfAFrame) {
    const UniqueFd tap = open_tun("t0", IFF_TAP | IFF_VNET_HDR);
    const std::string error = "fd '" + text(tap) + "': descriptor " + text(tap) +
                              " is of 't0', which puts packet information before each frame\n"
                              "hint: pass a descriptor on which TUNSETIFF was done with IFF_NO_PI";
    EXPECT_EQ(outcome(init({.fd = text(tap)})), error);
    attach_socket_filter(tap);
    EXPECT_EQ(outcome(init({.fd = text(tap)})), error);
    EXPECT_FALSE(is_nonblocking(tap.get()));
}

TEST_F(PassedTap, ASocketFilterIsNoPacketInformation) {
    UniqueFd tap = open_tap("t0", 0);
    attach_socket_filter(tap);
    ASSERT_EQ(outcome(init({.fd = text(tap)})), "ok");
    (void)tap.release();
}

TEST_F(PassedTap, ATapOfAnotherNamespaceIsNotTakenForOursOfThatName) {
    UniqueFd tap = open_tap("t0", 0);
    require(unshare(CLONE_NEWNET) == 0, "unshare");
    const UniqueFd ours = open_tun("t0", IFF_TAP);
    ASSERT_EQ(outcome(init({.fd = text(tap)})), "ok");
    (void)tap.release();
}

TEST_F(PassedTap, EveryQueueOfAMacvtapGetsItsHeaderLengthSet) {
    const Macvtap macvtap("m0");
    if (!macvtap.exists()) {
        GTEST_SKIP() << "this kernel has no macvtap, or nobody makes its nodes";
    }
    std::vector<UniqueFd> fds;
    for (int queue = 0; queue < 2; ++queue) {
        fds.push_back(macvtap.open_queue());
        set_int(fds.back().get(), TUNSETVNETHDRSZ, 12);
    }
    ASSERT_EQ(outcome(init({.fds = list(fds)})), "ok");
    give_up(fds);
    EXPECT_EQ(state(0).vnet_hdr_len, 10);
    EXPECT_EQ(state(1).vnet_hdr_len, 10);
}

TEST_F(PassedTap, AFailureLeavesNumberedDescriptorsAsTheyWere) {
    const UniqueFd tap = open_tap("t0", IFF_VNET_HDR);
    ASSERT_EQ(fcntl(tap.get(), F_SETFD, 0), 0);
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string error = outcome(init({.fds = text(tap) + ":" + text(null)}));
    EXPECT_EQ(error, "fds '" + text(null) + "': descriptor " + text(null) +
                         " is no open tap: TUNGETIFF: Inappropriate ioctl for device" + kHint);
    drop_context();
    ASSERT_TRUE(is_open(tap.get()));
    EXPECT_FALSE(is_nonblocking(tap.get()));
    EXPECT_FALSE(is_close_on_exec(tap.get()));
    EXPECT_TRUE(is_open(null.get()));
    EXPECT_FALSE(is_nonblocking(null.get()));
}

TEST_F(PassedTap, ADescriptorThatFailedCanBeUsedAgain) {
    UniqueFd tap = open_tap("t0", 0);
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    EXPECT_FALSE(init({.fds = text(tap) + ":" + text(null)}));
    ASSERT_EQ(outcome(init({.fd = text(tap)})), "ok");
    (void)tap.release();
}

TEST_F(PassedTap, APipeIsNamedAndStaysOpen) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "pipe");
    const UniqueFd read_end(ends[0]);
    const UniqueFd write_end(ends[1]);
    EXPECT_EQ(outcome(init({.fd = text(read_end)})),
              "fd '" + text(read_end) + "': descriptor " + text(read_end) +
                  " is no open tap: TUNGETIFF: Inappropriate ioctl for device" + kHint);
    EXPECT_TRUE(is_open(read_end.get()));
    EXPECT_FALSE(is_nonblocking(read_end.get()));
}

TEST_F(PassedTap, ASocketIsNamedAndStaysOpen) {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(outcome(init({.fd = text(fd)})),
              "fd '" + text(fd) + "': descriptor " + text(fd) +
                  " is no open tap: TUNGETIFF: Inappropriate ioctl for device" + kHint);
    EXPECT_TRUE(is_open(fd.get()));
}

TEST_F(PassedTap, ATunWithoutInterfaceIsNamedAndStaysOpen) {
    const UniqueFd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    EXPECT_EQ(outcome(init({.fd = text(fd)})),
              "fd '" + text(fd) + "': descriptor " + text(fd) +
                  " is no open tap: TUNGETIFF: File descriptor in bad state" + kHint);
    EXPECT_TRUE(is_open(fd.get()));
}

TEST_F(PassedTap, ANumberThatIsNotOpenIsNamed) {
    EXPECT_EQ(outcome(init({.fd = "987"})),
              "fd: descriptor 987: Bad file descriptor\n"
              "hint: no descriptor of that number is open in this process");
}

TEST_F(PassedTap, OneDescriptorCannotServeTwoNetdevs) {
    UniqueFd tap = open_tap("t0", 0);
    ASSERT_EQ(outcome(init({.fd = text(tap)}, "first")), "ok");
    const std::string number = std::to_string(tap.release());
    EXPECT_EQ(outcome(init({.fd = number}, "second")),
              "fd: descriptor " + number + " is already in use by netdev 'first'");
    EXPECT_EQ(state(0, "first").ifname, "t0");
}

TEST_F(PassedTap, ADescriptorOpenedByNameCannotBePassedAgain) {
    ASSERT_EQ(outcome(init({.ifname = "t0"}, "first")), "ok");
    const std::string number = std::to_string(tap_get_fd(client(0, "first")));
    EXPECT_EQ(outcome(init({.fd = number}, "second")),
              "fd: descriptor " + number + " is already in use by netdev 'first'");
}

}  // namespace
}  // namespace qnetdev::test
