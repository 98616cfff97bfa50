// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "net/netlink/rtnetlink.h"
#include "net/tap/tun_kernel.h"

namespace qnetdev {
namespace {

static_assert(tun_flags::kTun == IFF_TUN && tun_flags::kTap == IFF_TAP &&
              tun_flags::kNapi == IFF_NAPI && tun_flags::kNapiFrags == IFF_NAPI_FRAGS &&
              tun_flags::kDetachedQueue == IFF_DETACH_QUEUE &&
              tun_flags::kMultiQueue == IFF_MULTI_QUEUE && tun_flags::kPersist == IFF_PERSIST &&
              tun_flags::kNoPacketInfo == IFF_NO_PI && tun_flags::kOneQueue == IFF_ONE_QUEUE &&
              tun_flags::kVnetHdr == IFF_VNET_HDR && tun_flags::kExclusive == IFF_TUN_EXCL);

// Newer than the headers of Debian 12: TUN_F_USO4, TUN_F_USO6, TUN_F_UDP_TUNNEL_GSO and
// TUN_F_UDP_TUNNEL_GSO_CSUM.
constexpr unsigned kUso4 = 0x20;
constexpr unsigned kUso6 = 0x40;
constexpr unsigned kTunnel = 0x80;
constexpr unsigned kTunnelCsum = 0x100;

ifreq make_ifreq(const std::string& name) {
    assert(name.size() < IFNAMSIZ);
    ifreq request = {};
    std::memcpy(request.ifr_name, name.data(), name.size());
    return request;
}

/// Whether /proc/devices calls the major number a macvtap's or ipvtap's, which have no fixed one;
/// true also if it cannot be read.
bool is_macvtap_major(unsigned number) {
    std::ifstream list("/proc/devices");
    std::string line;
    while (std::getline(list, line) && line != "Block devices:") {
        std::istringstream words(line);
        unsigned found = 0;
        std::string name;
        if (words >> found >> name && found == number && (name == "macvtap" || name == "ipvtap")) {
            return true;
        }
    }
    return !list.is_open();
}

/// Asks no file system: a file's type stays what it was when it was opened.
bool may_be_tap(int fd) {
    constexpr unsigned kMiscMajor = 10;
    constexpr unsigned kTunMinor = 200;  // TUN_MINOR in the kernel's include/linux/miscdevice.h
    struct statx status = {};
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
        return true;  // the driver's answer is as good
    }
    const bool is_tun = status.stx_rdev_major == kMiscMajor && status.stx_rdev_minor == kTunMinor;
    return S_ISCHR(status.stx_mode) && (is_tun || is_macvtap_major(status.stx_rdev_major));
}

class LinuxTunKernel : public TunKernel {
public:
    Result<UniqueFd> open_tun() override { return open_device("/dev/net/tun"); }

    Result<UniqueFd> open_macvtap(unsigned interface_index) override {
        return open_device("/dev/tap" + std::to_string(interface_index));
    }

    Result<unsigned> interface_index(const std::string& name) override {
        const UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (!socket_fd) {
            return Error::from_errno(errno, "socket");
        }
        ifreq request = make_ifreq(name);
        if (ioctl(socket_fd.get(), SIOCGIFINDEX, &request) == 0) {
            return static_cast<unsigned>(request.ifr_ifindex);
        }
        if (errno == ENODEV) {
            return 0U;
        }
        return Error::from_errno(errno, "SIOCGIFINDEX");
    }

    Result<unsigned> get_features(int fd) override {
        unsigned features = 0;
        NET_TRY(control(fd, TUNGETFEATURES, "TUNGETFEATURES", &features));
        return features;
    }

    Result<std::string> set_iff(int fd, const std::string& name, unsigned flags) override {
        ifreq request = make_ifreq(name);
        request.ifr_flags = static_cast<short>(flags);
        NET_TRY(control(fd, TUNSETIFF, "TUNSETIFF", &request));
        return std::string(request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ));
    }

