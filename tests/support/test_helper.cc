// SPDX-License-Identifier: MIT
/// A bridge helper that behaves as its arguments say, in their order, like a small script.
///
///   say=TEXT       writes the text to standard error
///   check-args     fails with status 9 unless --use-vnet, --fd= and --br=br7 are there
///   check-queues=N  the same unless --queues=N is there
///   check-greeting  the same unless the parent has said that it wants reasons
///   connect        the answers hold one end of a new socket pair instead of /dev/null
///   send=N         sends N descriptors in one message
///   refuse=TEXT    sends the marker of a refusal and the text
///   data           sends one byte without a descriptor
///   close          closes the socket to the parent
///   hang           waits for ever
///   exit=STATUS    ends
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/send_fds.h"
#include "net/bridge/helper_answer.h"

namespace {

struct Answer {
    int socket = -1;
    int fd = -1;
};

/// The text behind "key=", or null.
const char* value_of(const char* word, std::string_view key) {
    return std::strncmp(word, key.data(), key.size()) == 0 ? word + key.size() : nullptr;
}

bool send_copies(const Answer& answer, int count) {
    const std::vector<int> fds(static_cast<std::size_t>(count), answer.fd);
    return qnetdev::send_with_fds(answer.socket, {&qnetdev::kDescriptorMarker, 1}, fds) == 1;
}

void check_arguments(int argc, char** argv) {
    bool vnet = false;
    bool bridge = false;
    for (int i = 1; i < argc; ++i) {
        vnet = vnet || std::string_view(argv[i]) == "--use-vnet";
        bridge = bridge || std::string_view(argv[i]) == "--br=br7";
    }
    if (!vnet || !bridge) {
        std::exit(9);
    }
}

void check_queues(int argc, char** argv, std::string_view count) {
    for (int i = 1; i < argc; ++i) {
        if (argv[i] == "--queues=" + std::string(count)) {
            return;
        }
    }
    std::exit(9);
}

void check_greeting(int socket) {
    char byte = 0;
    if (recv(socket, &byte, 1, MSG_DONTWAIT) != 1 || byte != qnetdev::kReasonsWanted) {
        std::exit(9);
    }
}

void refuse(int socket, const char* text) {
    const std::string message = qnetdev::kRefusalMarker + std::string(text);
    (void)!send(socket, message.data(), message.size(), MSG_NOSIGNAL);
}

void connect(Answer& answer) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) {
        std::exit(8);
    }
    answer.fd = ends[0];
}

void act(const char* word, Answer& answer) {
    const std::string_view verb(word);
    if (const char* text = value_of(word, "say=")) {
        (void)!write(STDERR_FILENO, text, std::strlen(text));
    } else if (const char* count = value_of(word, "send=")) {
        if (!send_copies(answer, std::atoi(count))) {
            std::exit(7);
        }
    } else if (const char* status = value_of(word, "exit=")) {
        std::exit(std::atoi(status));
    } else if (const char* reason = value_of(word, "refuse=")) {
        refuse(answer.socket, reason);
    } else if (verb == "check-greeting") {
        check_greeting(answer.socket);
    } else if (verb == "connect") {
        connect(answer);
    } else if (verb == "data") {
        (void)!send(answer.socket, "", 1, MSG_NOSIGNAL);
    } else if (verb == "close") {
        (void)close(answer.socket);
    } else if (verb == "hang") {
        pause();
    }
}

}  // namespace

int main(int argc, char** argv) {
    Answer answer{.fd = open("/dev/null", O_RDWR | O_CLOEXEC)};
    for (int i = 1; i < argc; ++i) {
        if (const char* number = value_of(argv[i], "--fd=")) {
            answer.socket = std::atoi(number);
        }
    }
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "check-args") {
            check_arguments(argc, argv);
        } else if (const char* count = value_of(argv[i], "check-queues=")) {
            check_queues(argc, argv, count);
        } else {
            act(argv[i], answer);
        }
    }
    return 0;
}
