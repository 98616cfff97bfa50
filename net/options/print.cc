// SPDX-License-Identifier: MIT
#include <cstdint>
#include <utility>
#include <vector>

#include "net/options.h"
#include "net/options/netdev_options.h"
#include "qapi/net_tables.h"
#include "qapi/output_visitor.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

/// Takes what a JsonWriter takes, and makes key=value text of it.
class TextWriter {
public:
    explicit TextWriter(bool keyval) : keyval_(keyval) {}

    void begin_object();
    void begin_list() { open_.push_back({path_.size(), true, 0}); }
    void end_object() { open_.pop_back(); }
    void end_list();
    void key(std::string_view name);
    void string(std::string_view text);
    void boolean(bool value) { string(value ? "on" : "off"); }
    void number(std::int64_t value) { string(std::to_string(value)); }
    void number(std::uint64_t value) { string(std::to_string(value)); }

    Result<std::string> take();

private:
    struct Open {
        std::size_t path_length;
        bool list;
        std::size_t count;
    };

    static void append_escaped(std::string& text, std::string_view value);
    void step_into_element();

    bool keyval_;
    std::string path_ = {};
    std::vector<Open> open_ = {};
    std::string type_ = {};  ///< Goes first, as the implied key that people write.
    std::string rest_ = {};
    std::string empty_list_ = {};
};

void TextWriter::append_escaped(std::string& text, std::string_view value) {
    for (const char c : value) {
        text.append(c == ',' ? 2 : 1, c);
    }
}

void TextWriter::begin_object() {
    if (!open_.empty()) {
        step_into_element();
    }
    open_.push_back({path_.size(), false, 0});
}

void TextWriter::end_list() {
    if (open_.back().count == 0) {
        empty_list_ = path_;
    }
    path_.resize(open_.back().path_length);
    open_.pop_back();
}

/// In the traditional language an element has no path: the key repeats, and the element's only
/// member stands for it.
void TextWriter::step_into_element() {
    Open& list = open_.back();
    if (!list.list) {
        return;
    }
    path_.resize(list.path_length);
    if (keyval_) {
        path_ += "." + std::to_string(list.count);
    }
    ++list.count;
}

void TextWriter::key(std::string_view name) {
    const bool element = !keyval_ && open_.size() > 1 && open_[open_.size() - 2].list;
    path_.resize(open_.back().path_length);
    if (!element) {
        path_.append(path_.empty() ? "" : ".").append(name);
    }
}

void TextWriter::string(std::string_view text) {
    step_into_element();
    if (path_ == kImpliedKey) {
        append_escaped(type_, text);
        return;
    }
    rest_.append(",").append(path_).append("=");
    append_escaped(rest_, text);
}

Result<std::string> TextWriter::take() {
    if (!empty_list_.empty()) {
        return Error("'" + empty_list_ + "' is an empty list, which only JSON can express")
            .with_stage(Stage::parse)
            .with_param(empty_list_);
    }
    return type_ + rest_;
}

}  // namespace

Result<std::string> netdev_to_json(const qapi::Netdev& netdev) {
    qapi::JsonWriter writer;
    qapi::OutputVisitor(writer).write(netdev);
    if (writer.is_lossy()) {
        return Error("netdev '" + qapi::printable(netdev.id, 64) +
                     "' has a text that is not UTF-8, which JSON cannot express")
            .with_stage(Stage::parse);
    }
    return writer.take();
}

Result<std::string> netdev_to_text(const qapi::Netdev& netdev) {
    const bool keyval = std::holds_alternative<qapi::NetdevStreamOptions>(netdev.branch) ||
                        std::holds_alternative<qapi::NetdevDgramOptions>(netdev.branch);
    if (!keyval) {
        NET_TRY(check_id(netdev.id));
    }
    TextWriter writer(keyval);
    qapi::OutputVisitor(writer).write(netdev);
    return writer.take();
}

}  // namespace qnetdev
