// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/options/netdev_options.h"
#include "qapi/net_tables.h"
#include "qapi/net_types.h"
#include "qapi/visitor.h"

namespace qnetdev {
namespace {

/// More owners than this tell nothing.
constexpr std::size_t kOwners = 4;

struct Removed {
    std::string_view key;
    std::string_view hint;
};

constexpr std::array<Removed, 4> kRemoved = {{
    {"bootp", "use 'bootfile', which has replaced it"},
    {"channel", "use 'guestfwd', which has replaced it"},
    {"name", "use 'id', which has replaced it"},
    {"vlan", "VLANs became hubs: use '-netdev hubport,hubid=N'"},
}};

/// Types whose table has that member.
template <class... Branch>
std::vector<std::string_view> owners_of(std::string_view key,
                                        const std::variant<Branch...>* /*branches*/) {
    std::vector<std::string_view> owners;
    const auto visit = [&]<class B>(const B* /*branch*/) {
        const auto& names = qapi::kMemberNames<B>;
        if (std::find(names.begin(), names.end(), key) != names.end()) {
            owners.push_back(qapi::enum_name(B::kTag));
        }
    };
    (visit(static_cast<const Branch*>(nullptr)), ...);
    return owners;
}

std::string owners_text(std::string_view subject, const std::vector<std::string_view>& owners) {
    if (owners.empty() || owners.size() > kOwners) {
        return {};
    }
    std::string text(subject);
    for (std::size_t i = 0; i < owners.size(); ++i) {
        text += i == 0 ? "" : i + 1 == owners.size() ? " and " : ", ";
        text += owners[i];
    }
    return text;
}

std::string unknown_hint(std::string_view key, std::string_view type) {
    const std::vector<std::string_view> owners =
        owners_of(key, static_cast<decltype(qapi::Netdev::branch)*>(nullptr));
    if (std::find(owners.begin(), owners.end(), type) != owners.end()) {
        return {};
    }
    const auto* const removed = std::find_if(
        kRemoved.begin(), kRemoved.end(), [key](const Removed& entry) { return entry.key == key; });
    if (removed != kRemoved.end()) {
        return std::string(removed->hint);
    }
    return owners_text("it is an option of ", owners);
}

/// Of several options that the type does not have: the types that have all of them.
std::string unknown_together_hint(const qapi::Document& document, std::string_view type) {
    std::vector<std::string_view> common;
    bool first = true;
    for (const qapi::Value::Entry& entry : document.root().entries()) {
        std::vector<std::string_view> owners =
            owners_of(entry.key, static_cast<decltype(qapi::Netdev::branch)*>(nullptr));
        if (entry.key == "id" || entry.key == kImpliedKey ||
            std::find(owners.begin(), owners.end(), type) != owners.end()) {
            continue;
        }
        if (std::exchange(first, false)) {
            common = std::move(owners);
            continue;
        }
        std::erase_if(common, [&owners](std::string_view name) {
            return std::find(owners.begin(), owners.end(), name) == owners.end();
        });
        if (common.empty()) {
            break;
        }
    }
    return owners_text("they are options of ", common);
}

/// Lists that one text holds, so that people give it a list.
std::string list_hint(std::string_view key, qapi::Value value) {
    const bool descriptors = key == "fds" || key == "vhostfds" || key == "sock-fds";
    return descriptors && value.kind() == qapi::ValueKind::list
               ? "write them in one string, with ':' between them"
               : "";
}

/// How a value of text is written that is of another kind.
std::string text_hint(const std::string& key, std::string_view message) {
    if (message.find(" number, not '") != message.npos) {
        return "write it in digits, such as " + key + "=2";
    }
    const bool address = key == "addr" || key == "local" || key == "remote";
    return address && message.find("takes options of its own") != message.npos
               ? "for example " + key + ".type=inet," + key + ".host=::1," + key + ".port=4000"
               : "";
}

Error explain_missing(Error error, const qapi::Document& document) {
    const std::string key = error.param();
    for (const qapi::Value::Entry& entry : document.root().entries()) {
        const std::size_t start = entry.key.find_first_not_of(' ');
        if (start != 0 && start != entry.key.npos && entry.key.substr(start) == key) {
            return std::move(error)
                .with_hint("the blank before '" + key + "' belongs to its name: leave it out")
                .with_span(entry.key_span);
        }
    }
    if (document.grammar() == qapi::Grammar::json) {
        return error;
    }
    if (key != "id" && key != kImpliedKey) {
        return std::move(error).with_hint("add " + key + "=VALUE");
    }
    return std::move(error).with_hint(key == "id" ? "give it a name, such as id=net0"
                                                  : "begin with the type, as in tap,id=net0");
}

}  // namespace

Error with_netdev_hint(Error error, const qapi::Document& document) {
    const std::string key = error.param();
    if (document.root().kind() != qapi::ValueKind::object) {
        return error;
    }
    if (key.empty()) {
        const qapi::Value type = document.root().find(kImpliedKey);
        std::string hint = type ? unknown_together_hint(document, type.text()) : "";
        return hint.empty() ? std::move(error) : std::move(error).with_hint(std::move(hint));
    }
    const qapi::Value value = document.root().find(key);
    if (!value) {
        return error.hint().empty() ? explain_missing(std::move(error), document) : error;
    }
    const qapi::Value type = document.root().find(kImpliedKey);
    if (key == kImpliedKey && error.hint().empty()) {
        return std::move(error).with_hint("'-netdev help' lists the types");
    }
    if (!type || key == kImpliedKey || key == "id") {
        return error;
    }
    // The type that has exactly this option says more than an option with a similar name.
    std::string hint = unknown_hint(key, type.text());
    if (hint.empty() && error.hint().empty()) {
        hint = list_hint(key, value);
    }
    if (hint.empty() && error.hint().empty() && document.grammar() != qapi::Grammar::json) {
        hint = text_hint(key, error.message());
    }
    return hint.empty() ? std::move(error) : std::move(error).with_hint(std::move(hint));
}

}  // namespace qnetdev
