// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"
#include "qapi/json_writer.h"
#include "qapi/value.h"

namespace qnetdev {

/// The envelope of a command. Views into the document.
struct Request {
    std::string_view command;
    qapi::Value arguments;  ///< Absent if none were given.
    bool out_of_band = false;
};

/// Takes a message apart and checks the envelope's form. `oob` says whether exec-oob is a member
/// that is known.
Result<Request> read_request(const qapi::Document& document, bool oob);

/// The request's id as JSON, or empty: also of a request that is refused.
std::string request_id(const qapi::Document& document, qapi::JsonLayout layout);

}  // namespace qnetdev
