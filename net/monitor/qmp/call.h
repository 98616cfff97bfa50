// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/fd_store.h"
#include "net/result.h"
#include "net/unique_fd.h"
#include "qapi/control_types.h"
#include "qapi/json_writer.h"
#include "qapi/output_visitor.h"

namespace qnetdev {

/// What the client of a monitor has sent besides commands: descriptors.
class FdClient {
public:
    FdClient() = default;
    FdClient(const FdClient&) = delete;
    FdClient& operator=(const FdClient&) = delete;
    virtual ~FdClient() = default;

    /// Descriptors that its monitor knows by name.
    virtual NamedFds& named_fds() = 0;
    /// Takes the first of the descriptors that were sent along, and closes the others. Empty if
    /// there is none.
    virtual UniqueFd take_fd() = 0;
};

/// Which command an answer belongs to.
struct CallTag {
    std::string id = {};  ///< JSON, or empty if the command had none.
    bool out_of_band = false;
};

/// Writes what a command returns: one value.
using WriteValue = std::function<void(qapi::JsonWriter& writer)>;

/// The QMP client that gave a command, as far as commands know it.
class Caller : public FdClient {
public:
    /// Ends the negotiation with these capabilities switched on.
    virtual Result<void> negotiate(const std::vector<qapi::QMPCapability>& enable) = 0;

    /// Answers a command with what it returns,
    virtual void reply(const CallTag& tag, const WriteValue& write) = 0;
    /// or with all that is known of why it failed. What of that a client is told, is its affair.
    virtual void fail(const CallTag& tag, const Error& error) = 0;
};

/// One command that has to be answered exactly once.
///
/// The client may be gone by then: the answer is dropped. A call that is destroyed without an
/// answer is answered with an error.
class Call {
public:
    Call(std::weak_ptr<Caller> caller, CallTag tag)
        : caller_(std::move(caller)), tag_(std::move(tag)) {}
    Call(Call&& other) noexcept
        : caller_(std::exchange(other.caller_, {})), tag_(std::move(other.tag_)) {}
    Call& operator=(Call&&) = delete;
    ~Call();

    /// Null if the client is gone.
    std::shared_ptr<Caller> caller() const { return caller_.lock(); }

    template <class T>
    void reply(const T& value) {
        if (const std::shared_ptr<Caller> caller = std::exchange(caller_, {}).lock()) {
            caller->reply(tag_, [&value](qapi::JsonWriter& writer) {
                qapi::OutputVisitor(writer).write(value);
            });
        }
    }
    void fail(const Error& error);

private:
    std::weak_ptr<Caller> caller_;
    CallTag tag_;
};

/// Message and hint as one text: a client shows only one to its user.
std::string error_text(const Error& error);

/// An answer as QMP sends it,
std::string reply_message(const std::string& id, const WriteValue& write, qapi::JsonLayout layout);
/// and that of a command that failed: of the error its class, and error_text().
std::string error_message(const std::string& id, const Error& error, qapi::JsonLayout layout);

}  // namespace qnetdev
