// SPDX-License-Identifier: MIT
#include "tests/support/vhost_kernel_contract.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace qnetdev::test {
namespace {

constexpr int kClosed = 987;
constexpr std::uint64_t kKernelAddress = 0xffff'8000'0000'0000;

template <class T>
std::string said(const Result<T>& result) {
    return result ? "ok" : result.error().message();
}

/// A call by the name that its errors have.
struct NamedCall {
    const char* name;
    std::function<std::string(VhostKernel&, int fd)> run;
};

/// Those that only the owner may make.
const std::vector<NamedCall>& owners_calls() {
    static const std::vector<NamedCall> calls{
        {"VHOST_RESET_OWNER", [](VhostKernel& k, int fd) { return said(k.reset_owner(fd)); }},
        {"VHOST_SET_MEM_TABLE",
         [](VhostKernel& k, int fd) { return said(k.set_mem_table(fd, {})); }},
        {"VHOST_SET_LOG_BASE", [](VhostKernel& k, int fd) { return said(k.set_log_base(fd, 0)); }},
        {"VHOST_SET_VRING_NUM",
         [](VhostKernel& k, int fd) { return said(k.set_vring_num(fd, 0, 256)); }},
        {"VHOST_SET_VRING_BASE",
         [](VhostKernel& k, int fd) { return said(k.set_vring_base(fd, 0, 0)); }},
        {"VHOST_GET_VRING_BASE",
         [](VhostKernel& k, int fd) { return said(k.get_vring_base(fd, 0)); }},
        {"VHOST_SET_VRING_ADDR",
         [](VhostKernel& k, int fd) { return said(k.set_vring_addr(fd, 0, {})); }},
        {"VHOST_SET_VRING_KICK",
         [](VhostKernel& k, int fd) { return said(k.set_vring_kick(fd, 0, -1)); }},
        {"VHOST_SET_VRING_CALL",
         [](VhostKernel& k, int fd) { return said(k.set_vring_call(fd, 0, -1)); }},
        {"VHOST_SET_VRING_ERR",
         [](VhostKernel& k, int fd) { return said(k.set_vring_err(fd, 0, -1)); }},
        {"VHOST_SET_VRING_BUSYLOOP_TIMEOUT",
         [](VhostKernel& k, int fd) { return said(k.set_vring_busyloop(fd, 0, 7)); }},
        {"VHOST_NET_SET_BACKEND",
         [](VhostKernel& k, int fd) { return said(k.set_backend(fd, 0, -1)); }},
    };
    return calls;
}

/// And those that anybody may.
const std::vector<NamedCall>& everybodys_calls() {
    static const std::vector<NamedCall> calls{
        {"VHOST_GET_FEATURES", [](VhostKernel& k, int fd) { return said(k.get_features(fd)); }},
        {"VHOST_SET_FEATURES", [](VhostKernel& k, int fd) { return said(k.set_features(fd, 0)); }},
        {"VHOST_GET_BACKEND_FEATURES",
         [](VhostKernel& k, int fd) { return said(k.get_backend_features(fd)); }},
        {"VHOST_SET_BACKEND_FEATURES",
         [](VhostKernel& k, int fd) { return said(k.set_backend_features(fd, 0)); }},
    };
    return calls;
}

std::string failure(const std::string& call, const std::string& reason) {
    return call + ": " + reason;
}

std::array<UniqueFd, 2> make_pipe() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

UniqueFd VhostKernelContract::open() {
    Result<UniqueFd> fd = kernel().open_vhost();
    EXPECT_EQ(said(fd), "ok");
    return fd ? *std::move(fd) : UniqueFd();
}

UniqueFd VhostKernelContract::own() {
    UniqueFd fd = open();
    EXPECT_EQ(said(kernel().set_owner(fd.get())), "ok");
    return fd;
}

UniqueFd VhostKernelContract::ready() {
    UniqueFd fd = own();
    const auto base = reinterpret_cast<std::uintptr_t>(memory_.data());
    const VhostMemoryRegion all{.guest_address = 0, .size = memory_.size(), .user_address = base};
    EXPECT_EQ(said(kernel().set_features(fd.get(), 0)), "ok");
    EXPECT_EQ(said(kernel().set_mem_table(fd.get(), {&all, 1})), "ok");
    for (unsigned ring = 0; ring < 2; ++ring) {
        const std::uint64_t part = base + ring * 8192;
        EXPECT_EQ(said(kernel().set_vring_num(fd.get(), ring, 64)), "ok");
        EXPECT_EQ(said(kernel().set_vring_base(fd.get(), ring, 0)), "ok");
        EXPECT_EQ(said(kernel().set_vring_addr(
                      fd.get(), ring,
                      {.descriptors = part, .used = part + 4096, .available = part + 2048})),
                  "ok");
    }
    return fd;
}

TEST_P(VhostKernelContract, OpensTheNodeNonBlockingAndCloseOnExec) {
    const UniqueFd fd = open();
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_TRUE(kernel().is_driver_there());
}

TEST_P(VhostKernelContract, TellsItsDevicesFromAnythingElse) {
    const UniqueFd device = open();
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const auto ends = make_pipe();
    const UniqueFd tap = world().make_tap();
    EXPECT_TRUE(*kernel().is_vhost_net(device.get()));
    for (const int other : {null.get(), ends[0].get(), tap.get()}) {
        EXPECT_FALSE(*kernel().is_vhost_net(other));
    }
    EXPECT_EQ(said(kernel().is_vhost_net(kClosed)), "statx: Bad file descriptor");
}

TEST_P(VhostKernelContract, HasOneOwnerWhoeverItIs) {
    const UniqueFd fd = own();
    constexpr const char* kBusy = "VHOST_SET_OWNER: Device or resource busy";
    EXPECT_EQ(said(kernel().set_owner(fd.get())), kBusy);
    EXPECT_EQ(world().in_child([&] { return said(kernel().set_owner(fd.get())); }), kBusy);
}

TEST_P(VhostKernelContract, ServesNobodyButItsOwner) {
    const UniqueFd nobodys = open();
    const UniqueFd ours = own();
    for (const NamedCall& call : owners_calls()) {
        const std::string no = failure(call.name, "Operation not permitted");
        EXPECT_EQ(call.run(kernel(), nobodys.get()), no);
        EXPECT_EQ(world().in_child([&] { return call.run(kernel(), ours.get()); }), no);
    }
}

TEST_P(VhostKernelContract, LetsAnybodyGetAndSetFeatures) {
    const UniqueFd nobodys = open();
    const UniqueFd ours = own();
    for (const NamedCall& call : everybodys_calls()) {
        EXPECT_EQ(call.run(kernel(), nobodys.get()), "ok") << call.name;
        EXPECT_EQ(world().in_child([&] { return call.run(kernel(), ours.get()); }), "ok");
    }
}

TEST_P(VhostKernelContract, HasTheFeaturesOfEveryKernel) {
    const UniqueFd fd = own();
    const Result<std::uint64_t> features = kernel().get_features(fd.get());
    ASSERT_EQ(said(features), "ok");
    for (const unsigned bit : {15U, 26U, 27U, 28U, 29U, 32U}) {
        EXPECT_TRUE((VhostFeatures{*features, 0}.has(bit))) << bit;
    }
    const Result<VhostFeatures> all = kernel().get_features_array(fd.get());
    EXPECT_TRUE(!all || all->low == *features);
    EXPECT_EQ(said(kernel().set_features(fd.get(), 1)),
              "VHOST_SET_FEATURES: Operation not supported");
    EXPECT_EQ(said(kernel().set_features(fd.get(), *features)), "ok");
}

TEST_P(VhostKernelContract, HasTwoRings) {
    const UniqueFd fd = own();
    constexpr const char* kReason = "No buffer space available";
    EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 2, 256)),
              failure("VHOST_SET_VRING_NUM", kReason));
    EXPECT_EQ(said(kernel().get_vring_base(fd.get(), 2)), failure("VHOST_GET_VRING_BASE", kReason));
    EXPECT_EQ(said(kernel().set_vring_busyloop(fd.get(), 2, 1)),
              failure("VHOST_SET_VRING_BUSYLOOP_TIMEOUT", kReason));
}

