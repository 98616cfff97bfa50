// SPDX-License-Identifier: MIT
/// What the tests let the library run.
///
/// As a bridge helper it does what its first argument says:
///
///   tap            opens tap "h%d", joins it to the bridge --br= if there is one, sends it
///   tap-then-fail  the same, but ends with status 1
///   tap-then-hang  the same, but does not end
///   queues         sends two queues of a multi-queue tap "h0", whatever is asked for
///   strangers      sends a queue each of "h0" and "h1"
///   pipe           sends one end of a pipe
///   two            sends two descriptors
///   byte           sends a byte without a descriptor
///   eof            ends with status 0 and sends nothing
///   fail           says why on standard error and ends with status 1
///   hang           waits for ever
///   signal         is killed by signal 9
///   arguments      writes its arguments to the file "arguments" beside itself, then as "tap"
///
/// Called "record" (by a symbolic link) it is a network script, which appends to the file
/// "record.log" beside itself what it was given.
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

int fail(const char* what) {
    std::perror(what);
    return 99;
}

std::set<int> open_descriptors() {
    std::set<int> numbers;
    DIR* dir = opendir("/proc/self/fd");
    while (const dirent* entry = readdir(dir)) {
        const int number = std::atoi(entry->d_name);
        if (entry->d_name[0] != '.' && number != dirfd(dir)) {
            numbers.insert(number);
        }
    }
    closedir(dir);
    return numbers;
}

/// A network script that tells what it sees.
int record(int argc, char** argv) {
    const std::set<int> numbers = open_descriptors();
    const std::string path = argv[0];
    std::ofstream log(path + ".log", std::ios::app);
    log << "arguments:";
    for (int i = 1; i < argc; ++i) {
        log << " " << argv[i];
    }
    const char* variable = getenv("NETNS_TEST");
    log << "\nenvironment: " << (variable != nullptr ? variable : "-") << "\ndescriptors:";
    for (const int number : numbers) {
        ifreq request = {};
        log << " " << number;
        if (ioctl(number, TUNGETIFF, &request) == 0) {
            log << "=" << request.ifr_name;
        }
    }
    log << "\n";
    return 0;
}

std::string value_of(int argc, char** argv, std::string_view option) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.substr(0, option.size()) == option) {
            return std::string(word.substr(option.size()));
        }
    }
    return {};
}

int open_tap(bool vnet, const std::string& bridge) {
    const int fd = open("/dev/net/tun", O_RDWR);
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof(request.ifr_name), "h%%d");
    request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0));
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
        std::exit(fail("tap"));
    }
    const unsigned bridge_index = if_nametoindex(bridge.c_str());
    if (bridge_index != 0) {
        const int control = socket(AF_UNIX, SOCK_DGRAM, 0);
        ifreq member = {};
        std::snprintf(member.ifr_name, sizeof(member.ifr_name), "%s", bridge.c_str());
        member.ifr_ifindex = static_cast<int>(if_nametoindex(request.ifr_name));
        if (ioctl(control, SIOCBRADDIF, &member) != 0) {
            std::exit(fail("SIOCBRADDIF"));
        }
        close(control);
    }
    return fd;
}

int open_queue(const char* name) {
    const int fd = open("/dev/net/tun", O_RDWR);
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
        std::exit(fail("queue"));
    }
    return fd;
}

void send_message(int socket, const std::vector<int>& fds) {
    char data = 0;
    iovec piece = {&data, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    if (sendmsg(socket, &message, 0) != 1) {
        std::exit(fail("sendmsg"));
    }
}

void write_arguments(int argc, char** argv) {
    const std::string self = argv[0];
    std::ofstream file(self.substr(0, self.rfind('/') + 1) + "arguments");
    for (int i = 1; i < argc; ++i) {
        file << argv[i] << "\n";
    }
}

[[noreturn]] void hang() {
    while (true) {
        pause();
    }
}

int send_tap(int argc, char** argv) {
    const bool vnet =
        !value_of(argc, argv, "--use-vnet").empty() || std::string_view(argv[2]) == "--use-vnet";
    const int tap = open_tap(vnet, value_of(argc, argv, "--br="));
    send_message(std::atoi(value_of(argc, argv, "--fd=").c_str()), {tap});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view self = argv[0];
    if (self.substr(self.rfind('/') + 1) == "record") {
        return record(argc, argv);
    }
    const std::string_view verb = argc > 1 ? argv[1] : "";
    const int socket = std::atoi(value_of(argc, argv, "--fd=").c_str());
    if (verb == "tap") {
        return send_tap(argc, argv);
    }
    if (verb == "tap-then-fail") {
        return send_tap(argc, argv) + 1;
    }
    if (verb == "tap-then-hang") {
        send_tap(argc, argv);
        hang();
    }
    if (verb == "arguments") {
        write_arguments(argc, argv);
        return send_tap(argc, argv);
    }
    if (verb == "queues" || verb == "strangers") {
        const int first = open_queue("h0");
        send_message(socket, {first, open_queue(verb == "queues" ? "h0" : "h1")});
        return 0;
    }
    if (verb == "pipe" || verb == "two") {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) {
            return fail("pipe");
        }
        send_message(
            socket, verb == "two" ? std::vector<int>{ends[0], ends[1]} : std::vector<int>{ends[0]});
        return 0;
    }
    if (verb == "byte") {
        send_message(socket, {});
        return 0;
    }
    if (verb == "eof") {
        return 0;
    }
    if (verb == "fail") {
        std::fputs("access to bridge denied\nby the test\n", stderr);
        return 1;
    }
    if (verb == "hang") {
        hang();
    }
    if (verb == "signal") {
        raise(SIGKILL);
    }
    return fail("unknown behaviour");
}
