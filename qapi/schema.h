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
namespace qnetdev::qapi {

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

/// A member that is a size: text input takes suffixes (64K). Otherwise like Member.
template <class Struct, class Type>
struct SizeMember {
    using StructType = Struct;
    using MemberType = Type;

    std::string_view name;
    Type Struct::*field;
};
template <class Struct, class Type>
SizeMember(std::string_view, Type Struct::*) -> SizeMember<Struct, Type>;

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

/// The whole of an alternate: a variant whose alternatives differ in their JSON type.
///
/// It has no name: on the wire the value stands for itself.
template <class Struct, class Variant>
struct Alternate {
    using StructType = Struct;
    using VariantType = Variant;

    Variant Struct::*field;
};
template <class Struct, class Variant>
Alternate(Variant Struct::*) -> Alternate<Struct, Variant>;

/// Wire order table of a generated struct; in the `_tables.h` header. Base members come first.
template <class Struct>
inline constexpr auto members = nullptr;

/// A member that is on its way out, and what to do about it ("use 'reconnect-ms' instead").
struct DeprecatedMember {
    std::string_view name;
    std::string_view advice;  ///< Empty: the schema gives none.
};

/// Members of a generated struct that the schema calls deprecated; in the `_tables.h` header.
template <class Struct>
inline constexpr std::array<DeprecatedMember, 0> deprecated_members{};

/// Wire spellings of a generated enum, indexed by its values; specialised beside it.
template <class Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

/// What the schema says about one member, enum value or alternative: text for help output.
struct MemberDoc {
    std::string_view name;     ///< On the wire.
    std::string_view type;     ///< As the schema writes it ("[str]"); empty for enum values.
    std::string_view summary;  ///< Paragraphs are separated by an empty line.
    std::string_view since;    ///< Version; empty: as old as its struct.
    bool optional;
};

/// What the schema says about a type as a whole.
struct TypeDoc {
    std::string_view name;
    std::string_view summary;
    std::string_view since;
    std::string_view example;  ///< One or more lines.
};

/// Documentation of a generated type's members in wire order; in the `_docs.h` header.
template <class T>
inline constexpr std::array<MemberDoc, 0> member_docs{};

/// Documentation of a generated type; in the `_docs.h` header.
template <class T>
inline constexpr TypeDoc type_docs{};

/// Wire spelling of an enum value.
template <class Enum>
constexpr std::string_view enum_name(Enum value) {
    return enum_names<Enum>[static_cast<std::size_t>(value)];
}

/// A struct that has a table.
template <class T>
concept Struct = !std::is_same_v<std::remove_cv_t<decltype(members<T>)>, std::nullptr_t>;

}  // namespace qnetdev::qapi
