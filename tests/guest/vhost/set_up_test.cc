// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/vhost_types.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "net/fd_store.h"
#include "net/tap.h"
#include "net/tap/tun_kernel.h"
#include "net/vhost/vhost_kernel.h"
#include "tests/guest/vhost/vhost_guest.h"
#include "tests/netns/links.h"
#include "tests/support/leak_listener.h"

namespace qnetdev::test {
namespace {

/// vhost-net's calls as they are refused, by number: the direction and size are part of it.
struct Refused {
    const char* name;
    unsigned long request;
    bool is_survived = false;
};

constexpr unsigned kType = 0xAF;
using State = vhost_vring_state;
using File = vhost_vring_file;

const Refused kOfSetUp[] = {
    {"VHOST_SET_OWNER", _IO(kType, 0x01)},
    {"VHOST_GET_FEATURES", _IOR(kType, 0x00, __u64)},
    {"VHOST_GET_FEATURES_ARRAY", _IOR(kType, 0x83, __u64), true},
    {"VHOST_SET_VRING_CALL", _IOW(kType, 0x21, File)},
    {"VHOST_SET_VRING_ERR", _IOW(kType, 0x22, File)},
    {"VHOST_SET_VRING_BUSYLOOP_TIMEOUT", _IOW(kType, 0x23, State)},
};
const Refused kOfStart[] = {
    {"VHOST_SET_VRING_CALL", _IOW(kType, 0x21, File)},
    {"VHOST_SET_FEATURES", _IOW(kType, 0x00, __u64)},
    {"VHOST_GET_BACKEND_FEATURES", _IOR(kType, 0x26, __u64), true},
    {"VHOST_SET_BACKEND_FEATURES", _IOW(kType, 0x25, __u64), true},
    {"VHOST_SET_MEM_TABLE", _IOW(kType, 0x03, vhost_memory)},
    {"VHOST_SET_VRING_NUM", _IOW(kType, 0x10, State)},
    {"VHOST_SET_VRING_BASE", _IOW(kType, 0x12, State)},
    {"VHOST_SET_VRING_ADDR", _IOW(kType, 0x11, vhost_vring_addr)},
    {"VHOST_SET_VRING_KICK", _IOW(kType, 0x20, File)},
    {"VHOST_SET_LOG_BASE", _IOW(kType, 0x04, __u64)},
    {"VHOST_NET_SET_BACKEND", _IOW(kType, 0x30, File)},
    {"VHOST_GET_VRING_BASE", _IOWR(kType, 0x12, State), true},
};

/// Setting vhost up, and what is left of it.
class VhostSetUp : public VhostGuest {
protected:
    /// "" if all that the netdev had is gone.
    std::string leftovers(const std::map<int, std::string>& fds_before) {
        drop_context();
        std::string left = workers_are_gone() ? "" : "workers ";
        left += find("t0") ? "interface " : "";
        left += open_fds() == fds_before ? "" : "descriptors ";
        return left;
    }
    UniqueFd open_device() { return *system_vhost_kernel().open_vhost(); }
};

TEST_F(VhostSetUp, ComesAndGoesByName) {
    for (const unsigned queues : {1U, 8U}) {
        (void)context();
        const std::map<int, std::string> before = open_fds();
        ASSERT_EQ(outcome(init(wish(queues))), "ok");
        EXPECT_EQ(vhost_workers(), queues);
        for (unsigned queue = 0; queue < queues; ++queue) {
            EXPECT_EQ(client(queue).describe_vhost()->owner, getpid());
        }
        ASSERT_EQ(outcome(remove()), "ok");
        EXPECT_TRUE(workers_are_gone());
        EXPECT_EQ(open_fds().size(), before.size());

        ASSERT_EQ(outcome(init(wish(queues, false))), "ok");
        EXPECT_EQ(vhost_workers(), 0U);
        ASSERT_EQ(outcome(remove()), "ok");
    }
}

TEST_F(VhostSetUp, TakesDescriptorsByNumberAndByName) {
    for (const bool by_name : {false, true}) {
        for (const unsigned queues : {1U, 8U}) {
            NamedFds store;
            std::string fds;
            std::string vhostfds;
            for (unsigned queue = 0; queue < queues; ++queue) {
                UniqueFd tap = *system_tun_kernel().open_tun();
                require(system_tun_kernel()
                            .set_iff(tap.get(), "t0",
                                     tun_flags::kTap | tun_flags::kNoPacketInfo |
                                         tun_flags::kVnetHdr | tun_flags::kMultiQueue)
                            .has_value(),
                        "TUNSETIFF");
                UniqueFd device = open_device();
                const std::string number = std::to_string(queue);
                const std::string colon = queue == 0 ? "" : ":";
                if (by_name) {
                    fds += colon + "t" + number;
                    vhostfds += colon + "v" + number;
                    ASSERT_TRUE(store.add("t" + number, std::move(tap)));
                    ASSERT_TRUE(store.add("v" + number, std::move(device)));
                } else {
                    fds += colon + std::to_string(tap.release());
                    vhostfds += colon + std::to_string(device.release());
                }
            }
            Tap tap;
            tap.fds = fds;
            tap.vhostfds = vhostfds;
            const NetInitOptions options{
                .origin = by_name ? NetdevOrigin::monitor : NetdevOrigin::command_line,
                .fds = by_name ? &store : nullptr};
            ASSERT_EQ(outcome(init(tap, "n0", options)), "ok");
            EXPECT_EQ(vhost_workers(), queues);
            ASSERT_EQ(outcome(remove()), "ok");
            EXPECT_TRUE(workers_are_gone());
        }
    }
}

TEST_F(VhostSetUp, LeavesNothingWhicheverCallFails) {
    for (const auto& [name, request, is_survived] : kOfSetUp) {
        const std::string said = in_child([&, call = request] {
            (void)context();
            const std::map<int, std::string> before = open_fds();
            refuse_ioctl(call, EIO);
            Tap tap = wish(2);
            tap.poll_us = 50;
            std::string text = outcome(init(tap));
            const bool is_up = text == "ok";
            text = text.substr(0, text.find('\n'));
            const std::string left = leftovers(before);
            return text + (is_up || left.empty() ? "" : " and left " + left);
        });
        EXPECT_EQ(said, is_survived
                            ? "ok"
                            : "vhost of queue 0: " + std::string(name) + ": Input/output error");
    }
}

TEST_F(VhostSetUp, IsAsBeforeWhicheverCallOfAStartFails) {
    for (const auto& [name, request, is_survived] : kOfStart) {
        const std::string said = in_child([&, call = request] {
            bring_up(2);
            std::vector<std::byte> log(std::size_t{1} << 16);
            refuse_ioctl(call, EIO);
            VhostSetup with = setup();
            with.dirty_log = log.data();
            std::string text = outcome(start(with));
            for (const VhostNet* pair : pairs_) {
                text += pair->is_running() ? " running" : "";
            }
            stop();
            drop_context();
            return text + (workers_are_gone() ? "" : " and left a worker");
        });
        EXPECT_EQ(said,
                  is_survived ? "ok running running" : std::string(name) + ": Input/output error");
    }
}

TEST_F(VhostSetUp, SaysThatAKernelCannotPoll) {
    const std::string said = in_child([&] {
        refuse_ioctl(_IOW(kType, 0x23, State), ENOTTY);
        Tap tap = wish(1);
        tap.poll_us = 50;
        std::string text = outcome(init(tap));
        return text + "\n" + outcome(init(wish(1)));
    });
    EXPECT_EQ(said,
              "vhost: VHOST_SET_VRING_BUSYLOOP_TIMEOUT: Inappropriate ioctl for device\n"
              "hint: this kernel's vhost-net cannot poll: drop 'poll-us'\nok");
}

TEST_F(VhostSetUp, TellsWhoElseOwnsADevice) {
    const UniqueFd fd = open_device();
    std::array<int, 2> done{};
    require(pipe2(done.data(), O_CLOEXEC) == 0, "pipe2");
    UniqueFd reading(done[0]);
    UniqueFd writing(done[1]);
    std::array<int, 2> go{};
    require(pipe2(go.data(), O_CLOEXEC) == 0, "pipe2");
    const UniqueFd waiting(go[0]);
    UniqueFd releasing(go[1]);
    const pid_t child = fork();
    if (child == 0) {  // it owns the device, and its memory must live
        releasing.reset();
        (void)ioctl(fd.get(), _IO(kType, 0x01));
        (void)!write(writing.get(), "x", 1);
        char byte = 0;
        (void)!read(waiting.get(), &byte, 1);
        _exit(0);
    }
    char byte = 0;
    ASSERT_EQ(read(reading.get(), &byte, 1), 1);
    Tap tap = wish(1);
    tap.vhostfd = std::to_string(fd.get());
    EXPECT_EQ(outcome(init(tap)),
              "vhostfd '" + *tap.vhostfd +
                  "': VHOST_SET_OWNER: Device or resource busy\nhint: another process owns the "
                  "device, or a parent or child of this one: pass a descriptor on which nobody "
                  "has done VHOST_SET_OWNER");
    releasing.reset();
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
}

TEST_F(VhostSetUp, GivesADescriptorBackThatNobodyOwns) {
    const UniqueFd fd = open_device();
    Tap tap = wish(2);
    tap.queues.reset();
    tap.vhostfd = std::to_string(fd.get());
    tap.vnet_hdr = true;
    tap.ifname = "lo";  // no tap
    ASSERT_NE(outcome(init(tap)), "ok");
    drop_context();
    EXPECT_TRUE(is_open(fd.get()));
    EXPECT_TRUE(workers_are_gone());
    EXPECT_EQ(in_child([&] {
                  return std::string(ioctl(fd.get(), _IO(kType, 0x01)) == 0 ? "free" : "owned");
              }),
              "free");
}

TEST_F(VhostSetUp, ServesATapWithoutAHeader) {
    Tap tap = wish(1);
    tap.vnet_hdr = false;
    EXPECT_EQ(outcome(init(tap)), "ok");
    EXPECT_EQ(state().vnet_hdr, false);
    EXPECT_TRUE(state().vhost);
}

TEST_F(VhostSetUp, NoticesAHeaderThatSomebodyHasChanged) {
    bring_up(2);
    ASSERT_EQ(outcome(system_tun_kernel().set_vnet_hdr_size(client(0).describe()->fd, 10)), "ok");
    EXPECT_EQ(outcome(start()),
              "frames of 't0' have a virtio-net header of 10 bytes, but the guest's one of 12\n"
              "hint: set the header length that the guest has negotiated before vhost starts");
    ASSERT_EQ(outcome(client().vnet().set_vnet_hdr_len(12)), "ok");
    EXPECT_EQ(outcome(start()), "ok");
    stop();
}

TEST_F(VhostSetUp, LetsTheInterfaceGoThatItIsAttachedTo) {
    bring_up(2);
    ASSERT_EQ(outcome(start()), "ok");
    ASSERT_EQ(outcome(remove()), "ok");  // waits for the interface
    EXPECT_FALSE(find("t0"));
    EXPECT_TRUE(workers_are_gone());
}

}  // namespace
}  // namespace qnetdev::test
