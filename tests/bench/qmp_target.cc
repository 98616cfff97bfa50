// SPDX-License-Identifier: MIT
#include "qmp_target.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "qmp_floor.h"

namespace bench {
namespace {

constexpr std::chrono::seconds kStartLimit{20};

double now_ms() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

[[noreturn]] void die(const std::string& what) {
    std::fprintf(stderr, "monitor_bench: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

std::string socket_path(const std::string& name) {
    return "/tmp/monitor_bench." + std::to_string(getpid()) + "." + name;
}

[[noreturn]] void exec(std::vector<std::string> argv, const std::string& path) {
    argv.emplace_back("-qmp");
    argv.push_back("unix:" + path + ",server=on,wait=off");
    std::vector<char*> words;
    for (std::string& word : argv) {
        words.push_back(word.data());
    }
    words.push_back(nullptr);
    (void)freopen("/dev/null", "w", stdout);
    execvp(words[0], words.data());
    _exit(127);
}

}  // namespace

QmpTarget::QmpTarget(std::string name, std::vector<std::string> argv) : name_(std::move(name)) {
    const std::string path = socket_path(name_);
    const double started = now_ms();
    (void)fflush(stdout);  // or the child prints it again
    pid_ = fork();
    if (pid_ == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        exec(std::move(argv), path);
    }
    connect(path);
    negotiate(started);
}

QmpTarget::QmpTarget(std::string name) : name_(std::move(name)) {
    std::array<int, 2> ends = {};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        die("socketpair");
    }
    socket_ = qnetdev::UniqueFd(ends[0]);
    qnetdev::UniqueFd theirs(ends[1]);
    (void)fflush(stdout);  // or the child prints it again
    pid_ = fork();
    if (pid_ == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        socket_.reset();
        serve_qmp_floor(theirs.get());
    }
    theirs.reset();
    negotiate(now_ms());
}

QmpTarget::~QmpTarget() {
    if (pid_ > 0) {
        (void)kill(pid_, SIGKILL);
        (void)waitpid(pid_, nullptr, 0);
    }
}

void QmpTarget::connect(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
    while (std::chrono::steady_clock::now() < deadline) {
        socket_ = qnetdev::UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0) {
            (void)unlink(path.c_str());
            return;
        }
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    die(name_ + " does not listen");
}

void QmpTarget::negotiate(double started) {
    (void)receive();
    startup_ = now_ms() - started;
    (void)ask("{\"execute\":\"qmp_capabilities\"}\n");
}

void QmpTarget::send(std::string_view text, int fd) {
    iovec part = {const_cast<char*>(text.data()), text.size()};
    msghdr message = {};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    if (sendmsg(socket_.get(), &message, 0) != static_cast<ssize_t>(text.size())) {
        die("sending to " + name_);
    }
}

std::string QmpTarget::receive() {
    while (true) {
        const std::size_t end = buffer_.find('\n');
        if (end != buffer_.npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (line.find("\"event\"") == line.npos) {
                return line;
            }
            continue;
        }
        std::array<char, 65536> chunk;
        const ssize_t count = recv(socket_.get(), chunk.data(), chunk.size(), 0);
        if (count <= 0) {
            die("receiving from " + name_);
        }
        buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

std::string QmpTarget::ask(std::string_view text, int fd, bool may_fail) {
    send(text, fd);
    std::string answer = receive();
    if (!may_fail && answer.find("\"error\"") != answer.npos) {
        std::fprintf(stderr, "monitor_bench: %s: %s\n", name_.c_str(), answer.c_str());
        std::exit(1);
    }
    return answer;
}

void QmpTarget::await_end() {
    (void)waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

double QmpTarget::resident() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) {
            return std::strtod(line.c_str() + 6, nullptr);
        }
    }
    return 0;
}

std::size_t QmpTarget::descriptors() const {
    const std::filesystem::directory_iterator fds("/proc/" + std::to_string(pid_) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(fds), end(fds)));
}

}  // namespace bench
