// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/call.h"

namespace qnetdev {
namespace {

void write_id(qapi::JsonWriter& writer, const std::string& id) {
    if (!id.empty()) {
        writer.key("id");
        writer.raw(id);
    }
}

}  // namespace

std::string error_text(const Error& error) {
    return error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")";
}

std::string reply_message(const std::string& id, const WriteValue& write, qapi::JsonLayout layout) {
    qapi::JsonWriter writer(layout);
    writer.begin_object();
    writer.key("return");
    write(writer);
    write_id(writer, id);
    writer.end_object();
    return writer.take();
}

/// The id comes first, as QEMU has it.
std::string error_message(const std::string& id, const Error& error, qapi::JsonLayout layout) {
    qapi::JsonWriter writer(layout);
    writer.begin_object();
    write_id(writer, id);
    writer.key("error");
    writer.begin_object();
    writer.key("class");
    writer.string(error_class_name(error.error_class()));
    writer.key("desc");
    writer.string(error_text(error));
    writer.end_object();
    writer.end_object();
    return writer.take();
}

Call::~Call() {
    if (!caller_.expired()) {
        fail(Error("the command was given up, because the program ends"));
    }
}

void Call::fail(const Error& error) {
    if (const std::shared_ptr<Caller> caller = std::exchange(caller_, {}).lock()) {
        caller->fail(tag_, error);
    }
}

}  // namespace qnetdev
