// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "net/client/net_context_internals.h"
#include "net/tap.h"
#include "net/vhost_net.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using test::TunCall;
using Strings = std::vector<std::string>;

constexpr unsigned kMulti = tun_flags::kMultiQueue | tun_flags::kVnetHdr;
constexpr auto kMonitor = NetdevOrigin::monitor;

/// vhost-net in the pipeline of a tap, on fakes.
class PipelineVhost : public test::TapFixture {
protected:
    static qapi::NetdevTapOptions wish(unsigned queues = 1) {
        qapi::NetdevTapOptions options = quiet("t0");
        options.vhost = true;
        options.queues = queues;
        return options;
    }
    /// Nothing is there that was not there before.
    void expect_nothing(const std::string& why) {
        context_.internals().reaper().wait_all();
        EXPECT_EQ(tun_.interface_count(), 0U) << why;
        EXPECT_EQ(vhost_.device_count(), 0U) << why;
    }
    int pass_tap(const std::string& name, unsigned flags = kMulti) {
        UniqueFd fd = tun_.open_queue("t0", flags);
        const int number = fd.get();
        EXPECT_TRUE(fds_.add(name, std::move(fd)));
        return number;
    }
    int pass_vhost(const std::string& name) {
        UniqueFd fd = vhost_.make_device();
        const int number = fd.get();
        EXPECT_TRUE(fds_.add(name, std::move(fd)));
        return number;
    }
    VhostNet& device(const std::string& id, std::size_t queue = 0) {
        return *tap(id, queue).vnet().vhost();
    }
    Result<void> start(const std::string& id, std::size_t queue = 0) {
        VhostNet* pair = &device(id, queue);
        const VhostRings rings{VhostRing{.size = 64}, VhostRing{.size = 64}};
        return vhost_net_start({&pair, 1}, {.features = {.low = 0x100000000}}, {&rings, 1});
    }
    void attach_modern_nic(const std::string& id) {
        attach_nic(id);
        EXPECT_TRUE(tap(id).vnet().set_vnet_hdr_len(12));
    }
    bool has_backend(const std::string& id, std::size_t queue = 0) {
        return vhost_.find(device(id, queue).fd())->rings[0].backend >= 0;
    }
};

TEST_F(PipelineVhost, OpensADeviceForEachQueue) {
    ASSERT_TRUE(add("n0", wish(3)));
    EXPECT_EQ(vhost_.device_count(), 3U);
    std::set<int> fds;
    for (std::size_t queue = 0; queue < 3; ++queue) {
        fds.insert(device("n0", queue).fd());
        EXPECT_EQ(device("n0", queue).owner(), getpid());
        EXPECT_TRUE(tap_query(group("n0").client(queue))->vhost);
    }
    EXPECT_EQ(fds.size(), 3U);
    remove("n0");
    expect_nothing("removed");
}

TEST_F(PipelineVhost, IsOffUnlessItIsAskedFor) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_EQ(tap("n0").vnet().vhost(), nullptr);
    EXPECT_FALSE(tap_query(group("n0").client(0))->vhost);
    EXPECT_FALSE(tap("n0").describe_vhost().has_value());
    EXPECT_TRUE(vhost_.calls().empty());
}

TEST_F(PipelineVhost, IsSwitchedOnByVhostforceAndByDescriptors) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.vhostforce = true;
    EXPECT_TRUE(add("n0", options));
    remove("n0");
    (void)pass_vhost("v");
    options.vhostforce.reset();
    options.vhostfd = "v";
    EXPECT_TRUE(add("n1", options, kMonitor));
    EXPECT_NE(tap("n1").vnet().vhost(), nullptr);
}

TEST_F(PipelineVhost, PollsAsLongAsItIsTold) {
    qapi::NetdevTapOptions options = wish(2);
    options.poll_us = 50;
    ASSERT_TRUE(add("n0", options));
    EXPECT_EQ(vhost_.find(device("n0", 1).fd())->rings[1].busy_poll_us, 50U);
}

