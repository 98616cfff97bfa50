// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "net/result.h"
#include "qapi/any.h"
#include "qapi/box.h"
#include "qapi/json_writer.h"
#include "qapi/schema.h"
#include "qapi/value.h"

/// Reads a Document into any generated type, by walking the type's table.
namespace qnetdev::qapi {

/// How a visitor behaves beyond what the grammar of the document says.
struct VisitorOptions {
    /// Name unknown members as they were typed, dots included: for key=value input of types that
    /// QEMU reads without nesting.
    bool typed_keys = false;
};

/// Where the visitor is: a chain of frames on the stack, turned into text only by an error.
struct Path {
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

    const Path* parent = nullptr;
    std::string_view name = {};
    std::size_t index = kNoIndex;  ///< Given for an element of a list, which has no name.
};

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
struct WithoutOptional {
    using Type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
    using Type = T;
};

template <class S, class T>
constexpr std::string_view entry_name(const Member<S, T>& entry) {
    return entry.name;
}
template <class S, class T>
constexpr std::string_view entry_name(const SizeMember<S, T>& entry) {
    return entry.name;
}
template <class S, class V>
constexpr std::string_view entry_name(const Union<S, V>& entry) {
    return entry.tag;
}

template <class Entry>
inline constexpr bool kIsSize = false;
template <class S, class T>
inline constexpr bool kIsSize<SizeMember<S, T>> = true;
template <class Entry>
inline constexpr bool kIsUnion = false;
template <class S, class V>
inline constexpr bool kIsUnion<Union<S, V>> = true;

template <class T>
inline constexpr bool kIsBox = false;
template <class T>
inline constexpr bool kIsBox<Box<T>> = true;
template <class Table>
inline constexpr bool kIsAlternateTable = false;
template <class S, class V>
inline constexpr bool kIsAlternateTable<std::tuple<Alternate<S, V>>> = true;

/// A struct that stands for one of several values.
template <class T>
concept IsAlternate = Struct<T> && kIsAlternateTable<std::remove_cvref_t<decltype(members<T>)>>;

/// Whether a struct has members that depend on a tag, so that its table does not name them all.
template <class S>
inline constexpr bool kHasUnion = std::apply(
    [](const auto&... entry) { return (kIsUnion<std::remove_cvref_t<decltype(entry)>> || ...); },
    members<S>);

template <class S>
inline constexpr std::size_t kMemberCount =
    std::tuple_size_v<std::remove_cvref_t<decltype(members<S>)>>;

}  // namespace detail

/// Wire names of a struct's members, its tag included, in table order.
template <Struct S>
inline constexpr std::array<std::string_view, detail::kMemberCount<S>> kMemberNames = std::apply(
    [](const auto&... entry) {
        return std::array<std::string_view, sizeof...(entry)>{detail::entry_name(entry)...};
    },
    members<S>);

/// The checks that need no type: what a visitor expects of one value, and the error otherwise.
///
/// Every function returns false after it has stored the error. Errors are of Stage::parse; their
/// param is the full member path and their span the offending bytes of the source. Of several
/// unknown members none is the param: QEMU, too, names whichever it happens to find.
class VisitorBase {
public:
    VisitorBase(const Document& document, VisitorOptions options)
        : document_(document), options_(options) {}

    qnetdev::Error take_error() { return *std::move(error_); }
    /// Sentences about deprecated members that were given; not more than a few.
    std::vector<std::string> take_warnings() { return std::move(warnings_); }

protected:
    /// The names an object may have, gathered while its table and its branch's are walked.
    struct Known {
        std::array<std::span<const std::string_view>, 4> lists = {};
        std::size_t count = 0;
        std::size_t hits = 0;
        std::string_view tag = {};  ///< Wire name of the branch taken.
    };

    const Document& document() const { return document_; }

    bool read_string(Value value, std::string& out, const Path& path);
    bool read_bool(Value value, bool& out, const Path& path);
    bool read_real(Value value, double& out, const Path& path);
    bool read_null(Value value, const Path& path);
    bool read_signed(Value value, std::int64_t& out, int bits, const Path& path);
    bool read_unsigned(Value value, std::uint64_t& out, int bits, const Path& path);
    bool read_size(Value value, std::uint64_t& out, const Path& path);
    bool read_enum(Value value, std::size_t& out, std::span<const std::string_view> names,
                   const Path& path);

