// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

std::string nic_fault(std::string_view text) {
    const auto parsed = parse_nic(text);
    return parsed ? "accepted" : fault(parsed.error());
}

std::string net_fault(std::string_view text) {
    const auto parsed = parse_net(text);
    return parsed ? "accepted" : fault(parsed.error());
}

TEST(Nic, IsOfTypeUserUnlessGiven) {
    const auto parsed = parse_nic("model=e1000,restrict=on");
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(std::holds_alternative<qapi::NetdevUserOptions>(parsed->netdev->branch));
    EXPECT_EQ(parsed->model, "e1000");
    EXPECT_EQ(parsed->mac, std::nullopt);
    EXPECT_EQ(parsed->netdev->id, "");
}

TEST(Nic, TakesMacAndModelFromTheBackend) {
    const auto parsed = parse_nic("tap,id=t,mac=52:54:00:00:00:01,model=virtio,ifname=x");
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->mac, "52:54:00:00:00:01");
    EXPECT_EQ(parsed->model, "virtio");
    EXPECT_EQ(parsed->netdev->id, "t");
    EXPECT_EQ(std::get<qapi::NetdevTapOptions>(parsed->netdev->branch).ifname, "x");
}

TEST(Nic, NoneIsNoBackend) {
    const auto parsed = parse_nic("none");
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->netdev);
}

TEST(Nic, RefusesTypeNic) {
    EXPECT_EQ(nic_fault("nic"), "'type' must be a backend for '-nic', not 'nic' [type]");
}

TEST(Nic, TakesATapKeyForOneOfTypeUser) {
    EXPECT_EQ(nic_fault("ifname=tap0"),
              "'ifname' is not an option of user [ifname] "
              "(it is an option of tap, netmap, af-xdp and vmnet-bridged)");
    EXPECT_EQ(nic_fault("ifname=tap0,script=no"),
              "'ifname' and 'script' are not options of user [] (they are options of tap)");
}

TEST(Nic, ChecksTheId) {
    EXPECT_EQ(nic_fault("user,id=9").substr(0, 40), "'id' must be an identifier, not '9' [id]");
}

TEST(Nic, CannotWriteNestedOptions) {
    EXPECT_EQ(nic_fault("stream,addr.type=unix"),
              "'addr' has options of its own, which cannot be written here [type] "
              "(give it with -netdev)");
}

TEST(Net, ReadsACard) {
    const auto parsed = parse_net("nic,netdev=n,macaddr=1,model=m,addr=2,vectors=3");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& nic = std::get<qapi::NetLegacyNicOptions>(parsed->netdev->branch);
    EXPECT_EQ(nic.netdev, "n");
    EXPECT_EQ(nic.macaddr, "1");
    EXPECT_EQ(nic.model, "m");
    EXPECT_EQ(nic.addr, "2");
    EXPECT_EQ(nic.vectors, 3U);
}

TEST(Net, ReadsNoBackendButItsOptions) {
    EXPECT_TRUE(parse_nic("none,foo=1"));  // as in QEMU, which looks no further
    const auto parsed = parse_net("none");
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_FALSE(parsed->netdev);
    const auto broken = parse_net("none,foo=1");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().param(), "foo");
}

TEST(Net, ReadsABackend) {
    const auto parsed = parse_net("tap,ifname=x,id=a");
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->netdev->id, "a");
}

TEST(Net, MissesTheType) {
    EXPECT_EQ(net_fault("ifname=x"),
              "'type' is missing [type] (begin with the type, as in tap,id=net0)");
}

TEST(Net, NoLongerKnowsVlanAndName) {
    EXPECT_EQ(net_fault("user,vlan=1"),
              "'vlan' is not an option of user [vlan] "
              "(VLANs became hubs: use '-netdev hubport,hubid=N')");
    EXPECT_EQ(net_fault("user,name=x"),
              "'name' is not an option of user [name] (use 'id', which has replaced it)");
    EXPECT_EQ(net_fault("user,mac=x"),
              "'mac' is not an option of user [mac] (it is an option of passt)");
}

TEST(Net, ChecksTheWidthOfVectors) {
    EXPECT_EQ(net_fault("nic,vectors=4294967296"),
              "'vectors' must be an unsigned 32-bit number, not '4294967296' [vectors] (write it "
              "in digits, such as vectors=2)");
}

}  // namespace
}  // namespace qnetdev
