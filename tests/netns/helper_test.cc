// SPDX-License-Identifier: MIT
/// Bridge helpers: `helper=` of a tap, and the bridge netdev.
#include <regex>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using std::chrono::milliseconds;

class TapHelper : public Netns {
protected:
    /// The test helper with a behaviour.
    static std::string helper(const std::string& behaviour) {
        return std::string(NETNS_TEST_HELPER) + " " + behaviour;
    }
    /// The error of a tap whose helper behaves so, without the helper's path and with every
    /// descriptor called N; the interface that the helper may have made must be gone.
    std::string failure(const std::string& behaviour) {
        std::string text = outcome(init({.helper = helper(behaviour)}));
        drop_context();
        EXPECT_FALSE(find("h0").has_value());
        const std::size_t path = text.find(NETNS_TEST_HELPER);
        if (path != std::string::npos) {
            text.replace(path, std::string(NETNS_TEST_HELPER).size(), "PATH");
        }
        return std::regex_replace(text, std::regex("descriptor [0-9]+"), "descriptor N");
    }
};

TEST_F(TapHelper, HandsOverATapOnTheBridge) {
    const Bridge bridge("br7");
    ASSERT_EQ(outcome(init({.br = "br7", .helper = helper("tap")})), "ok");
    ASSERT_TRUE(find("h0").has_value());
    EXPECT_EQ(find("h0")->master, find("br7")->index);
    EXPECT_EQ(client().model(), "bridge");
    EXPECT_EQ(state().ifname, "h0");
    EXPECT_TRUE(is_nonblocking(tap_get_fd(client())));
    EXPECT_TRUE(is_close_on_exec(tap_get_fd(client())));
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("h0").has_value());
}

TEST_F(TapHelper, IsWhatTheInfoTextShows) {
    ASSERT_EQ(outcome(init({.br = "br7", .helper = helper("tap")})), "ok");
    EXPECT_EQ(net_info(context()),
              std::vector<std::string>{"n0: index=0,type=tap,helper=" + helper("tap")});
}

TEST_F(TapHelper, IsAskedForAVnetHeaderAndTheDefaultBridge) {
    const std::string program = helper_program("my helper");
    ASSERT_EQ(outcome(init({.helper = "'" + program + "' arguments"})), "ok");
    EXPECT_TRUE(std::regex_match(content("arguments"),
                                 std::regex("arguments\n--use-vnet\n--fd=[0-9]+\n--br=br0\n")))
        << content("arguments");
    EXPECT_TRUE(client().vnet().has_vnet_hdr());
    EXPECT_EQ(state().vnet_hdr_len, 10);
}

TEST_F(TapHelper, IsNotToldTheBridgeTwice) {
    const std::string program = helper_program("my helper");
    ASSERT_EQ(outcome(init({.br = "br7", .helper = "'" + program + "' arguments --br=br9"})), "ok");
    EXPECT_TRUE(std::regex_match(content("arguments"),
                                 std::regex("arguments\n--br=br9\n--use-vnet\n--fd=[0-9]+\n")))
        << content("arguments");
}

TEST_F(TapHelper, GetsItsWordsAsAShellWouldSplitThem) {
    const std::string program = helper_program("my helper");
    ASSERT_EQ(outcome(init({.helper = "\"" + program +
                                      "\"\targuments 'two words' back\\ slash \"a'b\" $HOME;"})),
              "ok");
    EXPECT_TRUE(std::regex_match(content("arguments"),
                                 std::regex("arguments\ntwo words\nback slash\na'b\n\\$HOME;\n"
                                            "--use-vnet\n--fd=[0-9]+\n--br=br0\n")))
        << content("arguments");
}

TEST_F(TapHelper, AnUnclosedQuoteIsAnError) {
    const std::string expected = "helper 'PATH 'tap' cannot be split into words: ";
    EXPECT_EQ(failure("'tap").substr(0, expected.size()), expected);  // GLib says why
}

TEST_F(TapHelper, HandsOverSeveralQueuesOfOneTap) {
    ASSERT_EQ(outcome(init({.helper = helper("queues"), .queues = 2})), "ok");
    EXPECT_EQ(find("h0")->queues, 2U);
    EXPECT_EQ(net_info(context()),
              (std::vector<std::string>(2, "n0: index=0,type=tap,helper=" + helper("queues"))));
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("h0").has_value());
}

