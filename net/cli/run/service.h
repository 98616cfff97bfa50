// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/run/own_file.h"
#include "net/result.h"
#include "net/unique_fd.h"

/// What a program owes to whoever started it as a service.
namespace qnetdev::cli {

/// Tells the service manager, if there is one (sd_notify(3)): "READY=1", "STATUS=…", "STOPPING=1".
void notify_service_manager(std::string_view state);

/// The sockets that the service manager passed along (sd_listen_fds(3)), now close-on-exec, and
/// their names. Takes the variables out of the environment, so that no child believes them.
struct PassedSocket {
    UniqueFd fd;
    std::string name = {};  ///< Empty unless the manager named it.
};
/// Fails if one of them is not open.
Result<std::vector<PassedSocket>> passed_sockets();

/// Fails unless the descriptor was inherited through exec: it is open, no standard stream, and not
/// one that this program made or has adopted, which all are close-on-exec.
Result<void> check_inherited(int fd);

/// Makes a file with our process's number, which stays locked and open; others may read it. Fails
/// if another process has it locked for writing, or if it is somebody else's, a link, or known by
/// another name as well: what it holds would be lost. One that readers have locked, which they
/// can only if its owner is dead, is replaced by a new one.
Result<OwnFile> make_pid_file(const std::string& path);

/// The way into the background: the process that was started stays until its child says how it
/// went, so that whoever started it can rely on the exit status.
class Daemon {
public:
    /// Forks; call before any thread exists. In the parent it does not return. The child is in a
    /// session of its own.
    static Result<Daemon> start();
    Daemon() = default;
    Daemon(Daemon&&) = default;
    Daemon& operator=(Daemon&&) = default;

    /// Lets the parent end with status 0, and leaves terminal and working directory. Without it
    /// the parent ends with our status.
    Result<void> detach();

private:
    UniqueFd parent_ = {};
};

}  // namespace qnetdev::cli
