// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "net/base/limits.h"
#include "net/client/net_context_internals.h"
#include "net/monitor.h"
#include "net/net_context.h"
#include "tests/support/fake_tun.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

using namespace std::string_literals;

constexpr char kTap[] = "netdev_add tap,id=t0,ifname=tt0,script=no,downscript=no";

std::string try_help(const std::string& command) {
    return "Try \"help " + command + "\" for more information\r\n";
}

class HumanCommands : public testing::Test {
protected:
    /// What a line prints; all of these are done at once.
    std::string run(const std::string& line) {
        std::string text = "not done";
        monitor_->execute_human(line, [&](HumanOutput output) {
            text = std::move(output.text);
            last_ = output.last;
        });
        return text;
    }

    void start(NetMonitorOptions options = {}) {
        monitor_ = std::make_unique<NetMonitor>(context_, std::move(options));
    }

    void SetUp() override { start(); }
    void TearDown() override { monitor_.reset(); }

    test::TestLoop loop_;
    test::FakeTun tun_;
    NetContext context_{internals_on(loop_.loop(), tun_)};
    std::unique_ptr<NetMonitor> monitor_;
    bool last_ = false;
};

TEST_F(HumanCommands, AnEmptyLineDoesNothing) {
    EXPECT_EQ(run(""), "");
    EXPECT_EQ(run(" \t "), "");
}

TEST_F(HumanCommands, TellsUnknownCommandsAsTheyAreTyped) {
    EXPECT_EQ(run("bogus"), "unknown command: 'bogus'\r\n");
    EXPECT_EQ(run("bogus x y"), "unknown command: 'bogus'\r\n");
    EXPECT_EQ(run(" quitx"), "unknown command: ' quitx'\r\n");
    EXPECT_EQ(run("info bogus x"), "unknown command: 'info bogus'\r\n");
    EXPECT_EQ(run("info sta"), "unknown command: 'info sta'\r\n");
    EXPECT_EQ(run("\x1b[2J"), "unknown command: '\\x1b[2J'\r\n");
}

TEST_F(HumanCommands, TellsMissingStrings) {
    for (const std::string name : {"netdev_del", "set_link", "getfd", "closefd"}) {
        EXPECT_EQ(run(name), name + ": string expected\r\n" + try_help(name));
    }
    EXPECT_EQ(run("hostfwd_add"), "hostfwd_add: string expected\r\n" + try_help("hostfwd_add"));
    EXPECT_EQ(run("   netdev_del"), "netdev_del: string expected\r\n" + try_help("   netdev_del"));
    EXPECT_EQ(run("netdev_del \"x"), "netdev_del: string expected\r\n" + try_help("netdev_del"));
}

TEST_F(HumanCommands, TellsMissingAndBadSwitches) {
    for (const std::string line :
         {"set_link a", "set_link a maybe", "set_link a On", "set_link a onn"}) {
        EXPECT_EQ(run(line), "Expected 'on' or 'off'\r\n" + try_help("set_link")) << line;
    }
}

TEST_F(HumanCommands, TellsWordsTooMany) {
    const std::string what = ": extraneous characters at the end of line\r\n";
    EXPECT_EQ(run("netdev_del a b"), "netdev_del" + what + try_help("netdev_del"));
    EXPECT_EQ(run("netdev_add a b"), "netdev_add" + what + try_help("netdev_add"));
    EXPECT_EQ(run("set_link a on b"), "set_link" + what + try_help("set_link"));
    EXPECT_EQ(run("announce_self a b c"), "announce_self" + what + try_help("announce_self"));
    EXPECT_EQ(run("hostfwd_add a b c"), "hostfwd_add" + what + try_help("hostfwd_add"));
    EXPECT_EQ(run("info network x"), "network" + what + try_help("info network"));
    EXPECT_EQ(run("stop x"), "stop|s" + what + try_help("stop"));
    EXPECT_EQ(run("q x"), "quit|q" + what + try_help("q"));
    EXPECT_FALSE(last_);
}

TEST_F(HumanCommands, AddsShowsAndRemovesANetdev) {
    EXPECT_EQ(run("info network"), "");
    EXPECT_EQ(run(kTap), "");
    EXPECT_EQ(run("info network"), "t0: index=0,type=tap,ifname=tt0,script=no,downscript=no\r\n");
    EXPECT_EQ(run("set_link t0 off"), "");
    EXPECT_TRUE(context_.registry().find_backend("t0")->client(0).link_down());
    EXPECT_EQ(run("set_link \"t0\" on"), "");
    EXPECT_FALSE(context_.registry().find_backend("t0")->client(0).link_down());
    EXPECT_EQ(run("netdev_del t0 "), "");
    EXPECT_EQ(run("info network"), "");
}

