// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "net/unique_fd.h"

namespace qnetdev::test {

/// An interface as the kernel describes it, independently of what the library makes of it.
struct Link {
    unsigned index = 0;
    bool up = false;
    unsigned master = 0;    ///< Index of the bridge it belongs to.
    std::string kind = {};  ///< "tun", "bridge"; empty for lo.
    // Of tun devices.
    bool tap = false;
    bool vnet_hdr = false;
    bool multi_queue = false;
    bool persistent = false;
    std::uint32_t queues = 0;           ///< Attached ones; 0 without multi_queue.
    std::uint32_t disabled_queues = 0;  ///< Detached ones.
};

/// All interfaces of the calling thread's network namespace, by name.
std::map<std::string, Link> links();
/// Empty if there is none of that name.
std::optional<Link> find(const std::string& name);

void set_up(const std::string& name);
void set_master(const std::string& name, const std::string& bridge);
void rename_link(const std::string& name, const std::string& new_name);
/// To the network namespace that the descriptor is one of.
void move_link(const std::string& name, int netns_fd);
void delete_link(const std::string& name);

/// A bridge that lives as long as this object.
class Bridge {
public:
    explicit Bridge(std::string name);
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;
    ~Bridge();

private:
    std::string name_;
};

/// A macvtap on one end of a veth pair, which go with this object.
class Macvtap {
public:
    explicit Macvtap(std::string name);
    Macvtap(const Macvtap&) = delete;
    Macvtap& operator=(const Macvtap&) = delete;
    ~Macvtap();

    /// Whether there is one, with the node /dev/tap<index>: kernels can be built without.
    bool exists() const;
    /// Another queue of it, with a vnet header.
    UniqueFd open_queue() const;

private:
    std::string node() const;

    std::string name_;
};

/// A tap queue as another program would open it: blocking, `flags` besides IFF_TAP and IFF_NO_PI.
///
/// Aborts the test program if the kernel refuses: a test's own preparation must not fail.
UniqueFd open_tap(const std::string& name, unsigned flags);
/// The same with all flags as given: IFF_TUN, or without IFF_NO_PI.
UniqueFd open_tun(const std::string& name, unsigned flags);

/// A tap or tun device that is there without any descriptor, until this object goes.
class PersistentTun {
public:
    /// `flags` are all of TUNSETIFF's: IFF_TAP | IFF_NO_PI and more.
    PersistentTun(std::string name, unsigned flags);
    PersistentTun(const PersistentTun&) = delete;
    PersistentTun& operator=(const PersistentTun&) = delete;
    ~PersistentTun();

private:
    std::string name_;
};

/// An int that an ioctl such as TUNGETSNDBUF fetches.
int get_int(int fd, unsigned long request);
void set_int(int fd, unsigned long request, int value);
/// The flags that TUNGETIFF reports.
unsigned tun_flags_of(int fd);

}  // namespace qnetdev::test
