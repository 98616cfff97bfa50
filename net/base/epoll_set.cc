// SPDX-License-Identifier: MIT
#include "net/base/epoll_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>

namespace qnetdev {
namespace {

constexpr unsigned kEventsPerRound = 64;

std::uint32_t to_epoll(unsigned events) {
    return ((events & fd_readable) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
           ((events & fd_writable) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

unsigned from_epoll(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? unsigned{fd_readable} : 0U) |
           ((events & EPOLLOUT) != 0 ? unsigned{fd_writable} : 0U) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? unsigned{fd_broken} : 0U);
}

int epoll_timeout(std::chrono::milliseconds timeout) {
    using Limit = std::numeric_limits<int>;
    return timeout.count() < 0 ? -1
                               : static_cast<int>(std::min<std::chrono::milliseconds::rep>(
                                     timeout.count(), Limit::max()));
}

}  // namespace

Result<EpollSet> EpollSet::create() {
    UniqueFd epoll_fd(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_fd) {
        return Error::from_errno(errno, "cannot create an epoll instance");
    }
    return EpollSet(std::move(epoll_fd));
}

Result<EpollSet::Token> EpollSet::add(int fd, unsigned events, FdCallback callback) {
    if (free_.empty()) {
        slots_.emplace_back();
        free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    const std::uint32_t index = free_.back();
    const Token token = make_token(index);
    epoll_event event = {};
    event.events = to_epoll(events);
    event.data.u64 = token;
    if (epoll_ctl(epoll_fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return Error::from_errno(errno, "cannot watch descriptor " + std::to_string(fd));
    }
    free_.pop_back();
    slots_[index].fd = fd;
    slots_[index].events = events;
    slots_[index].callback = std::make_shared<FdCallback>(std::move(callback));
    return token;
}

Result<void> EpollSet::modify(Token token, unsigned events) {
    epoll_event event = {};
    event.events = to_epoll(events);
    event.data.u64 = token;
    if (epoll_ctl(epoll_fd_.get(), EPOLL_CTL_MOD, slot(token).fd, &event) != 0) {
        return Error::from_errno(errno, "cannot watch a descriptor");
    }
    slot(token).events = events;
    return {};
}

void EpollSet::remove(Token token) noexcept {
    Slot& removed = slot(token);
    (void)epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, removed.fd, nullptr);
    removed.fd = -1;
    removed.callback.reset();
    ++removed.generation;
    free_.push_back(static_cast<std::uint32_t>(token));
}

bool EpollSet::dispatch(std::chrono::milliseconds timeout) {
    std::array<epoll_event, kEventsPerRound> events;
    const int count =
        epoll_wait(epoll_fd_.get(), events.data(), int{events.size()}, epoll_timeout(timeout));
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const auto index = static_cast<std::uint32_t>(event.data.u64);
        if (make_token(index) != event.data.u64) {
            continue;  // removed by an earlier callback of this round
        }
        // An earlier callback of this round may also have changed what this one waits for.
        const unsigned ready = from_epoll(event.events) & (slots_[index].events | fd_broken);
        if (ready != fd_none) {
            // A copy of the owner: the callback may remove its own watch.
            const std::shared_ptr<FdCallback> callback = slots_[index].callback;
            (*callback)(ready);
        }
    }
    return count > 0;
}

void EpollSet::forget_callbacks() noexcept {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const std::shared_ptr<FdCallback> gone = std::move(slots_[i].callback);
    }
}

}  // namespace qnetdev
