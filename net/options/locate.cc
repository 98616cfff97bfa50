// SPDX-License-Identifier: MIT
#include "net/options.h"
#include "net/options/keyval.h"
#include "net/options/language.h"
#include "net/options/traditional.h"
#include "qapi/json_reader.h"

namespace net {
namespace {

/// From the key to the end of its value.
TextSpan whole_entry(const qapi::Value::Entry& entry) {
    const TextSpan value = entry.value.span();
    return {entry.key_span.offset, value.offset + value.length - entry.key_span.offset};
}

/// Follows "addr.port" down from the root; the deepest member that exists.
std::optional<TextSpan> find_member(const qapi::Document& document, std::string_view path) {
    std::optional<TextSpan> found;
    qapi::Value object = document.root();
    while (!path.empty() && object) {
        const std::size_t dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        qapi::Value next;
        for (const qapi::Value::Entry& entry : object.entries()) {
            if (entry.key == name) {
                found = whole_entry(entry);
                next = entry.value;
            }
        }
        object = next;
        path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    return found;
}

}  // namespace

std::optional<TextSpan> locate_option(std::string_view text, std::string_view param) {
    switch (netdev_language(text)) {
        case NetdevLanguage::json:
            if (const Result<qapi::Document> document = qapi::parse_json(text)) {
                return find_member(*document, param);
            }
            break;
        case NetdevLanguage::keyval:
            if (const Result<qapi::Document> document = parse_keyval(text, kImpliedKey)) {
                return find_member(*document, param);
            }
            break;
        case NetdevLanguage::traditional:
            return find_member(TraditionalOptions(text, kImpliedKey).document(), param);
    }
    return std::nullopt;
}

}  // namespace net
