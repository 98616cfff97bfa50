// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <set>

#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

using test::FakeTun;
using test::shell_script;
using test::TemporaryFile;
using test::TunCall;
using Lines = std::vector<std::string>;
using Values = std::vector<long>;

class PipelineByName : public test::TapFixture {
protected:
    static qapi::NetdevTapOptions with_queues(const std::string& ifname, unsigned queues) {
        qapi::NetdevTapOptions tap = quiet(ifname);
        tap.queues = queues;
        return tap;
    }
    static qapi::NetdevTapOptions with_scripts(const std::string& up, const std::string& down) {
        qapi::NetdevTapOptions tap = quiet("t0");
        tap.script = up;
        tap.downscript = down;
        return tap;
    }
};

TEST_F(PipelineByName, MakesOneClientOfTheInterface) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_EQ(group("n0").size(), 1U);
    EXPECT_EQ(group("n0").kind(), NetClientGroup::Kind::netdev);
    EXPECT_EQ(tap("n0").model(), "tap");
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,ifname=t0,script=no,downscript=no"});
}

TEST_F(PipelineByName, TakesTheNameTheKernelPicks) {
    ASSERT_TRUE(add("n0", quiet()));
    EXPECT_EQ(net_info(context_),
              Lines{"n0: index=0,type=tap,ifname=tap0,script=no,downscript=no"});
}

TEST_F(PipelineByName, OpensEveryQueueOfATemplateOnOneInterface) {
    ASSERT_TRUE(add("n0", with_queues("my%d", 2)));
    ASSERT_NE(tun_.find("my0"), nullptr);
    EXPECT_EQ(tun_.find("my0")->queues.size(), 2U);
    EXPECT_EQ(tun_.find("my1"), nullptr);
}

TEST_F(PipelineByName, AsksTheKernelOnceForWhatAllQueuesShare) {
    ASSERT_TRUE(add("n0", with_queues("t0", 8)));
    EXPECT_EQ(group("n0").size(), 8U);
    EXPECT_EQ(tun_.count(TunCall::open_tun), 8U);
    EXPECT_EQ(tun_.count(TunCall::set_iff), 8U);
    EXPECT_EQ(tun_.count(TunCall::get_features), 1U);
    EXPECT_EQ(tun_.count(TunCall::set_offload), 1U);
    EXPECT_EQ(tun_.values(TunCall::set_vnet_hdr_size), Values{10});
    EXPECT_EQ(tun_.count(TunCall::set_owner), 1U);
    EXPECT_EQ(tun_.count(TunCall::get_link), 1U);
    EXPECT_EQ(tun_.count(TunCall::reset_shared), kAllTunShared.size());
    EXPECT_EQ(tun_.calls().size(), 21U + kAllTunShared.size());
}

TEST_F(PipelineByName, SetsTheMultiQueueFlagForSeveralQueuesOnly) {
    ASSERT_TRUE(add("n0", with_queues("t0", 1)));
    ASSERT_TRUE(add("n1", with_queues("t1", 2)));
    EXPECT_EQ(tun_.find("t0")->flags & tun_flags::kMultiQueue, 0U);
    EXPECT_NE(tun_.find("t1")->flags & tun_flags::kMultiQueue, 0U);
}

TEST_F(PipelineByName, TakesAsManyQueuesAsTheKernelHas) {
    ASSERT_TRUE(add("n0", with_queues("t0", 256)));
    EXPECT_EQ(tun_.find("t0")->queues.size(), 256U);
}

TEST_F(PipelineByName, SaysNoScriptsForLaterQueues) {
    const TemporaryFile up = shell_script("up", "exit 0");
    qapi::NetdevTapOptions options = with_scripts(up.path(), "");
    options.queues = 2;
    ASSERT_TRUE(add("n0", options));
    EXPECT_EQ(net_info(context_),
              (Lines{"n0: index=0,type=tap,ifname=t0,script=" + up.path() + ",downscript=",
                     "n0: index=0,type=tap,ifname=t0,script=no,downscript=no"}));
}

TEST_F(PipelineByName, SetsNoHeaderLengthWithoutHeader) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.vnet_hdr = false;
    ASSERT_TRUE(add("n0", options));
    EXPECT_FALSE(tap("n0").vnet().has_vnet_hdr());
    EXPECT_EQ(tun_.count(TunCall::set_vnet_hdr_size), 0U);
}

