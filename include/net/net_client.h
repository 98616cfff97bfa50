// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/api.h"
#include "net/vnet_backend.h"

namespace qnetdev {

class NetClientGroup;
class PacketQueue;

/// A frame in pieces, as readv() and writev() take it.
using Frame = std::span<const iovec>;

/// What became of a frame that was offered to a client.
enum class Delivery {
    done,  ///< Taken, or dropped for good.
    busy,  ///< Not now: offer it again after the client has said it is ready.
};

/// Frames that passed a client since it was made, seen from the end that is not its peer, and their
/// bytes, headers included. Who moves frames past the client, as vhost does, does not count.
struct FrameCounters {
    std::uint64_t rx_packets = 0;  ///< From the host's network, for the peer.
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_packets = 0;  ///< From the peer, to the host's network.
    std::uint64_t tx_bytes = 0;
    std::uint64_t tx_dropped = 0;  ///< From the peer, and not taken there.
};

/// A network interface of the host, as the kernel tells it now.
struct InterfaceDescription {
    std::string name = {};
    bool multi_queue = false;
    bool vnet_hdr = false;
    int vnet_hdr_len = 0;              ///< Bytes on the host's side; 0 without header.
    int sndbuf = 0;                    ///< Bytes; INT_MAX is unlimited, 0 unknown.
    Offloads offloads = {};            ///< Set now.
    Offloads supported_offloads = {};  ///< Those that could be.
    bool vhost = false;                ///< Its queues have vhost-net devices.
};

/// What a queue of a netdev is on the host. What a backend does not have stays as it is here.
struct QueueDescription {
    int fd = -1;  ///< Borrowed; -1: none.
    bool enabled = true;
    std::optional<InterfaceDescription> interface = {};  ///< That it is a queue of.
    std::string script = "no";      ///< Run for this queue when it was made; "no" if none.
    std::string downscript = "no";  ///< The same when it goes.
};

/// The vhost-net device of a queue.
struct VhostDescription {
    int fd = -1;                ///< Borrowed.
    int owner = 0;              ///< The process whose memory the kernel uses.
    std::string features = {};  ///< All that the kernel has, in hexadecimal: "0x33d008000".
    bool running = false;       ///< A NIC has started it: the kernel moves the frames now.
};

/// One queue of a backend or of a NIC: something that frames go into and come out of.
///
/// A netdev of N queues is N of these under one name, kept together by a NetClientGroup. NIC models
/// derive from it, override receive() and can_receive(), and attach with net_nic_attach(). This is
/// the path of frames; what else a NIC asks of a backend is vnet(). Not thread-safe; lives on the
/// loop of its NetContext.
class QNETDEV_API NetClientState {
public:
    NetClientState(std::string name, std::string model);
    NetClientState(const NetClientState&) = delete;
    NetClientState& operator=(const NetClientState&) = delete;
    virtual ~NetClientState();

    /// The id; every queue of a netdev carries the same one.
    const std::string& name() const { return name_; }
    /// What made it: "tap", "bridge", or a NIC's model.
    const std::string& model() const { return model_; }
    /// 0 until a NIC takes the netdev; then the place in the group.
    unsigned queue_index() const { return queue_index_; }
    NetClientState* peer() const { return peer_; }  ///< Null while it is attached to nothing.
    bool link_down() const { return link_down_; }

    /// Driver type as `info network` shows it: "tap" also for a bridge netdev, "nic" for NICs.
    virtual std::string_view driver() const = 0;
    /// "<name>: index=<queue_index>,type=<driver>,<info text, cut to 255 bytes>".
    std::string info_line() const;
    /// For `query-netdev` and tables. Fails if the host does not tell, as of an interface that was
    /// deleted. Default: a queue without anything on the host.
    virtual Result<QueueDescription> describe() const { return QueueDescription{}; }
    /// Nothing if the queue has no such device.
    virtual std::optional<VhostDescription> describe_vhost() const { return {}; }
    const FrameCounters& counters() const { return counters_; }

    /// Offers a frame that the peer sends, valid for the call. It starts with a virtio-net header
    /// of as many bytes as vnet().vnet_hdr_len() of the backend says, be the backend this client or
    /// its peer: none, unless a NIC has asked for it. Default: drops it. Must not remove a netdev
    /// or NIC: the sender is still on the stack.
    virtual Delivery receive(Frame frame);
    /// Whether receive() has a chance; asked before each frame.
    virtual bool can_receive() const { return true; }
    /// The peer can take frames again after a send() returned `busy`.
    virtual void on_peer_ready() {}
    /// The NIC that this backend queue was attached to is gone: whatever it negotiated is to be as
    /// another NIC expects it. Default: nothing.
    virtual void on_nic_gone() {}
    /// Called on the NIC's queue 0 after link_down() of it or of its peer has changed.
    virtual void on_link_changed() {}

    /// Asks a NIC's queue 0 to announce its address to the network, for example by RARP. Default:
    /// nothing.
    virtual void announce() {}

    /// Sends to the peer a frame that starts with the header receive() tells of. `busy`: the frame
    /// was copied into the peer's queue, and the sender should stop until on_peer_ready(). Frames
    /// to nobody, or over a link that is down, are dropped.
    Delivery send(Frame frame);
    /// Offers queued frames again; for a client that was busy and no longer is.
    void flush_incoming();
    /// Drops what is queued for this client.
    void purge_incoming();

    /// What a NIC may ask of this backend besides frames. Default: VnetBackend::none().
    virtual VnetBackend& vnet() { return VnetBackend::none(); }

protected:
    /// The part of info_line() behind the type.
    virtual std::string info_text() const { return {}; }

    // For counters(): a backend knows best what has passed.
    void count_rx(std::size_t bytes) {
        ++counters_.rx_packets;
        counters_.rx_bytes += bytes;
    }
    void count_tx(std::size_t bytes) {
        ++counters_.tx_packets;
        counters_.tx_bytes += bytes;
    }
    void count_tx_dropped() { ++counters_.tx_dropped; }

private:
    friend class NetClientGroup;
    friend class NetClientRegistry;

    Delivery offer(Frame frame);

    std::string name_;
    std::string model_;
    NetClientState* peer_ = nullptr;
    std::unique_ptr<PacketQueue> incoming_;
    FrameCounters counters_ = {};
    unsigned queue_index_ = 0;
    bool link_down_ = false;
    bool delivering_ = false;
};

}  // namespace qnetdev
