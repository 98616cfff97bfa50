// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/bridge/join_bridge.h"
#include "net/net_client_group.h"
#include "net/net_context.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_offload.h"
#include "net/tap/tap_script.h"
#include "net/tap/tracing_tun_kernel.h"
#include "net/validate/netdev_plan.h"
#include "net/vhost/vhost_kernel.h"

namespace qnetdev {

class TapClient;

/// A tap netdev: its queues, and what belongs to the interface rather than to a queue.
///
/// Destruction undoes everything: a down script that is due runs, then the descriptors are closed,
/// both on the context's reaper. Before commit, descriptors named by number are given back instead.
class TapGroup : public NetClientGroup {
public:
    TapGroup(NetContext& context, const NetdevPlan& netdev, TapPlan::Source source);
    ~TapGroup() override;

    Result<void> activate() override;
    void on_commit() override { committed_ = true; }

    NetContext& context() { return context_; }
    /// The driver for one queue, which may be the next to be opened: the context's, or one that
    /// shows the context's trace every call.
    TunKernel& tun(std::size_t queue);
    /// The same for vhost-net; the context must have it.
    VhostKernel& vhost_kernel(std::size_t queue);
    /// For other calls on behalf of a queue, or of the netdev as a whole.
    Tracer tracer(std::optional<unsigned> queue = {}) const {
        return {context_.options().trace, id(), queue};
    }
    /// Where the queues come from; the info text and queries tell it.
    const TapPlan::Source& source() const { return source_; }

    /// Adds a client that owns the descriptor from now on.
    TapClient& add_queue(TapQueue queue);
    TapClient& queue(std::size_t index);

    /// The vhost-net device of the next queue, in their order. It is stopped before any tap is
    /// closed, since it holds on to the one it is attached to.
    void add_vhost(TapFd fd, std::unique_ptr<VhostNet> device);
    /// Null if the queue has none.
    VhostNet* vhost(std::size_t queue) const {
        return queue < vhost_.size() ? vhost_[queue].device.get() : nullptr;
    }
    std::size_t vhost_count() const { return vhost_.size(); }

    /// Name of the interface, once the first queue is open.
    const std::string& ifname() const { return ifname_; }
    std::string_view interface_name() const override { return ifname_; }
    /// `opened_here`: through the tun driver and by us, not received from elsewhere.
    void set_interface(std::string ifname, bool opened_here) {
        ifname_ = std::move(ifname);
        opened_here_ = opened_here;
    }
    /// Whether every descriptor of the netdev was made by this process. Such an interface vanishes
    /// with our last close, unless it is persistent or somebody else has a queue of it.
    bool opened_here() const { return opened_here_; }

    /// From now on the script runs when the group goes.
    void arm_down_script(TapScript script) { down_script_ = std::move(script); }

    /// The interface is a port of a bridge now, and leaves it when the group goes if it has to.
    void set_bridge_port(JoinedPort port) { bridge_port_ = std::move(port); }
    const std::optional<JoinedPort>& bridge_port() const { return bridge_port_; }

    bool owes_down_script() const { return down_script_.has_value(); }

    /// A queue cannot be read any more. Logged once: what befalls one queue befalls all.
    void report_stop(int errnum);

    /// What the kernel offers for this netdev's interface; probed when it is first asked for. The
    /// offloads that are set are set again when it returns.
    Result<Offloads> supported_offloads();
    /// Those that are set: whichever queue they were set through, they are the interface's.
    const Offloads& offloads() const { return offloads_; }
    void set_offloads(const Offloads& offloads) { offloads_ = offloads; }

private:
    struct Vhost {
        TapFd fd = {};
        std::unique_ptr<VhostNet> device = {};  // after fd, which it uses
    };

    /// Stops all devices, so that none holds on to its tap, and has them closed.
    void close_vhost();

    NetContext& context_;
    TapPlan::Source source_;
    std::string ifname_ = {};
    std::optional<TapScript> down_script_ = {};
    std::optional<JoinedPort> bridge_port_ = {};
    std::optional<Offloads> supported_offloads_ = {};
    Offloads offloads_ = {};
    std::vector<std::unique_ptr<TracingTunKernel>> tracing_ = {};  ///< By queue.
    std::vector<std::unique_ptr<TracingVhostKernel>> tracing_vhost_ = {};
    std::vector<Vhost> vhost_ = {};  // after tracing_vhost_, which the devices use
    bool opened_here_ = false;
    bool committed_ = false;
    bool stop_reported_ = false;
};

}  // namespace qnetdev