    Result<TunInterface> get_iff(int fd) override {
        // A descriptor from outside may be anything, and a file system that is a program (FUSE)
        // answers an ioctl() when it likes.
        if (!may_be_tap(fd)) {
            return Error::from_errno(ENOTTY, "TUNGETIFF");
        }
        ifreq request = {};
        NET_TRY(control(fd, TUNGETIFF, "TUNGETIFF", &request));
        return TunInterface{std::string(request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ)),
                            static_cast<unsigned short>(request.ifr_flags)};
    }

    Result<void> set_owner(int fd, unsigned uid) override {
        if (ioctl(fd, TUNSETOWNER, static_cast<unsigned long>(uid)) != 0) {
            return Error::from_errno(errno, "TUNSETOWNER");
        }
        return {};
    }

    Result<LinkInfo> get_link(const std::string& name) override {
        const std::optional<LinkInfo> link = NET_TRY(find_link(name));
        if (!link.has_value()) {
            return Error::from_errno(ENODEV, "cannot look up interface '" + name + "'");
        }
        return *link;
    }

    Result<void> reset_shared(int fd, TunShared what) override {
        int none = -1;
        int off = 0;
        int on = 1;
        int unlimited = INT_MAX;
        tun_filter everything = {};
        switch (what) {
            case TunShared::steering:
                return control(fd, TUNSETSTEERINGEBPF, "TUNSETSTEERINGEBPF", &none);
            case TunShared::filter_program:
                return control(fd, TUNSETFILTEREBPF, "TUNSETFILTEREBPF", &none);
            case TunShared::socket_filter:
                return control(fd, TUNDETACHFILTER, "TUNDETACHFILTER", nullptr);
            case TunShared::address_filter:
                return control(fd, TUNSETTXFILTER, "TUNSETTXFILTER", &everything);
            case TunShared::carrier:
                return control(fd, TUNSETCARRIER, "TUNSETCARRIER", &on);
            case TunShared::sndbuf:
                return control(fd, TUNSETSNDBUF, "TUNSETSNDBUF", &unlimited);
            case TunShared::vnet_le:
                return control(fd, TUNSETVNETLE, "TUNSETVNETLE", &off);
            case TunShared::vnet_be:
                return control(fd, TUNSETVNETBE, "TUNSETVNETBE", &off);
        }
        return Error::from_errno(EINVAL, "ioctl");
    }

    Result<void> delete_interface(unsigned index) override { return delete_link(index); }

    bool is_in_our_namespace(int fd) override {
        constexpr unsigned long kGetDeviceNamespace = _IO('T', 227);  // TUNGETDEVNETNS, Linux 5.4
        const UniqueFd its(ioctl(fd, kGetDeviceNamespace));
        struct stat its_status = {};
        struct stat our_status = {};
        return its && fstat(its.get(), &its_status) == 0 &&
               stat("/proc/thread-self/ns/net", &our_status) == 0 &&
               its_status.st_dev == our_status.st_dev && its_status.st_ino == our_status.st_ino;
    }

    Result<int> get_sndbuf(int fd) override {
        int bytes = 0;
        NET_TRY(control(fd, TUNGETSNDBUF, "TUNGETSNDBUF", &bytes));
        return bytes;
    }

    Result<void> set_sndbuf(int fd, int bytes) override {
        return control(fd, TUNSETSNDBUF, "TUNSETSNDBUF", &bytes);
    }

    Result<void> set_offload(int fd, const Offloads& offloads) override {
        if (ioctl(fd, TUNSETOFFLOAD, static_cast<unsigned long>(tun_offload_bits(offloads))) != 0) {
            return Error::from_errno(errno, "TUNSETOFFLOAD");
        }
        return {};
    }

    Result<int> get_vnet_hdr_size(int fd) override {
        int bytes = 0;
        NET_TRY(control(fd, TUNGETVNETHDRSZ, "TUNGETVNETHDRSZ", &bytes));
        return bytes;
    }

    Result<void> set_vnet_hdr_size(int fd, int bytes) override {
        return control(fd, TUNSETVNETHDRSZ, "TUNSETVNETHDRSZ", &bytes);
    }

    Result<void> set_vnet_le(int fd, bool enable) override {
        int value = enable ? 1 : 0;
        return control(fd, TUNSETVNETLE, "TUNSETVNETLE", &value);
    }

    Result<void> set_vnet_be(int fd, bool enable) override {
        int value = enable ? 1 : 0;
        return control(fd, TUNSETVNETBE, "TUNSETVNETBE", &value);
    }

    Result<void> set_queue(int fd, bool attach) override {
        ifreq request = {};
        request.ifr_flags = attach ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
        return control(fd, TUNSETQUEUE, "TUNSETQUEUE", &request);
    }

    Result<void> set_steering_ebpf(int fd, int program_fd) override {
        return control(fd, TUNSETSTEERINGEBPF, "TUNSETSTEERINGEBPF", &program_fd);
    }

private:
    static Result<UniqueFd> open_device(const std::string& path) {
        while (true) {
            UniqueFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
            if (fd) {
                return fd;
            }
            if (errno != EINTR) {
                return Error::from_errno(errno, "cannot open " + path);
            }
        }
    }

    static Result<void> control(int fd, unsigned long request, const char* name, void* argument) {
        if (ioctl(fd, request, argument) != 0) {
            return Error::from_errno(errno, name);
        }
        return {};
    }
};

}  // namespace

unsigned tun_offload_bits(const Offloads& offloads) {
    const auto bit = [](bool on, unsigned mask) { return on ? mask : 0U; };
    return bit(offloads.csum, TUN_F_CSUM) | bit(offloads.tso4, TUN_F_TSO4) |
           bit(offloads.tso6, TUN_F_TSO6) | bit(offloads.ecn, TUN_F_TSO_ECN) |
           bit(offloads.ufo, TUN_F_UFO) | bit(offloads.uso4, kUso4) | bit(offloads.uso6, kUso6) |
           bit(offloads.tunnel, kTunnel) | bit(offloads.tunnel_csum, kTunnelCsum);
}

TunKernel& system_tun_kernel() {
    static LinuxTunKernel kernel;  // stateless
    return kernel;
}

}  // namespace qnetdev
