// SPDX-License-Identifier: MIT
#include "net/cli/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "net/base/limits.h"
#include "qapi/utf8.h"

namespace qnetdev::cli {
namespace {

Error refused(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

/// Makes a value of what nlohmann_json's parser tells. That ends as soon as it is told `false`.
class Builder : public nlohmann::json_sax<Json> {
public:
    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        return text.find_first_of(".eE") == text.npos
                   ? fail("an integer in JSON has at most 64 bits, but this is " +
                          text.substr(0, kShownBytes))
                   : add(value);
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return fail("binary values are not JSON"); }
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool key(string_t& value) override {
        key_ = std::move(value);
        return count();
    }
    bool end_object() override { return check_keys() && close(); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string& /*last_token*/,
                     const nlohmann::json::exception& /*error*/) override {
        return fail("invalid JSON at column " + std::to_string(position));
    }

    Result<Json> take() {
        return error_ ? Result<Json>(*std::move(error_)) : Result<Json>(std::move(root_));
    }

private:
    static constexpr std::size_t kShownBytes = 60;

    bool fail(std::string message) {
        error_ = refused(std::move(message));
        return false;
    }

    bool count() {
        return ++count_ <= limits::kJsonTokens ||
               fail("JSON of more than " + std::to_string(limits::kJsonTokens) + " values");
    }

    bool add(Json value) { return count() && (place(std::move(value)), true); }

    Json* place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_array()) {
            open_.back()->push_back(std::move(value));
            return &open_.back()->back();
        }
        // Without the search for the same key that every other way of adding begins with.
        auto& members = open_.back()->get_ref<Json::object_t&>();
        members.emplace_back(std::move(key_), std::move(value));
        return &members.back().second;
    }

    bool open(Json container) {
        if (open_.size() == limits::kJsonDepth) {
            return fail("JSON nested deeper than " + std::to_string(limits::kJsonDepth) +
                        " levels");
        }
        open_.push_back(place(std::move(container)));
        return count();
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    bool check_keys() {
        std::vector<std::string_view> keys;
        for (const auto& [key, value] : open_.back()->get_ref<const Json::object_t&>()) {
            keys.emplace_back(key);
        }
        std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        return twice == keys.end() ||
               fail("the key '" + qapi::printable(*twice, kShownBytes) + "' stands twice in JSON");
    }

    Json root_ = Json();
    std::vector<Json*> open_ = {};  ///< From the root inwards. What is open does not move.
    std::string key_ = {};
    std::size_t count_ = 0;
    std::optional<Error> error_ = {};
};

}  // namespace

Result<Json> read_json(std::string_view text) {
    if (text.size() > limits::kArgumentBytes) {
        return refused("JSON of more than " + std::to_string(limits::kArgumentBytes) + " bytes");
    }
    if (const std::size_t nul = text.find('\0'); nul != text.npos) {
        return refused("invalid JSON at column " + std::to_string(nul + 1));
    }
    Builder builder;
    (void)Json::sax_parse(text, &builder);
    return builder.take();
}

std::string write_json(const Json& value, int indent) {
    return value.dump(indent, ' ', true, Json::error_handler_t::replace);
}

}  // namespace qnetdev::cli
