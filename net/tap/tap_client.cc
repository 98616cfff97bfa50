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

namespace net {
namespace {

constexpr std::size_t kPlainHeader = 10;  // struct virtio_net_hdr in <linux/virtio_net.h>

constexpr std::array<std::byte, kVnetHeaderLengths.back()> kZeroHeader{};

bool is_header_length(std::size_t length) {
    return std::find(kVnetHeaderLengths.begin(), kVnetHeaderLengths.end(), length) !=
           kVnetHeaderLengths.end();
}

std::string model_name(const TapPlan::Source& source) {
    return std::holds_alternative<FromHelper>(source) ? "bridge" : "tap";
}

}  // namespace

TapClient::TapClient(TapGroup& group, TapQueue queue, unsigned index)
    : NetClientState(group.id(), model_name(group.source())),
      group_(group),
      queue_(std::move(queue)),
      index_(index),
      host_hdr_len_(queue_.vnet_hdr ? kPlainHeader : 0) {}

Result<void> TapClient::init_vnet_hdr() {
    if (!has_vnet_hdr()) {
        return {};
    }
    return group_.context().tun().set_vnet_hdr_size(fd(), int{kPlainHeader});
}

Result<void> TapClient::start_polling() {
    watch_ = NET_TRY(FdWatch::create(group_.context().loop(), fd(), fd_readable,
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
    const unsigned read = enabled_ && !peer_blocked_ ? unsigned{fd_readable} : 0U;
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
    std::vector<std::byte>& buffer = group_.context().frame_buffer();
    for (int frames = 0; frames < limits::kPacketsPerWakeup; ++frames) {
        const ssize_t count = read(fd(), buffer.data(), buffer.size());
        if (count >= 0) {
            if (!forward(static_cast<std::size_t>(count)) || !enabled_) {
                return;  // the peer is full, or has detached the queue
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
    ++counters_.rx_packets;
    counters_.rx_bytes += length;
    const std::size_t skipped = using_vnet_hdr_ ? 0 : host_hdr_len_;
    if (length <= skipped) {
        return true;  // a header and nothing behind it
    }
    const iovec piece = {group_.context().frame_buffer().data() + skipped, length - skipped};
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

/// The next NIC may be one that knows neither headers nor offloads.
void TapClient::on_nic_gone() {
    if (std::exchange(using_vnet_hdr_, false) && host_hdr_len_ != kPlainHeader) {
        const Result<void> reset = init_vnet_hdr();
        if (reset) {
            host_hdr_len_ = kPlainHeader;
        } else {
            group_.context().log().warning("netdev '" + name() + "': " + reset.error().message());
        }
    }
    if (group_.offload() != 0) {
        set_offload({});  // once: the offloads are the interface's
    }
    if (const Result<void> enabled = enable(); !enabled) {
        group_.context().log().warning("netdev '" + name() + "': " + enabled.error().message());
    }
}

Delivery TapClient::receive(Frame frame) {
    constexpr std::size_t kPieces = 65;  // a NIC's scatter list and our header
    std::array<iovec, kPieces> pieces;
    std::size_t count = 0;
    if (has_vnet_hdr() && !using_vnet_hdr_) {
        pieces[count++] = {const_cast<std::byte*>(kZeroHeader.data()), host_hdr_len_};
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
            ++counters_.tx_dropped;
            return Delivery::done;  // as on a wire: lost
        }
    }
    ++counters_.tx_packets;
    counters_.tx_bytes += static_cast<std::size_t>(length);
    return Delivery::done;
}

Result<void> TapClient::enable() {
    if (!enabled_) {
        NET_TRY(tap_fd_enable(group_.context().tun(), fd()));
        enabled_ = true;
        update_polling();
    }
    return {};
}

Result<void> TapClient::disable() {
    if (enabled_) {
        NET_TRY(tap_fd_disable(group_.context().tun(), fd()));
        purge_incoming();
        enabled_ = false;
        update_polling();
    }
    return {};
}

bool TapClient::has_vnet_hdr_len(std::size_t length) const {
    return has_vnet_hdr() && is_header_length(length);
}

Result<void> TapClient::set_vnet_hdr_len(std::size_t length) {
    if (!has_vnet_hdr_len(length)) {
        return Error("netdev '" + name() + "' cannot have a virtio-net header of " +
                     std::to_string(length) + " bytes");
    }
    NET_TRY(group_.context().tun().set_vnet_hdr_size(fd(), static_cast<int>(length)));
    host_hdr_len_ = length;
    using_vnet_hdr_ = true;
    return {};
}

TapOffloadSupport TapClient::offload_support() const {
    const Result<TapOffloadSupport> support = group_.offload_support();
    if (!support) {
        group_.context().log().warning("netdev '" + name() + "': " + support.error().message());
        return {};
    }
    return *support;
}

bool TapClient::has_ufo() const {
    return offload_support().ufo;
}
bool TapClient::has_uso() const {
    return offload_support().uso;
}
bool TapClient::has_tunnel() const {
    return offload_support().tunnel;
}

void TapClient::set_offload(const Offloads& offloads) {
    const Result<unsigned> mask = tap_fd_set_offload(group_.context().tun(), fd(), offloads);
    group_.set_offload(mask ? *mask : 0);
    if (!mask) {
        group_.context().log().warning("netdev '" + name() +
                                       "': offloads stay off: " + mask.error().message());
    }
}

Result<void> TapClient::set_vnet_le(bool enable) {
    return group_.context().tun().set_vnet_le(fd(), enable);
}

Result<void> TapClient::set_vnet_be(bool enable) {
    return group_.context().tun().set_vnet_be(fd(), enable);
}

Result<void> TapClient::set_steering_ebpf(int program_fd) {
    return group_.context().tun().set_steering_ebpf(fd(), program_fd);
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

}  // namespace net