TEST_F(HumanCommands, ListsOneClientForEachQueue) {
    ASSERT_EQ(run("netdev_add tap,id=m,ifname=mq0,queues=2,script=no,downscript=no"), "");
    EXPECT_EQ(run("info network"),
              "m: index=0,type=tap,ifname=mq0,script=no,downscript=no\r\n"
              "m: index=0,type=tap,ifname=mq0,script=no,downscript=no\r\n");
}

TEST_F(HumanCommands, PrintsTheReasonsOfFailures) {
    EXPECT_EQ(run("netdev_del zz").substr(0, 7), "Error: ");
    EXPECT_NE(run("netdev_del zz").find("'zz'"), std::string::npos);
    EXPECT_EQ(run("set_link zz on").substr(0, 7), "Error: ");
    EXPECT_NE(run("set_link zz on").find("'zz'"), std::string::npos);
    EXPECT_EQ(run("closefd a").substr(0, 7), "Error: ");
    EXPECT_EQ(run("getfd a").substr(0, 7), "Error: ");
    EXPECT_EQ(run("netdev_add user,id=u,foo=1").substr(0, 7), "Error: ");
    EXPECT_NE(run("netdev_add user,id=u,foo=1").find("foo"), std::string::npos);
    EXPECT_EQ(run("netdev_add").find("Try"), std::string::npos);
}

TEST_F(HumanCommands, PointsToHelpForIdsThatAreBadOrTaken) {
    ASSERT_EQ(run(kTap), "");
    for (const std::string& line : {std::string(kTap), "netdev_add tap,id=9"s}) {
        const std::string text = run(line);
        EXPECT_EQ(text.substr(0, 7), "Error: ") << text;
        EXPECT_TRUE(text.ends_with("\r\n" + try_help("netdev_add"))) << text;
    }
}

TEST_F(HumanCommands, ListsTheTypesOfNetdevs) {
    for (const std::string line : {"netdev_add help", "netdev_add ?", "netdev_add help,id=x"}) {
        EXPECT_EQ(run(line).substr(0, 33), "Available netdev backend types:\r\n") << line;
        EXPECT_NE(run(line).find("\r\ntap\r\n"), std::string::npos) << line;
    }
}

TEST_F(HumanCommands, KnowsThatNoUserNetworkIsThere) {
    ASSERT_EQ(run(kTap), "");
    for (const std::string name : {"hostfwd_add", "hostfwd_remove"}) {
        EXPECT_EQ(run(name + " tcp::1-:1"), "user mode network stack not in use\r\n");
        EXPECT_EQ(run(name + " nope tcp::1-:1"), "unrecognized netdev id 'nope'\r\n");
        EXPECT_EQ(run(name + " t0 tcp::1-:1"), "invalid device specified\r\n");
    }
    EXPECT_EQ(run("info usernet"), "");
}

TEST_F(HumanCommands, ShowsTheRunState) {
    EXPECT_EQ(run("info status"), "VM status: running\r\n");
    EXPECT_EQ(run("stop"), "");
    EXPECT_EQ(run("info status"), "VM status: paused\r\n");
    EXPECT_EQ(run("c"), "");
    EXPECT_EQ(run("info status"), "VM status: running\r\n");
    start({.name = "guest7", .start_stopped = true});
    EXPECT_EQ(run("info status"), "VM status: paused (prelaunch)\r\n");
    EXPECT_EQ(run("info name"), "guest7\r\n");
}

TEST_F(HumanCommands, ShowsNoNameWithoutOne) {
    EXPECT_EQ(run("info name"), "");
    EXPECT_EQ(run("info version").substr(0, 15), "7.2.0 (qnetdev ");
}

TEST_F(HumanCommands, HelpsWithAllCommandsAndWithOne) {
    const std::string all = run("help");
    for (const char* name :
         {"announce_self", "closefd", "cont|c", "getfd", "help|?", "hostfwd_add", "hostfwd_remove",
          "info", "netdev_add", "netdev_del", "quit|q", "set_link", "stop|s"}) {
        EXPECT_NE(("\n" + all).find("\n"s + name + " "), std::string::npos) << name;
    }
    EXPECT_EQ(run("help netdev_del"), "netdev_del ID -- remove a netdev\r\n");
    EXPECT_EQ(run("? netdev_del"), run("help netdev_del"));
    EXPECT_EQ(run("help q"), run("help quit"));
    EXPECT_EQ(run("help info network"), "info network  -- show the netdevs and cards\r\n");
    EXPECT_EQ(run("info"), run("help info"));
    EXPECT_NE(run("info").find("info status "), std::string::npos);
    EXPECT_EQ(run("help bogus x"), "unknown command: 'bogus'\r\n");
    EXPECT_EQ(run("help info bogus"), "unknown command: 'info bogus'\r\n");
}

TEST_F(HumanCommands, AnnouncesToNobody) {
    EXPECT_EQ(run("announce_self"), "");
    EXPECT_EQ(run("announce_self c0,c1 a"), "");
}