TEST_P(VhostKernelContract, TakesSizesPositionsAndAddressesThatCanBe) {
    const UniqueFd fd = own();
    const std::string bad = "Invalid argument";
    for (const unsigned entries : {0U, 3U, 65536U}) {
        EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 0, entries)),
                  failure("VHOST_SET_VRING_NUM", bad));
    }
    EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 0, 32768)), "ok");
    EXPECT_EQ(said(kernel().set_vring_base(fd.get(), 0, 0x10000)),
              failure("VHOST_SET_VRING_BASE", bad));
    EXPECT_EQ(said(kernel().set_vring_base(fd.get(), 0, 0xffff)), "ok");
    EXPECT_EQ(*kernel().get_vring_base(fd.get(), 0), 0xffffU);
    for (const VhostRingAddress& where :
         {VhostRingAddress{.used = 2}, VhostRingAddress{.available = 1},
          VhostRingAddress{.log = 2}}) {
        EXPECT_EQ(said(kernel().set_vring_addr(fd.get(), 0, where)),
                  failure("VHOST_SET_VRING_ADDR", bad));
    }
}

TEST_P(VhostKernelContract, TakesEventfdsOnly) {
    const UniqueFd fd = own();
    Result<UniqueFd> event = kernel().make_event();
    ASSERT_EQ(said(event), "ok");
    const auto ends = make_pipe();
    const auto set = [&](int event_fd) {
        return std::vector{said(kernel().set_vring_kick(fd.get(), 0, event_fd)),
                           said(kernel().set_vring_call(fd.get(), 1, event_fd)),
                           said(kernel().set_vring_err(fd.get(), 0, event_fd))};
    };
    const auto all = [](const std::string& reason) {
        return std::vector{failure("VHOST_SET_VRING_KICK", reason),
                           failure("VHOST_SET_VRING_CALL", reason),
                           failure("VHOST_SET_VRING_ERR", reason)};
    };
    const std::vector<std::string> ok(3, "ok");
    EXPECT_EQ(set(event->get()), ok);
    EXPECT_EQ(set(-1), ok);
    EXPECT_EQ(set(ends[0].get()), all("Invalid argument"));
    EXPECT_EQ(set(kClosed), all("Bad file descriptor"));
}

