// SPDX-License-Identifier: MIT
#include "net/tap/tracing_tun_kernel.h"

#include <unistd.h>

#include <cerrno>
#include <regex>

#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"
#include "tests/support/trace_lines.h"

namespace qnetdev {
namespace {

using test::TunCall;
using Lines = std::vector<std::string>;

/// The decorator alone, over a fake with one interface and an unattached node.
class TracingTunKernelTest : public ::testing::Test {
protected:
    TracingTunKernelTest() { fake_.add_interface("t0", {.flags = 0x5102}); }

    test::TraceLines lines_;
    test::FakeTun fake_;
    TracingTunKernel kernel_{fake_, Tracer(lines_.trace(), "n0", 3)};
    UniqueFd queue_ = fake_.open_queue("t0", tun_flags::kVnetHdr | tun_flags::kMultiQueue);
    const std::string fd_ = std::to_string(queue_.get());
};

TEST_F(TracingTunKernelTest, NamesEveryFlagAndKeepsUnknownBits) {
    (void)kernel_.set_iff(queue_.get(), "t0", 0x0001 | 0x0010 | 0x2000 | 0x8000 | 0x20080);
    (void)kernel_.set_offload(queue_.get(), {.csum = true,
                                             .tso4 = true,
                                             .tso6 = true,
                                             .ecn = true,
                                             .ufo = true,
                                             .uso4 = true,
                                             .uso6 = true,
                                             .tunnel = true,
                                             .tunnel_csum = true});
    (void)kernel_.set_offload(queue_.get(), {.csum = true, .ecn = true});
    (void)kernel_.set_offload(queue_.get(), {});
    Lines lines = lines_.take();
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_TRUE(lines[0].starts_with(
        "n0/3 ioctl(" + fd_ +
        ", TUNSETIFF, t0 IFF_TUN|IFF_ONE_QUEUE|IFF_NAPI|IFF_TUN_EXCL|0x20080) = "))
        << lines[0];
    EXPECT_EQ(lines[1], "n0/3 ioctl(" + fd_ +
                            ", TUNSETOFFLOAD, TUN_F_CSUM|TUN_F_TSO4|TUN_F_TSO6|TUN_F_TSO_ECN|"
                            "TUN_F_UFO|TUN_F_USO4|TUN_F_USO6|TUN_F_UDP_TUNNEL_GSO|"
                            "TUN_F_UDP_TUNNEL_GSO_CSUM) = 0 (N us)");
    EXPECT_EQ(lines[2], "n0/3 ioctl(" + fd_ +
                            ", TUNSETOFFLOAD, TUN_F_CSUM|TUN_F_TSO_ECN) = -1 EINVAL (N us)");
    EXPECT_EQ(lines[3], "n0/3 ioctl(" + fd_ + ", TUNSETOFFLOAD, 0) = 0 (N us)");
}

TEST_F(TracingTunKernelTest, ShowsWhatTheKernelFillsIn) {
    (void)kernel_.get_features(queue_.get());
    (void)kernel_.get_iff(queue_.get());
    (void)kernel_.get_sndbuf(queue_.get());
    (void)kernel_.interface_index("nowhere");
    (void)kernel_.get_link("nowhere");
    (void)kernel_.is_in_our_namespace(queue_.get());
    EXPECT_EQ(lines_.take(),
              (Lines{"n0/3 ioctl(" + fd_ +
                         ", TUNGETFEATURES) = 0 IFF_TAP|IFF_NO_PI|IFF_ONE_QUEUE|IFF_VNET_HDR|"
                         "IFF_MULTI_QUEUE (N us)",
                     "n0/3 ioctl(" + fd_ +
                         ", TUNGETIFF) = 0 t0 IFF_TAP|IFF_NO_PI|IFF_VNET_HDR|IFF_MULTI_QUEUE"
                         " (N us)",
                     "n0/3 ioctl(" + fd_ + ", TUNGETSNDBUF) = 0 2147483647 (N us)",
                     "n0/3 ioctl(SIOCGIFINDEX, nowhere) = -1 ENODEV (N us)",
                     "n0/3 netlink(RTM_GETLINK nowhere) = -1 ENODEV (N us)",
                     "n0/3 ioctl(" + fd_ + ", TUNGETDEVNETNS) = ours (N us)"}));
}

TEST_F(TracingTunKernelTest, EachCallIsOneLineAndReachesTheDriver) {
    const int fd = queue_.get();
    fake_.clear_calls();
    (void)kernel_.open_tun();
    (void)kernel_.open_macvtap(7);
    (void)kernel_.interface_index("t0");
    (void)kernel_.get_features(fd);
    (void)kernel_.set_iff(fd, "t0", 0x0002);
    (void)kernel_.get_iff(fd);
    (void)kernel_.set_owner(fd, 1000);
    (void)kernel_.get_link("t0");
    for (const TunShared what : kAllTunShared) {
        (void)kernel_.reset_shared(fd, what);
    }
    (void)kernel_.get_sndbuf(fd);
    (void)kernel_.set_sndbuf(fd, 5);
    (void)kernel_.set_offload(fd, {.csum = true});
    (void)kernel_.get_vnet_hdr_size(fd);
    (void)kernel_.set_vnet_hdr_size(fd, 12);
    (void)kernel_.set_vnet_le(fd, true);
    (void)kernel_.set_vnet_be(fd, false);
    (void)kernel_.set_queue(fd, false);
    (void)kernel_.set_queue(fd, true);
    (void)kernel_.set_steering_ebpf(fd, -1);
    (void)kernel_.delete_interface(4711);
    const Lines lines = lines_.take();
    EXPECT_EQ(lines.size(), fake_.calls().size());
    for (const std::string& line : lines) {
        EXPECT_TRUE(std::regex_match(
            line, std::regex(R"(n0/3 \w+\([^ ].*\) = (0|-1|\d+)( \S.*)? \(N us\))")))
            << line;
    }
    const auto has = [&lines](const std::string& call) {
        return std::any_of(lines.begin(), lines.end(), [&call](const std::string& line) {
            return line.starts_with("n0/3 " + call + ") = ");
        });
    };
    for (const char* call :
         {"open(/dev/net/tun, O_RDWR|O_NONBLOCK|O_CLOEXEC", "netlink(RTM_DELLINK index 4711",
          "open(/dev/tap7, O_RDWR|O_NONBLOCK|O_CLOEXEC", "ioctl(SIOCGIFINDEX, t0"}) {
        EXPECT_TRUE(has(call)) << call;
    }
    for (const char* request :
         {"TUNSETOWNER, 1000", "TUNSETSTEERINGEBPF, -1", "TUNSETFILTEREBPF, -1", "TUNDETACHFILTER",
          "TUNSETTXFILTER, none", "TUNSETCARRIER, 1", "TUNSETSNDBUF, 2147483647", "TUNSETVNETLE, 0",
          "TUNSETVNETBE, 0", "TUNSETSNDBUF, 5", "TUNGETVNETHDRSZ", "TUNSETVNETHDRSZ, 12",
          "TUNSETVNETLE, 1", "TUNSETQUEUE, IFF_DETACH_QUEUE", "TUNSETQUEUE, IFF_ATTACH_QUEUE"}) {
        EXPECT_TRUE(has("ioctl(" + fd_ + ", " + request)) << request;
    }
}

/// What is made before the context that is given it.
struct HasLines {
    test::TraceLines lines_ = {};
};

NetContextOptions traced(const Trace& trace) {
    NetContextOptions options;
    options.trace = trace;
    return options;
}

class TracedPipeline : protected HasLines, public test::TapFixture {
protected:
    TracedPipeline() : TapFixture(traced(lines_.trace())) {}