    /// `only` is the name of the object's only member, if it has one.
    bool expect_object(Value value, const Path& path, std::string_view only = {});
    bool expect_list(Value value, const Path& path);
    /// Puts the last member of each name into its slot and adds the names to `known`.
    void find_members(Value object, std::span<const std::string_view> names, std::span<Value> slots,
                      Known& known);
    bool expect_only(Value object, const Known& known, const Path& path);

    void warn_deprecated(const DeprecatedMember& member, const Path& parent);
    bool fail_missing(const Path& path);
    /// Adds to the error of a missing member the unknown key that was probably meant to be it.
    void explain_missing(Value object, const Known& known, const Path& path);
    /// A nested struct in the traditional grammar, which has no way to write one.
    bool fail_nested(const Path& path, std::string_view tag);
    /// "a string, a number or null"
    static std::string one_of(std::initializer_list<std::string_view> kinds);
    bool fail_enum(Value value, std::span<const std::string_view> names, const Path& path);
    bool fail_type(Value value, const Path& path, std::string_view expected, std::string hint = {});

private:
    bool fail(std::string message, std::string param, std::string hint,
              std::optional<qnetdev::TextSpan> span);
    static bool is_known(std::string_view key, const Known& known);
    bool fail_unknown(std::span<const Value::Entry> unknown, const Known& known, const Path& path);
    std::string member_name(const Value::Entry& entry, const Path& path) const;
    std::string path_text(const Path& path) const;
    std::string typed_key(std::string path, Value value) const;
    std::string describe(Value value) const;

    const Document& document_;
    VisitorOptions options_;
    std::optional<qnetdev::Error> error_ = {};
    std::vector<std::string> warnings_ = {};
};

/// Walks tables. Order of checks: members as in the table, then those of the branch, then unknown
/// keys; an inner object is finished before its outer one goes on.
///
/// In the traditional grammar a scalar takes the last of its repeated keys and the earlier ones
/// are not even looked at; a list takes all of them, an element of one member being that member.
class Visitor : public VisitorBase {
public:
    using VisitorBase::VisitorBase;

    template <class T>
    bool read(Value value, T& out, const Path& path) {
        if constexpr (detail::kIsOptional<T>) {
            return read(value, out.emplace(), path);
        } else if constexpr (detail::kIsVector<T>) {
            return read_list(value, out, path);
        } else if constexpr (detail::kIsBox<T>) {
            return read(value, *out, path);
        } else if constexpr (detail::IsAlternate<T>) {
            return read_alternate(value, out.*std::get<0>(members<T>).field, path);
        } else if constexpr (Struct<T>) {
            return read_struct(value, out, path);
        } else if constexpr (std::is_enum_v<T>) {
            return read_enumeration(value, out, path);
        } else {
            return read_scalar(value, out, path);
        }
    }

private:
    bool read_scalar(Value value, std::string& out, const Path& path) {
        return read_string(value, out, path);
    }
    bool read_scalar(Value value, bool& out, const Path& path) {
        return read_bool(value, out, path);
    }
    bool read_scalar(Value value, double& out, const Path& path) {
        return read_real(value, out, path);
    }
    bool read_scalar(Value value, Null& /*out*/, const Path& path) {
        return read_null(value, path);
    }
    bool read_scalar(Value value, Any& out, const Path& /*path*/) {
        out.json = to_json(value);
        return true;
    }
    template <std::signed_integral T>
    bool read_scalar(Value value, T& out, const Path& path) {
        std::int64_t wide = 0;
        const bool good = read_signed(value, wide, std::numeric_limits<T>::digits + 1, path);
        out = static_cast<T>(wide);
        return good;
    }
    template <std::unsigned_integral T>
    bool read_scalar(Value value, T& out, const Path& path) {
        std::uint64_t wide = 0;
        const bool good = read_unsigned(value, wide, std::numeric_limits<T>::digits, path);
        out = static_cast<T>(wide);
        return good;
    }

