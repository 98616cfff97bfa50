// SPDX-License-Identifier: MIT
#include "net/bridge_helper/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace qnetdev::helper {

/// Makes room and reads once; `line` if there is something new.
LineReader::Event LineReader::fill() {
    if (end_ - begin_ == sizeof(buffer_)) {
        in_long_line_ = true;
        return Event::too_long;
    }
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    ssize_t count = 0;
    do {
        count = read(fd_, buffer_ + end_, sizeof(buffer_) - end_);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return Event::failed;
    }
    const auto bytes = static_cast<std::size_t>(count);
    if (bytes > left_) {
        return Event::too_large;
    }
    left_ -= bytes;
    end_ += bytes;
    at_end_ = bytes == 0;
    return Event::line;
}

/// Reads on behind the end of a line that was too long.
LineReader::Event LineReader::pass_long_line() {
    while (true) {
        const void* newline = std::memchr(buffer_ + begin_, '\n', end_ - begin_);
        if (newline != nullptr) {
            begin_ = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_) + 1;
            in_long_line_ = false;
            return Event::line;
        }
        begin_ = end_;
        if (at_end_) {
            in_long_line_ = false;
            return Event::line;
        }
        const Event event = fill();
        if (event != Event::line) {
            return event;
        }
    }
}

LineReader::Event LineReader::next(std::string_view& line) {
    if (in_long_line_) {
        const Event event = pass_long_line();
        if (event != Event::line) {
            return event;
        }
    }
    std::size_t searched = 0;
    while (true) {
        const void* newline =
            std::memchr(buffer_ + begin_ + searched, '\n', end_ - begin_ - searched);
        if (newline != nullptr) {
            const auto size =
                static_cast<std::size_t>(static_cast<const char*>(newline) - (buffer_ + begin_));
            line = {buffer_ + begin_, size};
            begin_ += size + 1;
            return Event::line;
        }
        searched = end_ - begin_;
        if (at_end_) {
            line = {buffer_ + begin_, searched};
            begin_ = end_;
            return searched > 0 ? Event::line : Event::end;
        }
        const Event event = fill();
        if (event != Event::line) {
            return event;
        }
    }
}

}  // namespace qnetdev::helper
