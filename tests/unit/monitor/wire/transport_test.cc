// SPDX-License-Identifier: MIT
#include "net/monitor/wire/transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace qnetdev {
namespace {

/// What one receive() gave: its bytes and number of descriptors.
using Part = std::pair<std::string, std::size_t>;

class TransportTest : public ::testing::Test {
protected:
    TransportTest() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        client_ = UniqueFd(ends[0]);
        const int room = 4 << 20;
        (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
        transport_ = std::make_unique<Transport>(*Transport::from_socket(UniqueFd(ends[1])));
    }

    void send(std::string text, std::size_t fds = 0) {
        iovec part = {text.data(), text.size()};
        std::vector<char> control(CMSG_SPACE(fds * sizeof(int)));
        const std::vector<int> numbers(fds, STDIN_FILENO);
        msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (fds > 0) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* rights = CMSG_FIRSTHDR(&message);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(fds * sizeof(int));
            std::memcpy(CMSG_DATA(rights), numbers.data(), fds * sizeof(int));
        }
        ASSERT_EQ(sendmsg(client_.get(), &message, 0), static_cast<ssize_t>(text.size()));
    }

    /// All that is there, read into a buffer of that size.
    std::vector<Part> receive(std::size_t size = 65536) {
        std::vector<Part> parts;
        std::vector<char> buffer(size);
        while (true) {
            Result<Transport::Received> received = transport_->receive(buffer);
            if (!received || received->length == 0) {
                return parts;
            }
            for (const UniqueFd& fd : received->fds) {
                EXPECT_TRUE((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
            }
            parts.emplace_back(std::string(buffer.data(), received->length), received->fds.size());
        }
    }

    UniqueFd client_;
    std::unique_ptr<Transport> transport_;
};

TEST_F(TransportTest, DescriptorsComeWithTheCommandOfTheirMessage) {
    send("{one}");
    send("{two}", 1);
    send("{three}\n{four}");
    send(" {five}", 2);
    EXPECT_EQ(
        receive(),
        (std::vector<Part>{
            {"{one}", 0}, {"{two}", 1}, {"{three}", 0}, {"\n", 0}, {"{four}", 0}, {" {five}", 2}}));
}

TEST_F(TransportTest, DescriptorsComeWithTheCommandThatTheyWereSentWithin) {
    send("{one}{tw");
    send("o}{three}", 1);
    EXPECT_EQ(receive(), (std::vector<Part>{{"{one}", 0}, {"{two}", 1}, {"{three}", 0}}));
}

TEST_F(TransportTest, ACommandWithArgumentsComesInOnePiece) {
    send("{one{}}{two");
    send("{}} {three{}}", 1);
    EXPECT_EQ(receive(), (std::vector<Part>{{"{one{}}", 0}, {"{two{}}", 1}, {" {three{}}", 0}}));
}

TEST_F(TransportTest, DescriptorsComeWithTheirLine) {
    send("info network\r\n");
    send("getfd a\n", 1);
    send("info version\n");
    EXPECT_EQ(receive(),
              (std::vector<Part>{
                  {"info network\r", 0}, {"\n", 0}, {"getfd a\n", 1}, {"info version\n", 0}}));
}

TEST_F(TransportTest, MessagesWithDescriptorsBackToBackStayApart) {
    std::vector<Part> sent;
    for (int i = 0; i < 100; ++i) {
        sent.emplace_back("message " + std::to_string(i), 1 + i % 3);
        send(sent.back().first, sent.back().second);
    }
    EXPECT_EQ(receive(), sent);
}

TEST_F(TransportTest, PlainMessagesMayBeJoined) {
    send("a");
    send("b");
    EXPECT_EQ(receive(), (std::vector<Part>{{"ab", 0}}));
}

TEST_F(TransportTest, TakesAsManyDescriptorsAsAMessageCanHave) {
    send("many", 253);
    send("many more", 253);
    EXPECT_EQ(receive(), (std::vector<Part>{{"many", 253}, {"many more", 253}}));
}

TEST_F(TransportTest, FindsTheCommandWhereverItIs) {
    for (const std::size_t before : {0U, 1U, 2U, 3U, 100U, 511U, 512U, 513U, 20000U}) {
        for (const std::size_t length : {1U, 2U, 511U, 512U, 513U, 1000U}) {
            std::string plain;
            while (plain.size() < before) {
                plain += std::string(std::min(length, before - plain.size()) - 1, 'x') + "}";
            }
            send(plain);
            send("{fd}", 1);
            send("{after}");
            std::string read;
            for (const auto& [text, fds] : receive()) {
                EXPECT_EQ(fds, text == "{fd}" ? 1U : 0U) << text;
                read += text;
            }
            EXPECT_EQ(read, plain + "{fd}{after}");
        }
    }
}

TEST_F(TransportTest, ABigMessageHasItsDescriptorsAtItsStart) {
    send("{small}");
    send(std::string(std::size_t{1} << 20, 'y') + "}", 3);
    send("{small}");
    std::size_t length = 0;
    for (const auto& [text, fds] : receive()) {
        EXPECT_EQ(fds, length == 7 ? 3U : 0U) << "after " << length;
        length += text.size();
    }
    EXPECT_EQ(length, (std::size_t{1} << 20) + 15);
}

TEST_F(TransportTest, CredentialsAreNoDescriptors) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const int on = 1;
    ASSERT_EQ(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
    client_ = UniqueFd(ends[0]);
    transport_ = std::make_unique<Transport>(*Transport::from_socket(UniqueFd(ends[1])));
    send("{one}");
    send("{two}", 1);
    EXPECT_EQ(receive(), (std::vector<Part>{{"{one}", 0}, {"{two}", 1}}));
}

TEST_F(TransportTest, TellsTheEndAndThatNothingIsThere) {
    std::vector<char> buffer(16);
    Result<Transport::Received> received = transport_->receive(buffer);
    ASSERT_TRUE(received);
    EXPECT_FALSE(received->end);
    EXPECT_EQ(received->length, 0U);
    send("last", 1);
    client_.reset();
    received = transport_->receive(buffer);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->length, 4U);
    received = transport_->receive(buffer);
    ASSERT_TRUE(received);
    EXPECT_TRUE(received->end);
    EXPECT_FALSE(transport_->send("x")) << "and raises no signal";
}

TEST_F(TransportTest, SendsWhatTheKernelTakes) {
    const std::string text(std::size_t{64} << 20, 'z');
    const Result<std::size_t> taken = transport_->send(text);
    ASSERT_TRUE(taken);
    EXPECT_GT(*taken, 0U);
    EXPECT_LT(*taken, text.size());
    const Result<std::size_t> more = transport_->send(text);
    ASSERT_TRUE(more);
    EXPECT_EQ(*more, 0U);
}

TEST_F(TransportTest, KnowsWhoTheClientIs) {
    const Result<PeerCredentials> peer = transport_->peer();
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->pid, getpid());
    EXPECT_EQ(peer->uid, geteuid());
}

TEST(Transport, RefusesWhatIsNoStreamSocket) {
    EXPECT_FALSE(Transport::from_socket(UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC))));
    EXPECT_FALSE(
        Transport::from_socket(UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))));
    EXPECT_FALSE(Transport::from_socket(UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))));
}

TEST(Transport, LeavesTheFlagsOfPipesAlone) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const int input = ends[0];
    Transport transport = Transport::from_pipes(UniqueFd(ends[0]), UniqueFd(ends[1]));
    const Result<std::size_t> taken = transport.send(std::string(std::size_t{1} << 20, 'p'));
    ASSERT_TRUE(taken);
    std::size_t total = *taken;
    for (Result<std::size_t> more = std::size_t{1}; more && *more > 0; total += *more) {
        more = transport.send(std::string(4096, 'p'));
    }
    EXPECT_GE(total, 4096U);
    EXPECT_EQ(fcntl(input, F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace qnetdev
