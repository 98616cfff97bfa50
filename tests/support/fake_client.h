// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/net_client.h"
#include "net/net_client_group.h"

namespace qnetdev::test {

/// A frame as one piece, valid as long as the text.
class TextFrame {
public:
    explicit TextFrame(std::string_view text)
        : piece_{const_cast<char*>(text.data()), text.size()} {}
    operator Frame() const { return Frame(&piece_, 1); }  // NOLINT(google-explicit-constructor)

private:
    iovec piece_;
};

/// A net client that notes what happens to it and does as it is told.
class FakeClient : public NetClientState {
public:
    using NetClientState::NetClientState;

    std::vector<std::string> received = {};
    int peer_ready_calls = 0;
    int link_changed_calls = 0;
    bool can_take = true;              ///< What can_receive() says.
    Delivery answer = Delivery::done;  ///< What receive() says; `busy` takes nothing.
    std::string info = {};
    std::function<void(const std::string&)> on_receive = {};  ///< Called inside receive().
    std::function<void()> on_ready = {};                      ///< Called inside on_peer_ready().

    std::string_view driver() const override { return "fake"; }
    bool can_receive() const override { return can_take; }
    Delivery receive(Frame frame) override {
        std::string bytes;
        for (const iovec& piece : frame) {
            bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
        if (answer == Delivery::done) {
            received.push_back(bytes);
        }
        if (on_receive) {
            on_receive(bytes);
        }
        return answer;
    }
    void on_peer_ready() override {
        ++peer_ready_calls;
        if (on_ready) {
            on_ready();
        }
    }
    void on_link_changed() override { ++link_changed_calls; }

protected:
    std::string info_text() const override { return info; }
};

/// A group of that many FakeClients.
inline std::unique_ptr<NetClientGroup> fake_group(const std::string& id, NetClientGroup::Kind kind,
                                                  std::size_t queues = 1) {
    auto group = std::make_unique<NetClientGroup>(id, kind);
    for (std::size_t queue = 0; queue < queues; ++queue) {
        group->add(std::make_unique<FakeClient>(id, "model"));
    }
    return group;
}

inline FakeClient& fake_client(NetClientGroup& group, std::size_t queue = 0) {
    return static_cast<FakeClient&>(group.client(queue));
}

}  // namespace qnetdev::test
