// SPDX-License-Identifier: MIT
#include "net/monitor/wire/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

/// As long as it lives, the process gets no more descriptors.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
        const UniqueFd next(open("/dev/null", O_RDONLY | O_CLOEXEC));
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(next.get());
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
    ~NoMoreDescriptors() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }

private:
    rlimit before_ = {};
};

/// A socket that listens at an address which the kernel chooses.
UniqueFd listening_socket(sockaddr_un& address, socklen_t& size) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    address.sun_family = AF_UNIX;
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(listen(socket.get(), 5), 0);
    return socket;
}

TEST(Listener, AcceptsAgainOnceThereAreDescriptors) {
    test::TestLoop loop;
    std::vector<std::string> warnings;
    unsigned clients = 0;
    Listener listener(
        loop.loop(), Log([&](LogLevel, std::string_view text) { warnings.emplace_back(text); }),
        [] { return true; }, [&](UniqueFd) { ++clients; });
    sockaddr_un address = {};
    socklen_t size = sizeof address;
    ASSERT_TRUE(listener.start(listening_socket(address, size)));
    const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    {
        const NoMoreDescriptors none;
        ASSERT_TRUE(loop.run_until([&] { return !warnings.empty(); }));
        (void)loop.run_pending();
        EXPECT_EQ(warnings, std::vector<std::string>{
                                "cannot accept a monitor's client: Too many open files"});
        EXPECT_EQ(clients, 0U);
    }
    EXPECT_TRUE(loop.run_until([&] { return clients == 1; }));
}

}  // namespace
}  // namespace qnetdev