TEST_F(PipelineByName, LeavesTheSendBufferOfANewQueueUnlimited) {
    for (const std::uint64_t sndbuf : {std::uint64_t{0}, std::uint64_t{INT_MAX}, UINT64_MAX}) {
        qapi::NetdevTapOptions options = quiet("t0");
        options.sndbuf = sndbuf;
        ASSERT_TRUE(add("n0", options));
        EXPECT_EQ(tun_.count(TunCall::set_sndbuf), 0U);
        EXPECT_EQ(*tun_.get_sndbuf(tap("n0").fd()), INT_MAX);
        remove("n0");
    }
}

TEST_F(PipelineByName, SetsTheSendBufferThatIsGiven) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.sndbuf = 1048576;
    ASSERT_TRUE(add("n0", options));
    EXPECT_EQ(tun_.values(TunCall::set_sndbuf), Values{1048576});
}

TEST_F(PipelineByName, NamesTheSendBufferThatIsRefused) {
    tun_.fail(TunCall::set_sndbuf, 1, EINVAL);
    qapi::NetdevTapOptions options = quiet("t0");
    options.sndbuf = 1;
    const Error error = refusal(options);
    EXPECT_EQ(error.message(), "cannot set 'sndbuf': TUNSETSNDBUF: Invalid argument");
    EXPECT_EQ(error.param(), "sndbuf");
}

TEST_F(PipelineByName, TakesVhostforceForNothingWhileVhostIsOff) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.vhost = false;
    options.vhostforce = true;
    EXPECT_TRUE(add("n0", options));
}

TEST_F(PipelineByName, ReportsTheFirstBrokenRule) {
    qapi::NetdevTapOptions options = quiet("a/b");
    options.queues = 0;
    EXPECT_EQ(refusal(options).message(), "'queues' must be at least 1, but is 0");
    EXPECT_EQ(tun_.calls().size(), 0U);
}

TEST_F(PipelineByName, NamesTheQueueThatFails) {
    tun_.fail(TunCall::set_iff, 3, EPERM);
    EXPECT_EQ(refusal(with_queues("t0", 4)).message(),
              "queue 2: cannot open tap 't0': TUNSETIFF: Operation not permitted");
}

TEST_F(PipelineByName, NamesNoQueueIfThereIsOnlyOne) {
    tun_.fail(TunCall::set_iff, 1, EPERM);
    EXPECT_EQ(refusal(quiet("t0")).message(),
              "cannot open tap 't0': TUNSETIFF: Operation not permitted");
}

