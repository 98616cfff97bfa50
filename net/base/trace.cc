// SPDX-License-Identifier: MIT
#include "net/trace.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <string>

#include "net/base/limits.h"
#include "net/base/stderr_lines.h"
#include "net/base/tracer.h"

namespace qnetdev {
namespace {

constexpr std::string_view kCut = "...";
/// Room that a subject and a result have of a line; the arguments get what is left.
constexpr std::size_t kSubject = 80;
constexpr std::size_t kResult = 200;

std::string cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) {
        return std::string(text);
    }
    return std::string(text.substr(0, limit - kCut.size())).append(kCut);
}

/// Printable whatever it is made of: words are so already.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        line += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return line;
}

}  // namespace

struct Trace::State {
    explicit State(Sink wanted) : sink(std::move(wanted)) {}

    Sink sink;
    std::mutex mutex = {};
    std::atomic<bool> stopped = false;
};

Trace::Trace(Sink sink) : state_(sink ? std::make_shared<State>(std::move(sink)) : nullptr) {}

void Trace::write(std::string_view line) const {
    // The flag first: in a forked child another thread may have had the lock for ever.
    if (state_ == nullptr || state_->stopped.load()) {
        return;
    }
    const std::lock_guard lock(state_->mutex);
    if (!state_->stopped.load()) {
        state_->sink(cut(one_line(line), limits::kTraceLine));
    }
}

void Trace::stop() const {
    if (state_ != nullptr) {
        state_->stopped.store(true);
    }
}

Trace stderr_trace() {
    auto lines = std::make_shared<StderrLines>();
    return Trace([lines](std::string_view message) {
        lines->write(limits::kTracePatience, [&](unsigned lost) {
            std::string line;
            if (lost != 0) {
                line = "trace: * " + std::to_string(lost) + " lines are lost here\n";
            }
            return line.append("trace: ").append(message).append("\n");
        });
    });
}

Tracer::Tracer(Trace trace, std::string_view id, std::optional<unsigned> queue)
    : trace_(std::move(trace)) {
    if (trace_) {
        const std::string number = queue ? "/" + std::to_string(*queue) : "";
        subject_ = cut(trace_word(id), kSubject - number.size()) + number;
    }
}

Tracer Tracer::for_several() const {
    return {trace_, "*"};
}

void Tracer::write(std::string_view call, std::string_view arguments, std::string_view result,
                   Clock::duration took) const {
    if (!trace_) {
        return;
    }
    using std::chrono::microseconds;
    std::string head = subject_;
    head.append(" ").append(call).append("(");
    const std::string tail = ") = " + cut(result, kResult) + " (" +
                             std::to_string(std::chrono::floor<microseconds>(took).count()) +
                             " us)";
    const std::size_t room = limits::kTraceLine - head.size() - tail.size();
    trace_.write(head + cut(arguments, room) + tail);
}

std::string trace_word(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string word;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && c != '\\') {
            word += c;
        } else {
            word.append("\\x").append({kDigits[byte >> 4], kDigits[byte & 0xf]});
        }
        if (word.size() > limits::kTraceLine) {
            break;  // no line shows more of it
        }
    }
    return text.empty() ? "\"\"" : word;
}

std::string trace_errno(int errnum) {
    const char* name = strerrorname_np(errnum);
    return name != nullptr ? name : std::to_string(errnum);
}

std::string trace_failure(const Error& error) {
    return "-1 " + (error.errnum() != 0 ? trace_errno(error.errnum()) : error.message());
}

}  // namespace qnetdev
