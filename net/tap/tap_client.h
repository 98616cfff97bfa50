// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "net/event_loop.h"
#include "net/net_client.h"
#include "net/queue_loop.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_vnet.h"
#include "net/vhost_net.h"

namespace qnetdev {

class TapGroup;

/// One queue of a tap as a net client: frames between its descriptor and the peer.
class TapClient : public NetClientState, private VhostTap {
public:
    /// `index`: its place in the group.
    TapClient(TapGroup& group, QueueLoop& loop, TapQueue queue, unsigned index);

    int fd() const { return queue_.fd.get(); }
    const TapQueue& queue() const { return queue_; }
    /// Place in the group, from creation on.
    unsigned index() const { return index_; }
    bool is_first_queue() const { return index_ == 0; }
    TapGroup& group() const { return group_; }
    bool enabled() const { return enabled_; }

    /// Starts reading. Frames arrive only when the loop is run.
    Result<void> start_polling();
    /// Attach or detach the queue; nothing if it is so already. On failure the state is kept.
    Result<void> enable();
    Result<void> disable();
    /// Stops polling, drops what is queued, and gives the descriptor up.
    TapFd take_fd();
    /// From now on the device, which the group owns, can be started on this queue.
    void connect_vhost(VhostNet& device) { device.connect(*this); }

    std::string_view driver() const override { return "tap"; }
    Result<QueueDescription> describe() const override;
    std::optional<VhostDescription> describe_vhost() const override;
    Delivery receive(Frame frame) override;
    bool can_receive() const override { return !write_blocked_; }
    void on_peer_ready() override;
    void on_nic_gone() override;
    TapVnet& vnet() override { return vnet_; }
    const TapVnet& vnet() const { return vnet_; }

protected:
    std::string info_text() const override;

private:
    int vhost_fd_of_tap() const override { return fd(); }
    Result<State> vhost_tap_state() override;
    void on_vhost_running(bool running) override;
    void watch_vhost_errors();
    void on_vhost_error(unsigned ring);

    void on_ready(unsigned ready);
    void read_frames();
    bool forward(std::size_t length);
    void update_polling();
    void stop_after_error(int errnum);

    TapGroup& group_;
    QueueLoop& loop_;
    TapQueue queue_;
    TapVnet vnet_;  // after queue_, whose descriptor it uses
    unsigned index_;
    FdWatch watch_ = {};  // after queue_, whose descriptor it watches: it must go first
    std::array<FdWatch, kVhostRings> vhost_errors_ = {};
    bool vhost_runs_ = false;
    bool enabled_ = true;
    bool peer_blocked_ = false;
    bool write_blocked_ = false;
};

}  // namespace qnetdev