TEST_F(PipelineVhost, NamesTheOptionAndTheQueueThatFail) {
    vhost_.open_errnum = ENOENT;
    vhost_.has_driver = false;
    const Error error = refusal(wish());
    EXPECT_EQ(error.message(), "vhost: cannot open /dev/vhost-net: No such file or directory");
    EXPECT_EQ(error.param(), "vhost");
    EXPECT_EQ(error.hint(), "load the kernel module vhost_net, or drop 'vhost'");
    expect_nothing("no node");

    vhost_.open_errnum = 0;
    vhost_.fail("VHOST_SET_OWNER", 3, ENOMEM);
    qapi::NetdevTapOptions forced = wish(4);
    forced.vhost.reset();
    forced.vhostforce = true;
    const Error third = refusal(forced);
    EXPECT_EQ(third.message(), "vhostforce of queue 2: VHOST_SET_OWNER: Cannot allocate memory");
    EXPECT_EQ(third.param(), "vhostforce");
    expect_nothing("no memory");

    vhost_.has_busy_poll = false;
    qapi::NetdevTapOptions polls = wish();
    polls.poll_us = 50;
    EXPECT_EQ(refusal(polls).param(), "poll-us");
}

TEST_F(PipelineVhost, LeavesNothingWhicheverCallFails) {
    qapi::NetdevTapOptions options = wish(2);
    options.poll_us = 50;
    ASSERT_TRUE(add("n0", options));
    const Strings calls = vhost_.calls();
    remove("n0");
    std::map<std::string, unsigned> counts;
    for (const std::string& call : calls) {
        const std::string name = call.substr(0, call.find(' '));
        const unsigned nth = ++counts[name];
        if (name == "VHOST_GET_FEATURES_ARRAY") {
            continue;  // there is another way
        }
        vhost_.clear_calls();
        vhost_.fail(name, nth, ENOMEM);
        const Error error = refusal(options);
        EXPECT_TRUE(error.message().ends_with(": Cannot allocate memory")) << error.message();
        expect_nothing(call);
    }
}

TEST_F(PipelineVhost, TriesEverythingBeforeAnybodyCanSeeIt) {
    qapi::NetdevTapOptions options = wish(2);
    options.script = "/bin/false";  // would be the error if it ran
    for (const char* call : {"open", "VHOST_SET_OWNER", "VHOST_SET_VRING_ERR"}) {
        vhost_.fail(call, 2, EIO);
        tun_.clear_calls();
        EXPECT_TRUE(refusal(options).message().ends_with(": Input/output error")) << call;
        EXPECT_EQ(tun_.count(TunCall::set_iff), 0U);
    }
    vhost_.features = vhost_.features.without(VhostFeatures::bit(27));
    options.vnet_hdr = false;
    const Error header = refusal(options);
    EXPECT_EQ(header.message(),
              "queue 0: vhost: this kernel's vhost-net needs a tap with a virtio-net "
              "header (it has features 0x335008000)");
    EXPECT_EQ(header.param(), "vnet_hdr");
    EXPECT_EQ(header.hint(), "use vnet_hdr=on, or drop 'vhost'");
}

