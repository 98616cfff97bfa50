// SPDX-License-Identifier: MIT
#pragma once

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

namespace net {

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

/// The QMP client that gave a command, as far as commands know it.
class Caller : public FdClient {
public:
    /// Ends the negotiation with these capabilities switched on.
    virtual Result<void> negotiate(const std::vector<qapi::QMPCapability>& enable) = 0;

    virtual qapi::JsonLayout layout() const = 0;
    /// Sends the answer to a command.
    virtual void answer(std::string message, bool out_of_band) = 0;
};

/// One command that has to be answered exactly once.
///
/// The client may be gone by then: the answer is dropped. A call that is destroyed without an
/// answer is answered with an error.
class Call {
public:
    /// `id` is JSON, or empty if the command had none.
    Call(std::weak_ptr<Caller> caller, std::string id, bool out_of_band)
        : caller_(std::move(caller)), id_(std::move(id)), out_of_band_(out_of_band) {}
    Call(Call&& other) noexcept
        : caller_(std::exchange(other.caller_, {})),
          id_(std::move(other.id_)),
          out_of_band_(other.out_of_band_) {}
    Call& operator=(Call&&) = delete;
    ~Call();

    /// Null if the client is gone.
    std::shared_ptr<Caller> caller() const { return caller_.lock(); }

    template <class T>
    void reply(const T& value) {
        if (const std::shared_ptr<Caller> caller = std::exchange(caller_, {}).lock()) {
            qapi::JsonWriter writer(caller->layout());
            writer.begin_object();
            writer.key("return");
            qapi::OutputVisitor(writer).write(value);
            finish(*caller, writer);
        }
    }
    void fail(const Error& error);

private:
    void finish(Caller& caller, qapi::JsonWriter& writer);

    std::weak_ptr<Caller> caller_;
    std::string id_;
    bool out_of_band_;
};

/// Message and hint as one text: a client shows only one to its user.
std::string error_text(const Error& error);

/// The end of an error answer: its class and text.
void write_error(qapi::JsonWriter& writer, const Error& error);

}  // namespace net
