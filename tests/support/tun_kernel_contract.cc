// SPDX-License-Identifier: MIT
#include "tests/support/tun_kernel_contract.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

namespace qnetdev::test {
namespace {

using namespace tun_flags;

constexpr unsigned kDetached = 0x0400;  // IFF_DETACH_QUEUE, which TUNGETIFF tells as well

/// A call by the name that its errors have.
struct NamedCall {
    const char* name;
    std::function<std::string(TunKernel&, int fd)> run;
};

/// Those that are about the interface behind the descriptor.
const std::vector<NamedCall>& interface_calls() {
    static const std::vector<NamedCall> calls{
        {"TUNGETIFF", [](TunKernel& kernel, int fd) { return said(kernel.get_iff(fd)); }},
        {"TUNSETOWNER", [](TunKernel& kernel, int fd) { return said(kernel.set_owner(fd, 0)); }},
        {"TUNGETSNDBUF", [](TunKernel& kernel, int fd) { return said(kernel.get_sndbuf(fd)); }},
        {"TUNSETSNDBUF",
         [](TunKernel& kernel, int fd) { return said(kernel.set_sndbuf(fd, 4096)); }},
        {"TUNSETOFFLOAD",
         [](TunKernel& kernel, int fd) { return said(kernel.set_offload(fd, {})); }},
        {"TUNGETVNETHDRSZ",
         [](TunKernel& kernel, int fd) { return said(kernel.get_vnet_hdr_size(fd)); }},
        {"TUNSETVNETHDRSZ",
         [](TunKernel& kernel, int fd) { return said(kernel.set_vnet_hdr_size(fd, 12)); }},
        {"TUNSETVNETLE",
         [](TunKernel& kernel, int fd) { return said(kernel.set_vnet_le(fd, true)); }},
        {"TUNSETVNETBE",
         [](TunKernel& kernel, int fd) { return said(kernel.set_vnet_be(fd, true)); }},
        {"TUNSETSTEERINGEBPF",
         [](TunKernel& kernel, int fd) { return said(kernel.set_steering_ebpf(fd, -1)); }},
    };
    return calls;
}

std::string failure(const std::string& call, const std::string& reason) {
    return call + ": " + reason;
}

}  // namespace

UniqueFd TunKernelContract::open() {
    Result<UniqueFd> fd = kernel().open_tun();
    EXPECT_EQ(said(fd), "ok");
    return fd ? *std::move(fd) : UniqueFd();
}

UniqueFd TunKernelContract::queue(const std::string& name, unsigned flags) {
    UniqueFd fd = open();
    EXPECT_EQ(said(kernel().set_iff(fd.get(), name, flags)), "ok") << name;
    return fd;
}

std::string TunKernelContract::try_attach(const std::string& name, unsigned flags) {
    kept_.push_back(open());
    return said(kernel().set_iff(kept_.back().get(), name, flags));
}

unsigned TunKernelContract::extra_flags(int fd) {
    const Result<TunInterface> interface = kernel().get_iff(fd);
    EXPECT_EQ(said(interface), "ok");
    EXPECT_EQ(interface ? interface->flags & kPlain : 0, kPlain);
    return interface ? interface->flags & ~kPlain : 0;
}

LinkInfo TunKernelContract::link(const std::string& name) {
    Result<LinkInfo> link = kernel().get_link(name);
    EXPECT_EQ(said(link), "ok");
    return link ? *link : LinkInfo{};
}

bool TunKernelContract::exists(const std::string& name) {
    const Result<unsigned> index = kernel().interface_index(name);
    EXPECT_EQ(said(index), "ok");
    return index && *index != 0;
}

TEST_P(TunKernelContract, OpensTheNodeNonBlockingAndCloseOnExec) {
    const UniqueFd fd = open();
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_P(TunKernelContract, TellsWhatTheDriverHasWithoutAnInterface) {
    const UniqueFd fd = open();
    const Result<unsigned> features = kernel().get_features(fd.get());
    ASSERT_EQ(said(features), "ok");
    constexpr unsigned kNeeded = kPlain | kVnetHdr | kMultiQueue | kOneQueue;
    EXPECT_EQ(*features & kNeeded, kNeeded);
}

TEST_P(TunKernelContract, AnswersEBADFDBeforeTheDescriptorHasAnInterface) {
    const UniqueFd fd = open();
    for (const NamedCall& call : interface_calls()) {
        EXPECT_EQ(call.run(kernel(), fd.get()), failure(call.name, "File descriptor in bad state"));
    }
    EXPECT_EQ(said(kernel().reset_shared(fd.get(), TunShared::steering)),
              "TUNSETSTEERINGEBPF: File descriptor in bad state");
    EXPECT_EQ(said(kernel().reset_shared(fd.get(), TunShared::socket_filter)),
              "TUNDETACHFILTER: File descriptor in bad state");
    EXPECT_EQ(said(kernel().set_queue(fd.get(), true)), "TUNSETQUEUE: Invalid argument");
    EXPECT_EQ(said(kernel().set_queue(fd.get(), false)), "TUNSETQUEUE: Invalid argument");
    EXPECT_FALSE(kernel().is_in_our_namespace(fd.get()));
}

TEST_P(TunKernelContract, AnswersENOTTYForAnythingElse) {
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    constexpr const char* kReason = "Inappropriate ioctl for device";
    for (const NamedCall& call : interface_calls()) {
        EXPECT_EQ(call.run(kernel(), null.get()), failure(call.name, kReason));
    }
    EXPECT_EQ(said(kernel().get_features(null.get())), failure("TUNGETFEATURES", kReason));
    EXPECT_EQ(said(kernel().set_iff(null.get(), "t0", kPlain)), failure("TUNSETIFF", kReason));
    EXPECT_EQ(said(kernel().set_queue(null.get(), true)), failure("TUNSETQUEUE", kReason));
    EXPECT_FALSE(kernel().is_in_our_namespace(null.get()));
    EXPECT_FALSE(exists("t0"));
}

TEST_P(TunKernelContract, AnswersEBADFForAClosedDescriptor) {
    constexpr int kClosed = 987;
    constexpr const char* kReason = "Bad file descriptor";
    for (const NamedCall& call : interface_calls()) {
        EXPECT_EQ(call.run(kernel(), kClosed), failure(call.name, kReason));
    }
    EXPECT_EQ(said(kernel().get_features(kClosed)), failure("TUNGETFEATURES", kReason));
    EXPECT_EQ(said(kernel().set_iff(kClosed, "t0", kPlain)), failure("TUNSETIFF", kReason));
    EXPECT_EQ(said(kernel().set_queue(kClosed, true)), failure("TUNSETQUEUE", kReason));
}

TEST_P(TunKernelContract, PicksTheLowestFreeNumberForATemplate) {
    world().add_persistent("my0", kPlain);
    const UniqueFd fd = open();
    const Result<std::string> name = kernel().set_iff(fd.get(), "my%d", kPlain);
    ASSERT_EQ(said(name), "ok");
    EXPECT_EQ(*name, "my1");
}

TEST_P(TunKernelContract, CallsATapWithoutANameTap) {
    const UniqueFd fd = open();
    const Result<std::string> name = kernel().set_iff(fd.get(), "", kPlain);
    ASSERT_EQ(said(name), "ok");
    EXPECT_EQ(*name, "tap0");
}

TEST_P(TunKernelContract, RefusesWhatNoInterfaceMayBeCalled) {
    for (const char* name : {"a/b", "a b", "a:b", "a\tb", ".", "..", "a%s", "a%", "%d%d"}) {
        EXPECT_EQ(try_attach(name, kPlain), "TUNSETIFF: Invalid argument") << name;
    }
}

TEST_P(TunKernelContract, WantsToKnowTapOrTun) {
    EXPECT_EQ(try_attach("t0", kNoPacketInfo), "TUNSETIFF: Invalid argument");
}

TEST_P(TunKernelContract, RefusesASecondHolderOfASingleQueue) {
    const UniqueFd first = queue("t0", kPlain);
    EXPECT_EQ(try_attach("t0", kPlain), "TUNSETIFF: Device or resource busy");
}

TEST_P(TunKernelContract, RefusesAnotherMultiQueueFlag) {
    world().add_persistent("single", kPlain);
    world().add_persistent("multi", kMulti);
    EXPECT_EQ(try_attach("single", kMulti), "TUNSETIFF: Invalid argument");
    EXPECT_EQ(try_attach("multi", kPlain), "TUNSETIFF: Invalid argument");
}

TEST_P(TunKernelContract, RefusesAnInterfaceThatIsNoTap) {
    world().add_persistent("layer3", kNoPacketInfo);
    world().add_bridge("br0");
    EXPECT_EQ(try_attach("layer3", kPlain), "TUNSETIFF: Invalid argument");
    EXPECT_EQ(try_attach("br0", kPlain), "TUNSETIFF: Invalid argument");
}

TEST_P(TunKernelContract, MakesAnInterfaceOrFailsIfAskedTo) {
    world().add_persistent("old", kMulti);
    world().add_bridge("br0");
    EXPECT_EQ(try_attach("old", kMulti | kExclusive), "TUNSETIFF: Device or resource busy");
    EXPECT_EQ(try_attach("br0", kPlain | kExclusive), "TUNSETIFF: Device or resource busy");
    EXPECT_EQ(try_attach("new", kMulti | kExclusive), "ok");
    EXPECT_EQ(try_attach("new", kMulti | kExclusive), "TUNSETIFF: Device or resource busy");
}

TEST_P(TunKernelContract, Takes256QueuesWithTheDetachedOnesAndNoMore) {
    for (int i = 0; i < 256; ++i) {
        ASSERT_EQ(try_attach("t0", kMulti), "ok") << i;
    }
    ASSERT_EQ(said(kernel().set_queue(kept_.front().get(), false)), "ok");
    EXPECT_EQ(link("t0").tun.queues, 256U);
    EXPECT_EQ(try_attach("t0", kMulti), "TUNSETIFF: Argument list too long");
    EXPECT_EQ(said(kernel().set_queue(kept_.front().get(), true)), "ok");
}

TEST_P(TunKernelContract, GivesADescriptorOneInterface) {
    const UniqueFd fd = queue("t0", kMulti);
    EXPECT_EQ(said(kernel().set_iff(fd.get(), "t1", kMulti)), "TUNSETIFF: File exists");
    ASSERT_EQ(said(kernel().set_queue(fd.get(), false)), "ok");
    EXPECT_EQ(said(kernel().set_iff(fd.get(), "t0", kMulti)), "TUNSETIFF: File exists");
    EXPECT_FALSE(exists("t1"));
}

TEST_P(TunKernelContract, RemovesAnInterfaceWithItsLastQueue) {
    UniqueFd first = queue("t0", kMulti);
    UniqueFd last = queue("t0", kMulti);
    ASSERT_EQ(said(kernel().set_queue(last.get(), false)), "ok");
    first.reset();
    EXPECT_TRUE(exists("t0"));  // a detached queue holds it as well
    last.reset();
    EXPECT_FALSE(exists("t0"));
}

TEST_P(TunKernelContract, KeepsAPersistentInterfaceAndWhatWasSet) {
    world().add_persistent("t0", kPlain | kVnetHdr);
    UniqueFd fd = queue("t0", kPlain | kVnetHdr);
    EXPECT_EQ(extra_flags(fd.get()), kVnetHdr | kPersist);
    ASSERT_EQ(said(kernel().set_vnet_hdr_size(fd.get(), 12)), "ok");
    fd.reset();
    fd = queue("t0", kPlain | kVnetHdr);
    EXPECT_EQ(*kernel().get_vnet_hdr_size(fd.get()), 12);
}

TEST_P(TunKernelContract, SwitchesTheHeaderOfAnInterfaceThatNobodyHolds) {
    world().add_persistent("t0", kMulti | kVnetHdr);
    UniqueFd fd = queue("t0", kMulti);
    EXPECT_EQ(extra_flags(fd.get()), kMultiQueue | kPersist);
    fd.reset();
    fd = queue("t0", kMulti | kVnetHdr | kOneQueue);
    EXPECT_EQ(extra_flags(fd.get()), kMultiQueue | kPersist | kVnetHdr | kOneQueue);
}

TEST_P(TunKernelContract, KeepsTheHeaderOfAnInterfaceInUse) {
    const UniqueFd first = queue("t0", kMulti);
    ASSERT_EQ(said(kernel().set_queue(first.get(), false)), "ok");
    const UniqueFd second = queue("t0", kMulti | kVnetHdr);
    EXPECT_EQ(extra_flags(first.get()), kMultiQueue | kDetached);
    EXPECT_EQ(extra_flags(second.get()), kMultiQueue);
}

TEST_P(TunKernelContract, TellsPacketInformationOnlyBesideASocketFilter) {
    const UniqueFd fd = queue("t0", kTap | kVnetHdr);
    EXPECT_EQ(extra_flags(fd.get()), kVnetHdr);
    EXPECT_TRUE(link("t0").tun.packet_info);
    world().attach_filter(fd.get());
    EXPECT_EQ(kernel().get_iff(fd.get())->flags, kTap | kVnetHdr);
    const UniqueFd other = queue("t1", kPlain);
    world().attach_filter(other.get());
    EXPECT_EQ(extra_flags(other.get()), 0U);
    EXPECT_FALSE(link("t1").tun.packet_info);
}

TEST_P(TunKernelContract, ServesADetachedQueueAsAnAttachedOne) {
    const UniqueFd first = queue("t0", kMulti);
    const UniqueFd second = queue("t0", kMulti);
    ASSERT_EQ(said(kernel().set_queue(second.get(), false)), "ok");
    EXPECT_EQ(kernel().get_iff(second.get())->name, "t0");
    EXPECT_EQ(extra_flags(second.get()), kMultiQueue | kDetached);
    for (const NamedCall& call : interface_calls()) {
        EXPECT_EQ(call.run(kernel(), second.get()), call.run(kernel(), first.get())) << call.name;
    }
    EXPECT_EQ(said(kernel().get_iff(second.get())), "ok");
    for (const TunShared what : kKnownTunShared) {
        EXPECT_EQ(said(kernel().reset_shared(second.get(), what)), "ok");
    }
    EXPECT_TRUE(kernel().is_in_our_namespace(second.get()));
}

TEST_P(TunKernelContract, DetachesAndAttachesQueuesOfAMultiQueueInterfaceOnly) {
    constexpr const char* kRefusal = "TUNSETQUEUE: Invalid argument";
    const UniqueFd multi = queue("t0", kMulti);
    const UniqueFd single = queue("t1", kPlain);
    EXPECT_EQ(said(kernel().set_queue(multi.get(), true)), kRefusal);
    EXPECT_EQ(said(kernel().set_queue(multi.get(), false)), "ok");
    EXPECT_EQ(said(kernel().set_queue(multi.get(), false)), kRefusal);
    EXPECT_EQ(said(kernel().set_queue(multi.get(), true)), "ok");
    EXPECT_EQ(extra_flags(multi.get()), kMultiQueue);
    EXPECT_EQ(said(kernel().set_queue(single.get(), false)), kRefusal);
    EXPECT_EQ(said(kernel().set_queue(single.get(), true)), kRefusal);
}

TEST_P(TunKernelContract, ShutsOutWhoMayNotAdministerTheNetwork) {
    world().add_persistent("open", kMulti);
    const UniqueFd own = queue("own", kMulti);
    ASSERT_EQ(said(kernel().set_owner(own.get(), geteuid())), "ok");
    const unsigned index = link("own").index;
    world().without_privilege([&] {
        EXPECT_EQ(try_attach("new", kPlain), "TUNSETIFF: Operation not permitted");
        EXPECT_EQ(try_attach("open", kMulti), "ok");  // it is nobody's, so anybody's
        EXPECT_EQ(try_attach("own", kMulti), "ok");
        EXPECT_EQ(said(kernel().set_owner(own.get(), geteuid())), "ok");
        EXPECT_EQ(said(kernel().delete_interface(index)),
                  "cannot delete an interface: Operation not permitted");
        EXPECT_FALSE(kernel().is_in_our_namespace(own.get()));  // which cannot be told
    });
    EXPECT_FALSE(exists("new"));
}

TEST_P(TunKernelContract, ShutsOutWhoIsNotTheOwner) {
    const std::optional<unsigned> other = world().another_user();
    if (!other) {
        return;  // a user namespace of one user: nobody to be shut out
    }
    const UniqueFd fd = queue("t0", kMulti);
    EXPECT_EQ(link("t0").tun.owner, std::nullopt);
    ASSERT_EQ(said(kernel().set_owner(fd.get(), *other)), "ok");
    EXPECT_EQ(link("t0").tun.owner, other);
    world().without_privilege([&] {
        EXPECT_EQ(try_attach("t0", kMulti), "TUNSETIFF: Operation not permitted");
        EXPECT_EQ(try_attach("t0", kPlain), "TUNSETIFF: Invalid argument");
        EXPECT_EQ(try_attach("t0", kMulti | kExclusive), "TUNSETIFF: Device or resource busy");
    });
    EXPECT_EQ(try_attach("t0", kMulti), "ok");
}

TEST_P(TunKernelContract, TellsWhoHasAnInterface) {
    const UniqueFd first = queue("t0", kMulti);
    const UniqueFd second = queue("t0", kMulti);
    LinkInfo tap = link("t0");
    EXPECT_EQ(tap.index, *kernel().interface_index("t0"));
    EXPECT_EQ(tap.name, "t0");
    EXPECT_TRUE(tap.is_tun() && tap.is_ethernet && tap.tun.is_tap && tap.tun.multi_queue);
    EXPECT_FALSE(tap.tun.persistent || tap.tun.packet_info);
    EXPECT_EQ(tap.tun.owner, std::nullopt);
    EXPECT_EQ(tap.tun.group, std::nullopt);
    EXPECT_EQ(tap.tun.queues, 2U);
    ASSERT_EQ(said(kernel().set_queue(first.get(), false)), "ok");
    EXPECT_EQ(link("t0").tun.queues, 2U);
}

TEST_P(TunKernelContract, TellsWhatKindOfInterfaceThereIs) {
    world().add_persistent("single", kPlain);
    world().add_persistent("layer3", kNoPacketInfo);
    world().add_bridge("br0");
    EXPECT_TRUE(link("single").tun.persistent);
    EXPECT_FALSE(link("single").tun.multi_queue);
    EXPECT_EQ(link("single").tun.queues, std::nullopt);
    EXPECT_TRUE(link("layer3").is_tun());
    EXPECT_FALSE(link("layer3").tun.is_tap);
    EXPECT_FALSE(link("layer3").is_ethernet);
    EXPECT_TRUE(link("br0").is_bridge());
}

TEST_P(TunKernelContract, SaysWhatIsMissing) {
    EXPECT_EQ(*kernel().interface_index("none"), 0U);
    EXPECT_EQ(said(kernel().get_link("none")), "cannot look up interface 'none': No such device");
    EXPECT_EQ(said(kernel().delete_interface(4242)), "cannot delete an interface: No such device");
    EXPECT_EQ(said(kernel().open_macvtap(4242)),
              "cannot open /dev/tap4242: No such file or directory");
}

TEST_P(TunKernelContract, DeletesAnInterfaceUnderItsQueues) {
    const UniqueFd attached = queue("t0", kMulti);
    const UniqueFd detached = queue("t0", kMulti);
    ASSERT_EQ(said(kernel().set_queue(detached.get(), false)), "ok");
    ASSERT_EQ(said(kernel().delete_interface(link("t0").index)), "ok");
    EXPECT_FALSE(exists("t0"));
    const UniqueFd another = queue("t0", kMulti);  // whose name says nothing about the old ones
    for (const int fd : {attached.get(), detached.get()}) {
        EXPECT_EQ(said(kernel().get_iff(fd)), "TUNGETIFF: File descriptor in bad state");
        EXPECT_EQ(said(kernel().set_queue(fd, true)), "TUNSETQUEUE: Invalid argument");
    }
    EXPECT_EQ(link("t0").tun.queues, 1U);
    EXPECT_EQ(said(kernel().set_iff(attached.get(), "t0", kMulti)), "ok");
    EXPECT_EQ(link("t0").tun.queues, 2U);
}

TEST_P(TunKernelContract, GoesByNoNameOfAnotherNamespace) {
    const UniqueFd fd = queue("t0", kPlain);
    EXPECT_TRUE(kernel().is_in_our_namespace(fd.get()));
    world().move_away("t0");
    EXPECT_FALSE(kernel().is_in_our_namespace(fd.get()));
    EXPECT_EQ(kernel().get_iff(fd.get())->name, "t0");
    EXPECT_EQ(*kernel().get_sndbuf(fd.get()), INT_MAX);
    EXPECT_FALSE(exists("t0"));
    EXPECT_EQ(said(kernel().get_link("t0")), "cannot look up interface 't0': No such device");
}

TEST_P(TunKernelContract, OpensAMacvtapThroughItsNodeWithAHeaderLengthForEachQueue) {
    const std::optional<unsigned> index = world().add_macvtap("m0");
    if (!index) {
        GTEST_SKIP() << "this kernel has no macvtap, or nobody makes its nodes";
    }
    EXPECT_EQ(try_attach("m0", kPlain), "TUNSETIFF: Invalid argument");
    std::vector<UniqueFd> queues;
    for (int i = 0; i < 2; ++i) {
        Result<UniqueFd> fd = kernel().open_macvtap(*index);
        ASSERT_EQ(said(fd), "ok");
        EXPECT_EQ(kernel().get_iff(fd->get())->name, "m0");
        ASSERT_EQ(said(kernel().set_iff(fd->get(), "m0", kMulti | kVnetHdr)), "ok");
        queues.push_back(*std::move(fd));
    }
    EXPECT_EQ(said(kernel().set_vnet_hdr_size(queues[0].get(), 12)), "ok");
    EXPECT_EQ(*kernel().get_vnet_hdr_size(queues[0].get()), 12);
    EXPECT_EQ(*kernel().get_vnet_hdr_size(queues[1].get()), 10);
    EXPECT_EQ(said(kernel().set_sndbuf(queues[0].get(), 4096)), "ok");
    EXPECT_EQ(said(kernel().get_sndbuf(queues[0].get())), "TUNGETSNDBUF: Invalid argument");
}

}  // namespace qnetdev::test
