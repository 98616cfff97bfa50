// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <climits>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/tap/tun_kernel.h"

namespace qnetdev::test {

/// The bits that the fake keeps, as TUN_F_* of <linux/if_tun.h> has them.
namespace tun_offload {
inline constexpr unsigned kCsum = 0x01;
inline constexpr unsigned kTso4 = 0x02;
inline constexpr unsigned kTso6 = 0x04;
inline constexpr unsigned kTsoEcn = 0x08;
inline constexpr unsigned kUfo = 0x10;
inline constexpr unsigned kUso4 = 0x20;
inline constexpr unsigned kUso6 = 0x40;
inline constexpr unsigned kTunnel = 0x80;
inline constexpr unsigned kTunnelCsum = 0x100;
}  // namespace tun_offload

/// The methods of TunKernel, to count them and to let them fail.
enum class TunCall {
    open_tun,
    open_macvtap,
    interface_index,
    get_features,
    set_iff,
    get_iff,
    set_owner,
    get_link,
    reset_shared,
    delete_interface,
    get_sndbuf,
    set_sndbuf,
    set_offload,
    get_vnet_hdr_size,
    set_vnet_hdr_size,
    set_vnet_le,
    set_vnet_be,
    set_queue,
    set_steering_ebpf,
};

/// What the call is called in an error message: "TUNSETIFF", "cannot open /dev/net/tun".
std::string_view tun_call_name(TunCall call);

/// What the kernel says about a descriptor that is of no tun driver.
int errno_of_no_queue(int fd);

/// A tun driver without a kernel: interfaces, their queues, and the rules between them, which
/// TunKernelContract holds it to.
///
/// Descriptors are ends of SOCK_SEQPACKET pairs, so they can be polled, read and written; the test
/// holds the other end, the wire. An interface goes with its last queue, unless it is persistent:
/// the fake sees a queue closed wherever that happens. Not thread-safe.
class FakeTun : public TunKernel {
public:
    struct Interface {
        unsigned index = 0;
        unsigned flags = tun_flags::kTap | tun_flags::kNoPacketInfo;
        bool persistent = false;
        std::optional<unsigned> owner = {};
        std::optional<unsigned> group = {};
        bool is_ethernet = true;
        bool has_filter = false;  ///< Or anything else that reset_shared() takes away.
        bool has_socket_filter = false;
        bool is_tun_device = true;  ///< Something like "lo" otherwise.
        bool is_macvtap = false;
        bool in_our_namespace = true;
        int vnet_hdr_size = 10;  ///< Of all its queues, unless it is a macvtap.
        unsigned offload = 0;
        std::vector<int> queues = {};  ///< Descriptors, oldest first; detached ones too.
    };
    struct Call {
        TunCall call;
        int fd = -1;
        std::string name = {};  ///< Of set_iff and interface_index.
        long value = 0;         ///< Flags, bytes, mask, index or bool.
    };

    /// What somebody else does before a call is served.
    std::function<void(const Call& call)> before_call = {};

    // What the driver is capable of. To be changed before it is used.
    unsigned features = tun_flags::kTap | tun_flags::kNoPacketInfo | tun_flags::kOneQueue |
                        tun_flags::kVnetHdr | tun_flags::kMultiQueue;
    unsigned offloads = 0x1ff;
    bool has_vnet_be = false;
    bool tells_queues = true;  ///< As kernels do since 4.17.
    // Whose process this is.
    bool may_administer = true;
    unsigned user;  ///< This one, to begin with.
    /// Descriptors that steering programs are behind.
    std::set<int> programs = {};

    FakeTun();
    ~FakeTun() override;

    /// An interface that exists before anybody asks: persistent, of somebody else, or no tap.
    /// Index 0 picks one. A macvtap gets a node /dev/tap<index>.
    unsigned add_interface(const std::string& name, Interface interface);
    /// Makes the node /dev/tap<index> belong to another interface, as another namespace's may.
    void set_node(unsigned index, const std::string& name) { nodes_[index] = name; }
    /// Null if there is none.
    const Interface* find(const std::string& name);
    /// To change what is there, as another process can.
    Interface& at(const std::string& name) { return interfaces_.at(name); }
    std::size_t interface_count();

