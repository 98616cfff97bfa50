// SPDX-License-Identifier: MIT
#include "net/options/traditional.h"

#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

using Strings = std::vector<std::string>;

qapi::NetdevTapOptions tap(std::string_view text) {
    const auto parsed = parse_netdev(text);
    EXPECT_TRUE(parsed) << parsed.error().message();
    return parsed ? std::get<qapi::NetdevTapOptions>(parsed->netdev.branch)
                  : qapi::NetdevTapOptions{};
}

Strings warnings(std::string_view text) {
    const auto parsed = parse_netdev(text);
    return parsed ? parsed->warnings : Strings{fault(parsed.error())};
}

TEST(Traditional, ReadsAllKindsOfScalars) {
    const auto parsed = parse_netdev(
        "tap,id=hn0,ifname=tap0,queues=8,script=no,downscript=,vnet_hdr=on,sndbuf=1.5k");
    ASSERT_TRUE(parsed) << parsed.error().message();
    qapi::NetdevTapOptions wanted;
    wanted.ifname = "tap0";
    wanted.queues = 8;
    wanted.script = "no";
    wanted.downscript = "";
    wanted.vnet_hdr = true;
    wanted.sndbuf = 1536;
    EXPECT_EQ(parsed->netdev.id, "hn0");
    EXPECT_EQ(std::get<qapi::NetdevTapOptions>(parsed->netdev.branch), wanted);
    EXPECT_TRUE(parsed->warnings.empty());
}

TEST(Traditional, MissesTheIdBeforeTheType) {
    const std::string no_id = "'id' is missing [id] (give it a name, such as id=net0)";
    EXPECT_EQ(fault(""), no_id);
    EXPECT_EQ(fault("tap,script=no"), no_id);
    EXPECT_EQ(fault("id=t0"), "'type' is missing [type] (begin with the type, as in tap,id=net0)");
    EXPECT_EQ(fault("bogus"), no_id);
    EXPECT_EQ(fault("tap:id=a"), no_id);
    EXPECT_EQ(fault("[\"tap\"]"), no_id);
}

TEST(Traditional, RefusesUnknownTypes) {
    EXPECT_EQ(fault("bogus,id=a"),
              "'type' has no value 'bogus' [type] ('-netdev help' lists the types)");
    EXPECT_EQ(fault("TAP,id=a"), "'type' has no value 'TAP' [type] (did you mean 'tap'?)");
    EXPECT_EQ(fault("tap ,id=a"), "'type' has no value 'tap ' [type] (did you mean 'tap'?)");
    EXPECT_EQ(fault("vhost_user,id=a"),
              "'type' has no value 'vhost_user' [type] (did you mean 'vhost-user'?)");
    EXPECT_EQ(fault("tap,id=a,type="),
              "'type' has no value '' [type] ('-netdev help' lists the types)");
    EXPECT_EQ(pointed_at("bogus,id=a"), "bogus");
}

TEST(Traditional, NamesTheTypeThatHasTheOption) {
    EXPECT_EQ(fault("tap,id=a,hostfwd=tcp::1-:2"),
              "'hostfwd' is not an option of tap [hostfwd] (it is an option of user)");
}

TEST(Traditional, TakesATrailingComma) {
    EXPECT_EQ(tap("tap,id=a,ifname=x,").ifname, "x");
    EXPECT_EQ(tap("tap,id=a,ifname=x,,").ifname, "x,");
}

TEST(Traditional, ReadsTwoCommasAsOne) {
    EXPECT_EQ(tap("tap,id=a,ifname=x,,y,,,,z,script=no").ifname, "x,y,,z");
    EXPECT_EQ(tap("tap,id=a,ifname=x,,y,script=no").script, "no");
    EXPECT_EQ(fault("tap,,x,id=a"),
              "'type' has no value 'tap,x' [type] ('-netdev help' lists the types)");
}

