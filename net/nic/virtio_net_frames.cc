// SPDX-License-Identifier: MIT
/// Frames between the driver's rings and the backend. They are copied once on their way in, into
/// the driver's buffers, and on their way out not at all: the backend reads the driver's memory.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/nic/virtio_net.h"

namespace qnetdev {
namespace {

/// A frame's pieces without its first bytes, and with room for a header of ours.
class Pieces {
public:
    /// False if there are more pieces than fit.
    bool append(Frame frame, std::size_t skipped = 0) {
        for (const iovec& piece : frame) {
            if (skipped >= piece.iov_len) {
                skipped -= piece.iov_len;
                continue;
            }
            if (count_ == pieces_.size()) {
                return false;
            }
            pieces_[count_++] = {static_cast<std::byte*>(piece.iov_base) + skipped,
                                 piece.iov_len - skipped};
            skipped = 0;
        }
        return true;
    }
    Frame frame() const { return Frame(pieces_.data(), count_); }

private:
    std::array<iovec, limits::kFramePieces> pieces_;
    std::size_t count_ = 0;
};

/// Whether the guest may be given a frame of that kind.
bool is_taken(const VnetHeader& header, const VirtioFeatures& acked) {
    constexpr unsigned kModifiers =
        VnetHeader::kGsoEcn | VnetHeader::kGsoTunnel4 | VnetHeader::kGsoTunnel6;
    constexpr unsigned kTunnels = VnetHeader::kGsoTunnel4 | VnetHeader::kGsoTunnel6;
    if ((header.gso_type & kTunnels) != 0 && !acked.has(VirtioFeature::guest_tunnel)) {
        return false;
    }
    switch (header.gso_type & ~kModifiers) {
        case VnetHeader::kGsoNone:
            return true;
        case VnetHeader::kGsoTcp4:
            return acked.has(VirtioFeature::guest_tso4);
        case VnetHeader::kGsoTcp6:
            return acked.has(VirtioFeature::guest_tso6);
        case VnetHeader::kGsoUdp:
            return acked.has(VirtioFeature::guest_ufo);
        case VnetHeader::kGsoUdpL4:
            return acked.has(VirtioFeature::guest_uso4) || acked.has(VirtioFeature::guest_uso6);
        default:
            return false;
    }
}

}  // namespace

/// A queue that is not in use still has what came for it before: that goes to one that is.
bool VirtioNet::can_receive(unsigned queue) {
    return is_driving() && receive_ring(queue % queue_pairs_).is_ready();
}

Delivery VirtioNet::receive(unsigned queue, Frame frame) {
    if (!is_link_up()) {
        return Delivery::done;
    }
    const std::size_t host_header = pairs_[queue].host_header;
    VnetHeader::Bytes bytes{};
    const std::size_t wanted = std::min(host_header, bytes.size());
    Pieces payload;
    if (PieceReader(frame).read(std::span(bytes).first(wanted)) < wanted ||
        !payload.append(frame, host_header) || payload.frame().empty()) {
        return Delivery::done;  // nothing behind the header, or nothing that clients exchange
    }
    VnetHeader header = VnetHeader::parse(bytes, wanted, host_order());
    header.num_buffers = 0;
    header.hash_value = 0;
    header.hash_report = 0;
    unsigned pair = queue % queue_pairs_;
    if (steering_.enabled) {
        const auto hash = hash_frame(payload.frame(), steering_.types, steering_.key);
        if (steering_.report && hash) {
            header.hash_value = hash->value;
            header.hash_report = hash->report;
        }
        if (steering_.redirect) {
            pair = steer(steering_, hash) % queue_pairs_;
        }
    }
    return deliver(pair, header, payload.frame());
}

Delivery VirtioNet::deliver(unsigned pair, VnetHeader header, Frame frame) {
    Virtqueue& ring = receive_ring(pair);
    if (!ring.is_ready()) {
        return Delivery::done;  // steered to where the driver has no buffers
    }
    if (ring.is_empty()) {
        ring.set_notification(true);
        if (ring.is_empty()) {
            return Delivery::busy;
        }
    }
    if (!filter_.accepts(frame, mac())) {
        return Delivery::done;
    }
    iovec whole = {};
    if (!prepare_for_guest(header, frame, whole)) {
        return Delivery::done;
    }
    return place(ring, header, frame);
}

/// Leaves nothing to the guest that it did not agree to do. A frame that has to be changed is
/// copied first, and `frame` is that copy then. False: it cannot be given to the guest.
bool VirtioNet::prepare_for_guest(VnetHeader& header, Frame& frame, iovec& whole) {
    if (!is_taken(header, acked_)) {
        return false;
    }
    const bool open = (header.flags & VnetHeader::kNeedsCsum) != 0;
    if (!open ||
        (acked_.has(VirtioFeature::guest_csum) && !is_dhcp_without_checksum(header, frame))) {
        return true;
    }
    const std::optional<std::uint16_t> checksum = complete_checksum(header, frame);
    if (!checksum || total_length(frame) > limits::kPacketBytes) {
        return false;
    }
    scratch_.resize(static_cast<std::size_t>(total_length(frame)));
    (void)PieceReader(frame).read(scratch_);
    const std::size_t at = std::size_t{header.csum_start} + header.csum_offset;
    scratch_[at] = static_cast<std::byte>(*checksum >> 8);
    scratch_[at + 1] = static_cast<std::byte>(*checksum & 0xffU);
    header.flags &= static_cast<std::uint8_t>(~unsigned{VnetHeader::kNeedsCsum});
    header.csum_start = 0;
    header.csum_offset = 0;
    whole = {scratch_.data(), scratch_.size()};
    frame = Frame(&whole, 1);
    return true;
}

Delivery VirtioNet::place(Virtqueue& ring, VnetHeader header, Frame frame) {
    const bool mergeable = acked_.has(VirtioFeature::mrg_rxbuf);
    PieceReader payload(frame);
    placed_.clear();
    do {
        const std::optional<VirtqueueElement> element = ring.pop();
        if (!element) {
            ring.put_back(placed_.size());
            ring.set_notification(true);
            return Delivery::busy;  // not enough room yet
        }
        const std::size_t header_bytes = placed_.empty() ? guest_header_ : 0;
        const std::uint64_t room = total_length(element->writable);
        if (room == 0 || room < header_bytes) {
            ring.put_back(placed_.size() + 1);
            break_device("a receive buffer without room for a frame's header");
            return Delivery::done;
        }
        const std::size_t copied = copy_pieces(payload, element->writable, header_bytes);
        placed_.push_back({*element, header_bytes + copied});
    } while (mergeable && payload.remaining() > 0 && placed_.size() < limits::kMergedBuffers);

    if (payload.remaining() > 0) {
        ring.put_back(placed_.size());
        return Delivery::done;  // larger than the guest wants frames to be
    }
    const bool has_count = mergeable || acked_.has(VirtioFeature::version_1);
    header.num_buffers = has_count ? static_cast<std::uint16_t>(placed_.size()) : std::uint16_t{0};
    const VnetHeader::Bytes bytes = header.write(guest_order());
    (void)write_pieces(placed_.front().element.writable, 0, std::span(bytes).first(guest_header_));
    for (const Placed& placed : placed_) {
        ring.push(placed.element, placed.written);
    }
    ring.publish();
    return Delivery::done;
}

/// Who may have frames for this ring: its own queue, those no longer in use, with steering all.
void VirtioNet::flush_received(unsigned pair) {
    if (pair >= queue_pairs_) {
        return;
    }
    const bool anywhere = steering_.enabled && steering_.redirect;
    const unsigned step = anywhere ? 1 : queue_pairs_;
    for (unsigned queue = anywhere ? 0 : pair; queue < max_queue_pairs(); queue += step) {
        client(queue).flush_incoming();
    }
}

void VirtioNet::handle_transmit(unsigned pair) {
    const std::optional<unsigned>& waits = pairs_[pair].waits_for;
    if (!is_driving() || 2 * pair + 1 >= ring_count() || (waits && is_link_up()) ||
        !transmit_ring(pair).is_ready()) {
        return;
    }
    Virtqueue& ring = transmit_ring(pair);
    ring.set_notification(false);
    int done = 0;
    while (done < limits::kTransmitBurst && !(waits && is_link_up())) {
        const std::optional<VirtqueueElement> element = ring.pop();
        if (!element) {
            break;
        }
        if (!transmit(pair, *element)) {
            ring.put_back(1);
            break;
        }
        ring.push(*element, 0);
        ++done;
    }
    if (done > 0) {
        ring.publish();
    }
    if ((waits && is_link_up()) || broken_) {
        return;
    }
    if (done < limits::kTransmitBurst) {
        ring.set_notification(true);
    }
    if (!ring.is_empty()) {
        transport_.schedule(2 * pair + 1);
    }
}

/// False if the driver broke a rule. Else the element is used, whatever became of the frame.
bool VirtioNet::transmit(unsigned pair, const VirtqueueElement& element) {
    if (total_length(element.readable) < guest_header_) {
        break_device("a frame to send that is shorter than its header");
        return false;
    }
    if (!is_link_up()) {
        return true;
    }
    VnetHeader::Bytes bytes{};
    PieceReader reader(element.readable);
    (void)reader.read(std::span(bytes).first(guest_header_));
    Pieces payload;
    std::vector<std::byte> gathered;  // of a frame in more pieces than backends take
    if (!payload.append(element.readable, guest_header_)) {
        if (reader.remaining() > limits::kPacketBytes) {
            ++dropped_by_rule_;
            return true;
        }
        gathered.resize(static_cast<std::size_t>(reader.remaining()));
        (void)reader.read(gathered);
        payload = Pieces();
        const iovec whole = {gathered.data(), gathered.size()};
        (void)payload.append(Frame(&whole, 1));
    }
    const auto header = check_driver_header(VnetHeader::parse(bytes, guest_header_, guest_order()),
                                            payload.frame(), acked_);
    if (!header) {
        ++dropped_by_rule_;
        return true;
    }
    // What a queue still has that is no longer used leaves through one that is.
    const unsigned through = pair % queue_pairs_;
    if (send(through, *header, payload.frame()) == Delivery::busy) {
        pairs_[pair].waits_for = through;
    }
    return true;
}

/// With the header in front that the backend wants.
Delivery VirtioNet::send(unsigned pair, const VnetHeader& header, Frame frame) {
    const VnetHeader::Bytes bytes = header.write(host_order());
    const std::size_t host_header = std::min(pairs_[pair].host_header, bytes.size());
    std::array<iovec, limits::kFramePieces + 1> pieces;
    std::size_t count = 0;
    if (host_header > 0) {
        pieces[count++] = {const_cast<std::byte*>(bytes.data()), host_header};
    }
    std::copy(frame.begin(), frame.end(), pieces.begin() + static_cast<std::ptrdiff_t>(count));
    return client(pair).send(Frame(pieces.data(), count + frame.size()));
}

void VirtioNet::on_peer_ready(unsigned queue) {
    for (unsigned pair = 0; pair < max_queue_pairs(); ++pair) {
        if (pairs_[pair].waits_for == queue) {
            pairs_[pair].waits_for.reset();
            handle_transmit(pair);
        }
    }
}

}  // namespace qnetdev
