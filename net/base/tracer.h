// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "net/result.h"
#include "net/trace.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// A Trace with the netdev and queue that calls are for. Whoever makes system calls carries one;
/// one that is off holds nothing. Any thread may use it.
class Tracer {
public:
    using Clock = std::chrono::steady_clock;

    /// Off.
    Tracer() = default;
    Tracer(Trace trace, std::string_view id, std::optional<unsigned> queue = {});
    /// For what is done for several netdevs at once.
    Tracer for_several() const;

    explicit operator bool() const { return static_cast<bool>(trace_); }

    /// Shows a call that has been made. Bytes that do not fit are cut from `arguments`, and from
    /// `result` if it is long.
    void write(std::string_view call, std::string_view arguments, std::string_view result,
               Clock::duration took) const;

    /// Makes the call and shows it; `show` turns what it returns into text.
    template <class Call, class Show>
    auto run(std::string_view name, const std::string& arguments, Call call, Show show) const {
        if (!trace_) {
            return call();
        }
        const auto start = Clock::now();
        auto outcome = call();
        write(name, arguments, show(outcome), Clock::now() - start);
        return outcome;
    }

private:
    Trace trace_ = {};
    std::string subject_ = {};
};

/// A name, path or argument as one word: blanks, backslashes and all that is not printable ASCII as
/// \xHH; `""` if it is empty.
std::string trace_word(std::string_view text);

/// "EBUSY"; the number if it has no name.
std::string trace_errno(int errnum);

/// "-1 EBUSY", or -1 with the message of an error that is not the kernel's.
std::string trace_failure(const Error& error);

struct TraceFlag {
    unsigned bit;
    std::string_view name;
};
/// "IFF_TAP|IFF_NO_PI", bits without a name in one hexadecimal number, or "0".
template <class Names>
std::string trace_flags(unsigned flags, const Names& names) {
    std::string text;
    const auto add = [&text](std::string_view name) {
        text.append(text.empty() ? "" : "|").append(name);
    };
    for (const TraceFlag& flag : names) {
        if ((flags & flag.bit) != 0) {
            add(flag.name);
            flags &= ~flag.bit;
        }
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string rest;
    for (; flags != 0; flags >>= 4) {
        rest.insert(rest.begin(), kDigits[flags & 0xf]);
    }
    if (!rest.empty()) {
        add("0x" + rest);
    }
    return text.empty() ? "0" : text;
}

/// What a call returned: a descriptor, or 0 and the value that it filled in.
struct ShowResult {
    template <class T>
    std::string operator()(const Result<T>& result) const {
        if (!result) {
            return trace_failure(result.error());
        }
        if constexpr (std::is_void_v<T>) {
            return "0";
        } else if constexpr (std::is_same_v<T, UniqueFd>) {
            return std::to_string(result->get());
        } else {
            return "0 " + std::to_string(*result);
        }
    }
};

/// The same with a text of one's own for the value.
template <class Describe>
auto show_as(Describe describe) {
    return [describe](const auto& result) {
        return result ? "0 " + std::string(describe(*result)) : trace_failure(result.error());
    };
}

/// Makes and shows a request to a driver, such as `ioctl(7, TUNSETSNDBUF, 4096) = 0 (2 us)`. With
/// it, the tracing twin of a kernel seam needs a line for each method.
template <class Call, class Show = ShowResult>
auto trace_ioctl(const Tracer& tracer, int fd, std::string_view request,
                 const std::string& argument, Call call, Show show = {}) {
    std::string text = std::to_string(fd);
    text.append(", ").append(request).append(argument.empty() ? "" : ", ").append(argument);
    return tracer.run("ioctl", text, call, show);
}

}  // namespace qnetdev
