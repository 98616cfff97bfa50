// SPDX-License-Identifier: MIT
/// What of a card goes to another process, and what is checked of what comes from one.
#include <bit>
#include <utility>

#include "net/nic/virtio_net.h"

namespace qnetdev {
namespace {

Error unfit(const std::string& id, const std::string& why) {
    return Error("card '" + id + "': the saved state " + why).with_stage(Stage::validate);
}

bool is_sound(const ReceiveFilter& filter) {
    return filter.unicast.size() + filter.multicast.size() <= limits::kFilterAddresses;
}

bool is_sound(const ReceiveSteering& steering, unsigned max_pairs) {
    return !steering.enabled ||
           (steering.table.size() <= limits::kSteeringTable &&
            std::has_single_bit(steering.table.size()) && steering.default_queue < max_pairs &&
            (steering.types & ~kHashTypes) == 0);
}

bool is_multiqueue(const VirtioFeatures& features) {
    return features.has(VirtioFeature::mq) || features.has(VirtioFeature::rss);
}

}  // namespace

VirtioNetState VirtioNet::save() const {
    return {.features = acked_,
            .device_status = status_,
            .mac = mac(),
            .config_status = config_status_,
            .filter = filter_,
            .had_vnet_hdr = peer_.vnet_hdr,
            .had_ufo = peer_.offloads.ufo,
            .max_queue_pairs = static_cast<std::uint16_t>(max_queue_pairs()),
            .queue_pairs = static_cast<std::uint16_t>(queue_pairs_),
            .guest_offloads = guest_offloads_,
            .steering = steering_};
}

Result<void> VirtioNet::pre_load() {
    NET_TRY(check_peer(VirtioNetPeer::of(backend(0))));
    on_attached();
    return {};
}

/// What the netdev and the properties have to be able to do.
Result<void> VirtioNet::check_abilities(const VirtioNetState& state) const {
    if (state.had_vnet_hdr && !peer_.vnet_hdr) {
        return unfit(id(), "needs a netdev with a virtio-net header")
            .with_hint("give the netdev 'vnet_hdr=on', and look that its host has it");
    }
    if (state.had_ufo && !peer_.offloads.ufo) {
        return unfit(id(), "needs a netdev with UDP fragmentation offload (UFO)");
    }
    const VirtioFeatures missing = state.features & ~host_features_ & ~kTransportFeatures;
    if (missing != VirtioFeatures()) {
        return unfit(id(), "has features that this card cannot offer: " +
                               describe_virtio_net_features(missing));
    }
    if (state.max_queue_pairs != max_queue_pairs()) {
        return unfit(id(), "has " + std::to_string(state.max_queue_pairs) +
                               " pairs of queues, but the netdev has " +
                               std::to_string(max_queue_pairs()));
    }
    return {};
}

/// What no card can have been in.
Result<void> VirtioNet::check_consistency(const VirtioNetState& state) const {
    if (state.queue_pairs == 0 || state.queue_pairs > max_queue_pairs() ||
        (state.queue_pairs > 1 && !qnetdev::is_multiqueue(state.features))) {
        return unfit(id(), "uses " + std::to_string(state.queue_pairs) +
                               " pairs of queues, which its guest cannot have asked for");
    }
    if ((state.guest_offloads & ~virtio_net_guest_offload_bits(state.features)) != 0) {
        return unfit(id(), "has offloads that its guest did not take");
    }
    if (!is_sound(state.filter)) {
        return unfit(id(), "has a receive filter of more than " +
                               std::to_string(limits::kFilterAddresses) + " addresses");
    }
    if (!is_sound(state.steering, max_queue_pairs())) {
        return unfit(id(), "has a broken table of receive-side scaling");
    }
    return {};
}

Result<void> VirtioNet::load(const VirtioNetState& state) {
    NET_TRY(check_abilities(state));
    NET_TRY(check_consistency(state));
    NET_TRY(set_queue_pairs(state.queue_pairs));
    acked_ = state.features;
    transport_.set_ring_count(ring_count());
    apply_features(state.guest_offloads);
    status_ = state.device_status;
    broken_ = (status_ & virtio_status::kNeedsReset) != 0;
    set_mac(state.mac);
    config_status_ = state.config_status & (kConfigLinkUp | kConfigAnnounce);
    filter_ = state.filter;
    steering_ = state.steering;
    return {};
}

void VirtioNet::post_load() {
    update_started();
    announce();
}

}  // namespace qnetdev