TEST(Traditional, FindsTheIdInTheTypeToo) {
    EXPECT_EQ(fault("stream,,id=a"),
              "'type' has no value 'stream,id=a' [type] ('-netdev help' lists the types)");
    EXPECT_EQ(pointed_at("stream,,id=a"), "stream,,id=a");
    const auto id = [](std::string_view text) {
        const auto parsed = parse_netdev(text);
        return parsed ? parsed->netdev.id : fault(parsed.error());
    };
    EXPECT_EQ(id("x,,id=a,type=user"), "a");
    EXPECT_EQ(id("x,,id=a,type=user,id=b"), "a");
    EXPECT_EQ(id("x,,,id=a,type=user"), "a");
    EXPECT_EQ(id("x,,id,type=user"), "on");
    EXPECT_EQ(id("x,,noid,type=user"), "off");
    EXPECT_EQ(id("id,,id=a,type=user"), "on");
    const std::string no_id = "'id' is missing [id] (give it a name, such as id=net0)";
    EXPECT_EQ(id("x,,y=1,,id=a,type=user"), no_id);
    EXPECT_EQ(id("x,,"), no_id);
    EXPECT_NE(id("x,,id=a,,b,type=user").find("'id'"), std::string::npos);
    EXPECT_NE(id("x,,id=,type=user").find("'id'"), std::string::npos);
}

TEST(Traditional, KeepsOneEmptyKeyOfMany) {
    const TraditionalOptions options("tap,=a,=b,,no,,=c,=", "type");
    const qapi::Document& document = options.document();
    unsigned empty = 0;
    for (auto key = document.first_child(0); key != 0; key = document.next(key)) {
        empty += document.text(key).empty() ? 1 : 0;
    }
    EXPECT_EQ(empty, 1U);
}

TEST(Traditional, KeepsBlanks) {
    EXPECT_EQ(fault("user, id=a"),
              "'id' is missing [id] (the blank before 'id' belongs to its name: leave it out)");
    EXPECT_EQ(pointed_at("user, id=a"), " id");
    EXPECT_EQ(tap("tap,id=a,ifname= x ").ifname, " x ");
}

TEST(Traditional, KnowsKeysOnlyByTheirExactNames) {
    EXPECT_EQ(fault("tap,id=a,vnet-hdr=on"),
              "'vnet-hdr' is not an option of tap [vnet-hdr] (did you mean 'vnet_hdr'?)");
    EXPECT_EQ(fault("tap,id=a,poll_us=1"),
              "'poll_us' is not an option of tap [poll_us] (did you mean 'poll-us'?)");
    EXPECT_EQ(fault("tap,id=a,queue=2"),
              "'queue' is not an option of tap [queue] (did you mean 'queues'?)");
    EXPECT_EQ(fault("tap,id=a,IFNAME=x"),
              "'IFNAME' is not an option of tap [IFNAME] (did you mean 'ifname'?)");
    EXPECT_EQ(fault("tap,id=a,foo=1"), "'foo' is not an option of tap [foo]");
    EXPECT_EQ(fault("bridge,id=a,queues=2"),
              "'queues' is not an option of bridge [queues] "
              "(it is an option of tap, vhost-user, vhost-vdpa and af-xdp)");
    EXPECT_EQ(fault("tap,id=a,=x"), "'' is not an option of tap []");
    EXPECT_EQ(fault("tap,id=a,fds[0]=3"), "'fds[0]' is not an option of tap [fds[0]]");
    EXPECT_EQ(pointed_at("tap,id=a,queue=2"), "queue");
}

TEST(Traditional, ChecksUnknownKeysLast) {
    EXPECT_EQ(fault("tap,foo=1,id=a,queues=x"),
              "'queues' must be an unsigned 32-bit number, not 'x' [queues] (write it in digits, "
              "such as queues=2)");
}

TEST(Traditional, TakesFlags) {
    EXPECT_EQ(tap("tap,id=a,vhost").vhost, true);
    EXPECT_EQ(tap("tap,id=a,novhost").vhost, false);
    EXPECT_EQ(warnings("tap,id=a,vhost,novnet_hdr"),
              (Strings{"'vhost' is a deprecated short form of 'vhost=on'",
                       "'novnet_hdr' is a deprecated short form of 'vnet_hdr=off'"}));
}