TEST_P(VhostKernelContract, WantsMemoryBeforeATap) {
    const UniqueFd fd = own();
    const UniqueFd tap = world().make_tap();
    constexpr const char* kNone = "VHOST_NET_SET_BACKEND: Bad address";
    EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, tap.get())), kNone);
    EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, -1)), kNone);
}

TEST_P(VhostKernelContract, BoundsTheTableOfMemory) {
    const UniqueFd fd = own();
    const std::vector<VhostMemoryRegion> many(65536, VhostMemoryRegion{.size = 4096});
    EXPECT_EQ(said(kernel().set_mem_table(fd.get(), many)),
              "VHOST_SET_MEM_TABLE: Argument list too long");
    const VhostMemoryRegion wraps{.guest_address = ~std::uint64_t{0} - 4095, .size = 8192};
    EXPECT_EQ(said(kernel().set_mem_table(fd.get(), {&wraps, 1})),
              "VHOST_SET_MEM_TABLE: Bad address");
    EXPECT_EQ(said(kernel().set_mem_table(fd.get(), {})), "ok");
}

TEST_P(VhostKernelContract, TakesATapForARingAndNothingElse) {
    const UniqueFd fd = ready();
    const UniqueFd tap = world().make_tap();
    const auto ends = make_pipe();
    const UniqueFd udp(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const int other : {ends[0].get(), kClosed, -2, udp.get()}) {
        EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, other)),
                  "VHOST_NET_SET_BACKEND: Socket operation on non-socket");
    }
    for (int time = 0; time < 2; ++time) {
        EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, tap.get())), "ok");
        EXPECT_EQ(said(kernel().set_backend(fd.get(), 1, tap.get())), "ok");
    }
    EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, -1)), "ok");
}

TEST_P(VhostKernelContract, KeepsARingAsItIsWhileItHasATap) {
    const UniqueFd fd = ready();
    const UniqueFd tap = world().make_tap();
    ASSERT_EQ(said(kernel().set_backend(fd.get(), 1, tap.get())), "ok");
    EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 1, 64)),
              "VHOST_SET_VRING_NUM: Device or resource busy");
    EXPECT_EQ(said(kernel().set_vring_base(fd.get(), 1, 0)),
              "VHOST_SET_VRING_BASE: Device or resource busy");
    ASSERT_EQ(said(kernel().set_backend(fd.get(), 1, -1)), "ok");
    EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 1, 128)), "ok");
}

TEST_P(VhostKernelContract, RefusesAddressesOfTheKernel) {
    const UniqueFd fd = ready();
    const UniqueFd tap = world().make_tap();
    // Looked at when there is a tap.
    EXPECT_EQ(said(kernel().set_vring_addr(fd.get(), 0, {.descriptors = kKernelAddress})), "ok");
    EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, tap.get())),
              "VHOST_NET_SET_BACKEND: Bad address");
}

TEST_P(VhostKernelContract, ForgetsItsOwner) {
    const UniqueFd fd = ready();
    const UniqueFd tap = world().make_tap();
    ASSERT_EQ(said(kernel().set_backend(fd.get(), 0, tap.get())), "ok");
    EXPECT_EQ(said(kernel().reset_owner(fd.get())), "ok");
    EXPECT_EQ(said(kernel().set_vring_num(fd.get(), 0, 64)),
              "VHOST_SET_VRING_NUM: Operation not permitted");
    EXPECT_EQ(said(kernel().set_owner(fd.get())), "ok");
    EXPECT_EQ(said(kernel().set_backend(fd.get(), 0, tap.get())),
              "VHOST_NET_SET_BACKEND: Bad address");  // no memory
}

TEST_P(VhostKernelContract, AnswersENOTTYForAnythingElse) {
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string reason = "Inappropriate ioctl for device";
    EXPECT_EQ(said(kernel().set_owner(null.get())), failure("VHOST_SET_OWNER", reason));
    for (const auto& calls : {owners_calls(), everybodys_calls()}) {
        for (const NamedCall& call : calls) {
            EXPECT_EQ(call.run(kernel(), null.get()), failure(call.name, reason));
            EXPECT_EQ(call.run(kernel(), kClosed), failure(call.name, "Bad file descriptor"));
        }
    }
}

}  // namespace qnetdev::test
