// SPDX-License-Identifier: MIT
#include "tests/support/leak_listener.h"

#include <dirent.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

namespace qnetdev::test {

std::map<int, std::string> open_fds() {
    std::map<int, std::string> fds;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir("/proc/self/fd"), &closedir);
    if (!dir) {
        return fds;
    }
    while (const dirent* entry = readdir(dir.get())) {
        const std::string_view name = entry->d_name;
        int number = -1;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
        if (parsed.ec != std::errc() || number == dirfd(dir.get())) {
            continue;
        }
        std::array<char, 256> target{};
        const ssize_t length =
            readlinkat(dirfd(dir.get()), entry->d_name, target.data(), target.size());
        fds.emplace(number, std::string(target.data(), length > 0 ? size_t(length) : 0));
    }
    return fds;
}

bool has_children() {
    siginfo_t info = {};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void LeakListener::OnTestStart(const ::testing::TestInfo&) {
    before_ = open_fds();
}

namespace {

bool has_more_than(const std::map<int, std::string>& before) {
    const std::map<int, std::string> now = open_fds();
    return std::any_of(now.begin(), now.end(),
                       [&](const auto& entry) { return !before.contains(entry.first); });
}

/// What clients have sent is closed by a thread that nobody waits for.
void await_closing(const std::map<int, std::string>& before) {
    for (int i = 0; i < 2000 && has_more_than(before); ++i) {
        (void)poll(nullptr, 0, 1);
    }
}

}  // namespace

void LeakListener::OnTestEnd(const ::testing::TestInfo&) {
    await_closing(before_);
    const std::map<int, std::string> after = open_fds();
    for (const auto& [number, target] : after) {
        if (!before_.contains(number)) {
            ADD_FAILURE() << "leaked descriptor " << number << ": " << target;
        }
    }
    for (const auto& [number, target] : before_) {
        if (!after.contains(number)) {
            ADD_FAILURE() << "closed a descriptor that was not its own, " << number << ": "
                          << target;
        } else if (after.at(number) != target) {
            ADD_FAILURE() << "replaced descriptor " << number << ", " << target << ", by "
                          << after.at(number);
        }
    }
    if (has_children()) {
        ADD_FAILURE() << "left a child process behind";
    }
}

}  // namespace qnetdev::test
