// SPDX-License-Identifier: MIT
#include "tests/support/fake_vhost.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace qnetdev::test {
namespace {

constexpr std::size_t kMostRegions = 64;  // max_mem_regions of the module, by default
constexpr unsigned kMostEntries = 32768;

ino_t inode_of(int fd) {
    struct stat status = {};
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

bool is_hung_up(int fd) {
    pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP) != 0;
}

bool is_event(int fd) {
    std::array<char, 64> target{};
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return readlink(path.c_str(), target.data(), target.size() - 1) > 0 &&
           std::string_view(target.data()) == "anon_inode:[eventfd]";
}

/// An end of a pair such as FakeTun's.
bool is_tap(int fd) {
    int type = 0;
    socklen_t length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

bool is_kernels(std::uint64_t address) {
    return (address >> 63) != 0;
}

Error refuse(const std::string& name, int errnum) {
    return Error::from_errno(errnum, name);
}

}  // namespace

UniqueFd FakeVhost::make_device() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::runtime_error("FakeVhost is out of descriptors");
    }
    devices_[inode_of(ends[0])].other_end = UniqueFd(ends[1]);
    return UniqueFd(ends[0]);
}

void FakeVhost::drop_closed() {
    std::erase_if(devices_,
                  [](const auto& entry) { return is_hung_up(entry.second.other_end.get()); });
}

FakeVhost::Device* FakeVhost::find(int fd) {
    drop_closed();
    const auto found = devices_.find(inode_of(fd));
    return found == devices_.end() ? nullptr : &found->second;
}

std::size_t FakeVhost::device_count() {
    drop_closed();
    return devices_.size();
}

void FakeVhost::fail(std::string_view name, unsigned nth, int errnum) {
    failures_.push_back({std::string(name), nth, errnum});
}

std::size_t FakeVhost::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        calls_.begin(), calls_.end(),
        [&](const std::string& call) { return call.substr(0, call.find(' ')) == name; }));
}

int FakeVhost::enter(const std::string& name, const std::string& arguments) {
    const std::string text = arguments.empty() ? name : name + " " + arguments;
    if (before_call) {
        before_call(text);
    }
    calls_.push_back(text);
    int errnum = 0;
    for (Failure& failure : failures_) {
        if (failure.name == name && failure.calls_left > 0 && --failure.calls_left == 0) {
            errnum = failure.errnum;
        }
    }
    return errnum;
}

Result<FakeVhost::Device*> FakeVhost::device(const std::string& name, int fd,
                                             const std::string& arguments) {
    const int due = enter(name, arguments);
    if (due != 0) {
        return refuse(name, due);
    }
    Device* found = find(fd);
    if (found == nullptr) {
        return refuse(name, fcntl(fd, F_GETFD) < 0 ? EBADF : ENOTTY);
    }
    return found;
}

Result<FakeVhost::Device*> FakeVhost::owned(const std::string& name, int fd,
                                            const std::string& arguments) {
    Device* found = NET_TRY(device(name, fd, arguments));
    return found->owner == process ? Result<Device*>(found) : refuse(name, EPERM);
}

Result<FakeVhost::Ring*> FakeVhost::ring_of(const std::string& name, int fd, unsigned ring,
                                            long long value) {
    Device* found = NET_TRY(owned(name, fd, std::to_string(ring) + " " + std::to_string(value)));
    return ring < found->rings.size() ? Result<Ring*>(&found->rings[ring]) : refuse(name, ENOBUFS);
}

Result<UniqueFd> FakeVhost::open_vhost() {
    const int due = enter("open", "");
    if (due != 0 || open_errnum != 0) {
        return refuse("cannot open /dev/vhost-net", due != 0 ? due : open_errnum);
    }
    UniqueFd fd = make_device();
    (void)fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    return fd;
}

