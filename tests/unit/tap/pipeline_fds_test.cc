// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>

#include <climits>
#include <future>

#include "net/client/net_context_internals.h"
#include "tests/support/leak_listener.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using test::TunCall;
using Lines = std::vector<std::string>;
using Values = std::vector<long>;

constexpr NetdevOrigin kMonitor = NetdevOrigin::monitor;
constexpr unsigned kMulti = tun_flags::kMultiQueue;
constexpr unsigned kHeader = tun_flags::kVnetHdr;

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

class PipelineFds : public test::TapFixture {
protected:
    /// A queue under a name that the monitor knows; its number.
    int pass(const std::string& name, const std::string& ifname, unsigned flags) {
        UniqueFd fd = tun_.open_queue(ifname, flags);
        const int number = fd.get();
        EXPECT_TRUE(fds_.add(name, std::move(fd)));
        return number;
    }
};

TEST_F(PipelineFds, AdoptsADescriptorByNumber) {
    UniqueFd fd = tun_.open_queue("t0", kHeader);
    ASSERT_TRUE(add("n0", {.fd = std::to_string(fd.get())}));
    const int number = fd.release();
    EXPECT_EQ(tap("n0").fd(), number);
    EXPECT_EQ(tap("n0").model(), "tap");
    EXPECT_TRUE(tap("n0").vnet().has_vnet_hdr());
    EXPECT_NE(fcntl(number, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,fd=" + std::to_string(number)});
    remove("n0");
    EXPECT_FALSE(is_open(number));
}

TEST_F(PipelineFds, SetsTheSendBufferOfWhatOthersOpened) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    ASSERT_TRUE(add("n0", {.fd = std::to_string(fd.release())}));
    EXPECT_EQ(tun_.values(TunCall::set_sndbuf), Values{INT_MAX});
    EXPECT_EQ(tun_.count(TunCall::set_vnet_hdr_size), 0U);
}

TEST_F(PipelineFds, TakesADescriptorByName) {
    const int number = pass("tap0", "t0", 0);
    ASSERT_TRUE(add("n0", {.fd = "tap0"}, kMonitor));
    EXPECT_EQ(tap("n0").fd(), number);
    EXPECT_FALSE(fds_.contains("tap0"));
}

TEST_F(PipelineFds, TakesNumbersFromAMonitorToo) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    ASSERT_TRUE(add("n0", {.fd = std::to_string(fd.get())}, kMonitor));
    EXPECT_EQ(tap("n0").fd(), fd.release());
}

TEST_F(PipelineFds, ReadsBlanksBeforeANumberOnTheCommandLineEvenBesideAStore) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    ASSERT_TRUE(net_client_init(context_, netdev("n0", {.fd = " " + std::to_string(fd.get())}),
                                {.origin = NetdevOrigin::command_line, .fds = &fds_}));
    EXPECT_EQ(tap("n0").fd(), fd.release());
}

TEST_F(PipelineFds, ClosesWhatItTookByNameWhenItFails) {
    const int number = pass("tap0", "t0", 0);
    tun_.fail(TunCall::set_offload, 1, EIO);
    EXPECT_EQ(refusal({.fd = "tap0"}, kMonitor).message(),
              "fd 'tap0': cannot turn the offloads off: TUNSETOFFLOAD: Input/output error");
    EXPECT_FALSE(is_open(number));
}

TEST_F(PipelineFds, KeepsTheNameIfTheOptionsClash) {
    (void)pass("tap0", "t0", 0);
    EXPECT_EQ(refusal({.ifname = "t0", .fd = "tap0"}, kMonitor).message(),
              "'ifname' cannot be used with 'fd'");
    EXPECT_TRUE(fds_.contains("tap0"));
}

TEST_F(PipelineFds, NamesWhatTheMonitorDoesNotHave) {
    const Error error = refusal({.fd = "tap0"}, kMonitor);
    EXPECT_EQ(error.message(), "fd: no descriptor named 'tap0' has been passed");
    EXPECT_EQ(error.param(), "fd");
    EXPECT_EQ(error.hint(), "pass it with getfd first; a name can be used once");
}

TEST_F(PipelineFds, NamesADescriptorThatIsNotOpen) {
    const Error error = refusal({.fd = "999"});
    EXPECT_EQ(error.message(), "fd: descriptor 999: Bad file descriptor");
    EXPECT_EQ(error.param(), "fd");
    EXPECT_EQ(error.hint(), "no descriptor of that number is open in this process");
}

