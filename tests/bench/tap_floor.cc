// SPDX-License-Identifier: MIT
#include "tap_floor.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

void check(bool good, const char* what) {
    if (!good) {
        std::perror(what);
        std::exit(1);
    }
}

}  // namespace

std::vector<int> open_tap(const char* ifname, unsigned queues, bool settings, int epoll_fd) {
    std::vector<int> fds(queues);
    for (int& fd : fds) {
        ifreq request = {};
        request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
                                               (queues > 1 ? IFF_MULTI_QUEUE : 0));
        std::strncpy(request.ifr_name, ifname, IFNAMSIZ - 1);
        fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        check(fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0, "TUNSETIFF");
        if (settings) {
            int sndbuf = INT_MAX;
            check(ioctl(fd, TUNSETSNDBUF, &sndbuf) == 0, "TUNSETSNDBUF");
            check(ioctl(fd, TUNSETOFFLOAD, 0UL) == 0, "TUNSETOFFLOAD");
        }
        epoll_event event = {};
        event.events = EPOLLIN;
        check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    }
    return fds;
}

void attach_queues(const std::vector<int>& fds, unsigned first, bool attach) {
    for (std::size_t queue = first; queue < fds.size(); ++queue) {
        ifreq request = {};
        request.ifr_flags = attach ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
        check(ioctl(fds[queue], TUNSETQUEUE, &request) == 0, "TUNSETQUEUE");
    }
}

void close_all(const std::vector<int>& fds) {
    for (const int fd : fds) {
        close(fd);
    }
}

}  // namespace bench
