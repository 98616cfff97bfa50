// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "net/unique_fd.h"

namespace bench {

/// A QMP server in a process of its own, and the one client it has: all on one processor, so that
/// no wake-up across processors is in the figures. Whatever fails ends the program.
class QmpTarget {
public:
    /// Runs `argv` with "-qmp unix:PATH,server=on,wait=off" behind it.
    QmpTarget(std::string name, std::vector<std::string> argv);
    /// Runs the server of qmp_floor.h.
    explicit QmpTarget(std::string name);
    QmpTarget(const QmpTarget&) = delete;
    QmpTarget& operator=(const QmpTarget&) = delete;
    ~QmpTarget();

    const std::string& name() const { return name_; }
    pid_t pid() const { return pid_; }
    /// Milliseconds from its start to the greeting.
    double startup() const { return startup_; }

    /// Sends commands, with a descriptor if not -1, in one write.
    void send(std::string_view text, int fd = -1);
    /// The next answer; events are skipped.
    std::string receive();
    /// Sends one command and gives its answer, which must be a success unless `may_fail`.
    std::string ask(std::string_view text, int fd = -1, bool may_fail = false);

    /// Waits until the process has ended.
    void await_end();
    /// Resident memory in KiB.
    double resident() const;
    /// Open descriptors.
    std::size_t descriptors() const;

private:
    void connect(const std::string& path);
    void negotiate(double started);

    std::string name_;
    pid_t pid_ = -1;
    qnetdev::UniqueFd socket_ = {};
    std::string buffer_ = {};
    double startup_ = 0;
};

}  // namespace bench
