// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "net/result.h"

namespace qnetdev {

std::string_view error_class_name(ErrorClass cls) {
    switch (cls) {
        case ErrorClass::generic_error:
            return "GenericError";
        case ErrorClass::command_not_found:
            return "CommandNotFound";
        case ErrorClass::device_not_found:
            return "DeviceNotFound";
    }
    return "GenericError";
}

std::string_view stage_name(Stage stage) {
    switch (stage) {
        case Stage::parse:
            return "parse";
        case Stage::validate:
            return "validate";
        case Stage::host:
            return "host";
    }
    return "host";
}

Error Error::from_errno(int errnum, std::string_view what) {
    // strerrordesc_np() is thread-safe and untranslated, unlike strerror().
    const char* text = strerrordesc_np(errnum);
    Error error(std::string(what) + ": " +
                (text != nullptr ? text : "error " + std::to_string(errnum)));
    error.errnum_ = errnum;
    return error;
}

Error Error::with_stage(Stage stage) && {
    stage_ = stage;
    return std::move(*this);
}

Error Error::with_param(std::string param) && {
    param_ = std::move(param);
    return std::move(*this);
}

Error Error::with_hint(std::string hint) && {
    hint_ = std::move(hint);
    return std::move(*this);
}

Error Error::with_span(TextSpan span) && {
    span_ = span;
    return std::move(*this);
}

Error Error::with_prefix(std::string_view prefix) && {
    message_.insert(0, std::string(prefix) + ": ");
    return std::move(*this);
}

void abort_without_value(const Error& error) noexcept {
    (void)fprintf(stderr, "qnetdev: unchecked error: %s\n", error.message().c_str());
    abort();
}

void abort_without_error() noexcept {
    (void)fputs("qnetdev: error() of a Result that has a value\n", stderr);
    abort();
}

}  // namespace qnetdev
