// SPDX-License-Identifier: MIT
#include "tests/support/fake_tun.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace qnetdev::test {
namespace {

constexpr std::size_t kMaxQueues = 256;
constexpr unsigned kSwitchable =
    tun_flags::kVnetHdr | tun_flags::kMultiQueue | tun_flags::kOneQueue | tun_flags::kNoPacketInfo;

ino_t inode_of(int fd) {
    struct stat status = {};
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/// A name or template, or nothing for the kernel's own.
bool is_valid_name(const std::string& name) {
    const std::size_t percent = name.find('%');
    return name.size() <= 15 && name != "." && name != ".." &&
           name.find_first_of("/: \t") == std::string::npos &&
           (percent == std::string::npos || (name.compare(percent, 2, "%d") == 0 &&
                                             name.find('%', percent + 1) == std::string::npos));
}

bool is_hung_up(int fd) {
    pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP) != 0;
}

}  // namespace

FakeTun::FakeTun() : user(geteuid()) {}
FakeTun::~FakeTun() = default;

unsigned FakeTun::add_interface(const std::string& name, Interface interface) {
    if (interface.index == 0) {
        interface.index = next_index_++;
    }
    if (interface.is_macvtap) {
        nodes_[interface.index] = name;
    }
    const unsigned index = interface.index;
    interfaces_[name] = std::move(interface);
    return index;
}

const FakeTun::Interface* FakeTun::find(const std::string& name) {
    drop_closed();
    const auto found = interfaces_.find(name);
    return found == interfaces_.end() ? nullptr : &found->second;
}

std::size_t FakeTun::interface_count() {
    drop_closed();
    return interfaces_.size();
}

UniqueFd FakeTun::open_queue(const std::string& name, unsigned flags) {
    drop_closed();
    UniqueFd fd = make_queue(true);
    std::string settled = name;
    if (attach(fd.get(), &settled, tun_flags::kTap | tun_flags::kNoPacketInfo | flags) != 0) {
        throw std::logic_error("FakeTun refuses " + name);
    }
    return fd;
}

void FakeTun::expect_foreign(const std::string& name, unsigned flags) {
    foreign_ = {name, flags};
}

void FakeTun::fail(TunCall call, unsigned nth, int errnum) {
    failures_.push_back({call, nth, errnum});
}

std::vector<long> FakeTun::values(TunCall call) const {
    std::vector<long> values;
    for (const Call& made : calls_) {
        if (made.call == call) {
            values.push_back(made.value);
        }
    }
    return values;
}

void FakeTun::put_frame(int fd, std::string_view bytes) const {
    if (send(wire(fd), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
        throw std::logic_error("FakeTun cannot send");
    }
}

std::optional<std::string> FakeTun::get_frame(int fd) const {
    std::array<char, 70000> buffer;
    const ssize_t count = recv(wire(fd), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return count < 0 ? std::nullopt
                     : std::optional(std::string(buffer.data(), static_cast<std::size_t>(count)));
}

void FakeTun::break_queue(int fd) {
    // A socket whose peer is closed with data unread reports ECONNRESET, as a tap does EBADFD.
    if (write(fd, "x", 1) != 1) {
        throw std::logic_error("FakeTun cannot break the queue");
    }
    remove(queues_.at(fd).interface);
    queues_.erase(fd);
}

std::optional<Error> FakeTun::enter(Call call) {
    if (before_call) {
        before_call(call);
    }
    drop_closed();
    std::optional<Error> due;
    for (Failure& failure : failures_) {
        if (failure.call == call.call && failure.calls_left > 0 && --failure.calls_left == 0) {
            due = refuse(call, failure.errnum);
        }
    }
    calls_.push_back(std::move(call));
    return due;
}

void FakeTun::drop_closed() {
    for (auto queue = queues_.begin(); queue != queues_.end();) {
        const bool closed = queue->second.wire ? is_hung_up(queue->second.wire.get())
                                               : inode_of(queue->first) != queue->second.inode;
        if (!closed) {
            ++queue;
            continue;
        }
        const auto interface = interfaces_.find(queue->second.interface);
        if (interface != interfaces_.end()) {
            std::erase(interface->second.queues, queue->first);
            if (interface->second.queues.empty() && !interface->second.persistent) {
                interfaces_.erase(interface);
            }
        }
        queue = queues_.erase(queue);
    }
}

UniqueFd FakeTun::make_queue(bool blocking) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0,
                   ends.data()) != 0) {
        throw std::runtime_error("FakeTun is out of descriptors");
    }
    queues_[ends[0]] = Queue{.wire = UniqueFd(ends[1]), .inode = inode_of(ends[0])};
    return UniqueFd(ends[0]);
}

