// SPDX-License-Identifier: MIT
#include "qmp_floor.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tap_floor.h"

namespace bench {
namespace {

constexpr std::string_view kDone = "{\"return\": {}}\r\n";

class Floor {
public:
    explicit Floor(int socket) : socket_(socket), epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
        epoll_event event = {};
        event.events = EPOLLIN;
        (void)epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, socket_, &event);
    }

    [[noreturn]] void serve() {
        write_all("{\"QMP\": {}}\r\n");
        while (true) {
            epoll_event event = {};
            (void)epoll_wait(epoll_fd_, &event, 1, -1);
            read_some();
        }
    }

private:
    void write_all(std::string_view text) { (void)!write(socket_, text.data(), text.size()); }

    void read_some() {
        std::array<char, 65536> bytes;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
        iovec part = {bytes.data(), bytes.size()};
        msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t count = recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
        if (count <= 0) {
            std::_Exit(0);
        }
        if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            passed_.push_back(fd);
        }
        answer_all({bytes.data(), static_cast<std::size_t>(count)});
    }

    /// The client ends each command with a newline, and sends no part of one.
    void answer_all(std::string_view commands) {
        std::string answers;
        while (!commands.empty()) {
            const std::size_t end = commands.find('\n');
            act(commands.substr(0, end));
            answers += kDone;
            commands.remove_prefix(end + 1);
        }
        write_all(answers);
    }

    static std::string_view member(std::string_view command, std::string_view name) {
        const std::size_t at = command.find("\"" + std::string(name) + "\":");
        if (at == command.npos) {
            return {};
        }
        command.remove_prefix(at + name.size() + 3);
        if (command.front() == '"') {
            command.remove_prefix(1);
            return command.substr(0, command.find('"'));
        }
        return command.substr(0, command.find_first_of(",}"));
    }

    void act(std::string_view command) {
        if (command.find("netdev_add") != command.npos) {
            add(command);
        } else if (command.find("netdev_del") != command.npos) {
            const auto found = netdevs_.find(std::string(member(command, "id")));
            if (found != netdevs_.end()) {
                close_all(found->second);
                netdevs_.erase(found);
            }
        } else if (command.find("\"quit\"") != command.npos) {
            write_all(kDone);
            std::_Exit(0);
        }
    }

    void add(std::string_view command) {
        std::vector<int>& fds = netdevs_[std::string(member(command, "id"))];
        if (command.find("\"fds\"") != command.npos) {
            fds.swap(passed_);
            for (const int fd : fds) {
                epoll_event event = {};
                event.events = EPOLLIN;
                (void)epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
            }
            return;
        }
        const std::string ifname(member(command, "ifname"));
        const std::string queues(member(command, "queues"));
        if (!ifname.empty()) {
            fds = open_tap(ifname.c_str(),
                           static_cast<unsigned>(queues.empty() ? 1 : std::stoul(queues)), true,
                           epoll_fd_);
        }
    }

    int socket_;
    int epoll_fd_;
    std::vector<int> passed_ = {};
    std::map<std::string, std::vector<int>> netdevs_ = {};
};

}  // namespace

void serve_qmp_floor(int socket) {
    Floor(socket).serve();
}

}  // namespace bench