TEST_F(PipelineByName, RunsTheUpScriptOnceWithTheNameOfTheInterface) {
    const TemporaryFile diary("diary", "");
    const TemporaryFile up = shell_script("up", "echo \"up $*\" >> " + diary.path());
    const TemporaryFile down = shell_script("down", "echo \"down $*\" >> " + diary.path());
    qapi::NetdevTapOptions options = with_scripts(up.path(), down.path());
    options.ifname = "my%d";
    options.queues = 3;
    ASSERT_TRUE(add("n0", options));
    EXPECT_EQ(diary.text(), "up my0\n");
    remove("n0");
    EXPECT_EQ(diary.text(), "up my0\ndown my0\n");
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(PipelineByName, KeepsTheInterfaceUntilTheDownScriptHasEnded) {
    // The queue is inherited at its number, so the interface is there while the script runs.
    const TemporaryFile diary("diary", "");
    const TemporaryFile down =
        shell_script("down", "ls /proc/$$/fd | tr '\\n' ' ' >> " + diary.path());
    ASSERT_TRUE(add("n0", with_scripts("no", down.path())));
    const std::string fd = " " + std::to_string(tap("n0").fd()) + " ";
    remove("n0");
    EXPECT_NE(diary.text().find(fd), std::string::npos) << diary.text();
}

TEST_F(PipelineByName, ClosesTheTapIfTheUpScriptFails) {
    const TemporaryFile diary("diary", "");
    const TemporaryFile up = shell_script("up", "exit 3");
    const TemporaryFile down = shell_script("down", "echo down >> " + diary.path());
    const Error error = refusal(with_scripts(up.path(), down.path()));
    EXPECT_EQ(error.message(), "script '" + up.path() + "' for t0 exited with status 3");
    EXPECT_EQ(error.param(), "script");
    EXPECT_EQ(tun_.interface_count(), 0U);
    EXPECT_EQ(diary.text(), "");
}

TEST_F(PipelineByName, RunsTheDownScriptOfABringUpThatFailsLater) {
    const TemporaryFile diary("diary", "");
    const TemporaryFile down = shell_script("down", "echo \"down $1\" >> " + diary.path());
    qapi::NetdevTapOptions options = with_scripts("no", down.path());
    options.queues = 2;
    tun_.fail(TunCall::set_iff, 2, EIO);
    (void)refusal(options);
    EXPECT_EQ(diary.text(), "down t0\n");
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(PipelineByName, LogsADownScriptThatFails) {
    ASSERT_TRUE(add("n0", with_scripts("no", "/nonexistent/down")));
    remove("n0");
    EXPECT_EQ(log_.lines(),
              Lines{"warning: downscript: cannot run '/nonexistent/down': No such file or "
                    "directory"});
}

TEST_F(PipelineByName, RunsTheDownScriptWhenTheContextEnds) {
    const TemporaryFile diary("diary", "");
    const TemporaryFile down = shell_script("down", "echo down >> " + diary.path());
    {
        NetContext context(internals_on(loop_.loop(), tun_));
        ASSERT_TRUE(net_client_init(context, netdev("n0", with_scripts("no", down.path()))));
    }
    EXPECT_EQ(diary.text(), "down\n");
}

TEST_F(PipelineByName, WaitsForAnInterfaceOfTheSameNameThatIsBeingRemoved) {
    const TemporaryFile down = shell_script("down", "sleep 0.1");  // on its way for that long
    ASSERT_TRUE(add("n0", with_scripts("no", down.path())));
    ASSERT_TRUE(net_client_del(context_, "n0"));
    Result<void> again = add("n0", quiet("t0"));
    EXPECT_TRUE(again) << again.error().message();
}

TEST_F(PipelineByName, LivesOnAHubIfMadeByNet) {
    ASSERT_TRUE(add("n0", quiet("t0"), NetdevOrigin::net_option));
    EXPECT_EQ(group("n0").kind(), NetClientGroup::Kind::hub_port);
}

class PipelineDefaults : public test::TapFixture {
protected:
    PipelineDefaults()
        : TapFixture({.default_script = "/nonexistent/up", .default_downscript = "no"}) {}
};

TEST_F(PipelineDefaults, RunTheScriptsOfTheContext) {
    EXPECT_EQ(refusal({.ifname = "t0"}).message(),
              "script: cannot run '/nonexistent/up': No such file or directory");
    ASSERT_TRUE(add("n0", {.ifname = "t0", .script = "no"}));
    EXPECT_EQ(net_info(context_), Lines{"n0: index=0,type=tap,ifname=t0,script=no,downscript=no"});
}

class PipelineMacvtap : public test::TapFixture {
protected:
    PipelineMacvtap() { tun_.add_interface("mv0", {.persistent = true, .is_macvtap = true}); }
};

TEST_F(PipelineMacvtap, OpensEveryQueueThroughTheNode) {
    qapi::NetdevTapOptions options = quiet("mv0");
    options.queues = 3;
    ASSERT_TRUE(add("n0", options));
    EXPECT_EQ(tun_.find("mv0")->queues.size(), 3U);
    EXPECT_EQ(tun_.count(TunCall::open_tun), 1U);
    EXPECT_EQ(tun_.count(TunCall::open_macvtap), 3U);
    EXPECT_EQ(net_info(context_)[0], "n0: index=0,type=tap,ifname=mv0,script=no,downscript=no");
}

TEST_F(PipelineMacvtap, NamesTheCallThatFailsForALaterQueue) {
    qapi::NetdevTapOptions options = quiet("mv0");
    options.queues = 3;
    tun_.fail(TunCall::open_macvtap, 2, EMFILE);
    EXPECT_EQ(refusal(options).message(), "queue 1: cannot open /dev/tap100: Too many open files");
}

}  // namespace
}  // namespace qnetdev
