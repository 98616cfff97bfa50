// SPDX-License-Identifier: MIT
#include "net/base/fd_disposer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <span>
#include <thread>
#include <vector>

#include "net/base/limits.h"
#include "net/base/send_fds.h"

namespace qnetdev {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLong{10'000};

template <class Condition>
bool wait_until(Condition condition) {
    const Clock::time_point deadline = Clock::now() + kLong;
    while (!condition()) {
        if (Clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

/// A TCP connection whose last close waits for 20 s, because the other end takes nothing.
struct LingeringSocket {
    LingeringSocket() {
        const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(bind(listener.get(), generic, size), 0);
        EXPECT_EQ(listen(listener.get(), 1), 0);
        EXPECT_EQ(getsockname(listener.get(), generic, &size), 0);
        fd = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(connect(fd.get(), generic, size), 0);
        other = UniqueFd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const linger on = {.l_onoff = 1, .l_linger = 20};
        EXPECT_EQ(setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &on, sizeof on), 0);
        static std::array<char, 65536> bytes = {};
        while (send(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
        }
    }

    UniqueFd fd;
    UniqueFd other;
};

std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator numbers("/proc/self/fd");
    return std::distance(begin(numbers), end(numbers));
}

TEST(FdDisposer, ClosesAndTellsTheAccount) {
    FdDisposer disposer;
    const auto account = std::make_shared<const bool>(true);
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int number = fd.get();
    disposer.dispose(std::move(fd), account);
    EXPECT_TRUE(wait_until([&] { return disposer.waiting() == 0; }));
    EXPECT_EQ(fcntl(number, F_GETFD), -1);
    EXPECT_EQ(account.use_count(), 1);
}

TEST(FdDisposer, DoesNotLinger) {
    std::vector<LingeringSocket> sockets(limits::kDisposerThreads + 2);
    FdDisposer disposer;
    const Clock::time_point begin = Clock::now();
    for (LingeringSocket& socket : sockets) {
        disposer.dispose(std::move(socket.fd));
    }
    EXPECT_TRUE(wait_until([&] { return disposer.waiting() == 0; }));
    EXPECT_LT(Clock::now() - begin, kLong);  // half of what one of them would wait
}

/// A connection that holds, unread, what lingers: nobody can be told not to.
UniqueFd connection_with(UniqueFd passed) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd sender(ends[0]);
    const int fd = passed.get();
    EXPECT_EQ(send_fds(sender.get(), ' ', std::span(&fd, 1)), 0);
    passed.reset();  // not by our caller, behind whoever closes the connection
    return UniqueFd(ends[1]);
}

TEST(FdDisposer, NobodyWaitsForWhatCannotBeClosed) {
    const std::ptrdiff_t before = open_descriptors();
    std::vector<LingeringSocket> sockets(limits::kDisposerThreads);
    const Clock::time_point begin = Clock::now();
    {
        FdDisposer disposer;
        for (LingeringSocket& socket : sockets) {
            disposer.dispose(connection_with(std::move(socket.fd)));
        }
        for (std::size_t count = disposer.waiting(); count < limits::kDisposedFds; ++count) {
            disposer.dispose(UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
            if (count % 128 == 0) {
                std::this_thread::yield();
            }
        }
        EXPECT_EQ(disposer.waiting(), limits::kDisposedFds);
        EXPECT_TRUE(disposer.is_full());
    }
    EXPECT_LT(Clock::now() - begin, kLong);
    sockets.clear();  // the other ends: now they can all be closed
    const Clock::time_point deadline = Clock::now() + milliseconds(10000);
    while (open_descriptors() > before && Clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_LE(open_descriptors(), before);
}

/// What is in a connection that is in a connection, of more of them than there are threads.
TEST(FdDisposer, NothingInASocketLingersForACloser) {
    const std::size_t count = 2 * limits::kDisposerThreads;
    std::vector<LingeringSocket> sockets(count);
    const auto closer = std::make_shared<SocketCloser>();
    auto disposer = std::make_unique<FdDisposer>(closer);
    std::vector<UniqueFd> others;
    for (LingeringSocket& socket : sockets) {
        disposer->dispose(connection_with(connection_with(std::move(socket.fd))));
        others.push_back(std::move(socket.other));
    }
    EXPECT_TRUE(wait_until([&] { return disposer->waiting() == 0; }));
    static std::array<char, 65536> bytes = {};
    for (const UniqueFd& other : others) {
        EXPECT_TRUE(wait_until([&] {
            return recv(other.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) == 0;
        })) << "its last holder has closed it";
    }
    disposer.reset();
    EXPECT_TRUE(wait_until([&] { return closer.use_count() == 1; })) << "its threads end";
}

TEST(FdDisposer, ACloserKeepsNothingOpen) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const SocketCloser closer;
    writer.reset();
    char byte = 0;
    EXPECT_TRUE(wait_until([&] { return read(reader.get(), &byte, 1) == 0; }));
}

}  // namespace
}  // namespace qnetdev
