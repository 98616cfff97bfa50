// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"

namespace qnetdev {
namespace {

TEST(Stream, TakesAnyAddress) {
    for (const std::string address : {"inet,addr.host=x,addr.port=y", "unix,addr.path=",
                                      "vsock,addr.cid=x,addr.port=y", "fd,addr.str=x"}) {
        EXPECT_EQ(judge("stream,id=n,addr.type=" + address), "") << address;
        EXPECT_EQ(judge("stream,id=n,server=on,addr.type=" + address), "") << address;
    }
}

std::string judge_stream(const std::string& options) {
    return judge("stream,id=n,addr.type=unix,addr.path=x" + options);
}

TEST(Stream, ReconnectsOnlyAsAClient) {
    EXPECT_EQ(judge_stream(",reconnect=5"), "");
    EXPECT_EQ(judge_stream(",server=off,reconnect-ms=4294967295"), "");
    EXPECT_EQ(
        judge_stream(",server=on,reconnect=0"),
        "'reconnect' cannot be used with 'server': who listens does not reconnect [reconnect] "
        "(drop 'reconnect', or drop 'server')");
    EXPECT_EQ(judge_stream(",server=on,reconnect-ms=0"),
              "'reconnect-ms' cannot be used with 'server': who listens does not reconnect "
              "[reconnect-ms] (drop 'reconnect-ms', or drop 'server')");
}

TEST(Stream, TakesOneDelay) {
    EXPECT_EQ(judge_stream(",reconnect=1,reconnect-ms=1000"),
              "'reconnect' cannot be used with 'reconnect-ms' [reconnect] "
              "(drop 'reconnect': it is the same in seconds)");
}

TEST(Stream, RefusesDelaysThatWouldBeCut) {
    EXPECT_EQ(judge_stream(",reconnect-ms=-1"),
              "'reconnect-ms' must be 0 to 4294967295, but is -1 [reconnect-ms]");
    EXPECT_EQ(judge_stream(",reconnect-ms=4294967296"),
              "'reconnect-ms' must be 0 to 4294967295, but is 4294967296 [reconnect-ms]");
}

std::string judge_l2tpv3(const std::string& options) {
    return judge("l2tpv3,id=n,src=::1,dst=x,txsession=1" + options);
}

TEST(L2tpv3, AcceptsTunnels) {
    for (const char* options : {"", ",offset=256", ",rxcookie=1,txcookie=18446744073709551615",
                                ",udp=on,srcport=http,dstport=70000", ",srcport=1"}) {
        EXPECT_EQ(judge_l2tpv3(options), "") << options;
    }
}

TEST(L2tpv3, LimitsTheOffset) {
    EXPECT_EQ(judge_l2tpv3(",offset=257"), "'offset' must be at most 256, but is 257 [offset]");
}

TEST(L2tpv3, NeedsBothCookiesOrNeither) {
    EXPECT_EQ(judge_l2tpv3(",rxcookie=1"),
              "'txcookie' must be given, as 'rxcookie' is given [txcookie] "
              "(give both cookies or neither)");
    EXPECT_EQ(judge_l2tpv3(",txcookie=1"),
              "'rxcookie' must be given, as 'txcookie' is given [rxcookie] "
              "(give both cookies or neither)");
}

TEST(L2tpv3, NeedsBothPortsWithUdp) {
    EXPECT_EQ(judge_l2tpv3(",udp=on,srcport=1"),
              "'dstport' must be given, as 'udp' is on [dstport]");
    EXPECT_EQ(judge_l2tpv3(",udp=on"),
              "'srcport' must be given, as 'udp' is on [srcport]\n"
              "'dstport' must be given, as 'udp' is on [dstport]");
    EXPECT_EQ(judge_l2tpv3(",udp=off"), "");
}

TEST(L2tpv3, ReportsInQemusOrder) {
    const std::string text = judge_l2tpv3(",offset=257,rxcookie=1,udp=on,dstport=1");
    EXPECT_LT(text.find("'offset'"), text.find("'txcookie'"));
    EXPECT_LT(text.find("'txcookie'"), text.find("'srcport'"));
    EXPECT_NE(text.find("'srcport'"), std::string::npos);
}

TEST(Hubport, IsRefusedWithNet) {
    EXPECT_EQ(judge("hubport,id=n,hubid=-1"), "");
    EXPECT_EQ(judge("hubport,id=n,hubid=0,netdev=x"), "");
    EXPECT_EQ(judge("hubport,id=n,hubid=0", NetdevOrigin::net_option),
              "'type' hubport cannot be used with -net, which has a hub of its own [type] "
              "(use -netdev or -nic)");
}

TEST(VhostUser, LimitsQueues) {
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c"), "");
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c,queues=1"), "");
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c,queues=1024"), "");
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c,queues=0"),
              "'queues' must be 1 to 1024, but is 0 [queues]");
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c,queues=1025"),
              "'queues' must be 1 to 1024, but is 1025 [queues]");
    EXPECT_EQ(judge("vhost-user,id=n,chardev=c,queues=-1"),
              "'queues' must be 1 to 1024, but is -1 [queues]");
}

