// SPDX-License-Identifier: MIT
#include "net/cli/monitor/client_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "net/cli/monitor/client_names.h"

namespace qnetdev::cli {
namespace {

using Names = std::vector<std::string>;

/// As query-qmp-schema tells it: a union with a nested object, and every kind of type.
const std::string& schema_text() {
    static const std::string kText = R"([
        {"name": "add", "meta-type": "command", "arg-type": "1", "ret-type": "0"},
        {"name": "announce", "meta-type": "command", "arg-type": "7", "ret-type": "0"},
        {"name": "quit", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
        {"name": "STOP", "meta-type": "event", "arg-type": "0"},
        {"name": "0", "meta-type": "object", "members": []},
        {"name": "1", "meta-type": "object", "tag": "type",
         "members": [{"name": "id", "type": "str"}, {"name": "type", "type": "2"}],
         "variants": [{"case": "tap", "type": "3"}, {"case": "stream", "type": "4"}]},
        {"name": "2", "meta-type": "enum", "values": ["tap", "stream"]},
        {"name": "3", "meta-type": "object", "members": [
            {"name": "queues", "type": "int", "default": null},
            {"name": "vhost", "type": "bool", "default": null},
            {"name": "size", "type": "8", "default": null}]},
        {"name": "4", "meta-type": "object", "members": [{"name": "addr", "type": "5"}]},
        {"name": "5", "meta-type": "object", "members": [
            {"name": "host", "type": "str"}, {"name": "numeric", "type": "bool"}]},
        {"name": "[str]", "meta-type": "array", "element-type": "str"},
        {"name": "7", "meta-type": "object", "members": [
            {"name": "names", "type": "[str]", "default": null},
            {"name": "any", "type": "any", "default": null}]},
        {"name": "8", "meta-type": "alternate", "members": [{"type": "int"}, {"type": "str"}]},
        {"name": "any", "meta-type": "builtin", "json-type": "value"},
        {"name": "int", "meta-type": "builtin", "json-type": "int"},
        {"name": "bool", "meta-type": "builtin", "json-type": "boolean"},
        {"name": "str", "meta-type": "builtin", "json-type": "string"}])";
    return kText;
}

ClientSchema schema() {
    const Result<Json> list = read_json(schema_text());
    return list ? ClientSchema::read(*list) : ClientSchema();
}

std::string json(std::string_view line) {
    const Result<ClientMessage> message = read_client_line(schema(), line);
    return message ? message->json : "error: " + message.error().message();
}

std::string arguments(const std::string& words) {
    const std::string text = json("add " + words);
    constexpr std::string_view kStart = R"({"execute": "add", "arguments": )";
    return text.starts_with(kStart) ? text.substr(kStart.size(), text.size() - kStart.size() - 1)
                                    : text;
}

TEST(ClientLine, TypesValuesByTheSchema) {
    EXPECT_EQ(json("quit"), R"({"execute": "quit"})");
    EXPECT_EQ(arguments("type=tap id=7 queues=0x10 vhost=on"),
              R"({"type": "tap", "id": "7", "queues": 16, "vhost": true})");
    EXPECT_EQ(arguments("id=a=b"), R"({"id": "a=b"})");
    EXPECT_EQ(arguments("type=tap size=5"), R"({"type": "tap", "size": 5})");
    EXPECT_EQ(arguments("type=tap size=5k"), R"({"type": "tap", "size": "5k"})");
}

TEST(ClientLine, FindsArgumentsOfTheVariantWhereverItsTagStands) {
    EXPECT_EQ(arguments("queues=2 type=tap"), R"({"queues": 2, "type": "tap"})");
    EXPECT_EQ(arguments("type=stream queues=2"), "error: add has no argument 'queues'");
    EXPECT_EQ(arguments("queues=2"), "error: add has no argument 'queues'");
}

TEST(ClientLine, DotsLeadIntoObjects) {
    EXPECT_EQ(arguments("type=stream addr.host=h addr.numeric=off id=x"),
              R"({"type": "stream", "addr": {"host": "h", "numeric": false}, "id": "x"})");
    EXPECT_EQ(arguments("type=stream addr.port=1"), "error: add has no argument 'addr.port'");
    EXPECT_EQ(arguments("type=stream addr=x"), "error: 'addr' is an object");
}

TEST(ClientLine, RepeatedKeysFillLists) {
    const std::string start = R"({"execute": "announce", "arguments": )";
    EXPECT_EQ(json("announce names=a"), start + R"({"names": ["a"]}})");
    EXPECT_EQ(json("announce names=a names='b c'"), start + R"({"names": ["a", 'b c']}})");
    EXPECT_EQ(json("announce names=[\"a\", \"b\"]"), start + R"({"names": ["a", "b"]}})");
    EXPECT_EQ(json("announce any=1 any=2"), "error: 'any' is given twice");
    EXPECT_EQ(json("announce any=x"), start + R"({"any": "x"}})");
    EXPECT_EQ(json("announce any={\"a\": [1, 2]}"), start + R"({"any": {"a": [1, 2]}}})");
}

TEST(ClientLine, TellsWhatIsWrong) {
    EXPECT_EQ(arguments("type=tap queues=x"), "error: 'queues' must be an integer, not 'x'");
    EXPECT_EQ(arguments("type=tap vhost=maybe"), "error: 'vhost' must be on or off, not 'maybe'");
    EXPECT_EQ(arguments("idd=x"), "error: add has no argument 'idd'");
    EXPECT_EQ(arguments("id"), "error: 'id' is no KEY=VALUE");
    EXPECT_EQ(arguments("id=\"x"), "error: the JSON value is not complete: \"x");
    EXPECT_EQ(arguments("@x"), "error: '@x' names no descriptor");
    EXPECT_EQ(arguments("@-1"), "error: '@-1' names no descriptor");
}

TEST(ClientLine, AValueAloneIsTheOneThingThatIsMissing) {
    EXPECT_EQ(arguments("x type=tap"), R"({"id": "x", "type": "tap"})");
    EXPECT_EQ(arguments("type=tap queues=2 'a b'"), R"({"type": "tap", "queues": 2, "id": 'a b'})");
    EXPECT_EQ(arguments("tap id=x"), R"({"type": "tap", "id": "x"})");
    EXPECT_EQ(arguments("x y"), "error: 'x' is no KEY=VALUE");
    EXPECT_EQ(arguments("type=tap id=x y"), "error: 'y' is no KEY=VALUE");
    EXPECT_EQ(json("bogus x"), "error: 'x' is no KEY=VALUE");
    EXPECT_EQ(arguments("=x"), "error: '=x' is no KEY=VALUE");
    EXPECT_EQ(read_client_line(schema(), "add x").error().hint(), "did you mean 'id=x'?");
    EXPECT_EQ(read_client_line(schema(), "announce x").error().hint(),
              "help announce lists the arguments");
}

TEST(ClientLine, SendsJsonAsItIsAndDescriptorsWithIt) {
    EXPECT_EQ(json(R"( {"execute": "x"} )"), R"({"execute": "x"})");
    EXPECT_EQ(json(R"({"execute": "x"} y=1)"), "error: 'y' is no KEY=VALUE");
    const Result<ClientMessage> message =
        read_client_line(schema(), R"({"execute": "x"} @0 @/dev/null)");
    ASSERT_TRUE(message);
    ASSERT_EQ(message->fds.size(), 2U);
    EXPECT_EQ(message->fds[0], 0);
    ASSERT_EQ(message->opened.size(), 1U);
    EXPECT_EQ(message->fds[1], message->opened[0].get());
}

TEST(ClientLine, GuessesWithoutASchema) {
    const Result<ClientMessage> message = read_client_line({}, "x a=1 b=on c=true d.e=\"f\"");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->json,
              R"({"execute": "x", "arguments": {"a": 1, "b": "on", "c": true, "d": {"e": "f"}}})");
}

