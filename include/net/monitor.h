// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/api.h"
#include "net/human_output.h"
#include "net/net_context.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

class MonitorService;

/// Why a client or the host ended the program; spelled as in the event SHUTDOWN.
enum class ShutdownReason { qmp_quit, signal };

struct NetMonitorOptions {
    std::string name = {};       ///< What query-name tells; empty: nothing.
    bool start_stopped = false;  ///< Start in run state `prelaunch`, as with -S.
    /// Called on the loop's thread after a client's `quit`, once its answer is on the way.
    std::function<void()> on_quit = {};
};

/// Who may use a listening monitor, and how it talks.
struct MonitorAccess {
    std::string name = {};  ///< For the log: the address.
    bool pretty = false;    ///< Answers on many lines.
    bool human = false;     ///< The human monitor instead of QMP.
    /// Users whose clients are served; nobody else is, and no client on a socket that does not tell
    /// its user. Empty: all who can connect to the file of a UNIX socket; on TCP, of the clients on
    /// this host root's and those of our effective user, and all from elsewhere; where a listening
    /// UNIX socket has no file, root's and those of our effective user.
    std::vector<uid_t> uids = {};
    /// Without `uids`, only root's and our effective user's on any UNIX socket: for one that was
    /// connected to a path, where anybody may have listened.
    bool own_users = false;
    bool any_user = false;  ///< All who can connect, on TCP as well.
};

/// QMP and human monitors for one context: what drives QEMU can drive the context's netdevs.
///
/// Belongs to the thread of the context's loop, and must go before the context.
class QNETDEV_API NetMonitor {
public:
    NetMonitor(NetContext& context, NetMonitorOptions options);
    NetMonitor(const NetMonitor&) = delete;
    NetMonitor& operator=(const NetMonitor&) = delete;
    /// Cuts off all clients; answers that the kernel takes at once are still sent.
    ~NetMonitor();

    /// Serves every client that connects to a listening stream socket, several at a time.
    Result<void> listen(UniqueFd listening_socket, MonitorAccess access);
    /// Serves one client on a connected stream socket.
    Result<void> serve(UniqueFd connected_socket, MonitorAccess access);
    /// Serves one client on a pair of pipes or a terminal.
    Result<void> serve(UniqueFd input, UniqueFd output, MonitorAccess access);

    /// Adds a descriptor to a set, as -add-fd does.
    Result<void> add_fd(std::int64_t fdset_id, std::optional<std::string> opaque, UniqueFd fd);

    /// Executes a line of the human monitor, for an embedder that reads lines by himself, such as
    /// with line editing. `done` is called when the line is done, which may be before this returns,
    /// or as late as scripts allow; it may be called when the monitor is destroyed.
    void execute_human(std::string_view line, std::function<void(HumanOutput output)> done);
    /// What the last word of a line of the human monitor, which may be empty, can become; sorted.
    std::vector<std::string> complete_human(std::string_view line) const;
    /// The first line that a human is to see.
    std::string human_banner() const;

    /// Tells all clients that the program ends.
    void announce_shutdown(ShutdownReason reason);

    /// Clients that are connected now.
    std::size_t client_count() const;

private:
    std::unique_ptr<MonitorService> service_;
};

}  // namespace qnetdev
