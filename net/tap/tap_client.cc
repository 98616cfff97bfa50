// SPDX-License-Identifier: MIT
#include "net/tap/tap_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <variant>

#include "net/base/limits.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_group.h"

namespace qnetdev {
namespace {

constexpr std::array<std::byte, kVnetHeaderLengths.back()> kZeroHeader{};

std::string model_name(const TapPlan::Source& source) {
    return std::holds_alternative<FromHelper>(source) ? "bridge" : "tap";
}

}  // namespace

TapClient::TapClient(TapGroup& group, QueueLoop& loop, TapQueue queue, unsigned index)
    : NetClientState(group.id(), model_name(group.source())),
      group_(group),
      loop_(loop),
      queue_(std::move(queue)),
      vnet_(group, index, queue_.fd, queue_.vnet_hdr),
      index_(index) {}

Result<void> TapClient::start_polling() {
    watch_ = NET_TRY(FdWatch::create(loop_.loop(), fd(), fd_readable,
                                     [this](unsigned ready) { on_ready(ready); }));
    return {};
}

TapFd TapClient::take_fd() {
    purge_incoming();
    watch_.reset();
    return std::move(queue_.fd);
}

void TapClient::update_polling() {
    if (!watch_) {
        return;
    }
    const unsigned read = enabled_ && !peer_blocked_ && !vhost_runs_ ? unsigned{fd_readable} : 0U;
    const unsigned write = enabled_ && write_blocked_ ? unsigned{fd_writable} : 0U;
    const Result<void> outcome = watch_.set_events(read | write);
    if (!outcome) {
        stop_after_error(outcome.error().errnum());
    }
}

void TapClient::stop_after_error(int errnum) {
    watch_.reset();
    write_blocked_ = false;
    group_.report_stop(errnum);
    purge_incoming();  // never to be written, and the NIC may wait for it
}

void TapClient::on_ready(unsigned ready) {
    if ((ready & fd_writable) != 0) {
        write_blocked_ = false;
        update_polling();
        flush_incoming();
    }
    if ((ready & (fd_readable | fd_broken)) != 0 && watch_) {
        read_frames();
    }
}

void TapClient::read_frames() {
    const std::span<std::byte> buffer = loop_.frame_buffer();
    for (int frames = 0; frames < limits::kPacketsPerWakeup; ++frames) {
        const ssize_t count = read(fd(), buffer.data(), buffer.size());
        if (count >= 0) {
            if (!forward(static_cast<std::size_t>(count)) || !enabled_ || vhost_runs_) {
                return;  // the peer is full, has detached the queue, or left it to the kernel
            }
        } else if (errno != EINTR) {
            if (errno != EAGAIN) {
                stop_after_error(errno);  // the interface was deleted under us
            }
            return;
        }
    }
}

/// Hands the frame in the buffer to the peer; false if reading has to pause.
bool TapClient::forward(std::size_t length) {
    count_rx(length);
    const std::size_t skipped = vnet_.host_vnet_hdr_len() - vnet_.vnet_hdr_len();
    if (length <= skipped) {
        return true;  // a header and nothing behind it
    }
    const iovec piece = {loop_.frame_buffer().data() + skipped, length - skipped};
    if (send(Frame(&piece, 1)) == Delivery::busy) {
        peer_blocked_ = true;
        update_polling();
        return false;
    }
    return true;
}

void TapClient::on_peer_ready() {
    peer_blocked_ = false;
    update_polling();
}

void TapClient::on_nic_gone() {
    if (VhostNet* device = vnet_.vhost()) {
        (void)vhost_net_stop({&device, 1});  // its rings go with it
    }
    vnet_.forget_nic();
    if (const Result<void> enabled = enable(); !enabled) {
        group_.context().log().warning("netdev '" + name() + "': " + enabled.error().message());
    }
}

Delivery TapClient::receive(Frame frame) {
    constexpr std::size_t kPieces = limits::kFramePieces + 1;  // and our header
    std::array<iovec, kPieces> pieces;
    std::size_t count = 0;
    if (const std::size_t added = vnet_.host_vnet_hdr_len() - vnet_.vnet_hdr_len(); added > 0) {
        pieces[count++] = {const_cast<std::byte*>(kZeroHeader.data()), added};
    }
    if (frame.size() > kPieces - count || !queue_.fd) {
        return Delivery::done;
    }
    std::copy(frame.begin(), frame.end(), pieces.begin() + static_cast<std::ptrdiff_t>(count));
    count += frame.size();
    ssize_t length = -1;
    while ((length = writev(fd(), pieces.data(), static_cast<int>(count))) < 0) {
        if (errno == EAGAIN && watch_) {
            write_blocked_ = true;
            update_polling();
            return write_blocked_ ? Delivery::busy : Delivery::done;
        }
        if (errno != EINTR) {
            count_tx_dropped();
            return Delivery::done;  // as on a wire: lost
        }
    }
    count_tx(static_cast<std::size_t>(length));
    return Delivery::done;
}

Result<void> TapClient::enable() {
    if (!enabled_) {
        NET_TRY(tap_fd_enable(group_.tun(index_), fd()));
        enabled_ = true;
        update_polling();
    }
    return {};
}

Result<void> TapClient::disable() {
    if (enabled_) {
        NET_TRY(tap_fd_disable(group_.tun(index_), fd()));
        purge_incoming();
        enabled_ = false;
        update_polling();
    }
    return {};
}

Result<VhostTap::State> TapClient::vhost_tap_state() {
    TunKernel& kernel = group_.tun(index_);
    TunInterface interface = NET_TRY(kernel.get_iff(fd()));
    State state{.is_tap = (interface.flags & tun_flags::kTap) != 0,
                .name = std::move(interface.name)};
    if ((interface.flags & tun_flags::kVnetHdr) != 0) {
        const int bytes = NET_TRY(kernel.get_vnet_hdr_size(fd()));
        state.vnet_hdr = static_cast<std::size_t>(bytes);
    }
    return state;
}

void TapClient::on_vhost_running(bool running) {
    vhost_runs_ = running;
    update_polling();
    if (running) {
        watch_vhost_errors();
    } else {
        vhost_errors_ = {};
    }
}

void TapClient::watch_vhost_errors() {
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        Result<FdWatch> watch =
            FdWatch::create(loop_.loop(), vnet_.vhost()->error_fd(ring), fd_readable,
                            [this, ring](unsigned) { on_vhost_error(ring); });
        if (watch) {  // without, only nobody is told
            vhost_errors_[ring] = *std::move(watch);
        }
    }
}