TEST(ClientSchema, LeavesOutWhatIsNotAsItShouldBe) {
    for (const char* list :
         {"7", "{\"a\": {\"meta-type\": \"command\"}}", "[7, [], {\"meta-type\": 1}]"}) {
        EXPECT_TRUE(ClientSchema::read(*read_json(list)).is_empty()) << list;
    }
    const ClientSchema odd = ClientSchema::read(*read_json(R"([
        {"name": "x", "meta-type": "command", "arg-type": "o"},
        {"name": "o", "meta-type": "object", "tag": 1, "variants": "v",
         "members": [1, {"name": "e", "type": "e"}, {"name": 5}]},
        {"name": "e", "meta-type": "enum", "values": ["a", 3]}])"));
    EXPECT_EQ(complete_client_line(odd, "x e"), Names{"e="});
    EXPECT_EQ(complete_client_line(odd, "x e=a"), Names{"e=a"});
}

TEST(ClientLine, CompletesCommandsKeysAndValues) {
    const ClientSchema all = schema();
    EXPECT_EQ(complete_client_line(all, "a"), (Names{"add", "announce"}));
    EXPECT_EQ(complete_client_line(all, "help q"), Names{"quit"});
    EXPECT_EQ(complete_client_line(all, "add "), (Names{"id=", "type="}));
    EXPECT_EQ(complete_client_line(all, "add type="), (Names{"type=stream", "type=tap"}));
    EXPECT_EQ(complete_client_line(all, "add type=tap id=x "),
              (Names{"queues=", "size=", "vhost="}));
    EXPECT_EQ(complete_client_line(all, "add type=tap vhost=o"), (Names{"vhost=off", "vhost=on"}));
    EXPECT_EQ(complete_client_line(all, "add type=stream a"), Names{"addr."});
    EXPECT_EQ(complete_client_line(all, "add type=stream addr.host=x addr."),
              Names{"addr.numeric="});
    EXPECT_EQ(complete_client_line(all, "bogus "), Names{});
    // Nothing is known of what exists.
    EXPECT_EQ(complete_client_line(all, "add type=tap id="), Names{});
    EXPECT_EQ(complete_client_line(all, "add id=\"x "), Names{});
}