TEST(VhostVdpa, NeedsExactlyOneDevice) {
    EXPECT_EQ(judge("vhost-vdpa,id=n,vhostdev=,queues=-4"), "");
    EXPECT_EQ(judge("vhost-vdpa,id=n,vhostfd=3"), "");
    EXPECT_EQ(judge("vhost-vdpa,id=n"),
              "'vhostdev' or 'vhostfd' must be given [vhostdev] "
              "(the first device is vhostdev=/dev/vhost-vdpa-0)");
    EXPECT_EQ(judge("vhost-vdpa,id=n,vhostdev=/x,vhostfd=3"),
              "'vhostfd' cannot be used with 'vhostdev' [vhostfd] "
              "(drop 'vhostdev', or drop 'vhostfd')");
}

TEST(VhostVdpa, ChecksTheDescriptor) {
    EXPECT_EQ(judge("vhost-vdpa,id=n,vhostfd=x"),
              "'vhostfd' must be a descriptor number, not 'x' [vhostfd] "
              "(names work only in monitor commands)");
}

std::string judge_xdp(const std::string& options) {
    return judge("af-xdp,id=n,ifname=eth0" + options);
}

TEST(AfXdp, AcceptsUsualOptions) {
    for (const char* options : {"", ",queues=4", ",mode=skb,start-queue=14,inhibit=off",
                                ",queues=3,inhibit=on,sock-fds=15:16:17",
                                ",queues=2,inhibit=on,map-path=/sys/fs/bpf/x,map-start-index=2"}) {
        EXPECT_EQ(judge_xdp(options), "") << options;
    }
}

TEST(AfXdp, LimitsQueues) {
    EXPECT_EQ(judge_xdp(",queues=0"), "'queues' must be 1 to 2147483647, but is 0 [queues]");
    EXPECT_EQ(judge_xdp(",start-queue=-1"),
              "'start-queue' must be 0 to 2147483647, but is -1 [start-queue]");
}

TEST(AfXdp, TiesInhibitToForeignSockets) {
    EXPECT_EQ(judge_xdp(",inhibit=on"), "'inhibit' needs 'sock-fds' or 'map-path' [inhibit]");
    EXPECT_EQ(judge_xdp(",sock-fds=3"),
              "'sock-fds' needs 'inhibit' to be on [sock-fds] (add inhibit=on)");
    EXPECT_EQ(judge_xdp(",map-path=/x"),
              "'map-path' needs 'inhibit' to be on [map-path] (add inhibit=on)");
    EXPECT_EQ(judge_xdp(",inhibit=on,map-path=/x,sock-fds=3"),
              "'map-path' cannot be used with 'sock-fds' [map-path] "
              "(drop 'sock-fds', or drop 'map-path')");
}

TEST(AfXdp, ChecksTheMapIndex) {
    EXPECT_EQ(judge_xdp(",map-start-index=0"),
              "'map-start-index' needs 'map-path' [map-start-index]");
    EXPECT_EQ(judge_xdp(",inhibit=on,map-path=/x,map-start-index=-1"),
              "'map-start-index' must be at least 0, but is -1 [map-start-index]");
}

