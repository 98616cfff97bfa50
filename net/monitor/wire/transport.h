// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Who is at the other end of a UNIX socket, as the kernel tells it.
struct PeerCredentials {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

/// A stream of bytes in both directions, and on a UNIX socket of descriptors towards us.
///
/// Never waits. Linux joins plain bytes with those of a later message that carries descriptors, so
/// that one read can return "one " and "two " with a descriptor that was sent with "two ", and it
/// does not tell where one ends. receive() looks before it reads; as long as descriptors are on
/// their way, a read ends with the first byte that can end a command. So only the last byte of
/// what is returned with descriptors can end one, and that is the command they belong to.
class Transport {
public:
    struct Received {
        std::size_t length = 0;  ///< 0 with `end`, or with neither: nothing there now.
        bool end = false;
        std::vector<UniqueFd> fds = {};  ///< Close-on-exec.
    };

    /// A connected stream socket. Fails if it is none.
    static Result<Transport> from_socket(UniqueFd socket);
    /// Pipes, a terminal or the like. Their flags, which others may share, stay as they are.
    static Transport from_pipes(UniqueFd input, UniqueFd output);

    Result<Received> receive(std::span<char> buffer);
    /// How much of it the kernel took; 0 if nothing now. Fails if the other end is gone.
    Result<std::size_t> send(std::string_view bytes);

    /// Gives the connection away, to be closed. Nothing else may be called any more.
    UniqueFd release() { return std::move(input_); }

    int input() const { return input_.get(); }
    /// The same as input() for a socket.
    int output() const { return output_ ? output_.get() : input_.get(); }
    bool carries_fds() const { return kind_ == Kind::unix_socket; }
    /// Whether bytes may come from a program that takes us for something else, such as a browser
    /// for a web server: any socket but a UNIX one.
    bool is_network() const { return kind_ == Kind::other_socket; }
    /// Only if carries_fds().
    Result<PeerCredentials> peer() const;

private:
    enum class Kind { unix_socket, other_socket, pipes };

    Transport(Kind kind, UniqueFd input, UniqueFd output)
        : input_(std::move(input)), output_(std::move(output)), kind_(kind) {}

    Result<Received> receive_message(std::span<char> buffer);

    UniqueFd input_;
    UniqueFd output_;
    Kind kind_;
    std::size_t cut_ = 0;  ///< Bytes that were seen before, and may be followed by descriptors.
};

}  // namespace qnetdev
