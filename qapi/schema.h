// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

/// What the generated tables are made of.
///
/// scripts/qapi-gen.py turns qapi/*.json into plain structs plus, for each, a constexpr tuple of
/// Member and Union entries. Everything that works on "any schema type" (parsing, printing, help,
/// introspection) walks these tables; no code is generated.
namespace qapi {

/// One member of a struct: its name on the wire and where it lives.
///
/// The C++ type tells the rest: std::optional<T> is an optional member, std::vector<T> a list.
template <class Struct, class Type>
struct Member {
    using StructType = Struct;
    using MemberType = Type;

    std::string_view name;
    Type Struct::*field;
};
template <class Struct, class Type>
Member(std::string_view, Type Struct::*) -> Member<Struct, Type>;

/// The variant part of a union: the tag's name on the wire, and the variant that holds the branch.
///
/// Each alternative of the variant has a `kTag` constant; the alternative held is the tag's value.
/// The branch's members stand beside the tag on the wire.
template <class Struct, class Variant>
struct Union {
    using StructType = Struct;
    using VariantType = Variant;

    std::string_view tag;
    Variant Struct::*field;
};
template <class Struct, class Variant>
Union(std::string_view, Variant Struct::*) -> Union<Struct, Variant>;

/// Wire order table of a generated struct; specialised beside it. Base members come first.
template <class Struct>
inline constexpr auto members = nullptr;

/// Wire spellings of a generated enum, indexed by its values; specialised beside it.
template <class Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

/// Wire spelling of an enum value.
template <class Enum>
constexpr std::string_view enum_name(Enum value) {
    return enum_names<Enum>[static_cast<std::size_t>(value)];
}

/// A struct that has a table.
template <class T>
concept Struct = !std::is_same_v<std::remove_cv_t<decltype(members<T>)>, std::nullptr_t>;

}  // namespace qapi