    /// Whether a branch of an alternate is the one for values of that kind.
    template <class T>
    static constexpr bool takes(ValueKind kind) {
        if constexpr (detail::kIsBox<T>) {
            return takes<std::remove_cvref_t<decltype(*std::declval<T>())>>(kind);
        } else if constexpr (Struct<T>) {
            return kind == ValueKind::object;
        } else if constexpr (detail::kIsVector<T>) {
            return kind == ValueKind::list;
        } else if constexpr (std::is_same_v<T, std::string> || std::is_enum_v<T>) {
            return kind == ValueKind::string || kind == ValueKind::text;
        } else if constexpr (std::is_same_v<T, bool>) {
            return kind == ValueKind::boolean;
        } else if constexpr (std::is_same_v<T, Null>) {
            return kind == ValueKind::null;
        } else {
            return kind == ValueKind::integer || kind == ValueKind::real;
        }
    }

    /// What a branch of an alternate takes, in words.
    template <class T>
    static constexpr std::string_view kind_name() {
        if constexpr (takes<T>(ValueKind::object)) {
            return "an object";
        } else if constexpr (takes<T>(ValueKind::list)) {
            return "a list";
        } else if constexpr (takes<T>(ValueKind::string)) {
            return "a string";
        } else if constexpr (takes<T>(ValueKind::boolean)) {
            return "true or false";
        } else if constexpr (takes<T>(ValueKind::null)) {
            return "null";
        } else {
            return "a number";
        }
    }

    template <class... Branch>
    bool read_alternate(Value value, std::variant<Branch...>& out, const Path& path) {
        const ValueKind kind = value.kind();
        if (!(takes<Branch>(kind) || ...)) {
            return fail_type(value, path, one_of({kind_name<Branch>()...}));
        }
        bool good = false;
        static_cast<void>(((takes<Branch>(kind) &&
                            (good = read(value, out.template emplace<Branch>(), path), true)) ||
                           ...));
        return good;
    }

    template <class E>
    bool read_enumeration(Value value, E& out, const Path& path) {
        std::size_t index = 0;
        const bool good = read_enum(value, index, enum_names<E>, path);
        out = static_cast<E>(index);
        return good;
    }

    template <class T>
    bool read_list(Value value, std::vector<T>& out, const Path& path) {
        if (!expect_list(value, path)) {
            return false;
        }
        for (const Value item : value.items()) {
            T element = {};
            if (!read(item, element, Path{&path, {}, out.size()})) {
                return false;
            }
            out.push_back(std::move(element));
        }
        return true;
    }

    /// Whether the traditional grammar cannot write such a value as one text.
    template <class T>
    static constexpr bool kIsNested = Struct<T> && !detail::IsAlternate<T>;

    /// Each of the repeated keys of a traditional list.
    template <class T>
    bool read_repeats(Value object, std::vector<T>& out, const Path& path) {
        for (const Value::Entry& entry : object.entries()) {
            if (entry.key != path.name) {
                continue;
            }
            T element = {};
            if constexpr (kIsNested<T>) {
                if constexpr (detail::kMemberCount<T> != 1) {
                    return fail_nested(path, first_name<T>());
                } else if (!read(entry.value, element.*std::get<0>(members<T>).field, path)) {
                    return false;
                }
            } else if (!read(entry.value, element, path)) {
                return false;
            }
            out.push_back(std::move(element));
        }
        return true;
    }

    template <Struct S>
    bool read_struct(Value value, S& out, const Path& path) {
        Known known;
        constexpr bool kAlone = detail::kMemberCount<S> == 1;
        return expect_object(value, path, kAlone ? first_name<S>() : "") &&
               read_members(value, out, known, path) && expect_only(value, known, path);
    }

    /// The table's own members first, then the members of the branches that its tags chose.
    template <Struct S>
    bool read_members(Value object, S& out, Known& known, const Path& path) {
        constexpr std::size_t kCount = detail::kMemberCount<S>;
        if constexpr (kCount > 0) {
            std::array<Value, kCount> slots = {};
            find_members(object, kMemberNames<S>, slots, known);
            const auto walk = [&]<std::size_t... I>(std::index_sequence<I...>) {
                return (read_entry(std::get<I>(members<S>), object, slots[I], out, known, path) &&
                        ...) &&
                       (read_branch(std::get<I>(members<S>), object, out, known, path) && ...);
            };
            if (!walk(std::make_index_sequence<kCount>())) {
                return false;
            }
            for (const DeprecatedMember& member : deprecated_members<S>) {
                const auto* const name =
                    std::find(kMemberNames<S>.begin(), kMemberNames<S>.end(), member.name);
                if (slots[static_cast<std::size_t>(name - kMemberNames<S>.begin())]) {
                    warn_deprecated(member, path);
                }
            }
        }
        return true;
    }

