// SPDX-License-Identifier: MIT
#include <algorithm>
#include <variant>

#include "net/options.h"
#include "net/options/netdev_options.h"
#include "qapi/net_tables.h"
#include "qapi/utf8.h"
#include "qapi/visitor.h"

namespace qnetdev {
namespace {

/// What the schema says about a name.
struct Lookup {
    bool type_exists = false;
    bool member_exists = false;
};

template <class... Branch>
Lookup look_up(std::string_view type, std::string_view key,
               const std::variant<Branch...>* /*branches*/) {
    Lookup result;
    const auto visit = [&]<class B>(const B* /*branch*/) {
        if (qapi::enum_name(B::kTag) == type) {
            const auto& names = qapi::kMemberNames<B>;
            result.type_exists = true;
            result.member_exists = std::find(names.begin(), names.end(), key) != names.end();
        }
    };
    (visit(static_cast<const Branch*>(nullptr)), ...);
    return result;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_keyval_type(const TraditionalOptions& options) {
    const std::string_view type = options.type();
    return type == "stream" || type == "dgram";
}

bool has_foreign_dotted_key(const TraditionalOptions& options) {
    const std::optional<std::string_view> key = options.dotted_key();
    if (!key) {
        return false;
    }
    const Lookup found =
        look_up(options.type(), *key, static_cast<decltype(qapi::Netdev::branch)*>(nullptr));
    return found.type_exists && !found.member_exists;
}

NetdevLanguage netdev_language(std::string_view text) {
    if (text.substr(0, 1) == "{") {
        return NetdevLanguage::json;
    }
    return is_keyval_type(TraditionalOptions(text, kImpliedKey)) ? NetdevLanguage::keyval
                                                                 : NetdevLanguage::traditional;
}

bool is_netdev_help(std::string_view text) {
    if (text.substr(0, 1) == "{") {
        return false;
    }
    const TraditionalOptions options(text, kImpliedKey);
    const std::string_view type = options.type();
    return type == "help" || type == "?";
}

bool is_well_formed_id(std::string_view id) {
    return !id.empty() && is_letter(id.front()) && std::all_of(id.begin(), id.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

Result<void> check_id(std::string_view id) {
    if (is_well_formed_id(id)) {
        return {};
    }
    return Error("'id' must be an identifier, not '" + qapi::printable(id, 64) + "'")
        .with_stage(Stage::parse)
        .with_param("id")
        .with_hint("an identifier is a letter, then letters, digits, '-', '.' and '_'");
}

}  // namespace qnetdev
