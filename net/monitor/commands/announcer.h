// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "net/event_loop.h"
#include "net/net_context.h"
#include "qapi/net_types.h"

namespace qnetdev {

/// Lets NICs announce themselves several times (QMP announce-self).
class Announcer {
public:
    explicit Announcer(NetContext& context) : context_(context) {}

    /// Announces at once, and again as the parameters say. Fails if they are out of range.
    Result<void> start(qapi::AnnounceParameters parameters);

private:
    struct Round {
        qapi::AnnounceParameters parameters;
        std::int64_t announced = 0;
        Timer timer = {};
    };

    void announce(const std::string& id);

    NetContext& context_;
    std::map<std::string, Round> rounds_ = {};
};

}  // namespace qnetdev
