// SPDX-License-Identifier: MIT
/// What a monitor's client sends: framing, envelope, and the arguments of every command.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "checks.h"
#include "net/monitor/qmp/command_table.h"
#include "net/monitor/qmp/request.h"
#include "net/monitor/wire/message_framer.h"
#include "qapi/control_commands.h"
#include "qapi/control_tables.h"
#include "qapi/descriptors_commands.h"
#include "qapi/descriptors_tables.h"
#include "qapi/extensions_commands.h"
#include "qapi/extensions_tables.h"
#include "qapi/json_reader.h"
#include "qapi/net_commands.h"
#include "qapi/net_tables.h"

namespace fuzz {
namespace {

namespace commands = qnetdev::qapi::commands;
using qnetdev::MessageFramer;

/// A client that keeps its answers.
class FakeCaller : public qnetdev::Caller {
public:
    qnetdev::NamedFds& named_fds() override { return fds_; }
    qnetdev::UniqueFd take_fd() override { return {}; }
    qnetdev::Result<void> negotiate(
        const std::vector<qnetdev::qapi::QMPCapability>& /*enable*/) override {
        return {};
    }
    void reply(const qnetdev::CallTag& tag, const qnetdev::WriteValue& write) override {
        ++count;
        last = qnetdev::reply_message(tag.id, write, qnetdev::qapi::JsonLayout::line);
    }
    void fail(const qnetdev::CallTag& tag, const qnetdev::Error& error) override {
        ++count;
        last = qnetdev::error_message(tag.id, error, qnetdev::qapi::JsonLayout::line);
    }

    int count = 0;
    std::string last = {};

private:
    qnetdev::NamedFds fds_ = qnetdev::NamedFds();
};

template <class... Commands>
qnetdev::CommandTable table_of() {
    qnetdev::CommandTable table;
    (table.add<Commands>([](const typename Commands::Arguments& /*arguments*/, qnetdev::Call call) {
        call.reply(qnetdev::qapi::Empty{});
    }),
     ...);
    return table;
}

const qnetdev::CommandTable& table() {
    static const qnetdev::CommandTable all =
        table_of<commands::QmpCapabilities, commands::QueryName, commands::HumanMonitorCommand,
                 commands::Getfd, commands::Closefd, commands::AddFd, commands::RemoveFd,
                 commands::NetdevAdd, commands::NetdevDel, commands::SetLink,
                 commands::QueryRxFilter, commands::AnnounceSelf, commands::QueryNetdev,
                 commands::NetdevCheck>();
    return all;
}

void check_message(std::string_view text) {
    const qnetdev::Result<qnetdev::qapi::Document> document = qnetdev::qapi::parse_json(text);
    if (!document) {
        check_parse_error(document.error(), text);
        return;
    }
    const std::string id = qnetdev::request_id(*document, qnetdev::qapi::JsonLayout::line);
    require(id.empty() || qnetdev::qapi::parse_json(id).has_value(), "an id is JSON", id);
    const qnetdev::Result<qnetdev::Request> request = qnetdev::read_request(*document, true);
    if (!request) {
        require(!request.error().message().empty(), "a refusal says why");
        return;
    }
    const auto caller = std::make_shared<FakeCaller>();
    table().execute(*document, *request, qnetdev::Call(caller, {id, request->out_of_band}));
    require(caller->count == 1, "a command is answered once", text);
    const qnetdev::Result<qnetdev::qapi::Document> answer = qnetdev::qapi::parse_json(caller->last);
    require(answer.has_value(), "an answer is JSON", caller->last);
    require(qnetdev::request_id(*answer, qnetdev::qapi::JsonLayout::line) == id, "with the same id",
            text);
}

/// One letter for each frame: M for a message, E for an error.
std::string frames(MessageFramer& framer, std::string_view input, bool check) {
    std::string kinds;
    while (!input.empty()) {
        const std::size_t before = input.size();
        if (const auto frame = framer.next(input)) {
            kinds += frame->error ? 'E' : 'M';
            if (check && !frame->error) {
                check_message(frame->text);
            }
        }
        require(input.size() <= before, "input is only taken");
    }
    return kinds;
}

void check_stream(std::string_view stream) {
    MessageFramer whole;
    const std::string kinds = frames(whole, stream, true);
    // The same however it is cut; what is carried to the next part lies in memory of its own.
    MessageFramer cut;
    std::string parts;
    std::size_t length = 1;
    for (std::size_t at = 0; at < stream.size(); at += length) {
        length = 1 + static_cast<unsigned char>(stream[at]) * (stream.size() / 4096 + 1);
        parts += frames(cut, std::string(stream.substr(at, length)), false);
    }
    require(parts == kinds, "cutting a stream changes no frame", parts + " instead of " + kinds);
    // Whatever state that was, FF is an error, and the next command is read. A number or word at
    // the top level ends with it.
    const std::string rest = frames(whole, "\xff\n{\"execute\":\"query-name\"}", false);
    require(rest == "EM" || rest == "MEM", "FF brings it back", rest);
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::check_stream({reinterpret_cast<const char*>(data), size});
    return 0;
}
