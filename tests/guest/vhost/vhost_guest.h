// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/vhost_net.h"
#include "tests/guest/vhost/guest_rings.h"
#include "tests/netns/support.h"

namespace qnetdev::test {

/// The kernel's threads that serve this process's devices. Linux 6.1 makes them kernel threads,
/// later ones threads of the process; both are called after it.
unsigned vhost_workers();
/// Whether they are gone within a bounded wait: the kernel ends them after the close.
bool workers_are_gone();

/// Lets every ioctl() of that number fail in this process, for good: for forked children.
void refuse_ioctl(unsigned long request, int errnum);

/// A netdev with vhost, called n0, and a card on it, whose driver the test plays.
class VhostGuest : public Netns {
protected:
    static constexpr std::uint64_t kFeatures = std::uint64_t{1} << 32;  // VIRTIO_F_VERSION_1

    static Tap wish(unsigned queues, bool vhost = true);
    /// A card that wants headers of 12 bytes, and rings for each queue.
    void attach_card(unsigned queues);
    void bring_up(unsigned queues);

    VhostSetup setup() const { return {.features = {.low = kFeatures}, .memory = memory_}; }
    Result<void> start();
    Result<void> start(const VhostSetup& with);
    /// All pairs; the rings then know where to go on.
    void stop();

    std::vector<VhostNet*> pairs_ = {};
    std::vector<std::unique_ptr<GuestRings>> rings_ = {};
    std::vector<VhostMemoryRegion> memory_ = {};
};

}  // namespace qnetdev::test
