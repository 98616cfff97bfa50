// SPDX-License-Identifier: MIT
#include "net/cli/run/monitor_address.h"

#include <gtest/gtest.h>

namespace qnetdev::cli {
namespace {

std::string error_of(std::string_view text) {
    const Result<MonitorAddress> address = parse_monitor_address(text);
    return address ? "accepted" : address.error().message();
}

TEST(MonitorAddress, ReadsAUnixPath) {
    const auto address =
        *parse_monitor_address("unix:/a,,b,server=on,wait=off,mode=0660,group=5,uid=1,uid=2");
    const auto& place = std::get<MonitorAddress::Unix>(address.place);
    EXPECT_EQ(place.path, "/a,b");
    EXPECT_EQ(place.mode, 0660U);
    EXPECT_EQ(place.group, 5U);
    EXPECT_TRUE(address.server);
    EXPECT_FALSE(address.wait);
    EXPECT_EQ(address.uids, (std::vector<uid_t>{1, 2}));
}

TEST(MonitorAddress, IsForTheOwnerAndWaitsUnlessTold) {
    const auto address = *parse_monitor_address("unix:x,server");
    EXPECT_EQ(std::get<MonitorAddress::Unix>(address.place).mode, 0600U);
    EXPECT_TRUE(address.server);
    EXPECT_TRUE(address.wait);
    EXPECT_FALSE(parse_monitor_address("unix:x,server,nowait")->wait);
    EXPECT_FALSE(parse_monitor_address("unix:x")->server);
}

TEST(MonitorAddress, ReadsHostsAndPorts) {
    const auto at = [](std::string_view text) {
        const auto address = *parse_monitor_address(text);
        const auto& place = std::get<MonitorAddress::Tcp>(address.place);
        return place.host + "|" + place.port;
    };
    EXPECT_EQ(at("tcp:127.0.0.1:4444,server=on"), "127.0.0.1|4444");
    EXPECT_EQ(at("tcp::4444"), "|4444");
    EXPECT_EQ(at("tcp:[::1]:4444"), "::1|4444");
    EXPECT_EQ(at("tcp:localhost:http"), "localhost|http");
}

TEST(MonitorAddress, ReadsTheOthers) {
    EXPECT_TRUE(
        std::holds_alternative<MonitorAddress::Stdio>(parse_monitor_address("stdio")->place));
    EXPECT_EQ(std::get<MonitorAddress::Inherited>(parse_monitor_address("fd:12")->place).fd, 12);
    EXPECT_TRUE(parse_monitor_address("stdio,pretty=on")->pretty);
}

TEST(MonitorAddress, NamesUsersOnAllSockets) {
    EXPECT_EQ(parse_monitor_address("tcp::1,uid=1,uid=2")->uids, (std::vector<uid_t>{1, 2}));
    EXPECT_EQ(parse_monitor_address("fd:9,uid=7")->uids, (std::vector<uid_t>{7}));
    EXPECT_FALSE(parse_monitor_address("tcp::1")->any_user);
    EXPECT_TRUE(parse_monitor_address("tcp::1,uid=any")->any_user);
}

TEST(MonitorAddress, SaysWhatIsWrong) {
    for (const char* text : {"", "unix:", "unix", "tcp:1", "tcp:", "fd:", "pipe:x", "stdi"}) {
        EXPECT_EQ(error_of(text),
                  "a monitor's address is unix:PATH, tcp:HOST:PORT, stdio or fd:NUMBER, not '" +
                      std::string(text) + "'");
    }
    EXPECT_EQ(error_of("fd:x"), "'fd' must be a number, not 'x'");
    EXPECT_EQ(error_of("unix:x,server=maybe"), "'server' must be on or off, not 'maybe'");
    EXPECT_EQ(error_of("unix:x,frob=1"), "a monitor's address has no option 'frob'");
    EXPECT_EQ(error_of("unix:x,mode=9"), "'mode' must be a number, not '9'");
    EXPECT_EQ(error_of("unix:x,mode=1777"), "'mode' must be 0 to 0777, in octal digits");
    EXPECT_EQ(error_of("unix:x,group=no-such-group"), "there is no group 'no-such-group'");
    EXPECT_EQ(error_of("unix:x,uid=root"), "'uid' must be a number, not 'root'");
    EXPECT_EQ(error_of("tcp:a:1,mode=0600"), "'mode' is only for unix: addresses");
    EXPECT_EQ(error_of("stdio,uid=0"), "'uid' is only for sockets");
    EXPECT_EQ(error_of("tcp:a:1,uid=0,uid=any"), "'uid' must be any or numbers, not both");
}

TEST(MonitorAddress, NamesTheSocketThatCannotBe) {
    const auto address = *parse_monitor_address("unix:/no/such/folder/x,server=on");
    EXPECT_EQ(open_monitor_socket(address).error().message(),
              "cannot make the socket /no/such/folder/x: No such file or directory");
    EXPECT_TRUE(open_monitor_socket(*parse_monitor_address("unix:" + std::string(108, 'x')))
                    .error()
                    .message()
                    .ends_with("is longer than the 107 bytes that a socket's path may have"));
}

}  // namespace
}  // namespace qnetdev::cli
