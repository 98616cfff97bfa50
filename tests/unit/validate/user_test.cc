// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"

namespace qnetdev {
namespace {

constexpr const char* kPlaced = " (what is not given has a place of its own in the network)";

TEST(User, AcceptsUsualOptions) {
    for (const char* options :
         {"restrict=on,hostfwd=tcp::2222-:22,guestfwd=tcp:10.0.2.100:1234-cmd:cat",
          "net=192.168.7.0/24,dhcpstart=192.168.7.2,dns=192.168.7.3,host=192.168.7.5",
          "net=172.17.2.0/24,ipv6-prefix=2001:db8:ac10:fd01::,ipv6-prefixlen=64",
          "ipv6=off,hostfwd=::20022-:22", "ipv4=on,ipv6=on,net=10.0.2.0/24,ipv6-host=fec0::2",
          "tftp=/srv,bootfile=/pxe.0,dnssearch=a,dnssearch=b", "smb=/srv,smbserver=10.0.2.4",
          "ipv6-net=fec0::/64", "ip=10.0.3.0", "net=10.0.2.0/29"}) {
        EXPECT_EQ(judge_user(options), "") << options;
    }
    EXPECT_EQ(judge("user,id=n"), "");
}

TEST(User, RefusesOptionsOfAProtocolThatIsOff) {
    EXPECT_EQ(judge_user("ipv4=off,net=10.0.2.0/24,host=10.0.2.2,dns=10.0.2.3"),
              "'net' needs IPv4, which is off [net] (drop 'net', or set ipv4=on)\n"
              "'host' needs IPv4, which is off [host] (drop 'host', or set ipv4=on)\n"
              "'dns' needs IPv4, which is off [dns] (drop 'dns', or set ipv4=on)");
    EXPECT_EQ(judge_user("ipv4=off,ip=10.0.2.0"),
              "'ip' needs IPv4, which is off [ip] (drop 'ip', or set ipv4=on)");
    EXPECT_EQ(
        judge_user("ipv6=off,ipv6-prefix=fec0::,ipv6-host=fec0::2,ipv6-dns=fec0::3"),
        "'ipv6-prefix' needs IPv6, which is off [ipv6-prefix] "
        "(drop 'ipv6-prefix', or set ipv6=on)\n"
        "'ipv6-host' needs IPv6, which is off [ipv6-host] (drop 'ipv6-host', or set ipv6=on)\n"
        "'ipv6-dns' needs IPv6, which is off [ipv6-dns] (drop 'ipv6-dns', or set ipv6=on)");
    EXPECT_EQ(judge_user("ipv4=off,dhcpstart=10.0.2.15,smbserver=10.0.2.4"), "");
    EXPECT_EQ(judge_user("ipv6=off,ipv6-prefixlen=3"), "");
}

TEST(User, TellsThatOneProtocolAloneTurnsTheOtherOff) {
    EXPECT_EQ(judge_user("ipv6=on,net=10.0.2.0/24"),
              "'net' needs IPv4, which is off [net] (ipv6=on alone turns IPv4 off: add ipv4=on)");
    EXPECT_EQ(judge_user("ipv4=on,ipv6-host=fec0::2"),
              "'ipv6-host' needs IPv6, which is off [ipv6-host] "
              "(ipv4=on alone turns IPv6 off: add ipv6=on)");
}

TEST(User, RefusesBothProtocolsOffBehindTheirOptions) {
    EXPECT_EQ(judge_user("ipv4=off,ipv6=off"), "'ipv4' and 'ipv6' cannot both be off []");
    EXPECT_EQ(judge_user("ipv4=off,ipv6=off,host=10.0.2.2"),
              "'host' needs IPv4, which is off [host] (drop 'host', or set ipv4=on)\n"
              "'ipv4' and 'ipv6' cannot both be off []");
}

TEST(User, ReadsIpAsANetworkOf24BitsUnlessNetIsGiven) {
    EXPECT_EQ(judge_user("ip=10.0.3.0,host=10.0.2.2"),
              "'host' must be inside the network 10.0.3.0/24, but is 10.0.2.2 [host] (choose one "
              "inside it, or another network by 'net')");
    EXPECT_EQ(judge_user("ip=x"),
              "'ip' must be an IPv4 network, not 'x/24' [ip] "
              "(write ADDRESS/BITS, such as 10.0.2.0/24)");
    EXPECT_EQ(judge_user("ip=10.0.3.0/8"),
              "the mask of 'ip' must be 4 to 32 or an address, not '8/24' [ip]");
    EXPECT_EQ(judge_user("ip=x,net=10.0.2.0/24"), "");
}

TEST(User, RefusesMalformedAddresses) {
    EXPECT_EQ(judge_user("net=foo,host=x,dns=,dhcpstart=y,smbserver=z"),
              "'net' must be an IPv4 network, not 'foo' [net] "
              "(write ADDRESS/BITS, such as 10.0.2.0/24)\n"
              "'host' must be an IPv4 address, not 'x' [host]\n"
              "'dns' must be an IPv4 address, not '' [dns]\n"
              "'dhcpstart' must be an IPv4 address, not 'y' [dhcpstart]\n"
              "'smbserver' must be an IPv4 address, not 'z' [smbserver]");
}

TEST(User, KeepsHostAndDhcpInsideTheNetwork) {
    EXPECT_EQ(judge_user("host=10.0.3.2"),
              "'host' must be inside the network 10.0.2.0/24, but is 10.0.3.2 [host] (choose one "
              "inside it, or another network by 'net')");
    EXPECT_EQ(judge_user("dhcpstart=10.0.3.3"),
              "'dhcpstart' must be inside the network 10.0.2.0/24, but is 10.0.3.3 [dhcpstart] "
              "(choose one inside it, or another network by 'net')");
    EXPECT_EQ(judge_user("host=10.0.2.0,dhcpstart=10.0.2.255"), "");
    EXPECT_EQ(judge_user("host=10.0.2.9 "), "");
}

TEST(User, KeepsTheNameServerInsideOnlyIfRestricted) {
    EXPECT_EQ(judge_user("dns=10.0.9.2"), "");
    EXPECT_EQ(judge_user("dns=10.0.9.2,restrict=on"),
              "'dns' must be inside the network 10.0.2.0/24, but is 10.0.9.2 [dns] (choose one "
              "inside it, or another network by 'net')");
    EXPECT_EQ(judge_user("dns=10.0.9.2,restrict=off"), "");
}

TEST(User, KeepsAddressesApart) {
    EXPECT_EQ(judge_user("host=10.0.2.3"),
              std::string("'dns' must differ from 'host', but both are 10.0.2.3 [dns]") + kPlaced);
    EXPECT_EQ(judge_user("dns=10.0.2.2"),
              std::string("'dns' must differ from 'host', but both are 10.0.2.2 [dns]") + kPlaced);
    EXPECT_EQ(
        judge_user("dhcpstart=10.0.2.2"),
        std::string("'dhcpstart' must differ from 'host', but both are 10.0.2.2 [dhcpstart]") +
            kPlaced);
    EXPECT_EQ(judge_user("dhcpstart=10.0.2.3"),
              std::string("'dhcpstart' must differ from 'dns', but both are 10.0.2.3 [dhcpstart]") +
                  kPlaced);
}

TEST(User, RefusesNetworksWithoutRoomForTheDefaults) {
    EXPECT_EQ(judge_user("net=10.0.2.0/30"),
              std::string("'dhcpstart' must differ from 'dns', but both are 10.0.2.3 [dhcpstart]") +
                  kPlaced);
    EXPECT_TRUE(judge_user("net=10.0.2.0/32").starts_with("'dns' must differ from 'host'"));
    EXPECT_EQ(judge_user("net=10.0.2.0/30,dhcpstart=10.0.2.1"), "");
}

TEST(User, LeavesTheServerOfNoShareAlone) {
    EXPECT_EQ(judge_user("smbserver=1.2.3.4"), "");
    EXPECT_EQ(judge_user("smb=/srv"), "");
    EXPECT_EQ(judge_user("smb=/srv,smbserver=0.0.0.0"), "");
    EXPECT_EQ(judge_user("smb=/srv,smbserver=1.2.3.4"),
              "'smbserver' must be a free address of the network, but 1.2.3.4 is outside the "
              "network 10.0.2.0/24 [smbserver]");
    EXPECT_EQ(judge_user("smb=/srv,smbserver=10.0.2.2"),
              "'smbserver' must be a free address of the network, but 10.0.2.2 is the address of "
              "'host' [smbserver]");
}

TEST(User, ChecksIpv6) {
    EXPECT_EQ(judge_user("ipv6-prefix=fec0"),
              "'ipv6-prefix' must be an IPv6 address, not 'fec0' [ipv6-prefix]");
    EXPECT_EQ(judge_user("ipv6-host=x,ipv6-dns="),
              "'ipv6-host' must be an IPv6 address, not 'x' [ipv6-host]\n"
              "'ipv6-dns' must be an IPv6 address, not '' [ipv6-dns]");
    EXPECT_EQ(judge_user("ipv6-host=fec1::2"),
              "'ipv6-host' must be inside the network fec0::/64, but is fec1::2 [ipv6-host]");
    EXPECT_EQ(judge_user("ipv6-dns=fec1::2"), "");
    EXPECT_EQ(judge_user("ipv6-dns=fec1::2,restrict=on"),
              "'ipv6-dns' must be inside the network fec0::/64, but is fec1::2 [ipv6-dns]");
    EXPECT_EQ(judge_user("ipv6-host=fec0::3,ipv6-dns=fec0::3"), "");
}

TEST(User, LimitsThePrefixLength) {
    EXPECT_EQ(judge_user("ipv6-prefixlen=126"), "");
    EXPECT_EQ(judge_user("ipv6-prefixlen=127"),
              "'ipv6-prefixlen' must be 0 to 126, but is 127 [ipv6-prefixlen]");
    EXPECT_EQ(judge_user("ipv6-prefixlen=-1"),
              "'ipv6-prefixlen' must be 0 to 126, but is -1 [ipv6-prefixlen]");
    EXPECT_EQ(judge_user("ipv6-net=fec0::/200"),
              "'ipv6-prefixlen' must be 0 to 126, but is 200 [ipv6-prefixlen]");
    EXPECT_EQ(judge_user("ipv6-prefixlen=0,ipv6-host=fec0:1::2"),
              "'ipv6-host' must be inside the network fec0::/64, but is fec0:1::2 [ipv6-host]");
    EXPECT_EQ(judge_user("ipv6-prefixlen=3,ipv6-host=e000::4"), "");
}

TEST(User, LimitsTexts) {
    for (const std::string option : {"domainname", "hostname", "tftp-server-name"}) {
        EXPECT_EQ(judge_user(option + "=" + std::string(255, 'x')), "");
        EXPECT_EQ(judge_user(option + "=" + std::string(256, 'x')),
                  "'" + option + "' must have at most 255 bytes, but has 256 [" + option + "]");
    }
    EXPECT_EQ(judge_user("domainname="), "'domainname' must not be empty [domainname]");
    EXPECT_EQ(judge_user("hostname=,tftp-server-name=,bootfile="), "");
}

TEST(User, LimitsTheBootFileWhereQemuAborts) {
    EXPECT_EQ(judge_user("bootfile=" + std::string(127, 'b')), "");
    EXPECT_EQ(judge_user("bootfile=" + std::string(128, 'b')),
              "'bootfile' must have at most 127 bytes, but has 128 [bootfile]");
}

TEST(User, NamesTheForwardingRule) {
    EXPECT_EQ(judge_user("hostfwd=tcp::70000-:22"),
              "'hostfwd' has the invalid rule 'tcp::70000-:22' (Bad host port) [hostfwd] "
              "(the host port must be 0 to 65535; "
              "a rule is [tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT)");
    EXPECT_EQ(judge_user("guestfwd=x"),
              "'guestfwd' has the invalid rule 'x' (No : separators) [guestfwd] "
              "(it has no ':'; a rule is [tcp]:[ADDRESS]:PORT-cmd:COMMAND or "
              "[tcp]:[ADDRESS]:PORT-CHARDEV)");
}

TEST(User, TakesForwardingRulesInQemusOrder) {
    const std::string text = judge_user("hostfwd=h1,hostfwd=h2,guestfwd=g1,guestfwd=g2");
    EXPECT_LT(text.find("'g2'"), text.find("'g1'"));
    EXPECT_LT(text.find("'g1'"), text.find("'h2'"));
    EXPECT_LT(text.find("'h2'"), text.find("'h1'"));
    EXPECT_NE(text.find("'h1'"), std::string::npos);
}

TEST(User, CountsForwardingRulesBehindTheHundredth) {
    std::string text = "hostfwd=h";
    for (int i = 1; i < 100; ++i) {
        text += ",hostfwd=h";
    }
    EXPECT_EQ(judge_user(text).find("more invalid rules"), std::string::npos);
    EXPECT_NE(judge_user(text + ",hostfwd=h,hostfwd=h,hostfwd=::1-:1")
                  .find("'hostfwd' has 2 more invalid rules [hostfwd]"),
              std::string::npos);
}

TEST(User, GivesGuestForwardsAFreeAddressOfTheNetwork) {
    EXPECT_EQ(judge_user("guestfwd=tcp:10.0.3.3:80-cmd:a"),
              "'guestfwd' has the invalid rule 'tcp:10.0.3.3:80-cmd:a' (10.0.3.3 is outside the "
              "network 10.0.2.0/24) [guestfwd]");
    EXPECT_EQ(judge_user("guestfwd=tcp:10.0.2.3:80-cmd:a"),
              "'guestfwd' has the invalid rule 'tcp:10.0.2.3:80-cmd:a' (10.0.2.3 is the address of "
              "'dns') [guestfwd]");
    EXPECT_EQ(judge_user("host=10.0.2.4,guestfwd=::80-cmd:a"),
              "'guestfwd' has the invalid rule '::80-cmd:a' (10.0.2.4 is the address of 'host') "
              "[guestfwd]");
    EXPECT_EQ(judge_user("guestfwd=tcp:10.0.2.15:80-cmd:a,guestfwd=tcp:10.0.2.15:80-cmd:b"), "");
}

TEST(User, LeavesTheAddressForACharacterDeviceToTheHost) {
    EXPECT_EQ(
        judge_user("guestfwd=tcp:127.0.0.1:80-chan0"),
        "host: 'guestfwd' has the invalid rule 'tcp:127.0.0.1:80-chan0' (127.0.0.1 is outside "
        "the network 10.0.2.0/24) [guestfwd]");
}

TEST(User, PutsLimitsOfTheHostBehindRules) {
    const std::string text = judge_user("guestfwd=tcp:127.0.0.1:80-chan0,hostfwd=x");
    EXPECT_TRUE(text.starts_with("'hostfwd'")) << text;
}

}  // namespace
}  // namespace qnetdev
