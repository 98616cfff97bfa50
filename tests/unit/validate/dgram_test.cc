// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"

namespace qnetdev {
namespace {

const std::string kGroup = ",remote.type=inet,remote.host=230.0.0.1,remote.port=1234";
const std::string kSingle = ",remote.type=inet,remote.host=127.0.0.1,remote.port=1234";
const std::string kName = ",remote.type=inet,remote.host=example.org,remote.port=1234";
const std::string kLocalInet = ",local.type=inet,local.host=127.0.0.1,local.port=1235";
const std::string kLocalUnix = ",local.type=unix,local.path=l.sock";
const std::string kLocalVsock = ",local.type=vsock,local.cid=2,local.port=1";
const std::string kLocalFd = ",local.type=fd,local.str=5";
const std::string kRemoteUnix = ",remote.type=unix,remote.path=r.sock";
const std::string kRemoteVsock = ",remote.type=vsock,remote.cid=2,remote.port=1";
const std::string kRemoteFd = ",remote.type=fd,remote.str=6";

std::string judge_dgram(const std::string& options) {
    return judge("dgram,id=n" + options);
}

std::string sockets(const std::string& local, const std::string& remote) {
    return judge_dgram(",local.type=unix,local.path=" + local +
                       ",remote.type=unix,remote.path=" + remote);
}

TEST(Dgram, AcceptsTheUsualPairs) {
    for (const std::string& options : {kGroup, kGroup + kLocalInet, kGroup + kLocalFd,
                                       kSingle + kLocalInet, kLocalUnix + kRemoteUnix, kLocalFd}) {
        EXPECT_EQ(judge_dgram(options), "") << options;
    }
}

TEST(Dgram, NeedsALocalAddress) {
    EXPECT_EQ(judge_dgram(""),
              "'local' must be given [local] (it is the socket of this end, such as "
              "local.type=inet,local.host=127.0.0.1,local.port=4000)");
    for (const std::string& remote : {kSingle, kRemoteUnix, kRemoteVsock, kRemoteFd}) {
        EXPECT_EQ(judge_dgram(remote),
                  "'local' must be given, as 'remote' is no multicast group [local]");
    }
}

TEST(Dgram, NeedsARemoteAddressUnlessLocalIsADescriptor) {
    EXPECT_EQ(judge_dgram(kLocalInet), "'remote' must be given with 'local' of type inet [remote]");
    EXPECT_EQ(judge_dgram(kLocalUnix), "'remote' must be given with 'local' of type unix [remote]");
    EXPECT_EQ(judge_dgram(kLocalVsock),
              "'remote' must be given with 'local' of type vsock [remote]");
}

TEST(Dgram, RefusesASingleRemoteWithADescriptor) {
    for (const std::string& remote : {kSingle, kRemoteUnix, kRemoteFd}) {
        EXPECT_EQ(judge_dgram(kLocalFd + remote),
                  "'remote' cannot be used with 'local' of type fd, unless it is a multicast group "
                  "[remote]");
    }
}

TEST(Dgram, WantsBothOfOneType) {
    EXPECT_EQ(judge_dgram(kLocalUnix + kSingle),
              "'remote' must be of the same type as 'local', which is unix, not inet [remote]");
    EXPECT_EQ(judge_dgram(kLocalInet + kRemoteFd),
              "'remote' must be of the same type as 'local', which is inet, not fd [remote]");
    EXPECT_EQ(judge_dgram(kLocalVsock + kRemoteVsock),
              "'local' must be of type inet, unix or fd, not vsock [local]");
}

TEST(Dgram, TakesOnlyInetAndFdForTheInterfaceOfAGroup) {
    EXPECT_EQ(judge_dgram(kGroup + kLocalUnix),
              "'local' must be of type inet or fd with a multicast group, not unix [local]");
    EXPECT_EQ(judge_dgram(kGroup + kLocalVsock),
              "'local' must be of type inet or fd with a multicast group, not vsock [local]");
    EXPECT_EQ(judge_dgram(kGroup + ",local.type=inet,local.host=bad host,local.port=1"),
              "'local.host' must be an IPv4 address, as the localaddr of a multicast group, not "
              "'bad host' []");
    EXPECT_EQ(judge_dgram(kGroup + ",local.type=inet,local.host=127.0.0.1,local.port=unused"), "");
}

TEST(Dgram, ReadsTheRemoteAddressFirst) {
    EXPECT_EQ(judge_dgram(",remote.type=inet,remote.host=127.0.0.1,remote.port=x"
                          ",local.type=inet,local.host=1x,local.port="),
              "'remote.port' must be a number, not 'x' [remote.port] "
              "(names of services are not looked up: write 80 for http)\n"
              "'local.host' must be an IPv4 address or a host name, not '1x' [local.host] "
              "(a host that starts with a digit is read as an address)\n"
              "'local.port' must be a number, not '' [local.port] "
              "(names of services are not looked up: write 80 for http)");
    EXPECT_EQ(judge_dgram(",remote.type=inet,remote.host=300.1.1.1,remote.port=1"),
              "'remote.host' must be an IPv4 address or a host name, not '300.1.1.1' [remote.host] "
              "(a host that starts with a digit is read as an address)");
}

TEST(Dgram, CallsAPortOutOfRangeALimitOfTheSystem) {
    EXPECT_EQ(judge_dgram(",remote.type=inet,remote.host=127.0.0.1,remote.port=65536" + kLocalInet),
              "host: 'remote.port' must be 0 to 65535, but is 65536 [remote.port] "
              "(ports have 16 bits)");
}

TEST(Dgram, DoesNotGuessWhatANameMeans) {
    EXPECT_EQ(judge_dgram(kName), "");
    EXPECT_EQ(judge_dgram(kName + kLocalFd), "");
    EXPECT_EQ(judge_dgram(kName + kLocalInet), "");
    EXPECT_EQ(judge_dgram(kName + kLocalUnix),
              "'remote' must be of the same type as 'local', which is unix, not inet [remote]");
    EXPECT_EQ(judge_dgram(",remote.type=inet,remote.host=localhost,remote.port=1"),
              "'local' must be given, as 'remote' is no multicast group [local]");
}

TEST(Dgram, LimitsSocketPaths) {
    const std::string longest(107, 'p');
    EXPECT_EQ(sockets(longest, longest), "");
    EXPECT_EQ(sockets(longest + "p", longest + "pp"),
              "'local.path' must have at most 107 bytes, but has 108 [local.path]\n"
              "'remote.path' must have at most 107 bytes, but has 109 [remote.path]");
}

TEST(Dgram, ChecksTheDescriptor) {
    EXPECT_EQ(judge_dgram(",local.type=fd,local.str=file-descriptor"),
              "'local.str' must be a descriptor number, not 'file-descriptor' [local.str] "
              "(names work only in monitor commands)");
    EXPECT_NE(judge_dgram(kGroup + ",local.type=fd,local.str=x"), "");
    EXPECT_EQ(judge("dgram,id=n,local.type=fd,local.str=x", NetdevOrigin::monitor), "");
}

}  // namespace
}  // namespace qnetdev