void TapClient::on_vhost_error(unsigned ring) {
    vhost_errors_[ring].reset();
    group_.context().log().warning("netdev '" + name() + "': vhost-net has given up the guest's " +
                                   (ring == kVhostReceive ? "receive" : "transmit") +
                                   " ring of queue " + std::to_string(index_) +
                                   ", which is malformed");
}

std::optional<VhostDescription> TapClient::describe_vhost() const {
    const VhostNet* device = group_.vhost(index_);
    if (device == nullptr) {
        return {};
    }
    return VhostDescription{.fd = device->fd(),
                            .owner = device->owner(),
                            .features = to_string(device->features()),
                            .running = device->is_running()};
}

Result<QueueDescription> TapClient::describe() const {
    TunKernel& kernel = group_.tun(index_);
    TunInterface attached = NET_TRY(kernel.get_iff(fd()));
    InterfaceDescription interface;
    interface.name = std::move(attached.name);
    interface.multi_queue = (attached.flags & tun_flags::kMultiQueue) != 0;
    interface.vnet_hdr = (attached.flags & tun_flags::kVnetHdr) != 0;
    if (interface.vnet_hdr) {
        interface.vnet_hdr_len = NET_TRY(kernel.get_vnet_hdr_size(fd()));
    }
    Result<int> sndbuf = kernel.get_sndbuf(fd());
    if (!sndbuf && sndbuf.error().errnum() != EINVAL) {
        return std::move(sndbuf).error();
    }
    interface.sndbuf = sndbuf ? *sndbuf : 0;  // the macvtap driver can set it, but not tell it
    interface.offloads = group_.offloads();
    interface.supported_offloads = NET_TRY(group_.supported_offloads());
    interface.vhost = group_.vhost(index_) != nullptr;
    QueueDescription queue{.fd = fd(), .enabled = enabled_, .interface = std::move(interface)};
    if (const auto* named = std::get_if<ByName>(&group_.source()); named && is_first_queue()) {
        queue.script = named->script.runs ? named->script.text : "no";
        queue.downscript = named->downscript.runs ? named->downscript.text : "no";
    }
    return queue;
}

std::string TapClient::info_text() const {
    const TapPlan::Source& source = group_.source();
    if (std::holds_alternative<PassedFds>(source)) {
        return "fd=" + std::to_string(fd());
    }
    if (const auto* helper = std::get_if<FromHelper>(&source)) {
        return helper->info;
    }
    // Scripts belong to queue 0; the others say so.
    const auto& named = std::get<ByName>(source);
    const bool first = is_first_queue();
    return "ifname=" + group_.ifname() + ",script=" + (first ? named.script.text : "no") +
           ",downscript=" + (first ? named.downscript.text : "no");
}

}  // namespace qnetdev