TEST_F(PipelineFds, ProvesThatItIsATapBeforeItTouchesTheFlags) {
    const UniqueFd null(
        open("/dev/null", O_RDWR));  // NOLINT(android-cloexec-open): the case tested
    const std::string number = std::to_string(null.get());
    const Error error = refusal({.fd = number});
    EXPECT_EQ(error.message(), "fd '" + number + "': descriptor " + number +
                                   " is no open tap: TUNGETIFF: Inappropriate ioctl for device");
    EXPECT_EQ(error.param(), "fd");
    EXPECT_EQ(error.hint(), "pass a descriptor of /dev/net/tun on which TUNSETIFF was done");
    EXPECT_EQ(fcntl(null.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(null.get(), F_GETFD), 0);
}

TEST_F(PipelineFds, RefusesATunDescriptorWithoutInterface) {
    Result<UniqueFd> fd = tun_.open_tun();
    const std::string number = std::to_string(fd->get());
    EXPECT_EQ(refusal({.fd = number}).message(),
              "fd '" + number + "': descriptor " + number +
                  " is no open tap: TUNGETIFF: File descriptor in bad state");
    EXPECT_TRUE(is_open(fd->get()));
}

TEST_F(PipelineFds, RefusesADescriptorThatANetdevHas) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    const std::string number = std::to_string(fd.release());
    ASSERT_TRUE(add("n0", {.fd = number}));
    EXPECT_EQ(refusal({.fd = number}).message(),
              "fd: descriptor " + number + " is already in use by netdev 'n0'");
}

TEST_F(PipelineFds, RefusesADescriptorThatIsBeingClosed) {
    UniqueFd fd = tun_.open_queue("t0", 0);
    const std::string number = std::to_string(fd.release());
    ASSERT_TRUE(add("n0", {.fd = number}));
    // All threads of the reaper are busy, so that the close has to wait.
    std::promise<void> gate;
    std::shared_future<void> opened = gate.get_future().share();
    for (int i = 0; i < 16; ++i) {
        context_.internals().reaper().submit({.before_close = [opened] { opened.wait(); }});
    }
    ASSERT_TRUE(net_client_del(context_, "n0"));
    Result<void> again = add("n1", {.fd = number});
    gate.set_value();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(),
              "fd: descriptor " + number + " belongs to a netdev that is being removed");
}

TEST_F(PipelineFds, MakesAQueueOfEachEntry) {
    UniqueFd first = tun_.open_queue("t0", kMulti | kHeader);
    const int second = pass("b", "t0", kMulti | kHeader);
    ASSERT_TRUE(add("n0", {.fds = std::to_string(first.get()) + ":b:"}, kMonitor));
    ASSERT_EQ(group("n0").size(), 2U);
    EXPECT_EQ(tap("n0", 0).fd(), first.release());
    EXPECT_EQ(tap("n0", 1).fd(), second);
    EXPECT_EQ(net_info(context_)[1], "n0: index=0,type=tap,fd=" + std::to_string(second));
}

TEST_F(PipelineFds, AsksOnceForWhatTheQueuesOfOneInterfaceShare) {
    (void)pass("a", "t0", kMulti | kHeader);
    (void)pass("b", "t0", kMulti | kHeader);
    ASSERT_TRUE(add("n0", {.fds = "a:b"}, kMonitor));
    EXPECT_EQ(tun_.count(TunCall::get_iff), 2U);
    EXPECT_EQ(tun_.count(TunCall::get_link), 1U);
    EXPECT_EQ(tun_.count(TunCall::set_offload), 1U);
    EXPECT_EQ(tun_.count(TunCall::set_vnet_hdr_size), 1U);
}

TEST_F(PipelineFds, SetsTheHeaderLengthThatAnEarlierOwnerChanged) {
    const int number = pass("a", "t0", kMulti | kHeader);
    (void)pass("b", "t0", kMulti | kHeader);
    ASSERT_TRUE(tun_.set_vnet_hdr_size(number, 12));
    ASSERT_TRUE(add("n0", {.fds = "a:b"}, kMonitor));
    EXPECT_EQ(tun_.find("t0")->vnet_hdr_size, 10);
    EXPECT_EQ(tap("n0").vnet().host_vnet_hdr_len(), 10U);
}

TEST_F(PipelineFds, RefusesQueuesOfTwoInterfaces) {
    (void)pass("a", "t0", kHeader);
    (void)pass("b", "t1", kHeader);
    const Error error = refusal({.fds = "a:b"}, kMonitor);
    EXPECT_EQ(error.message(), "fds 'b': queue 1 is of interface 't1', but the first one of 't0'");
    EXPECT_EQ(error.param(), "fds");
    EXPECT_EQ(error.hint(), "open all queues with IFF_MULTI_QUEUE and the same name");
}

