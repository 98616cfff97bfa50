// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "net/nic/virtio_net_header.h"

/// What a virtio device needs of whoever carries it: PCI, MMIO, vhost-user, or a test.
///
/// The transport knows the driver's memory and the layout of rings; the device knows what the bytes
/// in them mean. What a transport hands out it has checked: pieces lie in the driver's memory, do
/// not wrap, and are at most 1024 for each element.
namespace qnetdev {

/// A chain of buffers that the driver has made available: first those to be read, then those to be
/// written. The memory is the driver's, who may change it at any time: read each byte once.
struct VirtqueueElement {
    std::uint32_t id = 0;  ///< The transport's.
    std::span<const iovec> readable = {};
    std::span<const iovec> writable = {};
};

/// One ring. Pieces of an element stay valid until it is pushed or put back, or the ring is reset.
class Virtqueue {
public:
    Virtqueue() = default;
    Virtqueue(const Virtqueue&) = delete;
    Virtqueue& operator=(const Virtqueue&) = delete;
    virtual ~Virtqueue() = default;

    /// Whether the driver has set it up and enabled it.
    virtual bool is_ready() const = 0;
    virtual bool is_empty() const = 0;
    /// The next element; nothing if there is none, or if what the driver left there is broken,
    /// which the transport has then dealt with.
    virtual std::optional<VirtqueueElement> pop() = 0;
    /// Takes back the last `count` pops, of elements that were not pushed: they come again.
    virtual void put_back(std::size_t count) = 0;
    /// The device is done with the element, of whose writable bytes it wrote the first `written`.
    /// The driver does not see it before publish().
    virtual void push(const VirtqueueElement& element, std::size_t written) = 0;
    /// Shows the driver at once all that was pushed, and interrupts it if it wants that.
    virtual void publish() = 0;
    /// Whether the driver is to kick the ring when it adds elements. Where that is turned on, look
    /// again at is_empty().
    virtual void set_notification(bool on) = 0;
};

/// What a device asks of its transport, which must not call the device back meanwhile. The other
/// direction are methods of the device.
class VirtioTransport {
public:
    VirtioTransport() = default;
    VirtioTransport(const VirtioTransport&) = delete;
    VirtioTransport& operator=(const VirtioTransport&) = delete;
    virtual ~VirtioTransport() = default;

    /// Any ring below the number that the device was asked for.
    virtual Virtqueue& ring(unsigned index) = 0;
    /// How many rings there are from now on: the driver's features decide.
    virtual void set_ring_count(unsigned count) = 0;
    /// Handle the ring soon, but after others had their turn.
    virtual void schedule(unsigned ring) = 0;
    /// The configuration space has changed.
    virtual void notify_config() = 0;
    /// The driver has broken a rule: to it, the device needs a reset. Until then the rings are
    /// ignored, which the device sees to.
    virtual void report_broken(std::string_view why) = 0;
    /// Of a driver that did not take VERSION_1: the byte order of its processor.
    virtual ByteOrder driver_byte_order() const = 0;
};

}  // namespace qnetdev