Result<bool> FakeVhost::is_vhost_net(int fd) {
    const int due = enter("statx", "");
    if (due != 0 || fcntl(fd, F_GETFD) < 0) {
        return refuse("statx", due != 0 ? due : EBADF);
    }
    return find(fd) != nullptr;
}

Result<UniqueFd> FakeVhost::make_event() {
    const int due = enter("eventfd", "");
    if (due != 0) {
        return refuse("eventfd", due);
    }
    return UniqueFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

Result<void> FakeVhost::set_owner(int fd) {
    Device* found = NET_TRY(device("VHOST_SET_OWNER", fd));
    if (found->owner.has_value()) {
        return refuse("VHOST_SET_OWNER", EBUSY);
    }
    found->owner = process;
    return {};
}

Result<void> FakeVhost::reset_owner(int fd) {
    Device* found = NET_TRY(owned("VHOST_RESET_OWNER", fd));
    found->owner.reset();
    found->memory.reset();
    found->rings = {};
    return {};
}

Result<std::uint64_t> FakeVhost::get_features(int fd) {
    NET_TRY(device("VHOST_GET_FEATURES", fd));
    return features.low;
}

Result<void> FakeVhost::set_features(int fd, std::uint64_t wanted) {
    const std::string name = "VHOST_SET_FEATURES";
    Device* found = NET_TRY(device(name, fd, to_string(VhostFeatures{wanted, 0})));
    if ((wanted & ~features.low) != 0) {
        return refuse(name, EOPNOTSUPP);
    }
    found->features = {wanted, 0};
    return {};
}

Result<VhostFeatures> FakeVhost::get_features_array(int fd) {
    const std::string name = "VHOST_GET_FEATURES_ARRAY";
    const Device* found = NET_TRY(device(name, fd));
    if (!has_feature_arrays) {
        // An old kernel takes the argument for a ring's, and its count of words for a number.
        return refuse(name, found->owner == process ? ENOBUFS : EPERM);
    }
    return features;
}

Result<void> FakeVhost::set_features_array(int fd, VhostFeatures wanted) {
    const std::string name = "VHOST_SET_FEATURES_ARRAY";
    Device* found = NET_TRY(device(name, fd, to_string(wanted)));
    if (!has_feature_arrays) {
        return refuse(name, found->owner == process ? ENOBUFS : EPERM);
    }
    if (wanted.without(features) != VhostFeatures{}) {
        return refuse(name, EOPNOTSUPP);
    }
    found->features = wanted;
    return {};
}

Result<std::uint64_t> FakeVhost::get_backend_features(int fd) {
    NET_TRY(device("VHOST_GET_BACKEND_FEATURES", fd));
    return std::uint64_t{2};
}

Result<void> FakeVhost::set_backend_features(int fd, std::uint64_t wanted) {
    const std::string name = "VHOST_SET_BACKEND_FEATURES";
    NET_TRY(device(name, fd, std::to_string(wanted)));
    return (wanted & ~std::uint64_t{2}) == 0 ? Result<void>() : refuse(name, EOPNOTSUPP);
}

Result<void> FakeVhost::set_mem_table(int fd, std::span<const VhostMemoryRegion> regions) {
    const std::string name = "VHOST_SET_MEM_TABLE";
    Device* found = NET_TRY(owned(name, fd, std::to_string(regions.size())));
    if (regions.size() > kMostRegions) {
        return refuse(name, E2BIG);
    }
    for (const VhostMemoryRegion& region : regions) {
        if (region.guest_address + region.size < region.guest_address) {
            return refuse(name, EFAULT);
        }
    }
    found->memory.emplace(regions.begin(), regions.end());
    return {};
}

Result<void> FakeVhost::set_log_base(int fd, std::uint64_t address) {
    Device* found = NET_TRY(owned("VHOST_SET_LOG_BASE", fd));
    found->log_base = address;
    return {};
}

Result<void> FakeVhost::set_vring_num(int fd, unsigned ring, unsigned entries) {
    const std::string name = "VHOST_SET_VRING_NUM";
    Ring* found = NET_TRY(ring_of(name, fd, ring, entries));
    if (found->backend >= 0) {
        return refuse(name, EBUSY);
    }
    if (entries == 0 || (entries & (entries - 1)) != 0 || entries > kMostEntries) {
        return refuse(name, EINVAL);
    }
    found->entries = entries;
    return {};
}

Result<void> FakeVhost::set_vring_base(int fd, unsigned ring, unsigned next) {
    const std::string name = "VHOST_SET_VRING_BASE";
    Ring* found = NET_TRY(ring_of(name, fd, ring, next));
    if (found->backend >= 0) {
        return refuse(name, EBUSY);
    }
    if (next > 0xffff) {
        return refuse(name, EINVAL);
    }
    found->base = next;
    return {};
}

Result<unsigned> FakeVhost::get_vring_base(int fd, unsigned ring) {
    const Ring* found = NET_TRY(ring_of("VHOST_GET_VRING_BASE", fd, ring, 0));
    return found->base;
}

Result<void> FakeVhost::set_vring_addr(int fd, unsigned ring, const VhostRingAddress& where) {
    const std::string name = "VHOST_SET_VRING_ADDR";
    Ring* found = NET_TRY(ring_of(name, fd, ring, where.log ? 1 : 0));
    if (where.available % 2 != 0 || where.used % 4 != 0 || where.log.value_or(0) % 4 != 0) {
        return refuse(name, EINVAL);
    }
    found->address = where;
    return {};
}

Result<void> FakeVhost::set_event(const std::string& name, int fd, unsigned ring, int event_fd,
                                  int Ring::*member) {
    Ring* found = NET_TRY(ring_of(name, fd, ring, event_fd >= 0 ? 1 : -1));
    if (event_fd != -1 && fcntl(event_fd, F_GETFD) < 0) {
        return refuse(name, EBADF);
    }
    if (event_fd != -1 && !is_event(event_fd)) {
        return refuse(name, EINVAL);
    }
    found->*member = event_fd;
    return {};
}

Result<void> FakeVhost::set_vring_kick(int fd, unsigned ring, int event_fd) {
    return set_event("VHOST_SET_VRING_KICK", fd, ring, event_fd, &Ring::kick);
}

Result<void> FakeVhost::set_vring_call(int fd, unsigned ring, int event_fd) {
    return set_event("VHOST_SET_VRING_CALL", fd, ring, event_fd, &Ring::call);
}

Result<void> FakeVhost::set_vring_err(int fd, unsigned ring, int event_fd) {
    return set_event("VHOST_SET_VRING_ERR", fd, ring, event_fd, &Ring::err);
}

Result<void> FakeVhost::set_vring_busyloop(int fd, unsigned ring, std::uint32_t microseconds) {
    const std::string name = "VHOST_SET_VRING_BUSYLOOP_TIMEOUT";
    Ring* found = NET_TRY(ring_of(name, fd, ring, microseconds));
    if (!has_busy_poll) {
        return refuse(name, ENOTTY);
    }
    found->busy_poll_us = microseconds;
    return {};
}

Result<void> FakeVhost::set_backend(int fd, unsigned ring, int tap_fd) {
    const std::string name = "VHOST_NET_SET_BACKEND";
    Ring* found = NET_TRY(ring_of(name, fd, ring, tap_fd >= 0 ? 1 : -1));
    const VhostRingAddress& where = found->address;
    if (!find(fd)->memory.has_value() || is_kernels(where.descriptors) || is_kernels(where.used) ||
        is_kernels(where.available)) {
        return refuse(name, EFAULT);
    }
    if (tap_fd != -1 && !is_tap(tap_fd)) {
        return refuse(name, ENOTSOCK);
    }
    found->backend = tap_fd;
    return {};
}

}  // namespace qnetdev::test
