// SPDX-License-Identifier: MIT
#include "qapi/nlohmann_bridge.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "net/base/limits.h"
#include "qapi/utf8.h"

namespace qnetdev::qapi::detail {
namespace {

using Json = nlohmann::ordered_json;

qnetdev::Error refused(std::string message) {
    return qnetdev::Error(std::move(message)).with_stage(qnetdev::Stage::parse);
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

/// Writes a value, recursing no deeper than JSON text may be nested.
class TextWriter {
public:
    qnetdev::Result<void> write(const Json& json) {  // NOLINT(misc-no-recursion)
        switch (json.type()) {
            case Json::value_t::object:
            case Json::value_t::array:
                return write_container(json);
            case Json::value_t::string:
                NET_TRY(check_text(json.get_ref<const std::string&>()));
                writer_.string(json.get_ref<const std::string&>());
                return {};
            case Json::value_t::number_float:
                if (!std::isfinite(json.get<double>())) {
                    return refused("a number in JSON must be finite");
                }
                break;
            case Json::value_t::binary:
            case Json::value_t::discarded:
                return refused("a binary or discarded value is not JSON");
            default:
                break;
        }
        writer_.raw(json.dump());
        return {};
    }

    std::string take() { return writer_.take(); }

private:
    static qnetdev::Result<void> check_text(const std::string& text) {
        return is_utf8(text) ? qnetdev::Result<void>()
                             : refused("a text in JSON must be valid UTF-8");
    }

    qnetdev::Result<void> write_container(const Json& json) {  // NOLINT(misc-no-recursion)
        if (depth_ == qnetdev::limits::kJsonDepth) {
            return refused("JSON nested deeper than " +
                           std::to_string(qnetdev::limits::kJsonDepth) + " levels");
        }
        ++depth_;
        json.is_object() ? writer_.begin_object() : writer_.begin_list();
        for (auto item = json.begin(); item != json.end(); ++item) {
            if (json.is_object()) {
                NET_TRY(check_text(item.key()));
                writer_.key(item.key());
            }
            NET_TRY(write(*item));
        }
        json.is_object() ? writer_.end_object() : writer_.end_list();
        --depth_;
        return {};
    }

    JsonWriter writer_ = JsonWriter();
    std::size_t depth_ = 0;
};

}  // namespace

qnetdev::Result<std::string> nlohmann_text(const Json& json) {
    TextWriter writer;
    NET_TRY(writer.write(json));
    return writer.take();
}

void assign_nlohmann(Json& json, const std::string& text) {
    json = Json::parse(text, nullptr, false);
}

qnetdev::Error without_span(const qnetdev::Error& error) {
    return qnetdev::Error(error.message(), error.error_class())
        .with_stage(error.stage())
        .with_param(error.param())
        .with_hint(error.hint());
}

}  // namespace qnetdev::qapi::detail
