// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tap_findings.h"

namespace qnetdev {
namespace {

using test::broken_rules;
using test::Findings;
using test::findings;
using Tap = qapi::NetdevTapOptions;

/// A tap with one option set, as text or value.
Tap with(Tap tap, const char* option) {
    const std::string_view name(option);
    if (name == "ifname") {
        tap.ifname = "t0";
    } else if (name == "script") {
        tap.script = "no";
    } else if (name == "downscript") {
        tap.downscript = "no";
    } else if (name == "vnet_hdr") {
        tap.vnet_hdr = false;
    } else if (name == "helper") {
        tap.helper = "";
    } else if (name == "queues") {
        tap.queues = 1;
    } else if (name == "fd") {
        tap.fd = "3";
    } else if (name == "fds") {
        tap.fds = "4";
    } else if (name == "vhostfd") {
        tap.vhostfd = "5";
    } else if (name == "vhostfds") {
        tap.vhostfds = "6";
    } else {
        ADD_FAILURE() << "unknown option " << option;
    }
    return tap;
}

std::string clash(const std::string& option, const std::string& source) {
    return "'" + option + "' cannot be used with '" + source + "'";
}

TEST(ValidateTap, AcceptsATapWithoutOptions) {
    EXPECT_EQ(findings({}), Findings{});
}

TEST(ValidateTap, NeverMindsWhatQemuDoesNotMind) {
    EXPECT_EQ(findings({.br = "br0"}), Findings{});
    EXPECT_EQ(findings({.fd = "3", .br = "br0", .sndbuf = 0, .vhost = true, .vhostfd = "4"}),
              Findings{});
    EXPECT_EQ(findings({.vhost = false, .vhostforce = true}), Findings{});
    EXPECT_EQ(findings({.poll_us = 50}), Findings{});
    EXPECT_EQ(findings({.vhostfd = "4", .queues = 2}), Findings{});
    EXPECT_EQ(findings({.ifname = ""}), Findings{});
}

TEST(ValidateTap, RefusesEachOptionThatFdExcludes) {
    for (const char* option :
         {"ifname", "script", "downscript", "vnet_hdr", "helper", "queues", "fds", "vhostfds"}) {
        EXPECT_EQ(findings(with({.fd = "3"}, option)), Findings{clash(option, "fd")});
    }
}

TEST(ValidateTap, RefusesEachOptionThatFdsExclude) {
    for (const char* option :
         {"ifname", "script", "downscript", "vnet_hdr", "helper", "queues", "vhostfd"}) {
        EXPECT_EQ(findings(with({.fds = "3"}, option)), Findings{clash(option, "fds")});
    }
}

TEST(ValidateTap, RefusesEachOptionThatAHelperExcludes) {
    for (const char* option : {"ifname", "script", "downscript", "vnet_hdr", "vhostfds"}) {
        EXPECT_EQ(findings(with({.helper = "/h"}, option)), Findings{clash(option, "helper")});
    }
}

TEST(ValidateTap, LetsAHelperMakeSeveralQueues) {
    EXPECT_EQ(findings({.helper = "/h", .queues = 1}), Findings{});
    EXPECT_EQ(findings({.helper = "/h", .queues = 256}), Findings{});
    EXPECT_EQ(findings({.helper = "/h", .vhostfds = "3:4", .queues = 2}), Findings{});
    EXPECT_EQ(findings({.helper = "/h", .vhostfd = "3", .queues = 1}), Findings{});
    EXPECT_EQ(findings({.helper = "/h", .queues = 257}),
              Findings{"'queues' must be at most 256, but is 257"});
    EXPECT_EQ(findings({.helper = "/h", .queues = 0}),
              Findings{"'queues' must be at least 1, but is 0"});
}

TEST(ValidateTap, WantsAVhostDescriptorForEachQueueOfAHelper) {
    EXPECT_EQ(findings({.helper = "/h", .vhostfds = "3:4", .queues = 3}),
              Findings{"'vhostfds' must have one entry for each of 'queues': 2 against 3"});
    EXPECT_EQ(findings({.helper = "/h", .vhostfds = "3:x", .queues = 2}),
              Findings{"'vhostfds' must be a descriptor number, not 'x'"});
    EXPECT_EQ(findings({.helper = "/h", .vhostfd = "3", .vhostfds = "4", .queues = 1}),
              Findings{clash("vhostfd", "vhostfds")});
    const std::vector<Error> broken =
        broken_rules({.helper = "/h", .vhostfd = "3", .queues = 4}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'vhostfd' is for a single queue, but 'queues' is 4");
    EXPECT_EQ(broken[0].hint(), "use 'vhostfds' with one entry for each queue");
    EXPECT_EQ(broken[0].param(), "vhostfd");
}

TEST(ValidateTap, SelectsTheBranchByPresenceNotByValue) {
    EXPECT_EQ(findings({.ifname = "t0", .helper = ""}), Findings{clash("ifname", "helper")});
    EXPECT_EQ(findings({.fds = "", .helper = "/h"}),
              (Findings{clash("helper", "fds"), "'fds' must name at least one descriptor"}));
}

TEST(ValidateTap, NamesAllThatClashInOneFinding) {
    const std::vector<Error> broken = broken_rules(
        {.ifname = "t0", .fd = "3", .script = "no", .queues = 2}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'ifname', 'script' and 'queues' cannot be used with 'fd'");
    EXPECT_EQ(broken[0].hint(), "drop 'ifname', 'script' and 'queues', or drop 'fd'");
    EXPECT_EQ(broken[0].param(), "fd");
    EXPECT_EQ(broken[0].stage(), Stage::validate);
}

TEST(ValidateTap, RefusesVhostfdsWithoutFds) {
    const std::vector<Error> broken = broken_rules({.vhostfds = "3"}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'vhostfds' cannot be used without 'fds'");
    EXPECT_EQ(broken[0].hint(), "use 'vhostfd' for a single queue, or pass the tap with 'fds'");
    EXPECT_EQ(broken[0].param(), "vhostfds");
}

TEST(ValidateTap, RefusesVhostDescriptorsWhileVhostIsOff) {
    EXPECT_EQ(findings({.vhost = false, .vhostfd = "3"}),
              Findings{"'vhostfd' is given, but 'vhost' is off"});
    EXPECT_EQ(findings({.fds = "3", .vhost = false, .vhostfds = "4"}),
              Findings{"'vhostfds' is given, but 'vhost' is off"});
    EXPECT_EQ(findings({.vhost = true, .vhostfd = "3"}), Findings{});
    EXPECT_EQ(findings({.vhostfd = "3"}), Findings{});
}

TEST(ValidateTap, RefusesMultiQueueOptionsOnAHub) {
    for (const char* option : {"queues", "fds"}) {
        EXPECT_EQ(findings(with({}, option), NetdevOrigin::net_option),
                  Findings{"'" + std::string(option) +
                           "' cannot be used with -net: hubs have one queue"});
    }
    EXPECT_EQ(findings({.vhostfds = "3"}, NetdevOrigin::net_option),
              (Findings{"'vhostfds' cannot be used with -net: hubs have one queue",
                        "'vhostfds' cannot be used without 'fds'"}));
    EXPECT_EQ(findings({.fd = "3"}, NetdevOrigin::net_option), Findings{});
}

TEST(ValidateTap, TellsHowToDoWithoutAHub) {
    const std::vector<Error> broken = broken_rules({.queues = 1}, NetdevOrigin::net_option);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].hint(), "use -netdev or -nic");
    EXPECT_EQ(broken[0].param(), "queues");
    EXPECT_EQ(broken[0].stage(), Stage::validate);
}

TEST(ValidateTap, RefusesNoQueues) {
    const std::vector<Error> broken = broken_rules({.queues = 0}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'queues' must be at least 1, but is 0");
    EXPECT_EQ(broken[0].param(), "queues");
    EXPECT_EQ(broken[0].stage(), Stage::validate);
}

TEST(ValidateTap, RefusesMoreQueuesThanTheKernelTakes) {
    EXPECT_EQ(findings({.queues = 256}), Findings{});
    const std::vector<Error> broken = broken_rules({.queues = 257}, NetdevOrigin::command_line);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].message(), "'queues' must be at most 256, but is 257");
    EXPECT_EQ(broken[0].hint(), "the kernel takes no more for one interface");
    EXPECT_EQ(broken[0].stage(), Stage::host);
    EXPECT_EQ(findings({.queues = 4294967295U}),
              Findings{"'queues' must be at most 256, but is 4294967295"});
}

TEST(ValidateTap, ChecksTheName) {
    EXPECT_EQ(findings({.ifname = "a/b"}),
              Findings{"'ifname' must not contain '/', ':' or blanks, but is 'a/b'"});
}

TEST(ValidateTap, FindsEverythingInQemusOrder) {
    EXPECT_EQ(findings({.ifname = "much-too-long-name",
                        .fds = "3:x",
                        .vhost = false,
                        .vhostfds = "4",
                        .queues = 0},
                       NetdevOrigin::net_option),
              (Findings{"'queues' cannot be used with -net: hubs have one queue",
                        "'fds' cannot be used with -net: hubs have one queue",
                        "'vhostfds' cannot be used with -net: hubs have one queue",
                        "'vhostfds' is given, but 'vhost' is off",
                        "'ifname' and 'queues' cannot be used with 'fds'",
                        "'vhostfds' must have one entry for each of 'fds': 1 against 2",
                        "'fds' must be a descriptor number, not 'x'",
                        "'queues' must be at least 1, but is 0",
                        "'ifname' must have at most 15 bytes, but is 'much-too-long-name'"}));
}

TEST(ValidateTap, RefusesTextsThatTheKernelDoesNotTakeByTheirSize) {
    const std::string path(4095, 'x');
    const std::string text(std::size_t{128} << 10, 'x');
    EXPECT_EQ(findings({.script = path, .downscript = path}), Findings{});
    EXPECT_EQ(findings({.helper = text}), Findings{});
    EXPECT_EQ(findings({.script = path + "x", .downscript = path + "x"}),
              (Findings{"'script' must have at most 4095 bytes, but has 4096",
                        "'downscript' must have at most 4095 bytes, but has 4096"}));
    EXPECT_EQ(findings({.helper = text + "x"}),
              Findings{"'helper' must have at most 131072 bytes, but has 131073"});
    const qapi::NetdevBridgeOptions bridge{.helper = text + "x"};
    const std::vector<Error> broken =
        validate_netdev({.id = "n0", .branch = bridge}, NetdevOrigin::command_line).broken;
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].param(), "helper");
    EXPECT_EQ(broken[0].stage(), Stage::host);
}

}  // namespace
}  // namespace qnetdev