TEST(AfXdp, CountsAndChecksSockets) {
    EXPECT_EQ(judge_xdp(",inhibit=on,sock-fds=15:16"),
              "'sock-fds' must have one entry for each of 'queues': 2 against 1 [sock-fds]");
    EXPECT_EQ(judge_xdp(",inhibit=on,sock-fds="),
              "'sock-fds' must have one entry for each of 'queues': 0 against 1 [sock-fds]");
    EXPECT_EQ(judge_xdp(",queues=2,inhibit=on,sock-fds=15:x"),
              "'sock-fds' must be a descriptor number, not 'x' [sock-fds] "
              "(names work only in monitor commands)");
    EXPECT_NE(judge_xdp(",queues=2,inhibit=on,sock-fds=15:"), "");
}

TEST(Passt, NeedsAProtocol) {
    EXPECT_EQ(judge("passt,id=n,ipv4=off,tcp-ports=2222:22"), "");
    EXPECT_EQ(judge("passt,id=n,ipv4=off,ipv6=off"), "'ipv4' and 'ipv6' cannot both be off []");
}

TEST(Vmnet, ReadsTheUuid) {
    EXPECT_EQ(judge("vmnet-host,id=n,net-uuid=01234567-89ab-cdef-ABCD-EF0123456789"), "");
    for (const std::string uuid :
         {"", "x", "0123456789abcdefabcdef0123456789", "01234567-89ab-cdef-abcd-ef012345678",
          "01234567-89ab-cdef-abcd-ef01234567890", "0123456-789ab-cdef-abcd-ef0123456789",
          "01234567-89ab-cdef-abcd-ef012345678g", "{1234567-89ab-cdef-abcd-ef012345678}"}) {
        EXPECT_EQ(judge("vmnet-host,id=n,net-uuid=" + uuid),
                  "'net-uuid' must be a UUID, not '" + uuid +
                      "' [net-uuid] (the program uuidgen makes one)");
    }
}

TEST(Vmnet, WantsTheWholeRangeOrNone) {
    const std::string hint =
        " (give 'start-address', 'end-address' and 'subnet-mask' together or not at all)";
    for (const std::string type : {"vmnet-host", "vmnet-shared"}) {
        EXPECT_EQ(judge(type + ",id=n,start-address=a,end-address=b,subnet-mask=c"), "");
        EXPECT_EQ(judge(type + ",id=n,end-address=b"),
                  "'start-address' must be given too [start-address]" + hint +
                      "\n'subnet-mask' must be given too [subnet-mask]" + hint);
    }
    EXPECT_EQ(judge("vmnet-bridged,id=n,ifname=en0"), "");
}

TEST(Backend, LeavesTypesWithoutRulesToTheHost) {
    EXPECT_EQ(judge("vde,id=n,sock=x,port=65535,mode=65535"), "");
    EXPECT_EQ(judge("netmap,id=n,ifname=x"), "");
    EXPECT_EQ(judge("bridge,id=n"), "");
}

TEST(Backend, RefusesTypesThatAreNone) {
    EXPECT_EQ(judge("none,id=n"),
              "'type' none is no backend [type] "
              "(-nic none leaves the guest without a network)");
    EXPECT_EQ(judge("nic,id=n,macaddr=x"),
              "'type' nic is a card, not a backend [type] "
              "(use -net nic or -device for the card)");
    EXPECT_EQ(judge("nic,id=n", NetdevOrigin::net_option), "");
}

TEST(Backend, ReportsGenericErrors) {
    const auto parsed = parse_netdev("socket,id=n,listen=x");
    ASSERT_TRUE(parsed);
    const std::vector<Error> broken =
        validate_netdev(parsed->netdev, NetdevOrigin::command_line).broken;
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].error_class(), ErrorClass::generic_error);
    EXPECT_EQ(broken[0].stage(), Stage::validate);
}

}  // namespace
}  // namespace qnetdev
