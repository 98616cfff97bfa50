// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "net/event_loop.h"
#include "net/log.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace net {

/// Accepts the clients of a listening socket for as long as it lives.
class Listener {
public:
    using OnClient = std::function<void(UniqueFd connected)>;

    Listener(EventLoop& loop, Log log, OnClient on_client)
        : loop_(loop), log_(std::move(log)), on_client_(std::move(on_client)) {}
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Takes the socket, which becomes non-blocking. Fails if it does not listen.
    Result<void> start(UniqueFd socket);

private:
    Result<void> watch();
    void accept_one();

    EventLoop& loop_;
    Log log_;
    OnClient on_client_;
    UniqueFd socket_ = {};
    FdWatch watch_ = {};
    Timer retry_ = {};
};

}  // namespace net
