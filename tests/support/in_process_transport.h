// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/nic/virtio_transport.h"

namespace qnetdev::test {

/// A ring whose driver is the test: it adds buffers, and finds them used.
class InProcessRing : public Virtqueue {
public:
    /// A chain that the device is done with: what is in its writable part, and how much of it the
    /// device says that it wrote.
    struct Used {
        std::string bytes = {};
        std::size_t written = 0;
    };

    bool ready = true;
    bool notifies = true;  ///< The device wants to be kicked.
    int interrupts = 0;
    std::deque<Used> used = {};

    /// Adds a chain of these readable pieces, and of writable ones of these sizes.
    void add(const std::vector<std::string>& readable, const std::vector<std::size_t>& writable) {
        Buffer& buffer = buffers_.emplace_back();
        buffer.id = next_id_++;
        buffer.memory.reserve(readable.size() + writable.size());
        for (const std::string& piece : readable) {
            buffer.memory.push_back(piece);
        }
        for (const std::size_t size : writable) {
            buffer.memory.emplace_back(size, '\xee');
        }
        for (std::string& piece : buffer.memory) {
            buffer.pieces.push_back({piece.data(), piece.size()});
        }
        buffer.readable = readable.size();
        available_.push_back(&buffer);
    }
    void add_readable(std::string_view bytes) { add({std::string(bytes)}, {}); }
    void add_writable(std::size_t bytes) { add({}, {bytes}); }
    std::size_t available() const { return available_.size(); }
    /// The next used chain's bytes that were written.
    std::string take_used() {
        assert(!used.empty());
        Used first = std::move(used.front());
        used.pop_front();
        return first.bytes.substr(0, first.written);
    }

    bool is_ready() const override { return ready; }
    bool is_empty() const override { return available_.empty(); }
    std::optional<VirtqueueElement> pop() override {
        if (available_.empty()) {
            return {};
        }
        Buffer* buffer = available_.front();
        available_.pop_front();
        popped_.push_back(buffer);
        const std::span<const iovec> pieces(buffer->pieces);
        return VirtqueueElement{.id = buffer->id,
                                .readable = pieces.first(buffer->readable),
                                .writable = pieces.subspan(buffer->readable)};
    }
    void put_back(std::size_t count) override {
        for (; count > 0; --count) {
            assert(!popped_.empty());
            available_.push_front(popped_.back());
            popped_.pop_back();
        }
    }
    void push(const VirtqueueElement& element, std::size_t written) override {
        const auto found =
            std::find_if(popped_.begin(), popped_.end(),
                         [&](const Buffer* candidate) { return candidate->id == element.id; });
        assert(found != popped_.end());
        Used done{.written = written};
        for (std::size_t i = (*found)->readable; i < (*found)->memory.size(); ++i) {
            done.bytes += (*found)->memory[i];
        }
        assert(written <= done.bytes.size());
        unpublished_.push_back(std::move(done));
        buffers_.remove_if([&](const Buffer& buffer) { return &buffer == *found; });
        popped_.erase(found);
    }
    void publish() override {
        std::move(unpublished_.begin(), unpublished_.end(), std::back_inserter(used));
        unpublished_.clear();
        ++interrupts;
    }
    void set_notification(bool on) override { notifies = on; }

private:
    struct Buffer {
        std::uint32_t id = 0;
        std::vector<std::string> memory = {};
        std::vector<iovec> pieces = {};
        std::size_t readable = 0;
    };

    std::list<Buffer> buffers_ = {};
    std::deque<Buffer*> available_ = {};
    std::deque<Buffer*> popped_ = {};
    std::vector<Used> unpublished_ = {};
    std::uint32_t next_id_ = 0;
};

/// A transport in the process of the test, which notes what the device tells it.
class InProcessTransport : public VirtioTransport {
public:
    explicit InProcessTransport(unsigned rings) : rings_(rings) {}

    unsigned ring_count = 0;
    int config_interrupts = 0;
    std::vector<unsigned> scheduled = {};
    std::vector<std::string> broken = {};
    ByteOrder byte_order = ByteOrder::little;

    InProcessRing& ring(unsigned index) override { return rings_.at(index); }
    void set_ring_count(unsigned count) override { ring_count = count; }
    void schedule(unsigned ring) override { scheduled.push_back(ring); }
    void notify_config() override { ++config_interrupts; }
    void report_broken(std::string_view why) override { broken.emplace_back(why); }
    ByteOrder driver_byte_order() const override { return byte_order; }

private:
    std::vector<InProcessRing> rings_;
};

}  // namespace qnetdev::test