TEST_F(PipelineVhost, TakesDescriptorsByName) {
    (void)pass_tap("a");
    (void)pass_tap("b");
    const int first = pass_vhost("v");
    const int second = pass_vhost("w");
    ASSERT_TRUE(add("n0", {.fds = "a:b", .vhostfds = "v:w"}, kMonitor));
    EXPECT_EQ(device("n0", 0).fd(), first);
    EXPECT_EQ(device("n0", 1).fd(), second);
    EXPECT_NE(fcntl(second, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(second, F_GETFD) & FD_CLOEXEC, 0);
    remove("n0");
    expect_nothing("removed");
}

TEST_F(PipelineVhost, TakesNoDescriptorIfOneIsMissing) {
    (void)pass_tap("a");
    (void)pass_vhost("v");
    EXPECT_EQ(refusal({.fds = "a:b", .vhostfds = "v:w"}, kMonitor).message(),
              "fds: no descriptor named 'b' has been passed");
    (void)pass_tap("b");
    const Error error = refusal({.fds = "a:b", .vhostfds = "v:w"}, kMonitor);
    EXPECT_EQ(error.message(), "vhostfds: no descriptor named 'w' has been passed");
    EXPECT_EQ(error.param(), "vhostfds");
    (void)pass_vhost("w");
    EXPECT_TRUE(add("n0", {.fds = "a:b", .vhostfds = "v:w"}, kMonitor));
}

TEST_F(PipelineVhost, LooksAtADescriptorBeforeItAsksAnythingOfIt) {
    (void)pass_tap("a");
    (void)pass_tap("v");  // no vhost-net
    vhost_.clear_calls();
    const Error error = refusal({.fd = "a", .vhostfd = "v"}, kMonitor);
    EXPECT_TRUE(error.message().ends_with(" is no vhost-net device")) << error.message();
    EXPECT_TRUE(error.message().starts_with("vhostfd 'v': descriptor ")) << error.message();
    EXPECT_EQ(error.param(), "vhostfd");
    EXPECT_EQ(error.hint(), "pass a descriptor of /dev/vhost-net");
    EXPECT_EQ(vhost_.calls(), Strings{"statx"});
}

TEST_F(PipelineVhost, GivesADescriptorThatWasNamedByNumberBackAsItWas) {
    const UniqueFd fd = vhost_.make_device();
    qapi::NetdevTapOptions options = quiet("t0");
    options.vhostfd = std::to_string(fd.get());
    tun_.fail(TunCall::set_iff, 1, EPERM);
    (void)refusal(options);
    ASSERT_NE(vhost_.find(fd.get()), nullptr);
    EXPECT_FALSE(vhost_.find(fd.get())->owner.has_value());
    EXPECT_EQ(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(PipelineVhost, AdoptsOneThatWasNamedByNumber) {
    UniqueFd fd = vhost_.make_device();
    qapi::NetdevTapOptions options = quiet("t0");
    options.vhostfd = std::to_string(fd.get());
    ASSERT_TRUE(add("n0", options));
    options.ifname = "t1";
    const Error error = refusal(options);
    EXPECT_EQ(error.message(), "vhostfd '" + *options.vhostfd + "': descriptor " +
                                   *options.vhostfd + " is already in use by netdev 'n0'");
    (void)fd.release();
    remove("n0");
    expect_nothing("removed");
}

TEST_F(PipelineVhost, RefusesOneDeviceForTwoQueues) {
    (void)pass_tap("a");
    (void)pass_tap("b");
    const UniqueFd fd = vhost_.make_device();
    const std::string number = std::to_string(fd.get());
    EXPECT_EQ(refusal({.fds = "a:b", .vhostfds = number + ":" + number}, kMonitor).message(),
              "'vhostfds' names descriptor '" + number + "' twice");
    // One is for every queue, and taken by the first.
    qapi::NetdevTapOptions options = quiet("t1");
    options.queues = 2;
    options.vhostfd = number;
    EXPECT_EQ(refusal(options).message(), "vhostfd '" + number + "': descriptor " + number +
                                              " is already in use by netdev 'refused'");
    // A duplicate is the same device under another number.
    const UniqueFd twin(dup(fd.get()));
    const Error dup =
        refusal({.fds = "a:b", .vhostfds = number + ":" + std::to_string(twin.get())}, kMonitor);
    EXPECT_EQ(dup.message(), "vhostfds '" + std::to_string(twin.get()) +
                                 "': VHOST_SET_OWNER: Device or resource busy");
    EXPECT_EQ(dup.hint(),
              "this process uses the device already: pass one descriptor for each queue");
    EXPECT_FALSE(vhost_.find(fd.get())->owner.has_value());
}

TEST_F(PipelineVhost, LeavesTheReadingOfItsTapToTheKernel) {
    ASSERT_TRUE(add("n0", wish()));
    attach_modern_nic("n0");
    ASSERT_TRUE(start("n0"));
    EXPECT_TRUE(tap("n0").describe_vhost()->running);
    tun_.put_frame(tap("n0").fd(), std::string(70, 'x'));
    EXPECT_EQ(loop_.run_pending(), 0);
    VhostNet* pair = &device("n0");
    (void)vhost_net_stop({&pair, 1});
    EXPECT_GT(loop_.run_pending(), 0);
    EXPECT_EQ(tap("n0").counters().rx_packets, 1U);
}

TEST_F(PipelineVhost, RefusesToStartWithAHeaderThatTheTapHasNot) {
    ASSERT_TRUE(add("n0", wish()));
    attach_nic("n0");
    const Result<void> outcome = start("n0");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(),
              "frames of 't0' have a virtio-net header of 10 bytes, but the guest's one of 12");
}

TEST_F(PipelineVhost, StaysAttachedWhileItsQueueIsDisabled) {
    ASSERT_TRUE(add("n0", wish(2)));
    attach_modern_nic("n0");
    ASSERT_TRUE(tap("n0", 1).vnet().set_vnet_hdr_len(12));
    ASSERT_TRUE(start("n0", 1));
    vhost_.clear_calls();
    ASSERT_TRUE(tap_disable(group("n0").client(1)));
    EXPECT_TRUE(has_backend("n0", 1));
    ASSERT_TRUE(tap_enable(group("n0").client(1)));
    EXPECT_TRUE(vhost_.calls().empty());
    tun_.put_frame(tap("n0", 1).fd(), std::string(70, 'x'));
    EXPECT_EQ(loop_.run_pending(), 0);  // still the kernel's to read
}

TEST_F(PipelineVhost, StartsWhileItsQueueIsDisabled) {
    ASSERT_TRUE(add("n0", wish(2)));
    attach_modern_nic("n0");
    ASSERT_TRUE(tap("n0", 1).vnet().set_vnet_hdr_len(12));
    ASSERT_TRUE(tap_disable(group("n0").client(1)));
    EXPECT_TRUE(start("n0", 1));
    EXPECT_TRUE(has_backend("n0", 1));
}

TEST_F(PipelineVhost, StopsWhenTheCardGoes) {
    ASSERT_TRUE(add("n0", wish()));
    attach_modern_nic("n0");
    ASSERT_TRUE(start("n0"));
    ASSERT_TRUE(net_nic_detach(context_, "nic-n0"));
    EXPECT_FALSE(has_backend("n0"));
    EXPECT_FALSE(device("n0").is_running());
    attach_modern_nic("n0");
    EXPECT_TRUE(start("n0"));  // for the next one
}

TEST_F(PipelineVhost, StopsAtOnceWhenTheNetdevGoes) {
    ASSERT_TRUE(add("n0", wish()));
    attach_modern_nic("n0");
    ASSERT_TRUE(start("n0"));
    vhost_.clear_calls();
    ASSERT_TRUE(net_client_del(context_, "n0"));  // and before anything is closed
    EXPECT_EQ(vhost_.count("VHOST_NET_SET_BACKEND"), 2U);
    context_.internals().reaper().wait_all();
    expect_nothing("removed");
}

TEST_F(PipelineVhost, TellsOfARingThatTheKernelHasGivenUp) {
    ASSERT_TRUE(add("n0", wish()));
    attach_modern_nic("n0");
    ASSERT_TRUE(start("n0"));
    ASSERT_EQ(eventfd_write(device("n0").error_fd(kVhostTransmit), 1), 0);
    EXPECT_GT(loop_.run_pending(), 0);
    EXPECT_EQ(log_.lines(), Strings{"warning: netdev 'n0': vhost-net has given up the guest's "
                                    "transmit ring of queue 0, which is malformed"});
    EXPECT_EQ(loop_.run_pending(), 0);
    VhostNet* pair = &device("n0");
    (void)vhost_net_stop({&pair, 1});
    ASSERT_TRUE(start("n0"));  // with a ring that is none the worse for it
    EXPECT_EQ(loop_.run_pending(), 0);
    EXPECT_EQ(log_.lines().size(), 1U);
}

TEST_F(PipelineVhost, IsToldBehindTheLineOfItsClient) {
    ASSERT_TRUE(add("n0", wish()));
    const std::string device_line = "    vhost=on,vhostfd=" + std::to_string(device("n0").fd()) +
                                    ",owner=" + std::to_string(getpid()) +
                                    ",features=0x33d008000,running=off";
    const std::string line = "n0: index=0,type=tap,ifname=t0,script=no,downscript=no";
    EXPECT_EQ(net_info(context_), (Strings{line, device_line}));
    attach_modern_nic("n0");
    const Strings lines = net_info(context_);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1], " \\ " + line);
    EXPECT_EQ(lines[2], " \\ " + device_line);
}

TEST_F(PipelineVhost, IsRefusedWhereThereIsNone) {
    NetContext context(internals_on(loop_.loop(), tun_));
    const Result<NetClientGroup*> outcome = net_client_init(context, netdev("n0", wish()));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "vhost: there is no vhost-net here");
    EXPECT_EQ(outcome.error().param(), "vhost");
}

}  // namespace
}  // namespace qnetdev
