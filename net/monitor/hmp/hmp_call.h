// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/human_output.h"
#include "net/monitor/qmp/call.h"
#include "net/result.h"

namespace qnetdev {

/// A line of the human monitor that is being executed: where its output goes, and who gave it.
///
/// The command is over when its call is destroyed, which may be later than its function returns.
class HmpCall {
public:
    using Done = std::function<void(HumanOutput output)>;

    HmpCall(std::weak_ptr<FdClient> client, Done done)
        : client_(std::move(client)), done_(std::move(done)) {}
    HmpCall(HmpCall&& other) noexcept
        : client_(std::move(other.client_)),
          done_(std::exchange(other.done_, {})),
          output_(std::move(other.output_)) {}
    HmpCall& operator=(HmpCall&&) = delete;
    ~HmpCall();

    /// Null if the client is gone.
    std::shared_ptr<FdClient> client() const { return client_.lock(); }

    /// Appends to the output; each LF becomes CR LF.
    void print(std::string_view text);
    /// Prints "Error: " and the reason.
    void fail(const Error& error);
    /// The program ends after this line.
    void be_last() { output_.last = true; }

private:
    std::weak_ptr<FdClient> client_;
    Done done_;
    HumanOutput output_ = {};
};

}  // namespace qnetdev
