// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "net/client/net_context_internals.h"
#include "net/monitor/commands/monitor_service.h"
#include "qapi/introspect.h"
#include "qapi/json_reader.h"
#include "tests/support/fake_tun.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

std::set<std::string> names_in_schema(std::string_view meta_type) {
    const Result<qapi::Document> schema = qapi::parse_json(qapi::kIntrospection);
    EXPECT_TRUE(schema);
    std::set<std::string> names;
    for (const qapi::Value entity : schema->root().items()) {
        if (entity.find("meta-type").text() == meta_type) {
            names.emplace(entity.find("name").text());
        }
    }
    return names;
}

TEST(Commands, AreThoseOfTheSchema) {
    test::TestLoop loop;
    test::FakeTun tun;
    NetContext context(internals_on(loop.loop(), tun));
    const MonitorService service(context, {});
    std::set<std::string> known;
    for (const std::string_view name : service.commands().names()) {
        EXPECT_TRUE(known.emplace(name).second) << name << " is there twice";
    }
    EXPECT_EQ(known, names_in_schema("command"));
}

TEST(Commands, AreRunInBandOrOutOfItAsTheSchemaSays) {
    test::TestLoop loop;
    test::FakeTun tun;
    NetContext context(internals_on(loop.loop(), tun));
    const MonitorService service(context, {});
    const Result<qapi::Document> schema = qapi::parse_json(qapi::kIntrospection);
    std::set<std::string> out_of_band;
    for (const qapi::Value entity : schema->root().items()) {
        if (entity.find("meta-type").text() == "command") {
            const CommandTable::Entry* entry = service.commands().find(entity.find("name").text());
            ASSERT_NE(entry, nullptr);
            EXPECT_EQ(entry->allow_oob, static_cast<bool>(entity.find("allow-oob")));
            if (entry->allow_oob) {
                out_of_band.emplace(entity.find("name").text());
            }
        }
    }
    // Both come from the same schema: these never wait for anything.
    EXPECT_EQ(out_of_band, (std::set<std::string>{"netdev_check", "query-netdev"}));
}

}  // namespace
}  // namespace qnetdev
