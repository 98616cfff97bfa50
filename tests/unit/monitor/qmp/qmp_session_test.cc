// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/qmp_session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "net/base/limits.h"
#include "qapi/control_commands.h"
#include "qapi/control_tables.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

/// Commands of no schema: what the session does with them is what is tested.
template <bool oob>
struct TestCommand {
    using Arguments = qapi::Empty;
    using Returns = qapi::Empty;
    static constexpr bool kAllowOob = oob;
};
struct Quick : TestCommand<false> {
    static constexpr std::string_view kName = "quick";
};
/// Takes as long as a client may have at a time.
struct Spin : TestCommand<false> {
    static constexpr std::string_view kName = "spin";
};
struct Slow : TestCommand<false> {
    static constexpr std::string_view kName = "slow";
};
struct Urgent : TestCommand<true> {
    static constexpr std::string_view kName = "urgent";
};
struct Take : TestCommand<false> {
    static constexpr std::string_view kName = "take";
};
struct Shout : TestCommand<false> {
    static constexpr std::string_view kName = "shout";
};
constexpr const char* kPlain = R"({"execute":"qmp_capabilities"})";
constexpr const char* kOob = R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]}})";

std::string command(const std::string& name, const std::string& id) {
    return R"({"execute":")" + name + R"(","id":)" + id + "}";
}
std::string done(const std::string& id) {
    return R"({"return": {}, "id": )" + id + "}";
}

class QmpSessionTest : public ::testing::Test {
protected:
    QmpSessionTest() {
        table_.add<Quick>([](qapi::Empty) -> Result<void> { return {}; });
        table_.add<Urgent>([](qapi::Empty) -> Result<void> { return {}; });
        table_.add<Spin>([](qapi::Empty) -> Result<void> {
            const auto end = std::chrono::steady_clock::now() + limits::kMonitorSlice;
            while (std::chrono::steady_clock::now() < end) {
            }
            return {};
        });
        table_.add<Slow>([this](qapi::Empty, Call call) {
            slow_.push_back(std::make_unique<Call>(std::move(call)));
        });
        table_.add<Take>([this](qapi::Empty, Call& call) -> Result<void> {
            return call.caller()->take_fd() ? Result<void>() : Error("no descriptor");
        });
        table_.add<Shout>([this](qapi::Empty) -> Result<void> {
            session_->send_event(R"({"event": "SHOUT"})");
            return {};
        });
        table_.add<qapi::commands::QmpCapabilities>(
            [](qapi::QmpCapabilitiesArguments arguments, Call& call) {
                return call.caller()->negotiate(
                    arguments.enable.value_or(std::vector<qapi::QMPCapability>()));
            });
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        client_ = UniqueFd(ends[0]);
        session_ =
            std::make_shared<QmpSession>(monitor_, *Transport::from_socket(UniqueFd(ends[1])),
                                         [this](QmpSession&) { ended_ = true; });
        EXPECT_TRUE(session_->start());
    }
    ~QmpSessionTest() override { session_->shut_down(); }