TEST_F(HumanCommands, QuitIsTheLastLine) {
    bool quit = false;
    start({.on_quit = [&] { quit = true; }});
    EXPECT_EQ(run("quit"), "");
    EXPECT_TRUE(quit);
    EXPECT_TRUE(last_);
}

TEST_F(HumanCommands, CompletesNamesSubjectsAndIds) {
    using Names = std::vector<std::string>;
    ASSERT_EQ(run(kTap), "");
    EXPECT_EQ(monitor_->complete_human("netd"), (Names{"netdev_add", "netdev_del"}));
    EXPECT_EQ(monitor_->complete_human("info n"), (Names{"name", "network"}));
    EXPECT_EQ(monitor_->complete_human("help info st"), Names{"status"});
    EXPECT_EQ(monitor_->complete_human("help netdev_d"), Names{"netdev_del"});
    EXPECT_EQ(monitor_->complete_human("netdev_del "), Names{"t0"});
    EXPECT_EQ(monitor_->complete_human("set_link t0 "), (Names{"off", "on"}));
    EXPECT_EQ(monitor_->complete_human("netdev_add ta"), Names{"tap"});
    EXPECT_EQ(monitor_->complete_human("bogus x"), Names{});
}

/// A client on a socket.
class HumanSession : public HumanCommands {
protected:
    void SetUp() override {
        HumanCommands::SetUp();
        std::array<int, 2> ends = {};
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        client_ = UniqueFd(ends[0]);
        ASSERT_TRUE(monitor_->serve(UniqueFd(ends[1]), {.name = "test", .human = true}));
    }

    /// Everything that arrives until nothing more happens.
    std::string received() {
        std::string text;
        do {
            (void)loop_.run_pending(10000);
            std::array<char, 65536> buffer = {};
            const ssize_t length = recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (length <= 0) {
                return text;
            }
            text.append(buffer.data(), static_cast<std::size_t>(length));
        } while (true);
    }

    void send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent =
                ::send(client_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) {
                text.remove_prefix(static_cast<std::size_t>(sent));
            }
            (void)loop_.run_pending();
        }
    }

    UniqueFd client_;
};

TEST_F(HumanSession, GreetsAndPromptsForEachLine) {
    EXPECT_TRUE(received().ends_with("monitor - type 'help' for more information\r\n(qemu) "));
    send("info status\n");
    EXPECT_EQ(received(), "VM status: running\r\n(qemu) ");
    send("info sta");
    EXPECT_EQ(received(), "");
    send("tus\r\n\nbogus\n");
    EXPECT_EQ(received(),
              "VM status: running\r\n(qemu) (qemu) unknown command: 'bogus'\r\n(qemu) ");
}

TEST_F(HumanSession, SkipsALineThatIsTooLongAndGoesOn) {
    (void)received();
    send(std::string(3 * limits::kMonitorLine, 'x'));
    send("\ninfo status\n");
    EXPECT_EQ(received(),
              "Error: the line is longer than 65536 bytes\r\n(qemu) "
              "VM status: running\r\n(qemu) ");
}

TEST_F(HumanSession, ExecutesALineThatTheEndOfInputEnds) {
    (void)received();
    send(kTap);
    ASSERT_EQ(shutdown(client_.get(), SHUT_WR), 0);
    EXPECT_EQ(received(), "(qemu) ");
    EXPECT_NE(context_.registry().find_backend("t0"), nullptr);
    EXPECT_EQ(monitor_->client_count(), 0U);
}

TEST_F(HumanSession, DoesNotReadFromAClientThatDoesNotRead) {
    std::string lines;
    for (int i = 0; i < 20000; ++i) {
        lines += "help\n";
    }
    std::size_t sent = 0;
    for (int i = 0; i < 2000 && sent < lines.size(); ++i) {
        const ssize_t taken = ::send(client_.get(), lines.data() + sent, lines.size() - sent,
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += taken > 0 ? static_cast<std::size_t>(taken) : 0;
        (void)loop_.run_pending();
    }
    std::size_t prompts = 0;
    std::string text;
    const auto count = [&](std::string_view part) {
        for (std::size_t at = part.find("(qemu) "); at != part.npos;
             at = part.find("(qemu) ", at + 1)) {
            ++prompts;
        }
    };
    for (int i = 0; i < 20000 && prompts < 20001; ++i) {
        text = received();
        count(text);
        if (sent < lines.size()) {
            const ssize_t taken = ::send(client_.get(), lines.data() + sent, lines.size() - sent,
                                         MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += taken > 0 ? static_cast<std::size_t>(taken) : 0;
        }
    }
    EXPECT_GE(prompts, 19900U);  // a prompt that two reads cut is not counted
}

TEST_F(HumanSession, EndsWithTheClient) {
    (void)received();
    client_ = UniqueFd();
    EXPECT_TRUE(loop_.run_until([&] { return monitor_->client_count() == 0; }));
}

}  // namespace
}  // namespace qnetdev
