// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "net/event_loop.h"
#include "net/log.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Accepts the clients of a listening socket for as long as it lives.
class Listener {
public:
    using OnClient = std::function<void(UniqueFd connected)>;

    /// While `may_accept` says no, those who connect wait.
    Listener(EventLoop& loop, Log log, std::function<bool()> may_accept, OnClient on_client)
        : loop_(loop),
          log_(std::move(log)),
          may_accept_(std::move(may_accept)),
          on_client_(std::move(on_client)) {}
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Takes the socket, which becomes non-blocking. Fails if it does not listen.
    Result<void> start(UniqueFd socket);

    /// Stops, and gives the socket away, to be closed.
    UniqueFd release();

private:
    Result<void> watch();
    void pause();
    void accept_one();

    EventLoop& loop_;
    Log log_;
    std::function<bool()> may_accept_;
    OnClient on_client_;
    UniqueFd socket_ = {};
    FdWatch watch_ = {};
    Timer retry_ = {};
};

}  // namespace qnetdev