    void negotiate(const char* how = kPlain) {
        say(how);
        (void)answers();
    }
    void say(const std::string& text) {
        ASSERT_EQ(send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    void say_with_fd(std::string text, int fd) {
        iovec part = {text.data(), text.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
        msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
        ASSERT_GT(sendmsg(client_.get(), &message, 0), 0);
    }
    /// Complete lines that the client has got, once nothing happens any more.
    std::vector<std::string> answers() {
        std::vector<std::string> lines;
        char buffer[65536];
        ssize_t length = 0;
        while (loop_.run_pending() > 0 ||
               (length = recv(client_.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
            received_.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
            length = 0;
        }
        std::size_t end = 0;
        while ((end = received_.find("\r\n")) != received_.npos) {
            lines.push_back(received_.substr(0, end));
            received_.erase(0, end + 2);
        }
        return lines;
    }
    using Lines = std::vector<std::string>;

    test::TestLoop loop_;
    CommandTable table_;
    QmpMonitor monitor_{loop_.loop(), table_, {}};
    std::vector<std::unique_ptr<Call>> slow_;
    UniqueFd client_;
    std::shared_ptr<QmpSession> session_;
    std::string received_;
    bool ended_ = false;
};

TEST_F(QmpSessionTest, GreetsWithItsCapabilities) {
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with(R"({"QMP": {"version": {"qemu": {)")) << lines[0];
    EXPECT_TRUE(lines[0].ends_with(R"("capabilities": ["oob"]}})")) << lines[0];
}

TEST_F(QmpSessionTest, KnowsOneCommandBeforeTheNegotiation) {
    (void)answers();
    say(command("quick", "1") + command("bogus", "2"));
    for (const std::string& line : answers()) {
        EXPECT_TRUE(line.find("CommandNotFound") != line.npos) << line;
    }
    session_->send_event("{}");
    EXPECT_EQ(answers(), Lines{}) << "no events";
    say(kPlain + command("quick", "3"));
    EXPECT_EQ(answers(), (Lines{R"({"return": {}})", done("3")}));
}

TEST_F(QmpSessionTest, NegotiatesOnce) {
    negotiate();
    say(kPlain);
    say(R"({"execute":"qmp_capabilities","arguments":{"bogus":1}})");
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].find("CommandNotFound") != lines[0].npos);
    EXPECT_TRUE(lines[1].find("GenericError") != lines[1].npos) << "arguments are checked first";
}

TEST_F(QmpSessionTest, SendsIdsBackAsTheyWere) {
    negotiate();
    for (const char* id : {"0", "null", "[]", R"({"a": [1, 2.5, {}]})", R"("\u00E9")",
                           "18446744073709551615", "true", R"("")"}) {
        say(command("quick", id));
        EXPECT_EQ(answers(), Lines{done(id)});
    }
}

TEST_F(QmpSessionTest, SendsEventsOfACommandBeforeItsAnswer) {
    negotiate();
    say(command("shout", "1") + command("quick", "2"));
    EXPECT_EQ(answers(), (Lines{R"({"event": "SHOUT"})", done("1"), done("2")}));
}

TEST_F(QmpSessionTest, ASlowCommandHoldsUpTheLaterOnes) {
    negotiate();
    say(command("slow", "1") + command("quick", "2") + command("slow", "3") + "[]");
    EXPECT_EQ(answers(), Lines{});
    ASSERT_EQ(slow_.size(), 1U);
    slow_[0]->reply(qapi::Empty{});
    EXPECT_EQ(answers(), (Lines{done("1"), done("2")}));
    slow_[1]->fail(Error("no"));
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 2U) << "the error keeps its place";
    EXPECT_TRUE(lines[0].starts_with(R"({"id": 3, "error")")) << lines[0];
}

TEST_F(QmpSessionTest, OutOfBandCommandsOvertake) {
    negotiate(kOob);
    say(command("slow", "1") + command("quick", "2") + R"({"exec-oob":"urgent","id":3})" + "]" +
        R"({"exec-oob":"quick","id":4})");
    Lines lines = answers();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], done("3"));
    EXPECT_TRUE(lines[1].starts_with(R"({"id": 4, "error")")) << lines[1];
    slow_[0]->reply(qapi::Empty{});
    lines = answers();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], done("1"));
    EXPECT_EQ(lines[1], done("2"));
    EXPECT_TRUE(lines[2].find("GenericError") != lines[2].npos) << "the queued error";
}

TEST_F(QmpSessionTest, OutOfBandNeedsTheCapability) {
    negotiate();
    say(R"({"exec-oob":"urgent","id":1})");
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with(R"({"id": 1, "error")")) << lines[0];
}

TEST_F(QmpSessionTest, ReadsNotOnWithAFullQueue) {
    negotiate(kOob);
    say(command("slow", "0"));
    for (std::size_t i = 1; i <= limits::kMonitorQueue; ++i) {
        say(command("quick", std::to_string(i)));
    }
    say(R"({"exec-oob":"urgent","id":"late"})");
    EXPECT_EQ(answers(), Lines{});
    slow_[0]->reply(qapi::Empty{});
    const Lines lines = answers();
    EXPECT_EQ(lines.size(), limits::kMonitorQueue + 2);
    EXPECT_EQ(lines.front(), done("0"));
    EXPECT_NE(std::find(lines.begin(), lines.end(), done("\"late\"")), lines.end());
}

TEST_F(QmpSessionTest, QueuedDescriptorsStayWithTheirCommand) {
    negotiate(kOob);
    say(command("slow", "0") + command("take", "1"));
    (void)answers();
    say_with_fd(command("take", "2"), client_.get());
    EXPECT_EQ(answers(), Lines{});
    slow_[0]->reply(qapi::Empty{});
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[1].starts_with(R"({"id": 1, "error")")) << lines[1];
    EXPECT_EQ(lines[2], done("2"));
}

