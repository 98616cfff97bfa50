// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/call.h"

namespace net {

std::string error_text(const Error& error) {
    return error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")";
}

void write_error(qapi::JsonWriter& writer, const Error& error) {
    writer.key("error");
    writer.begin_object();
    writer.key("class");
    writer.string(error_class_name(error.error_class()));
    writer.key("desc");
    writer.string(error_text(error));
    writer.end_object();
}

Call::~Call() {
    if (!caller_.expired()) {
        fail(Error("the command was given up, because the program ends"));
    }
}

void Call::fail(const Error& error) {
    if (const std::shared_ptr<Caller> caller = std::exchange(caller_, {}).lock()) {
        qapi::JsonWriter writer(caller->layout());
        writer.begin_object();
        if (!id_.empty()) {
            writer.key("id");
            writer.raw(std::exchange(id_, {}));
        }
        write_error(writer, error);
        finish(*caller, writer);
    }
}

void Call::finish(Caller& caller, qapi::JsonWriter& writer) {
    if (!id_.empty()) {
        writer.key("id");
        writer.raw(id_);
    }
    writer.end_object();
    caller.answer(writer.take(), out_of_band_);
}

}  // namespace net
