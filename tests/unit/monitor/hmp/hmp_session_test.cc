// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_session.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "net/base/limits.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

/// Takes as long as a client may have at a time.
void spin(const HmpArguments& /*arguments*/, std::string_view /*typed*/, HmpCall call) {
    const auto end = std::chrono::steady_clock::now() + limits::kMonitorSlice;
    while (std::chrono::steady_clock::now() < end) {
    }
    call.print("spun\n");
}

TEST(HmpSession, SharesTheLoopWithOthers) {
    test::TestLoop loop;
    HmpTable table;
    table.add({.name = "spin", .run = spin});
    HmpMonitor monitor(loop.loop(), table, {});
    std::array<int, 2> ends = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const UniqueFd client(ends[0]);
    const auto session = std::make_shared<HmpSession>(
        monitor, *Transport::from_socket(UniqueFd(ends[1])), [](HmpSession&) {});
    ASSERT_TRUE(session->start());
    constexpr std::size_t kMany = 50;
    std::string lines;
    for (std::size_t i = 0; i < kMany; ++i) {
        lines += "spin\n";
    }
    ASSERT_EQ(send(client.get(), lines.data(), lines.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(lines.size()));
    std::size_t got = 0;
    std::size_t most = 0;  // that were executed before others had their turn
    EXPECT_TRUE(loop.run_until([&] {
        std::array<char, 4096> buffer = {};
        const ssize_t length = recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        const std::string_view text(buffer.data(),
                                    static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        std::size_t now = 0;
        for (std::size_t at = text.find("spun"); at != text.npos; at = text.find("spun", at + 1)) {
            ++now;
        }
        most = std::max(most, now);
        return (got += now) == kMany;
    }));
    EXPECT_EQ(got, kMany);
    EXPECT_LE(most, 2U);
    session->shut_down();
}

}  // namespace
}  // namespace qnetdev
