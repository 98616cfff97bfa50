// SPDX-License-Identifier: MIT
#include "net/options/language.h"

#include <algorithm>
#include <variant>

#include "net/options.h"
#include "qapi/net_tables.h"
#include "qapi/visitor.h"

namespace net {
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

}  // namespace net
