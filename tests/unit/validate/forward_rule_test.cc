// SPDX-License-Identifier: MIT
#include "net/validate/forward_rule.h"

#include <gtest/gtest.h>

namespace qnetdev {
namespace {

struct Row {
    std::string rule;
    std::string answer;
};

std::string describe(const HostForward& forward) {
    const std::string guest =
        ipv4_text(forward.guest_address) + ":" + std::to_string(forward.guest_port);
    if (forward.protocol == HostForward::Protocol::unix_socket) {
        return "unix " + forward.path + " " + guest;
    }
    return std::string(forward.protocol == HostForward::Protocol::udp ? "udp " : "tcp ") +
           ipv4_text(forward.host_address) + ":" + std::to_string(forward.host_port) + " " + guest;
}

std::string hostfwd(const std::string& rule) {
    const Result<HostForward> forward = parse_hostfwd(rule);
    return forward ? describe(*forward) : forward.error().message();
}

std::string guestfwd(const std::string& rule) {
    const Result<GuestForward> forward = parse_guestfwd(rule);
    if (!forward) {
        return forward.error().message();
    }
    return ipv4_text(forward->address) + ":" + std::to_string(forward->port) +
           (forward->is_command ? " cmd '" + forward->command : " chardev '" + forward->chardev) +
           "'";
}

TEST(Hostfwd, ReadsRules) {
    for (const Row& row : std::vector<Row>{
             {"tcp::2222-:22", "tcp 0.0.0.0:2222 0.0.0.0:22"},
             {"udp:127.0.0.1:53-10.0.2.15:53", "udp 127.0.0.1:53 10.0.2.15:53"},
             {"::0-:22", "tcp 0.0.0.0:0 0.0.0.0:22"},
             {"tcp::-:22", "tcp 0.0.0.0:0 0.0.0.0:22"},
             {"tcp::0x100-:0x16", "tcp 0.0.0.0:256 0.0.0.0:22"},
             {"tcp::010-: +22", "tcp 0.0.0.0:8 0.0.0.0:22"},
             {"tcp::65535-:65535", "tcp 0.0.0.0:65535 0.0.0.0:65535"},
             {"tcp:127.1:0-10.9.9.9:1", "tcp 127.0.0.1:0 10.9.9.9:1"},
         }) {
        EXPECT_EQ(hostfwd(row.rule), row.answer) << row.rule;
    }
}

TEST(Hostfwd, GivesTheReasonsOfTheMonitor) {
    for (const Row& row : std::vector<Row>{
             {"", "No : separators"},
             {"tcp", "No : separators"},
             {"icmp::0-:22", "Bad protocol name"},
             {"TCP::0-:22", "Bad protocol name"},
             {"tcp:1", "Missing : separator"},
             {"tcp:x:0-:22", "Bad host address"},
             {"tcp:[::1]:0-:22", "Bad host address"},
             {"tcp:1-2:3", "Bad host address"},
             {"tcp::0", "Bad host port separator"},
             {"tcp::0:22", "Bad host port separator"},
             {"tcp::1x-:22", "Bad host port"},
             {"tcp::09-:22", "Bad host port"},
             {"tcp::65536-:22", "Bad host port"},
             {"tcp::4294967296-:22", "Bad host port"},
             {"tcp:: -:22", "Bad host port"},
             {"tcp::0-22", "Missing guest address"},
             {"tcp::0-x:22", "Bad guest address"},
             {"tcp::-1-:22", "Bad guest address"},
             {"tcp::0-:", "Bad guest port"},
             {"tcp::0-:0", "Bad guest port"},
             {"tcp::0-:-1", "Bad guest port"},
             {"tcp::0-:65536", "Bad guest port"},
             {"tcp::0-:22x", "Bad guest port"},
             {"tcp::0-:22:23", "Bad guest port"},
         }) {
        EXPECT_EQ(hostfwd(row.rule), row.answer) << row.rule;
    }
    EXPECT_EQ(parse_hostfwd("tcp").error().hint(),
              "it has no ':'; a rule is [tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT");
}

TEST(Hostfwd, ReadsUnixSockets) {
    const std::string longest = "/" + std::string(106, 'p');
    for (const Row& row : std::vector<Row>{
             {"unix:/tmp/vm-:23", "unix /tmp/vm 0.0.0.0:23"},
             {"unix:/tmp/a-b-10.0.2.15:0x17", "unix /tmp/a-b 10.0.2.15:23"},
             {"unix:/tmp/a:b-:23", "unix /tmp/a:b 0.0.0.0:23"},
             {"unix:" + longest + "-:23", "unix " + longest + " 0.0.0.0:23"},
             {"unix:" + longest + "p-:23", "Socket path is above 107 bytes"},
             {"unix:/tmp/vm", "Missing - separator"},
             {"unix:vm-:23", "Socket path is not absolute"},
             {"unix:-:23", "Socket path is not absolute"},
             {"unix:/vm-23", "Missing guest address"},
             {"unix:/vm-x:23", "Bad guest address"},
             {"unix:/vm-:0", "Bad guest port"},
         }) {
        EXPECT_EQ(hostfwd(row.rule), row.answer) << row.rule;
    }
    EXPECT_EQ(parse_hostfwd("unix:").error().hint(),
              "'-' is missing behind the path; a rule is unix:/PATH-[GUESTADDR]:GUESTPORT");
}

TEST(Guestfwd, ReadsRules) {
    for (const Row& row : std::vector<Row>{
             {"tcp:10.0.2.100:1234-cmd:netcat 10.10.1.1 4321",
              "10.0.2.100:1234 cmd 'netcat 10.10.1.1 4321'"},
             {":10.0.2.4:65535-cmd:", "10.0.2.4:65535 cmd ''"},
             {"::80-cmd:a-b:c", "0.0.0.0:80 cmd 'a-b:c'"},
             {"tcp:10.0.2.4:010-null", "10.0.2.4:10 chardev 'null'"},
             {"tcp:10.0.2.4: +80-tcp:10.10.1.1:4321", "10.0.2.4:80 chardev 'tcp:10.10.1.1:4321'"},
             {"tcp:10.0.2.4:80-CMD:a", "10.0.2.4:80 chardev 'CMD:a'"},
             {"tcp:10.0.2.4:80-", "10.0.2.4:80 chardev ''"},
         }) {
        EXPECT_EQ(guestfwd(row.rule), row.answer) << row.rule;
    }
}

TEST(Guestfwd, GivesReasons) {
    for (const Row& row : std::vector<Row>{
             {"x", "No : separators"},
             {"udp:10.0.2.4:80-cmd:a", "Bad protocol name"},
             {":", "Missing : separator"},
             {"tcp:x:80-cmd:a", "Bad server address"},
             {"tcp:10.0.2.4:80", "Missing - separator"},
             {"tcp:10.0.2.4:-cmd:a", "Bad server port"},
             {"tcp:10.0.2.4:0-cmd:a", "Bad server port"},
             {"tcp:10.0.2.4:65536-cmd:a", "Bad server port"},
             {"tcp:10.0.2.4:0x10-cmd:a", "Bad server port"},
             {"tcp:10.0.2.4:4294967376-cmd:a", "Bad server port"},
         }) {
        EXPECT_EQ(guestfwd(row.rule), row.answer) << row.rule;
    }
    EXPECT_EQ(parse_guestfwd("x").error().hint(),
              "it has no ':'; a rule is [tcp]:[ADDRESS]:PORT-cmd:COMMAND or "
              "[tcp]:[ADDRESS]:PORT-CHARDEV");
}

}  // namespace
}  // namespace qnetdev
