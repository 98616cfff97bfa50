// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "qapi/any.h"
#include "qapi/box.h"
#include "qapi/json_writer.h"
#include "qapi/schema.h"
#include "qapi/visitor.h"

namespace qnetdev::qapi {

/// Writes any generated type by walking its table: members in wire order, absent ones left out.
///
/// What a Visitor read, it writes so that a Visitor reads it back to an equal value. The writer is
/// a JsonWriter or has the same members.
template <class Writer>
class OutputVisitor {
public:
    explicit OutputVisitor(Writer& writer) : writer_(writer) {}

    template <class T>
    void write(const T& value) {
        if constexpr (detail::kIsVector<T>) {
            writer_.begin_list();
            for (const auto& element : value) {
                write(element);
            }
            writer_.end_list();
        } else if constexpr (detail::kIsBox<T>) {
            write(*value);
        } else if constexpr (detail::IsAlternate<T>) {
            std::visit([this](const auto& branch) { this->write(branch); },
                       value.*std::get<0>(members<T>).field);
        } else if constexpr (Struct<T>) {
            writer_.begin_object();
            write_members(value);
            writer_.end_object();
        } else {
            write_scalar(value);
        }
    }

private:
    template <class T>
    void write_scalar(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            writer_.string(enum_name(value));
        } else if constexpr (std::is_same_v<T, bool>) {
            writer_.boolean(value);
        } else if constexpr (std::signed_integral<T>) {
            writer_.number(std::int64_t{value});
        } else if constexpr (std::unsigned_integral<T>) {
            writer_.number(std::uint64_t{value});
        } else if constexpr (std::is_same_v<T, double>) {
            writer_.real(value);
        } else if constexpr (std::is_same_v<T, Null>) {
            writer_.null();
        } else if constexpr (std::is_same_v<T, Any>) {
            writer_.raw(value.json);
        } else {
            writer_.string(value);
        }
    }

    /// Own members and tags first, then the branches', as a Visitor reads them.
    template <class S>
    void write_members(const S& value) {
        std::apply(
            [&](const auto&... entry) {
                (write_entry(entry, value), ...);
                (write_branch(entry, value), ...);
            },
            members<S>);
    }

    template <class Entry, class S>
    void write_entry(const Entry& entry, const S& value) {
        const auto& field = value.*entry.field;
        using Field = std::remove_cvref_t<decltype(field)>;
        if constexpr (detail::kIsUnion<Entry>) {
            if constexpr (!std::is_same_v<Field, std::variant<Empty>>) {
                writer_.key(entry.tag);
                std::visit([this](const auto& branch) { this->write(branch.kTag); }, field);
            }
        } else if constexpr (detail::kIsOptional<Field>) {
            if (field) {
                writer_.key(entry.name);
                write(*field);
            }
        } else {
            writer_.key(entry.name);
            write(field);
        }
    }

    template <class Entry, class S>
    void write_branch(const Entry& entry, const S& value) {
        if constexpr (detail::kIsUnion<Entry>) {
            std::visit([this](const auto& branch) { this->write_members(branch); },
                       value.*entry.field);
        }
    }

    Writer& writer_;
};

/// A value of any generated type as compact JSON.
template <class T>
std::string to_json(const T& value) {
    JsonWriter writer;
    OutputVisitor(writer).write(value);
    return writer.take();
}

}  // namespace qnetdev::qapi