TEST(Traditional, StoresFlagsAsTextToo) {
    EXPECT_EQ(tap("tap,id=a,ifname").ifname, "on");
    EXPECT_EQ(tap("tap,id=a,noifname").ifname, "off");
}

TEST(Traditional, RefusesFlagsForNumbers) {
    EXPECT_EQ(fault("tap,id=a,noqueues"),
              "'queues' must be an unsigned 32-bit number, not 'off' [queues] (write it in digits, "
              "such as queues=2)");
    EXPECT_EQ(pointed_at("tap,id=a,noqueues"), "queues");
}

TEST(Traditional, TakesHelpForAFlag) {
    EXPECT_EQ(fault("tap,id=a,help"), "'help' is not an option of tap [help]");
}

TEST(Traditional, TakesTheLastOfRepeatedScalars) {
    EXPECT_EQ(tap("tap,id=a,queues=1,queues=2").queues, 2U);
    EXPECT_EQ(tap("tap,id=a,queues=bad,queues=2").queues, 2U);
    EXPECT_EQ(fault("tap,id=a,queues=2,queues=bad"),
              "'queues' must be an unsigned 32-bit number, not 'bad' [queues] (write it in digits, "
              "such as queues=2)");
}

TEST(Traditional, TakesTheFirstOfRepeatedIds) {
    EXPECT_EQ(parse_netdev("tap,id=a,id=b")->netdev.id, "a");
    EXPECT_EQ(parse_netdev("tap,id=a,id=9")->netdev.id, "a");
}

TEST(Traditional, CollectsRepeatedLists) {
    const auto parsed =
        parse_netdev("user,id=a,hostfwd=tcp::1-:2,dnssearch=x,hostfwd=udp::3-:4,,5");
    ASSERT_TRUE(parsed);
    const auto& user = std::get<qapi::NetdevUserOptions>(parsed->netdev.branch);
    EXPECT_EQ(*user.hostfwd, (std::vector<qapi::String>{{"tcp::1-:2"}, {"udp::3-:4,5"}}));
    EXPECT_EQ(*user.dnssearch, (std::vector<qapi::String>{{"x"}}));
}

TEST(Traditional, LetsTheTypeStandAnywhere) {
    EXPECT_EQ(tap("id=x,ifname=y,type=tap").ifname, "y");
}

TEST(Traditional, RefusesWhatIsNoUnsignedNumber) {
    for (const char* value : {"x", "-1", "2k", "", "2 ", "4294967296", "99999999999999999999"}) {
        EXPECT_EQ(fault("tap,id=a,queues=" + std::string(value)),
                  "'queues' must be an unsigned 32-bit number, not '" + std::string(value) +
                      "' [queues] (write it in digits, such as queues=2)");
    }
    EXPECT_EQ(fault("vde,id=a,port=65536"),
              "'port' must be an unsigned 16-bit number, not '65536' [port] (write it in digits, "
              "such as port=2)");
    EXPECT_EQ(fault("hubport,id=a,hubid=2147483648"),
              "'hubid' must be a signed 32-bit number, not '2147483648' [hubid] (write it in "
              "digits, such as hubid=2)");
}

TEST(Traditional, ReadsNumbersAsCDoes) {
    EXPECT_EQ(tap("tap,id=a,queues=0x2").queues, 2U);
    EXPECT_EQ(tap("tap,id=a,queues=010").queues, 8U);
    EXPECT_EQ(tap("tap,id=a,queues=+2").queues, 2U);
    EXPECT_EQ(tap("tap,id=a,queues= 2").queues, 2U);
    EXPECT_EQ(tap("tap,id=a,queues=0").queues, 0U);
}

