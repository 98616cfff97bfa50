// SPDX-License-Identifier: MIT
#include "tests/netns/support.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "net/base/fd_reaper.h"
#include "net/client/net_context_internals.h"

namespace qnetdev::test {

void require(bool done, const std::string& what) {
    if (!done) {
        throw std::runtime_error("test preparation failed: " + what + ": " + std::strerror(errno));
    }
}

std::string outcome(const Result<void>& result) {
    if (result) {
        return "ok";
    }
    const Error& error = result.error();
    return error.message() + (error.hint().empty() ? "" : "\nhint: " + error.hint());
}

void Netns::SetUp() {
    require(unshare(CLONE_NEWNET) == 0, "unshare");
    set_up("lo");
    links_before_ = links();
    settings.log = Log([this](LogLevel level, std::string_view message) {
        if (level >= LogLevel::warning) {
            const std::lock_guard lock(log_mutex_);
            warnings_.emplace_back(message);
        }
    });
}

void Netns::TearDown() {
    context_.reset();
    if (!dir_.empty()) {
        std::filesystem::remove_all(dir_);
    }
    const std::map<std::string, Link> after = links();
    for (const auto& [name, link] : after) {
        EXPECT_TRUE(links_before_.contains(name)) << "left interface " << name << " behind";
    }
    EXPECT_EQ(after.size(), links_before_.size());
}

NetContext& Netns::context() {
    if (context_ == nullptr) {
        context_ = net_context_create(loop_.loop(), settings);
    }
    return *context_;
}

Result<void> Netns::init(Tap tap, const std::string& id, const NetInitOptions& options) {
    if (!tap.fd && !tap.fds && !tap.helper) {
        tap.script = tap.script.value_or("no");
        tap.downscript = tap.downscript.value_or("no");
    }
    qapi::Netdev netdev;
    netdev.id = id;
    netdev.branch = std::move(tap);
    return net_client_init(context(), netdev, options);
}

Result<void> Netns::init_bridge(qapi::NetdevBridgeOptions bridge, const std::string& id) {
    qapi::Netdev netdev;
    netdev.id = id;
    netdev.branch = std::move(bridge);
    return net_client_init(context(), netdev);
}

Result<void> Netns::remove(const std::string& id) {
    Result<void> removed = net_client_del(context(), id);
    context().internals().reaper().wait_all();
    return removed;
}

NetClientState& Netns::client(std::size_t queue, const std::string& id) {
    NetClientGroup* group = context().registry().find_backend(id);
    require(group != nullptr && queue < group->size(), "no queue of " + id);
    return group->client(queue);
}

TapState Netns::state(std::size_t queue, const std::string& id) {
    Result<TapState> state = tap_query(client(queue, id));
    require(bool(state), "tap_query");
    return *std::move(state);
}

std::vector<std::string> Netns::warnings() {
    const std::lock_guard lock(log_mutex_);
    return warnings_;
}

const std::string& Netns::dir() {
    if (dir_.empty()) {
        dir_ = ::testing::TempDir() + "netns_test.XXXXXX";
        require(mkdtemp(dir_.data()) != nullptr, "mkdtemp");
    }
    return dir_;
}

std::string Netns::write_program(const std::string& name, const std::string& text, unsigned mode) {
    std::string path = dir() + "/" + name;
    std::ofstream(path) << text;
    require(chmod(path.c_str(), mode) == 0, "chmod");
    return path;
}

std::string Netns::helper_program(const std::string& name) {
    std::string path = dir() + "/" + name;
    require(symlink(NETNS_TEST_HELPER, path.c_str()) == 0, "symlink");
    return path;
}

std::string Netns::content(const std::string& name) {
    std::ifstream file(dir() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

std::string read_all(int fd, int milliseconds) {
    std::string text;
    std::array<char, 4096> buffer;
    pollfd entry = {fd, POLLIN, 0};
    while (poll(&entry, 1, milliseconds) == 1) {
        const ssize_t count = read(fd, buffer.data(), buffer.size());
        if (count <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return "hung";
}

}  // namespace

std::string in_child(const std::function<std::string()>& body) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "pipe");
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        std::string text;
        try {
            text = body();
        } catch (const std::exception& failure) {
            text = failure.what();
        }
        _exit(write(write_end.get(), text.data(), text.size()) < 0 ? 1 : 0);
    }
    write_end.reset();
    std::string text = read_all(read_end.get(), 30000);
    (void)kill(pid, SIGKILL);
    require(waitpid(pid, nullptr, 0) == pid, "waitpid");
    return text.empty() ? "died" : text;
}

FewDescriptors::FewDescriptors(unsigned spare) {
    rlimit limit = {};
    require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    saved_ = limit.rlim_cur;
    // The limit is on the number, not on the count: gaps below it can be used as well.
    limit.rlim_cur = 0;
    for (unsigned free = 0; free < spare; ++limit.rlim_cur) {
        free += is_open(static_cast<int>(limit.rlim_cur)) ? 0 : 1;
    }
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

FewDescriptors::~FewDescriptors() {
    rlimit limit = {};
    require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = saved_;
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

bool is_nonblocking(int fd) {
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

bool is_close_on_exec(int fd) {
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace qnetdev::test