    /// With descriptors as FD0, FD1 in the order in which they appear.
    Lines take() {
        Lines lines = lines_.take();
        std::vector<std::string> seen;
        for (std::string& line : lines) {
            std::smatch match;
            if (std::regex_search(line, match,
                                  std::regex(R"((ioctl\(|close\(|CLOEXEC\) = )(\d+))"))) {
                auto place = std::find(seen.begin(), seen.end(), match[2].str());
                place = place == seen.end() ? seen.insert(seen.end(), match[2].str()) : place;
                line.replace(static_cast<std::size_t>(match.position(2)),
                             static_cast<std::size_t>(match.length(2)),
                             "FD" + std::to_string(place - seen.begin()));
            }
        }
        return lines;
    }
};

TEST_F(TracedPipeline, ShowsEveryCallOfATapWithTwoQueues) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 2;
    ASSERT_TRUE(add("hn0", options));
    const std::string open = "open(/dev/net/tun, O_RDWR|O_NONBLOCK|O_CLOEXEC) = ";
    const std::string flags = "IFF_TAP|IFF_NO_PI|IFF_ONE_QUEUE|IFF_VNET_HDR|IFF_MULTI_QUEUE";
    const std::string uid = std::to_string(geteuid());
    EXPECT_EQ(
        take(),
        (Lines{"hn0/0 " + open + "FD0 (N us)",
               "hn0/0 ioctl(FD0, TUNGETFEATURES) = 0 " + flags + " (N us)",
               "hn0/0 ioctl(FD0, TUNSETIFF, t0 " + flags + "|IFF_TUN_EXCL) = 0 t0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETOWNER, " + uid + ") = 0 (N us)",
               "hn0/0 netlink(RTM_GETLINK t0) = 0 t0 index 100 kind tun mtu 0 down tap "
               "multi_queue queues 1 owner " +
                   uid + " (N us)",
               "hn0/0 ioctl(FD0, TUNSETSTEERINGEBPF, -1) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETFILTEREBPF, -1) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNDETACHFILTER) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETTXFILTER, none) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETCARRIER, 1) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETSNDBUF, 2147483647) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETVNETLE, 0) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETVNETBE, 0) = -1 EINVAL (N us)",
               "hn0/0 ioctl(FD0, TUNSETOFFLOAD, 0) = 0 (N us)",
               "hn0/0 ioctl(FD0, TUNSETVNETHDRSZ, 10) = 0 (N us)", "hn0/1 " + open + "FD1 (N us)",
               "hn0/1 ioctl(FD1, TUNSETIFF, t0 " + flags + ") = 0 t0 (N us)"}));
    remove("hn0");
    EXPECT_EQ(take(), (Lines{"hn0 close(FD0) = 0 (N us)", "hn0 close(FD1) = 0 (N us)"}));
}

TEST_F(TracedPipeline, ShowsTheErrnoOfACallThatFails) {
    tun_.fail(TunCall::set_offload, 1, EPERM);
    (void)refusal(quiet("t0"));
    const Lines lines = take();
    ASSERT_GT(lines.size(), 2U);
    EXPECT_EQ(lines[lines.size() - 2], "refused/0 ioctl(FD0, TUNSETOFFLOAD, 0) = -1 EPERM (N us)");
    EXPECT_EQ(lines.back(), "refused close(FD0) = 0 (N us)");
}

TEST_F(TracedPipeline, ShowsWhatACardAsksForWithItsQueue) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = 2;
    ASSERT_TRUE(add("hn0", options));
    (void)take();
    ASSERT_TRUE(tap("hn0", 1).vnet().set_vnet_hdr_len(12));
    ASSERT_TRUE(tap("hn0", 1).disable());
    EXPECT_EQ(take(), (Lines{"hn0/1 ioctl(FD0, TUNSETVNETHDRSZ, 12) = 0 (N us)",
                             "hn0/1 ioctl(FD0, TUNSETQUEUE, IFF_DETACH_QUEUE) = 0 (N us)"}));
}

TEST_F(TracedPipeline, DoesNotShowFrames) {
    ASSERT_TRUE(add("hn0", quiet("t0")));
    attach_nic("hn0");
    (void)take();
    for (int i = 0; i < 5; ++i) {
        tun_.put_frame(tap("hn0").fd(), std::string(70, 'x'));
    }
    EXPECT_GT(loop_.run_pending(), 0);
    EXPECT_EQ(take(), Lines{});
}

TEST_F(TracedPipeline, OfOneContextIsNotThatOfAnother) {
    test::TraceLines others;
    test::FakeTun tun;
    NetContext with(internals_on(loop_.loop(), tun, traced(others.trace())));
    NetContext without(internals_on(loop_.loop(), tun));
    ASSERT_TRUE(net_client_init(with, netdev("b", quiet("t1"))));
    EXPECT_EQ(take(), Lines{});
    EXPECT_FALSE(others.take().empty());
    ASSERT_TRUE(net_client_init(without, netdev("c", quiet("t2"))));
    EXPECT_EQ(take(), Lines{});
    EXPECT_EQ(others.take(), Lines{});
}

}  // namespace
}  // namespace qnetdev
