// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/result.h"
#include "qapi/json_reader.h"
#include "qapi/nlohmann.h"
#include "qapi/output_visitor.h"
#include "qapi/visitor.h"

/// What the generated `*_nlohmann.cc` are made of.
///
/// Values pass as text: so the tables are walked by the visitors that walk them for text, and the
/// rules of both are the same by construction.
namespace qnetdev::qapi::detail {

/// The text of a value, or why it has none.
qnetdev::Result<std::string> nlohmann_text(const nlohmann::ordered_json& json);

/// Makes `json` what the text of a JsonWriter says.
void assign_nlohmann(nlohmann::ordered_json& json, const std::string& text);

/// The error without the place in a text that its reader has never seen.
qnetdev::Error without_span(const qnetdev::Error& error);

template <class T>
qnetdev::Result<T> read_nlohmann(const nlohmann::ordered_json& json) {
    const std::string text = NET_TRY(nlohmann_text(json));
    const qnetdev::Result<Document> document = parse_json(text);
    if (!document) {
        return without_span(document.error());
    }
    qnetdev::Result<T> value = read_as<T>(*document);
    if (!value) {
        return without_span(value.error());
    }
    return value;
}

template <class T>
void write_nlohmann(nlohmann::ordered_json& json, const T& value) {
    JsonWriter writer;
    OutputVisitor(writer).write(value);
    assign_nlohmann(json, writer.text());
}

}  // namespace qnetdev::qapi::detail
