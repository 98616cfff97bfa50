// SPDX-License-Identifier: MIT
#include "net/monitor/commands/announcer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/base/limits.h"
#include "qapi/net_tables.h"

namespace qnetdev {
namespace {

Result<void> check_range(std::string_view name, std::int64_t value, std::int64_t max) {
    if (value >= 0 && value <= max) {
        return {};
    }
    return Error("'" + std::string(name) + "' must be 0 to " + std::to_string(max) + ", not " +
                 std::to_string(value))
        .with_stage(Stage::validate)
        .with_param(std::string(name));
}

bool is_meant(const qapi::AnnounceParameters& parameters, const std::string& nic) {
    const auto& names = parameters.interfaces;
    return !names || std::find(names->begin(), names->end(), nic) != names->end();
}

}  // namespace

Result<void> Announcer::start(qapi::AnnounceParameters parameters) {
    const std::int64_t longest = limits::kAnnounceInterval.count();
    NET_TRY(check_range("initial", parameters.initial, longest));
    NET_TRY(check_range("max", parameters.max, longest));
    NET_TRY(check_range("step", parameters.step, longest));
    NET_TRY(check_range("rounds", parameters.rounds, limits::kAnnounceRounds));
    const std::string id = parameters.id.value_or("");
    rounds_.erase(id);
    if (parameters.rounds == 0) {
        return {};
    }
    if (rounds_.size() >= limits::kAnnounceTimers) {
        return Error("too many announcements are under way: " + std::to_string(rounds_.size()));
    }
    rounds_.emplace(id, Round{std::move(parameters)});
    announce(id);
    return {};
}

void Announcer::announce(const std::string& id) {
    const auto found = rounds_.find(id);
    Round& round = found->second;
    for (const auto& group : context_.registry().groups()) {
        if (group->kind() == NetClientGroup::Kind::nic && group->size() > 0 &&
            is_meant(round.parameters, group->id())) {
            group->client(0).announce();
        }
    }
    if (++round.announced >= round.parameters.rounds) {
        rounds_.erase(found);
        return;
    }
    const std::int64_t delay =
        std::min(round.parameters.initial + (round.announced - 1) * round.parameters.step,
                 round.parameters.max);
    round.timer =
        Timer(context_.loop(), std::chrono::milliseconds(delay), [this, id] { announce(id); });
}

}  // namespace qnetdev
