// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

namespace qnetdev::qapi {

/// A T on the heap, so that a struct can contain itself. Copies deeply.
///
/// Never null: a box that was not written to reads as a T with its defaults.
template <class T>
class Box {
public:
    Box() = default;
    Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(Box other) noexcept {
        value_ = std::move(other.value_);
        return *this;
    }
    ~Box() = default;

    T& operator*() {
        if (!value_) {
            value_ = std::make_unique<T>();
        }
        return *value_;
    }
    const T& operator*() const {
        static const T kDefault = {};
        return value_ ? *value_ : kDefault;
    }
    T* operator->() { return &**this; }
    const T* operator->() const { return &**this; }

    bool operator==(const Box& other) const { return value_ == other.value_ || **this == *other; }

private:
    std::unique_ptr<T> value_;
};

}  // namespace qnetdev::qapi