TEST(Traditional, RefusesWhatIsNoBoolean) {
    EXPECT_EQ(fault("tap,id=a,vnet_hdr=maybe"),
              "'vnet_hdr' must be 'on' or 'off', not 'maybe' [vnet_hdr]");
    EXPECT_EQ(fault("tap,id=a,vnet_hdr=ON"),
              "'vnet_hdr' must be 'on' or 'off', not 'ON' [vnet_hdr] (did you mean 'on'?)");
    EXPECT_EQ(fault("tap,id=a,vnet_hdr=1"),
              "'vnet_hdr' must be 'on' or 'off', not '1' [vnet_hdr] (did you mean 'on'?)");
    EXPECT_EQ(fault("tap,id=a,vnet_hdr=disabled"),
              "'vnet_hdr' must be 'on' or 'off', not 'disabled' [vnet_hdr] (did you mean 'off'?)");
    EXPECT_EQ(fault("tap,id=a,vnet_hdr="), "'vnet_hdr' must be 'on' or 'off', not '' [vnet_hdr]");
    EXPECT_EQ(pointed_at("tap,id=a,vnet_hdr=maybe,vhost=on"), "maybe");
}

TEST(Traditional, RefusesWhatIsNoSize) {
    EXPECT_EQ(fault("tap,id=a,sndbuf=1e3"),
              "'sndbuf' must be a size such as 512 or 1.5M, not '1e3' [sndbuf] "
              "(QEMU's size suffixes are b, k, M, G, T, P and E, for powers of 1024)");
    for (const char* value : {"-1", "1Q", "1.5", "16E", "99999999999999999999999999999", "0x10k"}) {
        EXPECT_NE(fault("tap,id=a,sndbuf=" + std::string(value)), "accepted") << value;
    }
    EXPECT_EQ(tap("tap,id=a,sndbuf=.5k").sndbuf, 512U);
}

TEST(Traditional, RefusesUnknownEnumValues) {
    EXPECT_EQ(fault("af-xdp,id=a,ifname=x,mode=natve"),
              "'mode' must be 'native' or 'skb', not 'natve' [mode] (did you mean 'native'?)");
}

TEST(Traditional, NamesMissingMembers) {
    EXPECT_EQ(fault("l2tpv3,id=a"), "'src' is missing [src] (add src=VALUE)");
    EXPECT_EQ(fault("l2tpv3,id=a,src=x,dst=y"),
              "'txsession' is missing [txsession] (add txsession=VALUE)");
}

TEST(Traditional, ReadsIpv6NetAsTwoMembers) {
    const auto parsed = parse_netdev("user,id=a,ipv6-net=fec0::/48");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& user = std::get<qapi::NetdevUserOptions>(parsed->netdev.branch);
    EXPECT_EQ(user.ipv6_prefix, "fec0::");
    EXPECT_EQ(user.ipv6_prefixlen, 48);
}

TEST(Traditional, GivesIpv6NetADefaultLength) {
    const auto parsed = parse_netdev("user,id=a,ipv6-net=fec0::");
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(std::get<qapi::NetdevUserOptions>(parsed->netdev.branch).ipv6_prefixlen, 64);
}

TEST(Traditional, RefusesABadIpv6Net) {
    EXPECT_EQ(fault("user,id=a,ipv6-net=fec0::/x"),
              "'ipv6-net' must be PREFIX or PREFIX/LENGTH, not 'fec0::/x' [ipv6-net]");
    EXPECT_EQ(fault("user,id=a,ipv6-net=fec0::/-1"),
              "'ipv6-net' must be PREFIX or PREFIX/LENGTH, not 'fec0::/-1' [ipv6-net]");
    EXPECT_EQ(fault("tap,id=a,ipv6-net=fec0::"), "'ipv6-net' is not an option of tap [ipv6-net]");
}

TEST(Traditional, CannotWriteNestedOptions) {
    const auto parsed = parse_netdev_as("stream,id=a,addr.type=unix", NetdevLanguage::traditional);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(fault(parsed.error()),
              "'addr' has options of its own, which cannot be written here [type] "
              "(give it with -netdev)");
}

TEST(Traditional, CountsFurtherShortForms) {
    std::string text = "tap,id=a";
    for (int i = 0; i < 10; ++i) {
        text += ",vhost";
    }
    const Strings given = warnings(text);
    ASSERT_EQ(given.size(), 9U);
    EXPECT_EQ(given.back(), "2 more deprecated short forms");
}

}  // namespace
}  // namespace qnetdev