TEST_F(TapHelper, ThatSendsQueuesOfDifferentTapsIsAnError) {
    EXPECT_EQ(outcome(init({.helper = helper("strangers"), .queues = 2})),
              "helper '" + helper("strangers") +
                  "': queue 1 is of interface 'h1', but the first one of 'h0'\n"
                  "hint: open all queues with IFF_MULTI_QUEUE and the same name");
}

TEST_F(TapHelper, ThatSendsAnotherNumberOfQueuesIsAnError) {
    EXPECT_EQ(outcome(init({.helper = helper("queues"), .queues = 3})),
              "helper '" + helper("queues") +
                  "' sent 2 descriptors instead of 3\nhint: 'queues' above 1 needs a helper that "
                  "knows --queues=N, such as qnetdev-bridge-helper; QEMU's does not");
}

TEST_F(TapHelper, ThatIsMissingIsNamed) {
    const Result<void> result = init({.helper = "/no/such/helper"});
    EXPECT_EQ(outcome(result), "cannot run '/no/such/helper': No such file or directory");
    EXPECT_EQ(result.error().param(), "helper");
}

TEST_F(TapHelper, ThatFailsTellsWhy) {
    EXPECT_EQ(failure("fail"),
              "helper 'PATH fail' exited with status 1; it said: access to bridge "
              "denied / by the test");
}

TEST_F(TapHelper, ThatSendsAndThenFailsHasFailed) {
    EXPECT_EQ(failure("tap-then-fail"), "helper 'PATH tap-then-fail' exited with status 1");
}

TEST_F(TapHelper, ThatSendsNothingIsAnError) {
    EXPECT_EQ(failure("eof"),
              "helper 'PATH eof' ended without sending a descriptor\nhint: a helper is told by "
              "--fd=N where to send one, as QEMU's qemu-bridge-helper does");
}

TEST_F(TapHelper, ThatSendsNoDescriptorIsAnError) {
    EXPECT_EQ(failure("byte"), "helper 'PATH byte' sent data without a descriptor");
}

TEST_F(TapHelper, ThatSendsTwoDescriptorsIsAnError) {
    EXPECT_EQ(failure("two"), "helper 'PATH two' sent 2 descriptors instead of one");
}

TEST_F(TapHelper, ThatSendsAPipeIsAnError) {
    EXPECT_EQ(failure("pipe"),
              "helper 'PATH pipe': descriptor N is no open tap: TUNGETIFF: Inappropriate ioctl for "
              "device\n"
              "hint: pass a descriptor of /dev/net/tun on which TUNSETIFF was done");
}

TEST_F(TapHelper, ThatDiesBySignalIsAnError) {
    EXPECT_EQ(failure("signal"), "helper 'PATH signal' was killed by signal 9 (Killed)");
}

TEST_F(TapHelper, ThatHangsIsKilled) {
    settings.script_timeout = milliseconds(400);
    EXPECT_EQ(failure("hang"), "helper 'PATH hang' did not answer within 400 ms and was killed");
}

TEST_F(TapHelper, ThatSendsAndThenHangsIsKilled) {
    settings.script_timeout = milliseconds(1500);  // a busy host needs time to start it
    EXPECT_EQ(failure("tap-then-hang"),
              "helper 'PATH tap-then-hang' did not end within 1500 ms and was killed");
}

using BridgeNetdev = TapHelper;

TEST_F(BridgeNetdev, ShowsItsHelperAndBridge) {
    const Bridge bridge("br7");
    ASSERT_EQ(outcome(init_bridge({.br = "br7", .helper = helper("tap")})), "ok");
    EXPECT_EQ(find("h0")->master, find("br7")->index);
    EXPECT_EQ(net_info(context()),
              std::vector<std::string>{"n0: index=0,type=tap,helper=" + helper("tap") + ",br=br7"});
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("h0").has_value());
}

TEST_F(BridgeNetdev, UsesTheDefaultHelperAndTheDefaultBridge) {
    const Bridge bridge("br0");
    settings.default_helper = helper("tap");
    ASSERT_EQ(outcome(init_bridge({})), "ok");
    EXPECT_EQ(find("h0")->master, find("br0")->index);
    EXPECT_EQ(net_info(context()),
              std::vector<std::string>{"n0: index=0,type=tap,helper=(null),br=br0"});
}

TEST_F(BridgeNetdev, ReportsWhatTheHelperSaid) {
    settings.default_helper = helper("fail");
    EXPECT_EQ(outcome(init_bridge({.br = "br7"})),
              "helper '" + helper("fail") +
                  "' exited with status 1; it said: access to bridge denied / by the test");
}

}  // namespace
}  // namespace qnetdev::test