    template <class Entry, class S>
    bool read_entry(const Entry& entry, Value object, Value slot, S& out, Known& known,
                    const Path& parent) {
        const Path path{&parent, detail::entry_name(entry)};
        if constexpr (detail::kIsUnion<Entry>) {
            return slot ? read_tag(slot, out.*entry.field, known, path) : fail_missing(path);
        } else {
            auto& field = out.*entry.field;
            const bool good = read_member<detail::kIsSize<Entry>>(object, slot, field, path);
            if constexpr (!detail::kIsOptional<std::remove_cvref_t<decltype(field)>> &&
                          !detail::kHasUnion<S>) {
                if (!good && !slot) {
                    explain_missing(object, known, path);
                }
            }
            return good;
        }
    }

    template <bool IsSize, class T>
    bool read_member(Value object, Value slot, T& out, const Path& path) {
        using Plain = typename detail::WithoutOptional<T>::Type;
        if constexpr (kIsNested<Plain>) {
            if (document().grammar() == Grammar::traditional && (slot || !detail::kIsOptional<T>)) {
                return fail_nested(path, first_name<Plain>());
            }
        }
        if (!slot) {
            return detail::kIsOptional<T> || fail_missing(path);
        }
        if constexpr (detail::kIsVector<Plain>) {
            if (document().grammar() == Grammar::traditional) {
                if constexpr (detail::kIsOptional<T>) {
                    return read_repeats(object, out.emplace(), path);
                } else {
                    return read_repeats(object, out, path);
                }
            }
        }
        if constexpr (IsSize) {
            std::uint64_t size = 0;
            const bool good = read_size(slot, size, path);
            out = size;
            return good;
        } else {
            return read(slot, out, path);
        }
    }

    template <Struct S>
    static constexpr std::string_view first_name() {
        if constexpr (detail::kMemberCount < S >> 0) {
            return kMemberNames<S>[0];
        }
        return {};
    }

    /// Makes the variant hold the branch that the tag names.
    template <class... Branch>
    bool read_tag(Value value, std::variant<Branch...>& out, Known& known, const Path& path) {
        using Tag =
            std::tuple_element_t<0, std::tuple<std::remove_cv_t<decltype(Branch::kTag)>...>>;
        Tag tag = {};
        if (!read_enumeration(value, tag, path)) {
            return false;
        }
        known.tag = enum_name(tag);
        return ((Branch::kTag == tag && (out.template emplace<Branch>(), true)) || ...) ||
               fail_enum(value, enum_names<Tag>, path);
    }

    /// In a build that has none of the branches no tag is right.
    bool read_tag(Value value, std::variant<Empty>& /*out*/, Known& /*known*/, const Path& path) {
        return fail_enum(value, {}, path);
    }

    template <class Entry, class S>
    bool read_branch(const Entry& entry, Value object, S& out, Known& known, const Path& path) {
        if constexpr (detail::kIsUnion<Entry>) {
            return std::visit(
                [&](auto& branch) { return read_members(object, branch, known, path); },
                out.*entry.field);
        } else {
            return true;
        }
    }
};

/// Reads one value of a document as a T.
template <class T>
qnetdev::Result<T> read_as(Value value, const Document& document, VisitorOptions options = {}) {
    qnetdev::Result<T> result = T{};
    Visitor visitor(document, options);
    if (!visitor.read(value, *result, Path{})) {
        return visitor.take_error();
    }
    return result;
}

/// Reads a whole document as a T.
template <class T>
qnetdev::Result<T> read_as(const Document& document, VisitorOptions options = {}) {
    return read_as<T>(document.root(), document, options);
}

}  // namespace qnetdev::qapi
