// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// The watched descriptors of an event loop, on one epoll instance.
///
/// add(), modify() and remove() are those of EventLoop, and legal inside any callback.
class EpollSet {
public:
    using Token = EventLoop::Token;
    using FdCallback = EventLoop::FdCallback;

    static Result<EpollSet> create();

    /// Readable while a watched descriptor is ready.
    int fd() const { return epoll_fd_.get(); }

    Result<Token> add(int fd, unsigned events, FdCallback callback);
    Result<void> modify(Token token, unsigned events);
    void remove(Token token) noexcept;

    /// Waits until a descriptor is ready, at most `timeout` (negative: for ever), and calls the
    /// callbacks of one round. False if none was ready, or a signal was caught. Not for callbacks.
    bool dispatch(std::chrono::milliseconds timeout);

    /// For the end of a loop: what callbacks hold goes while the set is whole, because it may
    /// remove watches when it goes.
    void forget_callbacks() noexcept;

private:
    /// A watched descriptor. Tokens are slot number and generation, so that an event already
    /// fetched for a removed watch is recognised and dropped, also when the slot was taken again.
    struct Slot {
        int fd = -1;
        unsigned events = fd_none;
        std::uint32_t generation = 0;
        std::shared_ptr<FdCallback> callback = {};
    };

    explicit EpollSet(UniqueFd epoll_fd) : epoll_fd_(std::move(epoll_fd)) {}

    Token make_token(std::uint32_t index) const {
        return (Token{slots_[index].generation} << 32) | index;
    }
    Slot& slot(Token token) {
        const auto index = static_cast<std::uint32_t>(token);
        assert(index < slots_.size() && make_token(index) == token && slots_[index].fd >= 0);
        return slots_[index];
    }

    UniqueFd epoll_fd_;
    std::vector<Slot> slots_ = {};
    std::vector<std::uint32_t> free_ = {};
};

}  // namespace qnetdev
