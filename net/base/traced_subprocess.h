// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "net/base/subprocess.h"
#include "net/base/tracer.h"

namespace qnetdev {

/// A Subprocess whose life a tracer is shown: its start, its end or what cut the waiting short, and
/// its being killed. Everything else is as in the base, which this must not be handled as.
class TracedSubprocess : public Subprocess {
public:
    static Result<TracedSubprocess> spawn(const std::vector<std::string>& argv, int keep_fd,
                                          Clock::time_point deadline, int cancel_fd,
                                          const Tracer& tracer);
    TracedSubprocess(TracedSubprocess&&) noexcept = default;
    TracedSubprocess& operator=(TracedSubprocess&&) = delete;
    ~TracedSubprocess() { kill_group(); }

    Result<Event> wait(Clock::time_point deadline, int readable_fd, int cancel_fd);
    void kill_group() noexcept;

private:
    TracedSubprocess(Subprocess child, const Tracer& tracer)
        : Subprocess(std::move(child)), tracer_(tracer), pid_(Subprocess::pid()) {}
    std::string describe(const Result<Event>& event) const;

    Tracer tracer_;
    pid_t pid_;  ///< The base forgets it when the child has ended.
    Clock::time_point since_ = Clock::now();
};

}  // namespace qnetdev