TEST(ClientLine, CompletesNamesOfWhatExists) {
    const ClientSchema all = schema();
    const NameSource names = [](const std::string& command, const std::string& key) {
        return command == "add" && key == "id" ? Names{"hn1", "hn2", "two words"} : Names{};
    };
    const auto complete = [&](std::string_view text) {
        return complete_client_line(all, text, names);
    };
    EXPECT_EQ(complete("add type=tap id="), (Names{"id=hn1", "id=hn2"}));
    EXPECT_EQ(complete("add type=tap id=hn2"), Names{"id=hn2"});
    EXPECT_EQ(complete("add type=tap "), (Names{"hn1", "hn2"}));
    EXPECT_EQ(complete("add type=tap h"), (Names{"hn1", "hn2"}));
    EXPECT_EQ(complete("add type=tap i"), Names{"id="});
    EXPECT_EQ(complete("add "), (Names{"id=", "type="}));
    EXPECT_EQ(complete("announce n"), Names{"names="});
}

TEST(ClientNames, AreReadFromWhatHumansGet) {
    const Json list = *read_json(R"([
        {"name": "human-monitor-command", "meta-type": "command"},
        {"name": "netdev_del", "meta-type": "command"}])");
    const ClientSchema all = ClientSchema::read(list);
    const NameQuery backends = query_for_names(all, "netdev_del", "id");
    EXPECT_EQ(backends.message, R"({"execute":"human-monitor-command",)"
                                R"("arguments":{"command-line":"info network"}})");
    const Json answer{{"return",
                       "c0: index=0,type=nic,model=virtio,macaddr=52:54:00:12:34:56\r\n"
                       " \\ hn0: index=0,type=tap,ifname=tap0\r\n"
                       "hn1: index=0,type=tap,ifname=tap1\r\nhn1: index=1,type=tap\r\n"
                       "odd: line\r\n: index=0,type=tap\r\n"}};
    EXPECT_EQ(names_in_answer(backends, answer), (Names{"hn0", "hn1"}));
    const NameQuery clients = query_for_names(all, "set_link", "name");
    EXPECT_EQ(names_in_answer(clients, answer), (Names{"c0", "hn0", "hn1"}));
    EXPECT_EQ(query_for_names(all, "netdev_add", "id").message, "");
    EXPECT_EQ(query_for_names(all, "add-fd", "fdset-id").message, "");
    for (const char* odd : {"7", "{}", R"({"return": [7, {"fdset-id": 3}]})"}) {
        EXPECT_LE(names_in_answer(clients, *read_json(odd)).size(), 1U) << odd;
    }
}

}  // namespace
}  // namespace qnetdev::cli
