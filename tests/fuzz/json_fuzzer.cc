// SPDX-License-Identifier: MIT
/// JSON as such, and as a netdev.
#include <cstdint>
#include <string>
#include <vector>

#include "checks.h"
#include "qapi/json_reader.h"
#include "qapi/json_writer.h"
#include "tests/support/json_oracle.h"

namespace fuzz {
namespace {

/// Asks every value for all that it can tell. Without recursion: the nesting is the input's.
void check_values(const qnetdev::qapi::Document& document) {
    const std::size_t bytes = document.source().size();
    std::vector<qnetdev::qapi::Value> open = {document.root()};
    while (!open.empty()) {
        const qnetdev::qapi::Value value = open.back();
        open.pop_back();
        require(value.span().offset + value.span().length <= bytes, "a value lies in the source");
        const bool integer = value.kind() == qnetdev::qapi::ValueKind::integer;
        require(integer || !(value.as_int64() || value.as_uint64()), "only integers are integers",
                value.text());
        require(!value.as_int64() || value.as_double(), "an integer is a number", value.text());
        for (const qnetdev::qapi::Value item : value.items()) {
            open.push_back(item);
        }
        for (const qnetdev::qapi::Value::Entry& entry : value.entries()) {
            require(entry.key_span.offset + entry.key_span.length <= bytes,
                    "a key lies in the source");
            open.push_back(entry.value);
        }
    }
}

void check_stable(const qnetdev::qapi::Document& document) {
    const std::string once = qnetdev::qapi::to_json(document.root());
    const qnetdev::Result<qnetdev::qapi::Document> again = qnetdev::qapi::parse_json(once);
    require(again.has_value(), "what was printed is read back", once);
    require(qnetdev::qapi::to_json(again->root()) == once, "printing twice changes nothing", once);
}

void check_json(std::string_view text) {
    const std::string disagreement = json_oracle::disagreement(text);
    require(disagreement.empty(), "nlohmann_json agrees", disagreement);
    const qnetdev::Result<qnetdev::qapi::Document> document = qnetdev::qapi::parse_json(text);
    const qnetdev::Result<qnetdev::ParsedNetdev> parsed =
        qnetdev::parse_netdev_as(text, qnetdev::NetdevLanguage::json);
    if (!document) {
        check_parse_error(document.error(), text);
        require(!parsed.has_value(), "no JSON, no netdev", text);
        return;
    }
    check_values(*document);
    check_stable(*document);
    if (!parsed) {
        check_parse_error(parsed.error(), text);
        return;
    }
    // locate_option() chooses the language by the first byte, which is '{' or a blank.
    check_netdev(parsed->netdev, text, Source::json);
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::check_json({reinterpret_cast<const char*>(data), size});
    return 0;
}