TEST_F(QmpSessionTest, ClosesADescriptorThatIsReplacedOrLeftOver) {
    negotiate();
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    say_with_fd(command("quick", "1"), write_end.get());
    write_end.reset();
    EXPECT_EQ(answers(), Lines{done("1")});
    pollfd entry = {read_end.get(), POLLIN, 0};
    EXPECT_EQ(poll(&entry, 1, 0), 0) << "still pending";
    say_with_fd(command("quick", "2"), STDIN_FILENO);
    EXPECT_EQ(answers(), Lines{done("2")});
    EXPECT_EQ(poll(&entry, 1, 0), 1) << "replaced, so closed";
    client_.reset();
    EXPECT_TRUE(loop_.run_until([this] { return ended_; }));
}

TEST_F(QmpSessionTest, AnAnswerToNobodyIsDropped) {
    negotiate();
    say(command("slow", "1") + command("quick", "2"));
    (void)answers();
    client_.reset();
    ASSERT_TRUE(loop_.run_until([this] { return ended_; })) << "noticed although it is busy";
    slow_[0]->reply(qapi::Empty{});
    loop_.run_pending();
}

TEST_F(QmpSessionTest, AnAbandonedCallIsAnsweredWithAnError) {
    negotiate();
    say(command("slow", "1"));
    (void)answers();
    slow_.clear();
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with(R"({"id": 1, "error")"));
}

TEST_F(QmpSessionTest, AnswersWhatWasSentBeforeTheInputEnded) {
    negotiate();
    say(command("slow", "1") + command("quick", "2"));
    ASSERT_EQ(shutdown(client_.get(), SHUT_WR), 0);
    EXPECT_EQ(answers(), Lines{});
    EXPECT_FALSE(ended_);
    slow_[0]->reply(qapi::Empty{});
    EXPECT_EQ(answers(), (Lines{done("1"), done("2")}));
    EXPECT_TRUE(ended_);
}

TEST_F(QmpSessionTest, ReadsNotFromAClientThatTakesNoAnswers) {
    negotiate();
    std::string many;
    for (int i = 0; i < 200; ++i) {
        many += command("quick", R"("with an id that makes the answer long ..........")");
    }
    std::size_t sent = 0;
    while (true) {
        const ssize_t taken =
            send(client_.get(), many.data(), many.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0) {
            break;
        }
        sent += static_cast<std::size_t>(taken);
        ASSERT_LT(sent, std::size_t{16} << 20) << "it has to stop reading";
        loop_.run_pending();
    }
    EXPECT_FALSE(ended_);
    EXPECT_GT(answers().size(), 1000U) << "and goes on once they are taken";
}

TEST_F(QmpSessionTest, CutsOffAClientThatTakesNoEvents) {
    negotiate();
    const std::string event = "{" + std::string(65536, ' ') + "}";
    for (std::size_t i = 0; i < limits::kMonitorBacklog / 65536 + 100 && !ended_; ++i) {
        session_->send_event(event);
    }
    EXPECT_TRUE(ended_);
}

TEST_F(QmpSessionTest, SharesTheLoopWithOthers) {
    negotiate();
    constexpr std::size_t kMany = 8;
    std::string many;
    for (std::size_t i = 0; i < kMany; ++i) {
        many += command("spin", "1");
    }
    say(many);
    std::size_t got = 0;
    std::size_t most = 0;  // that were executed before others had their turn
    ASSERT_TRUE(loop_.run_until([&] {
        char buffer[4096];
        const ssize_t length = recv(client_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        const auto now = static_cast<std::size_t>(
            std::count(buffer, buffer + std::max<ssize_t>(length, 0), '\n'));
        most = std::max(most, now);
        return (got += now) == kMany;
    }));
    EXPECT_LE(most, 2U);
}

TEST_F(QmpSessionTest, ResyncsAfterFF) {
    negotiate();
    say("{\"execute\":\"qui\xff" + command("quick", "1"));
    const Lines lines = answers();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].starts_with(R"({"error")"));
    EXPECT_EQ(lines[1], done("1"));
}

}  // namespace
}  // namespace qnetdev
