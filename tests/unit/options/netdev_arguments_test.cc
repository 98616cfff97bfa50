// SPDX-License-Identifier: MIT
#include "net/options/netdev_arguments.h"

#include <gtest/gtest.h>

namespace qnetdev {
namespace {

using enum NetdevOption;

using Given = std::vector<std::pair<NetdevOption, std::string_view>>;

NetdevArguments arguments(const Given& given) {
    NetdevArguments list;
    for (const auto& [option, text] : given) {
        list.add(option, std::string(text));
    }
    return list;
}

/// Ids in the order the backends are made, with the digits 100, 101, … where random ones would be.
std::vector<std::string> ids(const Given& given) {
    NetdevArguments list = arguments(given);
    list.invent_ids([random = 99U]() mutable { return ++random; });
    std::vector<std::string> found;
    for (const std::size_t i : list.init_order()) {
        found.push_back(list.items()[i].netdev().id);
    }
    return found;
}

TEST(NetdevArguments, AreMadeInTheOrderOfQemu) {
    EXPECT_EQ(ids({{net, "user,id=net1"},
                   {nic, "user,id=nic1"},
                   {netdev, "user,id=text1"},
                   {netdev, "stream,id=keyval,addr.type=unix,addr.path=/x"},
                   {net, "user,id=net2"},
                   {netdev, "tap,id=text2"},
                   {netdev, R"({"type":"user","id":"json"})"},
                   {nic, "user,id=nic2"}}),
              (std::vector<std::string>{"keyval", "json", "text1", "text2", "nic1", "nic2", "net1",
                                        "net2"}));
}

TEST(NetdevArguments, KeepTheOrderTheyWereGivenIn) {
    const NetdevArguments list =
        arguments({{net, "user,id=a"}, {netdev, "user,id=b"}, {nic, "none"}});
    ASSERT_EQ(list.items().size(), 3U);
    EXPECT_EQ(list.items()[0].text, "user,id=a");
    EXPECT_EQ(list.items()[1].name(), "-netdev");
    EXPECT_EQ(list.items()[2].name(), "-nic");
    EXPECT_EQ(list.init_order(), (std::vector<std::size_t>{1, 0}));
}

TEST(NetdevArguments, WithDottedKeysAreTextToQemu) {
    EXPECT_EQ(ids({{netdev, "user,id=first"},
                   {netdev, "user,id=dotted,hostfwd.0.str=tcp::1-:2"},
                   {netdev, "dgram,id=keyval,local.type=fd,local.str=3"}}),
              (std::vector<std::string>{"keyval", "first", "dotted"}));
}

TEST(NetdevArguments, InventIdsAsQemuDoes) {
    EXPECT_EQ(ids({{net, "user"}, {nic, "user"}, {net, "tap"}, {nic, "tap,id=mine"}}),
              (std::vector<std::string>{"#net000", "mine", "#net101", "#net202"}));
}

TEST(NetdevArguments, CountWhatHasNoBackendOnlyForNet) {
    EXPECT_EQ(ids({{net, "none"}, {net, "nic"}, {net, "user"}}),
              std::vector<std::string>{"#net202"});
    EXPECT_EQ(ids({{nic, "none"}, {nic, "user"}}), std::vector<std::string>{"#net000"});
    EXPECT_EQ(ids({{net, "nic,id=card"}, {net, "none,id=nothing"}, {net, "user"}}),
              std::vector<std::string>{"#net000"});
}

TEST(NetdevArguments, TakeTwoDigitsOfTheRandomNumber) {
    NetdevArguments list = arguments({{nic, "user"}});
    list.invent_ids([] { return 4294967295U; });
    EXPECT_EQ(list.items()[0].netdev().id, "#net095");
    EXPECT_TRUE(list.items()[0].id_invented);
    EXPECT_FALSE(is_well_formed_id(list.items()[0].netdev().id));
}

TEST(NetdevArguments, InventNoIdForNetdev) {
    NetdevArguments list =
        arguments({{netdev, R"({"type":"user","id":""})"}, {netdev, "user"}, {nic, "user,id=a"}});
    list.invent_ids([] { return 0U; });
    EXPECT_EQ(list.items()[0].netdev().id, "");
    EXPECT_FALSE(list.items()[1].parsed);
    EXPECT_FALSE(list.items()[2].id_invented);
}

TEST(NetdevArguments, HoldWhatIsWrongToo) {
    const NetdevArguments list = arguments(
        {{netdev, "tap,id=a,queus=2"}, {nic, "nic"}, {netdev, "tap,id=b,vhost"}, {net, ""}});
    EXPECT_EQ(list.items()[0].parsed.error().message(), "'queus' is not an option of tap");
    EXPECT_TRUE(list.items()[0].warnings().empty());
    EXPECT_FALSE(list.items()[1].has_backend());
    EXPECT_EQ(list.items()[2].warnings().size(), 1U);
    EXPECT_EQ(list.items()[3].parsed.error().param(), "type");
    EXPECT_EQ(list.init_order(), std::vector<std::size_t>{2});
}

TEST(NetdevArguments, KnowWhereTheyComeFrom) {
    const NetdevArguments list = arguments({{netdev, "user,id=a"}, {nic, "user"}, {net, "user"}});
    EXPECT_EQ(list.items()[0].origin(), NetdevOrigin::command_line);
    EXPECT_EQ(list.items()[1].origin(), NetdevOrigin::command_line);
    EXPECT_EQ(list.items()[2].origin(), NetdevOrigin::net_option);
}

TEST(NetdevArguments, AskForHelpOnlyByNetdev) {
    const NetdevArguments list =
        arguments({{netdev, "help"}, {netdev, "?"}, {netdev, "user,id=a,help"}, {nic, "help"}});
    EXPECT_TRUE(list.items()[0].asks_for_help());
    EXPECT_TRUE(list.items()[1].asks_for_help());
    EXPECT_FALSE(list.items()[2].asks_for_help());
    EXPECT_FALSE(list.items()[3].asks_for_help());
}

}  // namespace
}  // namespace qnetdev
