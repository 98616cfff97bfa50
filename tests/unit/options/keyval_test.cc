// SPDX-License-Identifier: MIT
#include "net/options/keyval.h"

#include <gtest/gtest.h>

#include "fault.h"
#include "qapi/json_writer.h"

namespace qnetdev {
namespace {

/// The tree as JSON, or "message [param]".
std::string tree(std::string_view text) {
    const auto document = parse_keyval(text, "type");
    return document ? to_json(document->root()) : fault(document.error());
}

TEST(Keyval, BuildsATree) {
    EXPECT_EQ(tree("stream,id=a,addr.type=inet,addr.host=::1,addr.port=1"),
              R"({"type":"stream","id":"a","addr":{"type":"inet","host":"::1","port":"1"}})");
}

TEST(Keyval, MayBeEmpty) {
    EXPECT_EQ(tree(""), "{}");
    EXPECT_EQ(tree("a=1,"), R"({"a":"1"})");
}

TEST(Keyval, ReadsTwoCommasAsOne) {
    EXPECT_EQ(tree("a=1,,2,b="), R"({"a":"1,2","b":""})");
    EXPECT_EQ(tree("a=x=y"), R"({"a":"x=y"})");
}

TEST(Keyval, TakesTheLastOfRepeatedLeaves) {
    EXPECT_EQ(tree("a=1,b=2,a=3"), R"({"a":"3","b":"2"})");
    EXPECT_EQ(tree("stream,type=dgram"), R"({"type":"dgram"})");
}

TEST(Keyval, TakesIndicesInAnyOrder) {
    EXPECT_EQ(tree("a.2=z,a.0=x,a.01=y"), R"({"a":["x","y","z"]})");
    EXPECT_EQ(tree("a.0.b=1,a.00.c=2"), R"({"a":[{"b":"1","c":"2"}]})");
    EXPECT_EQ(tree("a.1.0=p,a.0.0=q"), R"({"a":[["q"],["p"]]})");
}

TEST(Keyval, FindsItsWayAmongManyNames) {
    std::string text;
    std::string wanted;
    for (const std::string round : {"old", "new"}) {
        for (int i = 0; i < 300; ++i) {
            const std::string name = "k" + std::to_string(i);
            text += name + ".a.b.c=" + round + ",";
            wanted += (i == 0 ? "" : ",") + ("\"" + name) + R"(":{"a":{"b":{"c":"new"}}})";
        }
        EXPECT_EQ(tree(text) == "{" + wanted + "}", round == "new");
        wanted = round == "old" ? "" : wanted;
    }
}

TEST(Keyval, TakesVendorNames) {
    EXPECT_EQ(tree("__com.example_x-y=1,a.__org_b.c=2"),
              R"({"__com.example_x-y":"1","a":{"__org_b":{"c":"2"}}})");
}

TEST(Keyval, HasNoFlags) {
    EXPECT_EQ(tree("stream,server"), "'server' must be followed by '=' and a value [server]");
    EXPECT_EQ(tree("stream,noserver"), "'noserver' must be followed by '=' and a value [noserver]");
}

TEST(Keyval, RefusesBadKeys) {
    for (const char* key : {"", "1a", "a..b", ".a", "a.", "x y", "a.-b", "_a", "__x", "a.0b"}) {
        EXPECT_EQ(tree("stream," + std::string(key) + "=1"),
                  "'" + std::string(key) + "' is not the name of an option [" + key + "]");
    }
}

TEST(Keyval, LimitsTheLengthOfAName) {
    const std::string name(127, 'k');
    EXPECT_EQ(tree(name + "=1"), "{\"" + name + "\":\"1\"}");
    EXPECT_EQ(tree("a." + name + "k=1"), "'" + name.substr(0, 96) +
                                             "…' is longer than the 127 bytes a name may have [" +
                                             name + "k]");
}

TEST(Keyval, RefusesLeafAndObjectInOne) {
    EXPECT_EQ(tree("addr=x,addr.type=y"),
              "'addr' cannot have both a value and options of its own [addr.*]");
    EXPECT_EQ(tree("a.b.c=x,a.b=y"),
              "'a.b' cannot have both a value and options of its own [a.b.*]");
}

TEST(Keyval, RefusesListAndObjectInOne) {
    EXPECT_EQ(tree("a.0=x,a.b=y"), "'a' cannot be both a list and an object [a.*]");
    EXPECT_EQ(tree("b.a.x=x,b.a.0=y"), "'b.a' cannot be both a list and an object [b.a.*]");
}

TEST(Keyval, RefusesGaps) {
    EXPECT_EQ(tree("a.0=x,a.2=y"),
              "'a.1' is missing [a.1] (elements of a list are numbered from 0, without gaps)");
    // 2^64, 2^64 + 1 and 2^65 would be 0, 1 and 0 if an index could wrap around.
    for (const char* number :
         {"18446744073709551616", "36893488147419103232", "99999999999999999999999"}) {
        EXPECT_EQ(tree("a." + std::string(number) + "=x"),
                  "'a.0' is missing [a.0] (elements of a list are numbered from 0, without gaps)");
    }
    EXPECT_EQ(tree("a.0=x,a.18446744073709551617=y"),
              "'a.1' is missing [a.1] (elements of a list are numbered from 0, without gaps)");
}

TEST(Keyval, RefusesHelp) {
    EXPECT_EQ(tree("stream,help"),
              "'help' cannot be combined with other options [help] "
              "(use '-netdev help' for the list of types)");
    EXPECT_EQ(tree("?,id=a").substr(0, 44), "'?' cannot be combined with other options [?");
}

TEST(Keyval, LimitsNesting) {
    const auto nested = [](int names) {
        std::string key = "a";
        for (int i = 1; i < names; ++i) {
            key += ".a";
        }
        return tree(key + "=1");
    };
    // The whole is a level, too, as it is in JSON.
    EXPECT_TRUE(nested(1023).starts_with("{")) << nested(1023).substr(0, 80);
    EXPECT_EQ(nested(1024), "options are nested deeper than 1024 levels []");
    EXPECT_EQ(nested(2000), "options are nested deeper than 1024 levels []");
}

TEST(KeyvalNetdev, ReadsNestedAddresses) {
    const auto parsed =
        parse_netdev("stream,id=a,server=on,addr.type=unix,addr.path=/s,addr.tight=off");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& stream = std::get<qapi::NetdevStreamOptions>(parsed->netdev.branch);
    const auto& address = std::get<qapi::UnixSocketAddress>(stream.addr.branch);
    EXPECT_EQ(stream.server, true);
    EXPECT_EQ(address.path, "/s");
    EXPECT_EQ(address.tight, false);
}

TEST(KeyvalNetdev, WantsAnObjectForAnAddress) {
    EXPECT_EQ(fault("stream,id=a,addr=x"),
              "'addr' takes options of its own ('addr.…=…'), not the value 'x' [addr] (for example "
              "addr.type=inet,addr.host=::1,addr.port=4000)");
}

TEST(KeyvalNetdev, WantsALeafForAPort) {
    EXPECT_EQ(fault("stream,id=a,addr.type=inet,addr.host=x,addr.port.y=1"),
              "'addr.port' must be a text and has no options of its own, such as 'addr.port.y' "
              "[addr.port.*] (add addr.port.*=VALUE)");
}

TEST(KeyvalNetdev, NamesMembersByFullPath) {
    EXPECT_EQ(fault("stream,id=a"), "'addr' is missing [addr] (add addr=VALUE)");
    EXPECT_EQ(fault("stream,id=a,addr.path=x"),
              "'addr.type' is missing [addr.type] (add addr.type=VALUE)");
    EXPECT_EQ(fault("stream,id=a,addr.type=inet,addr.port=1"),
              "'addr.host' is missing [addr.host] (add addr.host=VALUE)");
    EXPECT_EQ(fault("stream,id=a,addr.type=unix,addr.path=x,addr.foo=1"),
              "'addr.foo' is not an option of unix [addr.foo] (add addr.foo=VALUE)");
    EXPECT_EQ(fault("stream,id=a,addr.type=unix,addr.pth=x"),
              "'addr.path' is missing [addr.path] "
              "('addr.pth' is not known: did you mean 'addr.path'?)");
    EXPECT_EQ(pointed_at("stream,id=a,addr.type=unix,addr.pth=x"), "pth");
    EXPECT_EQ(fault("dgram,id=a,remote.type=inet6"),
              "'remote.type' must be 'inet', 'unix', 'vsock' or 'fd', not 'inet6' [remote.type] "
              "(did you mean 'inet'?)");
    EXPECT_EQ(pointed_at("stream,id=a,addr.type=unix,addr.path=x,addr.foo=1"), "foo");
}

TEST(KeyvalNetdev, WrapsNegativesBeforeTheWidthCheck) {
    EXPECT_EQ(
        fault("stream,id=a,addr.type=inet,addr.host=x,addr.port=1,addr.to=-1"),
        "'addr.to' must be an unsigned 16-bit number, not '-1' [addr.to] (add addr.to=VALUE)");
    EXPECT_EQ(
        fault("stream,id=a,addr.type=inet,addr.host=x,addr.port=1,addr.to=65536"),
        "'addr.to' must be an unsigned 16-bit number, not '65536' [addr.to] (add addr.to=VALUE)");
}

TEST(KeyvalNetdev, HasTheSameBooleansAsTraditionalText) {
    EXPECT_EQ(fault("stream,id=a,addr.type=unix,addr.path=x,server=y"), "accepted");
    EXPECT_EQ(fault("stream,id=a,addr.type=unix,addr.path=x,server=1"),
              "'server' must be 'on' or 'off', not '1' [server] (did you mean 'on'?)");
}

}  // namespace
}  // namespace qnetdev
