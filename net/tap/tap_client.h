// SPDX-License-Identifier: MIT
#pragma once

#include "net/event_loop.h"
#include "net/net_client.h"
#include "net/tap.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_offload.h"

namespace net {

class TapGroup;

/// One queue of a tap as a net client: frames between its descriptor and the peer.
class TapClient : public NetClientState {
public:
    /// `index`: its place in the group.
    TapClient(TapGroup& group, TapQueue queue, unsigned index);

    int fd() const { return queue_.fd.get(); }
    const TapQueue& queue() const { return queue_; }
    /// Place in the group, from creation on.
    unsigned index() const { return index_; }
    bool is_first_queue() const { return index_ == 0; }
    TapGroup& group() const { return group_; }
    bool enabled() const { return enabled_; }
    const TapCounters& counters() const { return counters_; }

    /// Header length that NICs start with: 10 if the interface has a header.
    Result<void> init_vnet_hdr();
    /// Starts reading. Frames arrive only when the loop is run.
    Result<void> start_polling();
    /// Attach or detach the queue; nothing if it is so already. On failure the state is kept.
    Result<void> enable();
    Result<void> disable();
    /// Stops polling, drops what is queued, and gives the descriptor up.
    TapFd take_fd();

    std::string_view driver() const override { return "tap"; }
    Delivery receive(Frame frame) override;
    bool can_receive() const override { return !write_blocked_; }
    void on_peer_ready() override;
    void on_nic_gone() override;
    bool has_vnet_hdr() const override { return host_hdr_len_ != 0; }
    bool has_vnet_hdr_len(std::size_t length) const override;
    std::size_t vnet_hdr_len() const override { return host_hdr_len_; }
    Result<void> set_vnet_hdr_len(std::size_t length) override;
    bool has_ufo() const override;
    bool has_uso() const override;
    bool has_tunnel() const override;
    void set_offload(const Offloads& offloads) override;
    Result<void> set_vnet_le(bool enable) override;
    Result<void> set_vnet_be(bool enable) override;
    Result<void> set_steering_ebpf(int program_fd) override;

protected:
    std::string info_text() const override;

private:
    void on_ready(unsigned ready);
    TapOffloadSupport offload_support() const;
    void read_frames();
    bool forward(std::size_t length);
    void update_polling();
    void stop_after_error(int errnum);

    TapGroup& group_;
    TapQueue queue_;
    unsigned index_;
    FdWatch watch_ = {};  // after queue_, whose descriptor it watches: it must go first
    TapCounters counters_ = {};
    std::size_t host_hdr_len_;
    bool using_vnet_hdr_ = false;
    bool enabled_ = true;
    bool peer_blocked_ = false;
    bool write_blocked_ = false;
};

}  // namespace net
