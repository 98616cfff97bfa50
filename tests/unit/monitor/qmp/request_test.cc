// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/request.h"

#include <gtest/gtest.h>

#include "qapi/json_reader.h"

namespace qnetdev {
namespace {

struct Read {
    std::string command, error, id;
    bool out_of_band = false;
    bool has_arguments = false;
};

Read read(std::string_view text, bool oob = true) {
    const Result<qapi::Document> document = qapi::parse_json(text);
    EXPECT_TRUE(document) << text;
    Read read{.id = request_id(*document, qapi::JsonLayout::line)};
    const Result<Request> request = read_request(*document, oob);
    if (!request) {
        read.error = request.error().message();
        EXPECT_EQ(request.error().stage(), Stage::parse);
        return read;
    }
    read.command = request->command;
    read.out_of_band = request->out_of_band;
    read.has_arguments = static_cast<bool>(request->arguments);
    return read;
}

TEST(Request, TakesTheEnvelopeApart) {
    const Read whole = read(R"({"id":[1],"arguments":{},"execute":"a"})");
    EXPECT_EQ(whole.command, "a");
    EXPECT_EQ(whole.id, "[1]");
    EXPECT_TRUE(whole.has_arguments);
    EXPECT_FALSE(whole.out_of_band);
    const Read short_one = read(R"({"exec-oob":"b"})");
    EXPECT_EQ(short_one.command, "b");
    EXPECT_EQ(short_one.id, "");
    EXPECT_FALSE(short_one.has_arguments);
    EXPECT_TRUE(short_one.out_of_band);
}

TEST(Request, RefusesOtherForms) {
    EXPECT_EQ(read("[]").error, "a command must be a JSON object with a member 'execute'");
    EXPECT_EQ(read("{}").error, "a command needs a member 'execute' with its name");
    EXPECT_EQ(read(R"({"execute":1})").error, "'execute' must be a string");
    EXPECT_EQ(read(R"({"exec-oob":null})").error, "'exec-oob' must be a string");
    EXPECT_EQ(read(R"({"execute":"a","exec-oob":"a"})").error,
              "'execute' and 'exec-oob' exclude each other");
    EXPECT_EQ(read(R"({"execute":"a","arguments":null})").error, "'arguments' must be an object");
    EXPECT_EQ(read(R"({"execute":"a","frob":null})").error, "a command has no member 'frob'");
    EXPECT_EQ(read(R"({"exec-oob":"a"})", false).error,
              "'exec-oob' needs the capability 'oob', which is not enabled");
}

TEST(Request, HasAnIdEvenIfItIsRefused) {
    EXPECT_EQ(read(R"({"execute":1,"id":"x"})").id, "\"x\"");
    EXPECT_EQ(read(R"({"id":null})").id, "null");
    EXPECT_EQ(read("[{\"id\":1}]").id, "");
    EXPECT_EQ(read("5").id, "");
}

}  // namespace
}  // namespace qnetdev