FakeTun::Interface* FakeTun::named(const std::string& name) {
    const auto found = interfaces_.find(name);
    return found == interfaces_.end() || !found->second.in_our_namespace ? nullptr : &found->second;
}

void FakeTun::remove(const std::string& name) {
    interfaces_.erase(name);
    for (auto& [fd, queue] : queues_) {
        if (queue.interface == name) {
            queue.interface.clear();
            queue.detached = false;
        }
    }
}

// In the order in which tun_set_iff() and tun_attach() look, in drivers/net/tun.c.
int FakeTun::check_attach(const Interface& interface, unsigned flags) const {
    if (!interface.is_tun_device || interface.is_macvtap ||  // its queues come from its own node
        ((interface.flags ^ flags) & (tun_flags::kMultiQueue | tun_flags::kTap)) != 0) {
        return EINVAL;
    }
    if (!may_administer &&
        (interface.owner.value_or(user) != user || interface.group.has_value())) {
        return EPERM;
    }
    if ((flags & tun_flags::kMultiQueue) == 0 && !interface.queues.empty()) {
        return EBUSY;
    }
    return interface.queues.size() >= kMaxQueues ? E2BIG : 0;
}

int FakeTun::create(std::string* name, unsigned flags) {
    if (!may_administer) {
        return EPERM;
    }
    if ((flags & tun_flags::kTap) == 0 || !is_valid_name(*name)) {
        return EINVAL;
    }
    if (name->empty()) {
        *name = "tap%d";
    }
    const std::size_t percent = name->find("%d");
    if (percent != std::string::npos) {
        unsigned number = 0;
        std::string candidate;
        do {
            candidate = *name;
            candidate.replace(percent, 2, std::to_string(number++));
        } while (interfaces_.contains(candidate));
        *name = candidate;
    }
    if (interfaces_.contains(*name)) {
        throw std::logic_error("FakeTun has one " + *name + " for all namespaces");
    }
    interfaces_[*name].index = next_index_++;
    return 0;
}

int FakeTun::attach(int fd, std::string* name, unsigned asked) {
    const unsigned flags = asked & ~tun_flags::kExclusive;
    const auto queue = queues_.find(fd);
    if (queue == queues_.end()) {
        return errno_of_no_queue(fd);
    }
    const std::string& bound = queue->second.interface;
    if (!bound.empty()) {  // by its node, or it has been here before
        if (!interfaces_.at(bound).is_macvtap) {
            return EEXIST;
        }
        *name = bound;
    } else if (const Interface* existing = named(*name)) {
        const int problem = flags != asked ? EBUSY : check_attach(*existing, flags);
        if (problem != 0) {
            return problem;
        }
    } else if (const int problem = create(name, flags); problem != 0) {
        return problem;
    }
    Interface& interface = interfaces_.at(*name);
    if (std::count(interface.queues.begin(), interface.queues.end(), fd) == 0) {
        interface.queues.push_back(fd);
    }
    queue->second.interface = *name;
    if ((flags & tun_flags::kMultiQueue) != 0 && interface.queues.size() > 1) {
        return 0;  // the others go on as they are
    }
    interface.flags = (interface.flags & ~kSwitchable) | flags;
    return 0;
}

}  // namespace qnetdev::test
