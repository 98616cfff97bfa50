// SPDX-License-Identifier: MIT
#include <fcntl.h>
#define VIRTIO_RING_NO_LEGACY  // what <linux/virtio_ring.h> defines else is no C++
#include <linux/vhost.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "net/vhost/vhost_kernel.h"

namespace qnetdev {
namespace {

static_assert(vhost_feature::kLogAll == VHOST_F_LOG_ALL &&
              vhost_feature::kMakesHeader == VHOST_NET_F_VIRTIO_NET_HDR &&
              vhost_feature::kVersion1 == VIRTIO_F_VERSION_1 &&
              vhost_feature::kAccessPlatform == VIRTIO_F_ACCESS_PLATFORM);

constexpr const char* kDevice = "/dev/vhost-net";

// Newer than the headers of Debian 12: of Linux 6.17.
struct FeaturesArray {
    __u64 count;
    __u64 words[2];
};
constexpr unsigned long kGetFeaturesArray = _IOR(VHOST_VIRTIO, 0x83, __u64);
constexpr unsigned long kSetFeaturesArray = _IOW(VHOST_VIRTIO, 0x83, __u64);

Result<void> control(int fd, unsigned long request, const char* name, void* argument) {
    if (ioctl(fd, request, argument) != 0) {
        return Error::from_errno(errno, name);
    }
    return {};
}

class LinuxVhostKernel : public VhostKernel {
public:
    Result<UniqueFd> open_vhost() override {
        while (true) {
            UniqueFd fd(open(kDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC));
            if (fd) {
                return fd;
            }
            if (errno != EINTR) {
                return Error::from_errno(errno, std::string("cannot open ") + kDevice);
            }
        }
    }

    /// A descriptor from outside may be anything, and what a file system or a driver does with an
    /// ioctl() of ours is its own business. A file's type stays what it was when it was opened.
    Result<bool> is_vhost_net(int fd) override {
        constexpr unsigned kMiscMajor = 10;
        constexpr unsigned kVhostNetMinor = 238;  // VHOST_NET_MINOR in <linux/miscdevice.h>
        struct statx status = {};
        if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
            return Error::from_errno(errno, "statx");
        }
        return S_ISCHR(status.stx_mode) && status.stx_rdev_major == kMiscMajor &&
               status.stx_rdev_minor == kVhostNetMinor;
    }

    bool is_driver_there() override {
        std::ifstream list("/proc/misc");
        unsigned minor = 0;
        for (std::string name; list >> minor >> name;) {
            if (name == "vhost-net") {
                return true;
            }
        }
        return false;
    }

    Result<UniqueFd> make_event() override {
        UniqueFd fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        if (!fd) {
            return Error::from_errno(errno, "eventfd");
        }
        return fd;
    }

    Result<void> set_owner(int fd) override {
        return control(fd, VHOST_SET_OWNER, "VHOST_SET_OWNER", nullptr);
    }

    Result<void> reset_owner(int fd) override {
        return control(fd, VHOST_RESET_OWNER, "VHOST_RESET_OWNER", nullptr);
    }

    Result<std::uint64_t> get_features(int fd) override {
        std::uint64_t features = 0;
        NET_TRY(control(fd, VHOST_GET_FEATURES, "VHOST_GET_FEATURES", &features));
        return features;
    }

    Result<void> set_features(int fd, std::uint64_t features) override {
        return control(fd, VHOST_SET_FEATURES, "VHOST_SET_FEATURES", &features);
    }

    Result<VhostFeatures> get_features_array(int fd) override {
        FeaturesArray array = {2, {}};
        NET_TRY(control(fd, kGetFeaturesArray, "VHOST_GET_FEATURES_ARRAY", &array));
        return VhostFeatures{array.words[0], array.words[1]};
    }

    Result<void> set_features_array(int fd, VhostFeatures features) override {
        FeaturesArray array = {2, {features.low, features.high}};
        return control(fd, kSetFeaturesArray, "VHOST_SET_FEATURES_ARRAY", &array);
    }

    Result<std::uint64_t> get_backend_features(int fd) override {
        std::uint64_t features = 0;
        NET_TRY(control(fd, VHOST_GET_BACKEND_FEATURES, "VHOST_GET_BACKEND_FEATURES", &features));
        return features;
    }

