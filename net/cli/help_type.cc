// SPDX-License-Identifier: MIT
#include "net/cli/help_type.h"

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "qapi/net_docs.h"
#include "qapi/net_tables.h"
#include "qapi/sockets_docs.h"
#include "qapi/visitor.h"

namespace qnetdev::cli {
namespace {

constexpr std::size_t kWidth = 80;

/// Breaks a paragraph into lines that start behind `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent) {
    std::string out;
    std::size_t column = kWidth;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        if (column + 1 + word.size() > kWidth) {
            out.append(out.empty() ? "" : "\n").append(indent, ' ');
            column = indent;
        } else {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out + "\n";
}

/// Schema texts mark option names with '@'; on a terminal the quotes of our messages do.
std::string plain(std::string_view text) {
    std::string out;
    bool in_name = false;
    for (const char c : text) {
        const bool name_char =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '@') {
            out += '\'';
            in_name = true;
            continue;
        }
        if (in_name && !name_char) {
            out += '\'';
            in_name = false;
        }
        out += c;
    }
    return in_name ? out + "'" : out;
}

/// "a|b|c"
template <class Names>
std::string joined(const Names& names) {
    std::string text;
    for (const std::string_view name : names) {
        text.append(text.empty() ? "" : "|").append(name);
    }
    return text;
}

/// What stands for the value of an option of C++ type T, which the schema calls `type`.
template <class T>
std::string placeholder(std::string_view type) {
    if constexpr (std::is_same_v<T, bool>) {
        return "on|off";
    } else if constexpr (std::is_enum_v<T>) {
        return joined(qapi::enum_names<T>);
    } else if constexpr (qapi::detail::kIsVector<T>) {
        return "str";  // all lists are of texts
    } else {
        return std::string(type);
    }
}

/// Where the members of a struct stand: their prefix ("addr."), and the branch that has them.
struct Place {
    std::string prefix = {};
    std::string branch = {};
    bool optional = false;  ///< What holds them may be absent.
};

std::string describe_option(const std::string& name, const std::string& value,
                            const std::string& notes, std::string_view summary) {
    return "  " + name + "=" + value + notes + "\n" + wrap(plain(summary), 6);
}

std::string notes_of(const qapi::MemberDoc& doc, const Place& place, bool list, bool deprecated) {
    std::string notes = place.branch.empty() ? "" : "  (" + place.branch + ")";
    notes += !doc.optional && !place.optional ? "  (required)" : "";
    notes += list ? "  (may be repeated)" : "";
    notes += deprecated ? "  (deprecated)" : "";
    return doc.since.empty() ? notes : notes + "  (since " + std::string(doc.since) + ")";
}

template <class Options>
bool is_deprecated(std::string_view name) {
    for (const qapi::DeprecatedMember& member : qapi::deprecated_members<Options>) {
        if (member.name == name) {
            return true;
        }
    }
    return false;
}

template <class Options>
std::string describe_options(const Place& place);

/// The options of each branch of a union that stands inside a netdev type.
template <class... Branch>
std::string describe_branches(const Place& place, const std::variant<Branch...>* /*branches*/) {
    std::string text;
    const auto describe = [&]<class B>(const B* /*branch*/) {
        Place inside = place;
        inside.branch = qapi::enum_name(B::kTag);
        text += describe_options<B>(inside);
    };
    (describe(static_cast<const Branch*>(nullptr)), ...);
    return text;
}

template <class Options, class Entry>
std::string describe_entry(const Entry& entry, const qapi::MemberDoc& doc, const Place& place) {
    using Field = std::remove_cvref_t<decltype(std::declval<Options>().*entry.field)>;
    const std::string name = place.prefix + std::string(doc.name);
    if constexpr (qapi::detail::kIsUnion<Entry>) {
        using First = std::variant_alternative_t<0, typename Field::variant>;
        const auto& names = qapi::enum_names<std::remove_cvref_t<decltype(First::kTag)>>;
        return describe_option(name, joined(names), notes_of(doc, place, false, false),
                               doc.summary) +
               describe_branches(place, static_cast<const Field*>(nullptr));
    } else {
        using Plain = typename qapi::detail::WithoutOptional<Field>::Type;
        constexpr bool kList = qapi::detail::kIsVector<Plain>;
        const std::string notes = notes_of(doc, place, kList, is_deprecated<Options>(doc.name));
        if constexpr (qapi::Struct<Plain>) {
            const Place inside{name + ".", place.branch, place.optional || doc.optional};
            return describe_option(name, "…", notes, doc.summary) + describe_options<Plain>(inside);
        } else {
            return describe_option(name, placeholder<Plain>(doc.type), notes, doc.summary);
        }
    }
}

/// Every member of a struct, those of nested objects with dotted names.
template <class Options>
std::string describe_options(const Place& place) {
    std::string text;
    std::size_t index = 0;
    std::apply(
        [&](const auto&... entry) {
            ((text += describe_entry<Options>(entry, qapi::member_docs<Options>[index++], place)),
             ...);
        },
        qapi::members<Options>);
    return text;
}

/// The same with "Example:" before it, one line for each that the schema has.
std::string describe_example(std::string_view example) {
    std::string text = example.empty() ? "" : "\nExample:\n";
    while (!example.empty()) {
        const std::size_t end = example.find('\n');
        text.append("  ").append(example.substr(0, end)).append("\n");
        example.remove_prefix(end == std::string_view::npos ? example.size() : end + 1);
    }
    return text;
}

template <class Options>
std::string describe_type(std::string_view type) {
    std::string text = "-netdev " + std::string(type) + ",id=ID[,OPTION=VALUE]...\n\n";
    std::string_view summary = qapi::type_docs<Options>.summary;
    while (!summary.empty()) {
        const std::size_t end = summary.find("\n\n");
        text += wrap(plain(summary.substr(0, end)), 0) + "\n";
        summary.remove_prefix(end == std::string_view::npos ? summary.size() : end + 2);
    }
    return text + describe_options<Options>({}) +
           describe_example(qapi::type_docs<Options>.example);
}

template <class... Branch>
std::string find_type(std::string_view type, const std::variant<Branch...>* /*branches*/) {
    std::string text;
    const auto describe_if_named = [&]<class B>(const B* /*branch*/) {
        if (qapi::enum_name(B::kTag) == type) {
            text = describe_type<B>(type);
        }
    };
    (describe_if_named(static_cast<const Branch*>(nullptr)), ...);
    return text;
}

}  // namespace

std::string describe_netdev_type(std::string_view type) {
    if (type == "none" || type == "nic") {
        return "";
    }
    return find_type(type, static_cast<const decltype(qapi::Netdev::branch)*>(nullptr));
}

}  // namespace qnetdev::cli
