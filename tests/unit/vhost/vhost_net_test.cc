// SPDX-License-Identifier: MIT
#include "net/vhost_net.h"

#include <unistd.h>

#include <cerrno>

#include "tests/unit/vhost/vhost_fixture.h"

namespace qnetdev::test {
namespace {

using Strings = std::vector<std::string>;

class VhostNetTest : public VhostFixture {
protected:
    Error refusal(std::uint32_t busy_poll_us = 0) {
        const UniqueFd fd = vhost_.make_device();
        return refusal_of(fd.get(), busy_poll_us);
    }
    Error refusal_of(int fd, std::uint32_t busy_poll_us = 0) {
        Result<std::unique_ptr<VhostNet>> device = VhostNet::create(vhost_, fd, busy_poll_us);
        if (device) {
            ADD_FAILURE() << "was accepted";
            return Error("was accepted");
        }
        return std::move(device).error();
    }
    std::string hint_of_open(int errnum) {
        vhost_.open_errnum = errnum;
        const Result<UniqueFd> fd = open_vhost_net(vhost_);
        EXPECT_FALSE(fd);
        return fd ? "" : fd.error().hint();
    }
};

TEST_F(VhostNetTest, IsSetUpInTheOrderThatTheKernelWants) {
    add_pair(50);
    EXPECT_EQ(vhost_.calls(),
              (Strings{"open", "VHOST_SET_OWNER", "VHOST_GET_FEATURES_ARRAY", "VHOST_GET_FEATURES",
                       "eventfd", "eventfd", "VHOST_SET_VRING_CALL 0 1", "VHOST_SET_VRING_ERR 0 1",
                       "VHOST_SET_VRING_BUSYLOOP_TIMEOUT 0 50", "eventfd", "eventfd",
                       "VHOST_SET_VRING_CALL 1 1", "VHOST_SET_VRING_ERR 1 1",
                       "VHOST_SET_VRING_BUSYLOOP_TIMEOUT 1 50"}));
    EXPECT_EQ(pairs_[0]->owner(), getpid());
    EXPECT_EQ(pairs_[0]->busy_poll_us(), 50U);
    EXPECT_EQ(to_string(pairs_[0]->features()), "0x33d008000");
    EXPECT_FALSE(pairs_[0]->is_running());
}

TEST_F(VhostNetTest, ReadsAllFeaturesWhereTheKernelTellsThem) {
    vhost_.has_feature_arrays = true;
    vhost_.features = VhostFeatures::bit(65) | VhostFeatures::bit(32);
    const VhostNet& device = add_pair();
    EXPECT_EQ(vhost_.count("VHOST_GET_FEATURES"), 0U);
    EXPECT_EQ(to_string(device.features()), "0x20000000100000000");
}

TEST_F(VhostNetTest, IsNobodysAgainAfterEachCallThatFails) {
    for (const char* call :
         {"VHOST_SET_OWNER", "VHOST_GET_FEATURES", "eventfd", "VHOST_SET_VRING_CALL",
          "VHOST_SET_VRING_ERR", "VHOST_SET_VRING_BUSYLOOP_TIMEOUT"}) {
        for (unsigned nth = 1; nth <= (std::string(call).ends_with("R_CALL") ? 2U : 1U); ++nth) {
            const UniqueFd fd = vhost_.make_device();
            vhost_.fail(call, nth, ENOMEM);
            EXPECT_EQ(refusal_of(fd.get(), 7).message(),
                      std::string(call) + ": Cannot allocate memory");
            EXPECT_FALSE(vhost_.find(fd.get())->owner.has_value()) << call;
        }
    }
}

TEST_F(VhostNetTest, TellsWhoElseOwnsADevice) {
    const UniqueFd fd = vhost_.make_device();
    vhost_.find(fd.get())->owner = 2;
    const Error others = refusal_of(fd.get());
    EXPECT_EQ(others.message(), "VHOST_SET_OWNER: Device or resource busy");
    EXPECT_EQ(others.hint(),
              "another process owns the device, or a parent or child of this one: pass a "
              "descriptor on which nobody has done VHOST_SET_OWNER");
    vhost_.find(fd.get())->owner = 1;
    EXPECT_EQ(refusal_of(fd.get()).hint(),
              "this process uses the device already: pass one descriptor for each queue");
    EXPECT_EQ(vhost_.find(fd.get())->owner, 1);
}

TEST_F(VhostNetTest, SaysThatAKernelCannotPoll) {
    vhost_.has_busy_poll = false;
    const Error error = refusal(50);
    EXPECT_EQ(error.message(), "VHOST_SET_VRING_BUSYLOOP_TIMEOUT: Inappropriate ioctl for device");
    EXPECT_EQ(error.param(), "poll-us");
    EXPECT_EQ(error.hint(), "this kernel's vhost-net cannot poll: drop 'poll-us'");
    add_pair(0);
}

TEST_F(VhostNetTest, NamesTheCauseOfANodeThatCannotBeOpened) {
    EXPECT_EQ(hint_of_open(ENOENT),
              "the driver is there, but not its node: make it (character device 10:238), pass "
              "'vhostfd', or drop 'vhost'");
    EXPECT_EQ(hint_of_open(ENODEV),
              "the node is there, but not the driver: load the kernel module vhost_net, or drop "
              "'vhost'");
    EXPECT_EQ(hint_of_open(EACCES),
              "let this user read and write the node, pass 'vhostfd' from somebody who may open "
              "it, or drop 'vhost'");
    EXPECT_EQ(hint_of_open(EPERM),
              "a device cgroup or a security module forbids it: allow character device 10:238 "
              "there, pass 'vhostfd', or drop 'vhost'");
    EXPECT_EQ(hint_of_open(EMFILE), "raise the limit on open files: ulimit -n");
    EXPECT_EQ(hint_of_open(ENOMEM), "");
    vhost_.has_driver = false;
    EXPECT_EQ(hint_of_open(ENOENT), "load the kernel module vhost_net, or drop 'vhost'");
}

TEST_F(VhostNetTest, OffersWhatTheKernelHasOfWhatIsItsToDo) {
    const VhostNet& device = add_pair();
    // Packed rings (34) and hash reports (57) are the kernel's, checksums (0) and the MAC (5) not.
    const VhostFeatures nic{.low = std::uint64_t{1} << 34 | std::uint64_t{1} << 57 |
                                   std::uint64_t{1} << 33 | std::uint64_t{1} << 32 | 0x8021};
    EXPECT_EQ(to_string(device.offer(nic)), "0x100008021");
}

TEST_F(VhostNetTest, NeedsATapWithAHeaderIfTheKernelMakesNone) {
    vhost_.features = vhost_.features.without(VhostFeatures::bit(27));
    const VhostNet& device = add_pair();
    EXPECT_TRUE(device.check_header(true));
    const Result<void> without = device.check_header(false);
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().message(),
              "this kernel's vhost-net needs a tap with a virtio-net header (it has features "
              "0x335008000)");
    EXPECT_EQ(without.error().param(), "vnet_hdr");
}

TEST_F(VhostNetTest, KeepsInterruptsThatComeWhileTheyAreMasked) {
    VhostNet& device = add_pair();
    EXPECT_FALSE(device.take_masked_call(1));
    const int masked = vhost_.find(fds_[0].get())->rings[1].call;
    ASSERT_EQ(eventfd_write(masked, 3), 0);
    EXPECT_TRUE(device.take_masked_call(1));
    EXPECT_FALSE(device.take_masked_call(1));
    const UniqueFd guests = *vhost_.make_event();
    EXPECT_TRUE(device.set_call(1, guests.get()));
    EXPECT_EQ(vhost_.find(fds_[0].get())->rings[1].call, guests.get());
    EXPECT_TRUE(device.set_call(1, -1));
    EXPECT_EQ(vhost_.find(fds_[0].get())->rings[1].call, masked);
}

TEST_F(VhostNetTest, GivesTheOwnershipUp) {
    VhostNet& device = add_pair();
    ASSERT_TRUE(start());
    EXPECT_TRUE(device.release());
    EXPECT_FALSE(this->device().owner.has_value());
    EXPECT_FALSE(taps_[0]->runs);
    EXPECT_TRUE(start());  // and takes it back when it is needed
    EXPECT_EQ(this->device().owner, 1);
}

TEST_F(VhostNetTest, StopsWhenItGoes) {
    add_pair();
    ASSERT_TRUE(start());
    devices_.clear();
    EXPECT_FALSE(is_attached(0));
    EXPECT_FALSE(taps_[0]->runs);
}

TEST(Unsupported, VhostKernelFailsClearly) {
    VhostKernel& kernel = unsupported_vhost_kernel();
    const Result<UniqueFd> fd = open_vhost_net(kernel);
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().message(),
              "vhost-net needs Linux: this system has no vhost driver that we know");
    EXPECT_FALSE(kernel.is_driver_there());
    for (const bool works : {kernel.is_vhost_net(0).has_value(),
                             kernel.make_event().has_value(),
                             kernel.set_owner(0).has_value(),
                             kernel.reset_owner(0).has_value(),
                             kernel.get_features(0).has_value(),
                             kernel.set_features(0, 0).has_value(),
                             kernel.get_features_array(0).has_value(),
                             kernel.set_features_array(0, {}).has_value(),
                             kernel.get_backend_features(0).has_value(),
                             kernel.set_backend_features(0, 0).has_value(),
                             kernel.set_mem_table(0, {}).has_value(),
                             kernel.set_log_base(0, 0).has_value(),
                             kernel.set_vring_num(0, 0, 1).has_value(),
                             kernel.set_vring_base(0, 0, 0).has_value(),
                             kernel.get_vring_base(0, 0).has_value(),
                             kernel.set_vring_addr(0, 0, {}).has_value(),
                             kernel.set_vring_kick(0, 0, 0).has_value(),
                             kernel.set_vring_call(0, 0, 0).has_value(),
                             kernel.set_vring_err(0, 0, 0).has_value(),
                             kernel.set_vring_busyloop(0, 0, 0).has_value(),
                             kernel.set_backend(0, 0, 0).has_value()}) {
        EXPECT_FALSE(works);
    }
}

}  // namespace
}  // namespace qnetdev::test