    Result<void> set_backend_features(int fd, std::uint64_t features) override {
        return control(fd, VHOST_SET_BACKEND_FEATURES, "VHOST_SET_BACKEND_FEATURES", &features);
    }

    Result<void> set_mem_table(int fd, std::span<const VhostMemoryRegion> regions) override {
        vhost_memory head = {};
        head.nregions = static_cast<__u32>(regions.size());
        std::vector<std::byte> table(sizeof head + regions.size() * sizeof(vhost_memory_region));
        std::memcpy(table.data(), &head, sizeof head);
        std::byte* place = table.data() + sizeof head;
        for (const VhostMemoryRegion& region : regions) {
            vhost_memory_region entry = {};
            entry.guest_phys_addr = region.guest_address;
            entry.memory_size = region.size;
            entry.userspace_addr = region.user_address;
            std::memcpy(place, &entry, sizeof entry);
            place += sizeof entry;
        }
        return control(fd, VHOST_SET_MEM_TABLE, "VHOST_SET_MEM_TABLE", table.data());
    }

    Result<void> set_log_base(int fd, std::uint64_t address) override {
        return control(fd, VHOST_SET_LOG_BASE, "VHOST_SET_LOG_BASE", &address);
    }

    Result<void> set_vring_num(int fd, unsigned ring, unsigned entries) override {
        return set_state(fd, VHOST_SET_VRING_NUM, "VHOST_SET_VRING_NUM", ring, entries);
    }

    Result<void> set_vring_base(int fd, unsigned ring, unsigned next) override {
        return set_state(fd, VHOST_SET_VRING_BASE, "VHOST_SET_VRING_BASE", ring, next);
    }

    Result<unsigned> get_vring_base(int fd, unsigned ring) override {
        vhost_vring_state state = {ring, 0};
        NET_TRY(control(fd, VHOST_GET_VRING_BASE, "VHOST_GET_VRING_BASE", &state));
        return state.num;
    }

    Result<void> set_vring_addr(int fd, unsigned ring, const VhostRingAddress& where) override {
        vhost_vring_addr address = {};
        address.index = ring;
        address.flags = where.log ? 1U << VHOST_VRING_F_LOG : 0U;
        address.desc_user_addr = where.descriptors;
        address.used_user_addr = where.used;
        address.avail_user_addr = where.available;
        address.log_guest_addr = where.log.value_or(0);
        return control(fd, VHOST_SET_VRING_ADDR, "VHOST_SET_VRING_ADDR", &address);
    }

    Result<void> set_vring_kick(int fd, unsigned ring, int event_fd) override {
        return set_file(fd, VHOST_SET_VRING_KICK, "VHOST_SET_VRING_KICK", ring, event_fd);
    }

    Result<void> set_vring_call(int fd, unsigned ring, int event_fd) override {
        return set_file(fd, VHOST_SET_VRING_CALL, "VHOST_SET_VRING_CALL", ring, event_fd);
    }

    Result<void> set_vring_err(int fd, unsigned ring, int event_fd) override {
        return set_file(fd, VHOST_SET_VRING_ERR, "VHOST_SET_VRING_ERR", ring, event_fd);
    }

    Result<void> set_vring_busyloop(int fd, unsigned ring, std::uint32_t microseconds) override {
        return set_state(fd, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, "VHOST_SET_VRING_BUSYLOOP_TIMEOUT",
                         ring, microseconds);
    }

    Result<void> set_backend(int fd, unsigned ring, int tap_fd) override {
        return set_file(fd, VHOST_NET_SET_BACKEND, "VHOST_NET_SET_BACKEND", ring, tap_fd);
    }

private:
    static Result<void> set_state(int fd, unsigned long request, const char* name, unsigned ring,
                                  unsigned value) {
        vhost_vring_state state = {ring, value};
        return control(fd, request, name, &state);
    }

    static Result<void> set_file(int fd, unsigned long request, const char* name, unsigned ring,
                                 int file_fd) {
        vhost_vring_file file = {ring, file_fd};
        return control(fd, request, name, &file);
    }
};

}  // namespace

VhostKernel& system_vhost_kernel() {
    static LinuxVhostKernel kernel;  // stateless
    return kernel;
}

}  // namespace qnetdev
