// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "net/api.h"

namespace qnetdev {

/// QMP's error classes, as far as network backends use them.
enum class ErrorClass { generic_error, command_not_found, device_not_found };

/// Wire spelling of an error class, for example "GenericError".
QNETDEV_API std::string_view error_class_name(ErrorClass cls);

/// Whose rule was broken: the language's, the options' or the host's.
///
/// `host` covers what only the operating system can tell, and the few fixed limits of its kernel
/// that validation knows without asking (the length of an interface name, 256 queues).
enum class Stage { parse, validate, host };

/// "parse", "validate" or "host".
QNETDEV_API std::string_view stage_name(Stage stage);

/// A range of bytes of the argument that was parsed.
struct TextSpan {
    std::size_t offset = 0;
    std::size_t length = 0;

    bool operator==(const TextSpan&) const = default;
};

/// Why an operation failed, worded for the user; QMP sends the message unchanged.
///
/// A value type. The `with_` calls refine a fresh error: `return Error("…").with_param("queues")`.
class QNETDEV_API Error {
public:
    explicit Error(std::string message, ErrorClass cls = ErrorClass::generic_error)
        : message_(std::move(message)), class_(cls) {}

    /// Message becomes "<what>: <strerror(errnum)>"; the stage becomes `host`.
    static Error from_errno(int errnum, std::string_view what);

    Error with_stage(Stage stage) &&;
    /// `param` is the full path of the option the error is about ("queues", "addr.port").
    Error with_param(std::string param) &&;
    /// What the user can do about it: one sentence, no full stop.
    Error with_hint(std::string hint) &&;
    Error with_span(TextSpan span) &&;
    /// Puts "<prefix>: " before the message.
    Error with_prefix(std::string_view prefix) &&;

    const std::string& message() const { return message_; }
    ErrorClass error_class() const { return class_; }
    Stage stage() const { return stage_; }
    int errnum() const { return errnum_; }                  ///< 0 unless built by from_errno().
    const std::string& param() const { return param_; }     ///< Empty: about no single option.
    const std::string& hint() const { return hint_; }       ///< Empty: none known.
    std::optional<TextSpan> span() const { return span_; }  ///< Only for text input.

private:
    std::string message_;
    std::string param_ = {};
    std::string hint_ = {};
    std::optional<TextSpan> span_ = {};
    ErrorClass class_;
    Stage stage_ = Stage::host;
    int errnum_ = 0;
};

/// Prints the message to standard error and aborts: what an unchecked Result comes to.
[[noreturn]] QNETDEV_API void abort_without_value(const Error& error) noexcept;
/// The same for error() of a Result that has none.
[[noreturn]] QNETDEV_API void abort_without_error() noexcept;

/// A T, or the Error that prevented it. Member names follow std::expected.
///
/// Who asks for the value without having looked gets it, or ends with the error's message: value(),
/// `*` and `->` abort if there is none. For a program's first lines, and for what cannot fail.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return get(*this); }
    const T& value() const& { return get(*this); }
    T&& value() && { return std::move(get(*this)); }
    T& operator*() & { return get(*this); }
    const T& operator*() const& { return get(*this); }
    T&& operator*() && { return std::move(get(*this)); }
    T* operator->() { return &get(*this); }
    const T* operator->() const { return &get(*this); }

    const Error& error() const& { return get_error(*this); }
    Error&& error() && { return std::move(get_error(*this)); }

private:
    template <class Self>
    static auto& get(Self& self) {
        auto* value = std::get_if<0>(&self.state_);
        if (value == nullptr) [[unlikely]] {
            abort_without_value(*std::get_if<1>(&self.state_));
        }
        return *value;
    }
    template <class Self>
    static auto& get_error(Self& self) {
        auto* error = std::get_if<1>(&self.state_);
        if (error == nullptr) [[unlikely]] {
            abort_without_error();
        }
        return *error;
    }

    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> : public Result<std::monostate> {
public:
    Result() : Result<std::monostate>(std::monostate{}) {}
    Result(Error error) : Result<std::monostate>(std::move(error)) {}  // NOLINT
    /// Whether something worked, without what came of it.
    template <class T>
    Result(Result<T> other)  // NOLINT
        : Result(other ? Result() : Result(std::move(other).error())) {}

    void value() const { (void)**this; }
};

/// Unwraps a Result, or returns its Error from the enclosing function.
///
/// Only as a whole statement or a whole initialiser: inside a braced initialiser GCC 12 and
/// Clang 14 skip the destructors of what was built before it.
#define QNETDEV_TRY(expr)                                 \
    __extension__({                                       \
        auto qnetdev_try_result = (expr);                 \
        if (!qnetdev_try_result) {                        \
            return std::move(qnetdev_try_result).error(); \
        }                                                 \
        *std::move(qnetdev_try_result);                   \
    })

#ifndef QNETDEV_INSTALLED  // left out where the header is installed: the library's own name for it
#define NET_TRY(expr) QNETDEV_TRY(expr)
#endif

}  // namespace qnetdev