    /// A queue as another program would open and pass it: blocking, not counted in calls().
    UniqueFd open_queue(const std::string& name, unsigned flags);
    /// The next descriptor that get_iff() meets and does not know is a queue of this interface.
    void expect_foreign(const std::string& name, unsigned flags);

    /// Lets the nth call of that kind from now on, the first being 1, fail with `errnum`.
    void fail(TunCall call, unsigned nth, int errnum);
    const std::vector<Call>& calls() const { return calls_; }
    /// Values that the calls of one kind were given, in order.
    std::vector<long> values(TunCall call) const;
    std::size_t count(TunCall call) const { return values(call).size(); }
    void clear_calls() { calls_.clear(); }

    /// The end that a host's network stack would have.
    int wire(int fd) const { return queues_.at(fd).wire.get(); }
    void put_frame(int fd, std::string_view bytes) const;
    /// A frame that was written to the queue; empty if there is none.
    std::optional<std::string> get_frame(int fd) const;
    /// Deletes the interface under its queue: whoever reads or writes it gets an error.
    void break_queue(int fd);

    Result<UniqueFd> open_tun() override;
    Result<UniqueFd> open_macvtap(unsigned interface_index) override;
    Result<unsigned> interface_index(const std::string& name) override;
    Result<unsigned> get_features(int fd) override;
    Result<std::string> set_iff(int fd, const std::string& name, unsigned flags) override;
    Result<TunInterface> get_iff(int fd) override;
    Result<void> set_owner(int fd, unsigned uid) override;
    Result<LinkInfo> get_link(const std::string& name) override;
    Result<void> reset_shared(int fd, TunShared what) override;
    Result<void> delete_interface(unsigned index) override;
    bool is_in_our_namespace(int fd) override;
    Result<int> get_sndbuf(int fd) override;
    Result<void> set_sndbuf(int fd, int bytes) override;
    Result<void> set_offload(int fd, const Offloads& wanted) override;
    Result<int> get_vnet_hdr_size(int fd) override;
    Result<void> set_vnet_hdr_size(int fd, int bytes) override;
    Result<void> set_vnet_le(int fd, bool enable) override;
    Result<void> set_vnet_be(int fd, bool enable) override;
    Result<void> set_queue(int fd, bool attach) override;
    Result<void> set_steering_ebpf(int fd, int program_fd) override;

private:
    struct Queue {
        UniqueFd wire = {};
        ino_t inode = 0;             ///< Tells a descriptor from a later one of the same number.
        std::string interface = {};  ///< Empty until set_iff(), and if it was deleted.
        bool detached = false;
        int sndbuf = INT_MAX;
        int vnet_hdr_size = 10;  ///< Of a macvtap's.
    };
    struct Failure {
        TunCall call;
        unsigned calls_left;
        int errnum;
    };

    static Error refuse(const Call& call, int errnum);
    /// Notes the call and drops what was closed meanwhile; the error if the call shall fail.
    std::optional<Error> enter(Call call);
    void drop_closed();
    UniqueFd make_queue(bool blocking);
    /// The interface of that name in our namespace; null if there is none.
    Interface* named(const std::string& name);
    /// The rules of TUNSETIFF; an errno, or 0 with the queue attached to `*name`.
    int attach(int fd, std::string* name, unsigned flags);
    int check_attach(const Interface& interface, unsigned flags) const;
    int create(std::string* name, unsigned flags);
    void remove(const std::string& name);
    /// What TUNSETSNDBUF does: detached queues keep theirs.
    void set_sndbuf_of_attached(const Interface& interface, int bytes);
    int& vnet_hdr_size(Interface& interface, int fd);
    /// The interface behind the descriptor, or the error that the kernel has for it.
    Result<Interface*> attached(const Call& call);

    std::map<std::string, Interface> interfaces_ = {};
    std::map<unsigned, std::string> nodes_ = {};
    std::map<int, Queue> queues_ = {};
    std::vector<Call> calls_ = {};
    std::vector<Failure> failures_ = {};
    std::optional<std::pair<std::string, unsigned>> foreign_ = {};
    unsigned next_index_ = 100;
};

}  // namespace qnetdev::test
