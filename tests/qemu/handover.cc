// SPDX-License-Identifier: MIT
// Brings a netdev up with the library and hands its queues to a QEMU that is running.
//
//   handover QMP_SOCKET NETDEV_ARGUMENT
//
// Prints the interface, and the name that each queue has in QEMU. By the end QEMU alone holds the
// descriptors: this process closes its own without deleting the interface.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/glib_event_loop.h"
#include "net/netdev.h"
#include "net/options.h"
#include "net/tap.h"
#include "net/unique_fd.h"

namespace {

using qnetdev::Error;
using qnetdev::Result;

class Qmp {
public:
    static Result<Qmp> connect(const std::string& path) {
        Qmp qmp(qnetdev::UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (::connect(qmp.socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)) != 0) {
            return Error::from_errno(errno, "connect");
        }
        NET_TRY(qmp.read_until("\"QMP\""));
        NET_TRY(qmp.execute("{\"execute\":\"qmp_capabilities\"}"));
        return qmp;
    }

    /// Runs a command, with a descriptor beside it unless that is -1.
    Result<void> execute(std::string command, int fd = -1) {
        command += "\n";
        iovec piece = {command.data(), command.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr message = {};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        if (fd >= 0) {
            message.msg_control = control;
            message.msg_controllen = sizeof(control);
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
        }
        if (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) {
            return Error::from_errno(errno, "sendmsg");
        }
        return read_until("\"return\"");
    }

private:
    explicit Qmp(qnetdev::UniqueFd socket) : socket_(std::move(socket)) {}

    /// Reads lines until one has the word; events may come before.
    Result<void> read_until(const std::string& word) {
        std::string line;
        char byte = 0;
        while (read(socket_.get(), &byte, 1) == 1) {
            line += byte;
            if (byte != '\n') {
                continue;
            }
            if (line.find(word) != std::string::npos) {
                return {};
            }
            if (line.find("\"error\"") != std::string::npos) {
                return Error("QEMU says " + line.substr(0, line.size() - 2));
            }
            line.clear();
        }
        return Error("QEMU has closed the connection");
    }

    qnetdev::UniqueFd socket_;
};

Result<void> hand_over(const char* socket_path, const char* argument) {
    const qnetdev::ParsedNetdev parsed = NET_TRY(qnetdev::parse_netdev(argument));
    std::unique_ptr<qnetdev::EventLoop> loop = NET_TRY(qnetdev::glib_event_loop(nullptr));
    std::unique_ptr<qnetdev::NetContext> context = qnetdev::net_context_create(*loop);
    NET_TRY(qnetdev::net_client_init(*context, parsed.netdev, {}));
    qnetdev::NetClientGroup& netdev = *context->registry().find_backend(parsed.netdev.id);

    Qmp qmp = NET_TRY(Qmp::connect(socket_path));
    std::string names;
    for (std::size_t queue = 0; queue < netdev.size(); ++queue) {
        const std::string name = parsed.netdev.id + "-" + std::to_string(queue);
        NET_TRY(qmp.execute("{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" + name + "\"}}",
                            qnetdev::tap_get_fd(netdev.client(queue))));
        names += (queue == 0 ? "" : ":") + name;
    }
    NET_TRY(qmp.execute("{\"execute\":\"netdev_add\",\"arguments\":{\"type\":\"tap\",\"id\":\"" +
                        parsed.netdev.id + "\",\"fds\":\"" + names + "\"}}"));
    const qnetdev::TapState state = NET_TRY(qnetdev::tap_query(netdev.client(0)));
    std::printf("%s %s\n", state.ifname.c_str(), names.c_str());
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const Result<void> outcome =
        argc == 3 ? hand_over(argv[1], argv[2]) : Result<void>(Error("expected two arguments"));
    if (!outcome) {
        std::fprintf(stderr, "handover: %s\n", outcome.error().message().c_str());
    }
    return outcome ? 0 : 1;
}
