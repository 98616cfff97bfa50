// SPDX-License-Identifier: MIT
#include "qapi/nlohmann.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "net/base/limits.h"
#include "qapi/extensions_nlohmann.h"
#include "qapi/json_reader.h"
#include "qapi/net_nlohmann.h"
#include "qapi/net_tables.h"
#include "qapi/visitor.h"

namespace qnetdev::qapi {
namespace {

using Json = nlohmann::ordered_json;

Json tap(const Json& changes = Json::object()) {
    Json json = {{"type", "tap"}, {"id", "n0"}};
    json.update(changes);
    return json;
}

/// "param: message" of the error, or empty.
std::string error_of(const Json& json) {
    const qnetdev::Result<Netdev> netdev = from_json<Netdev>(json);
    if (netdev) {
        return "";
    }
    EXPECT_FALSE(netdev.error().span().has_value()) << "there is no text to point into";
    EXPECT_EQ(netdev.error().stage(), qnetdev::Stage::parse);
    return netdev.error().param() + ": " + netdev.error().message();
}

TEST(Nlohmann, ReadsAUnionAndWritesItInWireOrder) {
    const Json json = tap({{"queues", 4}, {"vhost", false}, {"sndbuf", 1048576}});
    const qnetdev::Result<Netdev> netdev = from_json<Netdev>(json);
    ASSERT_TRUE(netdev.has_value()) << netdev.error().message();
    EXPECT_EQ(netdev->id, "n0");
    const Json again = *netdev;
    EXPECT_EQ(again,
              Json::parse(R"({"id":"n0","type":"tap","sndbuf":1048576,"vhost":false,"queues":4})",
                          nullptr, false))
        << again.dump();
}

TEST(Nlohmann, MakesListsAndEnumsToo) {
    const std::vector<NetdevOffload> offloads = {NetdevOffload::csum, NetdevOffload::tso4};
    EXPECT_EQ(Json(offloads), (Json{"csum", "tso4"}));
    const auto offload = from_json<NetdevOffload>(Json("tso6"));
    ASSERT_TRUE(offload.has_value());
    EXPECT_EQ(*offload, NetdevOffload::tso6);
}

TEST(Nlohmann, GivesTheErrorsThatTextGets) {
    for (const Json& json :
         {tap({{"queues", -1}}), tap({{"queues", 1.0}}), tap({{"queues", "1"}}), tap({{"vhos", 1}}),
          tap({{"vhost", 1}}), Json{{"type", "tap"}}, Json{{"id", "a"}, {"type", "tab"}},
          Json("tap"), Json(nullptr), Json::array()}) {
        const std::string text = json.dump();
        const qnetdev::Result<Document> document = parse_json(text);
        ASSERT_TRUE(document.has_value()) << text;
        const qnetdev::Result<Netdev> netdev = read_as<Netdev>(*document);
        ASSERT_FALSE(netdev.has_value()) << text;
        EXPECT_EQ(error_of(json), netdev.error().param() + ": " + netdev.error().message());
    }
}

TEST(Nlohmann, RefusesWhatIsNoJson) {
    EXPECT_EQ(error_of(tap({{"ifname", "a\xff"}})), ": a text in JSON must be valid UTF-8");
    EXPECT_EQ(error_of(tap({{"a\xff", 1}})), ": a text in JSON must be valid UTF-8");
    EXPECT_EQ(error_of(tap({{"queues", std::nan("")}})), ": a number in JSON must be finite");
    EXPECT_EQ(error_of(Json::binary({1})), ": a binary or discarded value is not JSON");
    EXPECT_EQ(error_of(Json::parse("{", nullptr, false)),
              ": a binary or discarded value is not JSON");
}

TEST(Nlohmann, BoundsTheNesting) {
    Json deep;
    for (std::size_t i = 0; i <= qnetdev::limits::kJsonDepth; ++i) {
        deep = Json::array({std::move(deep)});
    }
    EXPECT_EQ(error_of(deep), ": JSON nested deeper than 1024 levels");
}

TEST(Nlohmann, KeepsEveryText) {
    for (const std::string& text :
         {std::string(), std::string("\xc3\xa9\xf0\x9f\x98\x80 \"\\\n\x7f")}) {
        const qnetdev::Result<Netdev> netdev = from_json<Netdev>(tap({{"ifname", text}}));
        ASSERT_TRUE(netdev.has_value()) << netdev.error().message();
        EXPECT_EQ(Json(*netdev)["ifname"], Json(text));
    }
}

TEST(Nlohmann, KeepsTheBiggestNumbers) {
    const NetdevQueueInfo info{.fd = std::numeric_limits<std::int64_t>::min(),
                               .rx_packets = std::numeric_limits<std::uint64_t>::max()};
    const qnetdev::Result<NetdevQueueInfo> again = from_json<NetdevQueueInfo>(Json(info));
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(*again, info);
}

}  // namespace
}  // namespace qnetdev::qapi
