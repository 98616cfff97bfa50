// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace qnetdev {

/// A text in a buffer of fixed size. What does not fit is dropped, and cut() tells so. It neither
/// allocates nor throws: the set-uid helper has all its texts in such.
template <std::size_t kCapacity>
class FixedText {
public:
    FixedText() = default;
    explicit FixedText(std::string_view text) { add(text); }

    FixedText& add(std::string_view text) {
        const std::size_t room = kCapacity - size_;
        const std::size_t count = text.size() < room ? text.size() : room;
        cut_ = cut_ || count < text.size();
        if (count > 0) {
            std::memcpy(data_ + size_, text.data(), count);
        }
        size_ += count;
        data_[size_] = '\0';
        return *this;
    }
    FixedText& add_number(unsigned long number) {
        char digits[20];
        std::size_t first = sizeof(digits);
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return add({digits + first, sizeof(digits) - first});
    }
    /// Text of a user: between quotes, control characters as '?'.
    FixedText& add_quoted(std::string_view text) {
        add("'");
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            const char shown = byte < 0x20 || byte == 0x7f ? '?' : c;
            add({&shown, 1});
        }
        return add("'");
    }
    void clear() {
        size_ = 0;
        cut_ = false;
        data_[0] = '\0';
    }

    std::string_view view() const { return {data_, size_}; }
    const char* c_str() const { return data_; }
    bool empty() const { return size_ == 0; }
    bool cut() const { return cut_; }

    friend bool operator==(const FixedText& a, std::string_view b) { return a.view() == b; }

private:
    std::size_t size_ = 0;
    bool cut_ = false;
    char data_[kCapacity + 1] = {};
};

}  // namespace qnetdev