TEST_F(PipelineFds, RefusesATunInterface) {
    const int number = pass("a", "t0", 0);
    tun_.at("t0").flags = tun_flags::kNoPacketInfo;
    const Error error = refusal({.fd = "a"}, kMonitor);
    EXPECT_EQ(error.message(),
              "fd 'a': descriptor " + std::to_string(number) +
                  " is of 't0', which is a tun (layer 3) interface: no Ethernet frame passes it");
    EXPECT_EQ(error.param(), "fd");
    EXPECT_EQ(error.hint(), "pass a descriptor on which TUNSETIFF was done with IFF_TAP");
}

TEST_F(PipelineFds, RefusesPacketInformation) {
    const int number = pass("a", "t0", 0);
    tun_.at("t0").flags = tun_flags::kTap;
    const Error error = refusal({.fd = "a"}, kMonitor);
    EXPECT_EQ(error.message(), "fd 'a': descriptor " + std::to_string(number) +
                                   " is of 't0', which puts packet information before each frame");
    EXPECT_EQ(error.param(), "fd");
    EXPECT_EQ(error.hint(), "pass a descriptor on which TUNSETIFF was done with IFF_NO_PI");
}

TEST_F(PipelineFds, GoesByNoNameOfAnotherNamespace) {
    (void)pass("a", "t0", 0);
    tun_.at("t0").flags = tun_flags::kTap;
    tun_.at("t0").in_our_namespace = false;
    ASSERT_TRUE(add("n0", {.fd = "a"}, kMonitor));
    EXPECT_EQ(tun_.count(TunCall::get_link), 0U);
}

TEST_F(PipelineFds, SeesPacketInformationBesideASocketFilterWithoutALookUp) {
    (void)pass("a", "t0", 0);
    tun_.at("t0").flags = tun_flags::kTap;
    tun_.at("t0").has_socket_filter = true;
    tun_.at("t0").in_our_namespace = false;
    (void)refusal({.fd = "a"}, kMonitor);
    EXPECT_EQ(tun_.count(TunCall::get_link), 0U);
}

TEST_F(PipelineFds, AcceptsWhatCannotBeLookedUp) {
    (void)pass("a", "t0", 0);
    tun_.fail(TunCall::get_link, 1, ENODEV);
    ASSERT_TRUE(add("n0", {.fd = "a"}, kMonitor));
}

TEST_F(PipelineFds, LooksForAllNamesBeforeItTakesOne) {
    (void)pass("a", "t0", kMulti);
    const Error error = refusal({.fds = "a:b"}, kMonitor);
    EXPECT_EQ(error.message(), "fds: no descriptor named 'b' has been passed");
    EXPECT_EQ(error.param(), "fds");
    EXPECT_TRUE(fds_.contains("a"));
    EXPECT_EQ(tun_.calls().size(), 0U);
}

TEST_F(PipelineFds, RefusesQueuesWithDifferentHeaders) {
    (void)pass("a", "t0", kHeader);
    (void)pass("b", "t1", 0);
    const Error error = refusal({.fds = "a:b"}, kMonitor);
    EXPECT_EQ(error.message(),
              "fds 'b': queue 1 (t1) has no virtio-net header, unlike the queues before it");
    EXPECT_EQ(error.param(), "vnet_hdr");
    EXPECT_EQ(error.hint(), "open all queues with the same IFF_VNET_HDR");
}

TEST_F(PipelineFds, RefusesAHeaderThatOnlyALaterQueueHas) {
    (void)pass("a", "t0", 0);
    (void)pass("b", "t1", kHeader);
    EXPECT_EQ(refusal({.fds = "a:b"}, kMonitor).message(),
              "fds 'b': queue 1 (t1) has a virtio-net header, unlike the queues before it");
}

TEST_F(PipelineFds, KeepAnInterfaceThatOthersStillHave) {
    const UniqueFd theirs = tun_.open_queue("t0", kMulti);
    (void)pass("a", "t0", kMulti);
    ASSERT_TRUE(add("n0", {.fd = "a"}, kMonitor));
    remove("n0");
    ASSERT_NE(tun_.find("t0"), nullptr);
    EXPECT_EQ(tun_.find("t0")->queues, std::vector<int>{theirs.get()});
}

TEST_F(PipelineFds, RefuseTheNumberOfADescriptorThatWasPassedByName) {
    const std::string number = std::to_string(pass("a", "t0", 0));
    const Error error = refusal({.fd = number}, kMonitor);
    EXPECT_EQ(error.message(), "fd: descriptor " + number + " belongs to this program");
    EXPECT_EQ(error.hint(), "what was passed with getfd is called by its name");
    EXPECT_TRUE(add("n0", {.fd = "a"}, kMonitor));
}

}  // namespace
}  // namespace qnetdev
