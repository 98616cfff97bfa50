// SPDX-License-Identifier: MIT
#include "net/cli/run/service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "net/cli/command.h"

namespace qnetdev::cli {
namespace {

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START
constexpr int kMostPassed = 256;
constexpr int kPidFileAttempts = 10;

int number_from_environment(const char* name) {
    const char* text = getenv(name);
    int number = 0;
    if (text != nullptr) {
        (void)std::from_chars(text, text + std::strlen(text), number);
    }
    return number;
}

/// Not one that somebody else can write, or that is known by another name as well.
bool is_our_file(int fd) {
    struct stat status = {};
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink <= 1 &&
           (status.st_uid == geteuid() || status.st_uid == 0);
}

std::string_view next_word(std::string_view& list) {
    const std::size_t colon = list.find(':');
    const std::string_view word = list.substr(0, colon);
    list.remove_prefix(colon == list.npos ? list.size() : colon + 1);
    return word;
}

}  // namespace

void notify_service_manager(std::string_view state) {
    const char* path = getenv("NOTIFY_SOCKET");
    sockaddr_un address = {};
    const std::size_t length = path == nullptr ? 0 : std::strlen(path);
    if (length < 2 || length >= sizeof address.sun_path || (*path != '/' && *path != '@')) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (*path == '@') {
        address.sun_path[0] = '\0';  // an abstract socket
    }
    const UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    (void)sendto(socket_fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

Result<void> check_inherited(int fd) {
    const std::string what = "descriptor " + std::to_string(fd);
    const int flags = fcntl(fd, F_GETFD);
    if (flags < 0) {
        return Error::from_errno(errno, what).with_hint("it must be inherited from the parent");
    }
    if (fd <= STDERR_FILENO) {
        return Error(what + " is a standard stream");
    }
    if ((flags & FD_CLOEXEC) != 0) {
        return Error(what + " is used by this program already");
    }
    return {};
}

Result<std::vector<PassedSocket>> passed_sockets() {
    std::vector<PassedSocket> sockets;
    const int count = number_from_environment("LISTEN_FDS");
    const char* names = getenv("LISTEN_FDNAMES");
    std::string_view rest = names == nullptr ? "" : names;
    if (number_from_environment("LISTEN_PID") == getpid() && count <= kMostPassed) {
        for (int fd = kFirstPassed; fd < kFirstPassed + count; ++fd) {
            if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
                return Error::from_errno(errno, "descriptor " + std::to_string(fd))
                    .with_hint("LISTEN_FDS=" + std::to_string(count) + " says that it is open");
            }
            sockets.push_back({UniqueFd(fd), std::string(next_word(rest))});
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        (void)unsetenv(name);
    }
    return sockets;
}

namespace {

Error pid_file_error(const std::string& path, int errnum) {
    return Error::from_errno(errnum, "cannot write " + path).with_param("pidfile");
}

/// Whether the lock is ours. False if others have it locked, be it for reading.
bool lock_for_writing(int fd) {
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return fcntl(fd, F_SETLK, &lock) == 0;
}

/// Whether somebody who can write the file has it locked, as its owner has. What a lock for reading
/// says is nothing: everybody who may read the file can hold one.
bool is_locked_by_writer(int fd) {
    struct flock lock = {};
    lock.l_type = F_RDLCK;  // in the way of this are writers only
    lock.l_whence = SEEK_SET;
    return fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/// The file that is there, or a new one. None, with errno: EAGAIN if that has just changed.
UniqueFd open_pid_file(const FilePlace& place, bool& made) {
    constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    UniqueFd fd(openat(place.folder.get(), place.name.c_str(), kFlags));
    made = !fd && errno == ENOENT;
    if (made) {
        // Readable to others only once it is locked: else they could be quicker.
        fd = UniqueFd(
            openat(place.folder.get(), place.name.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
        errno = errno == EEXIST ? EAGAIN : errno;
    }
    return fd;
}

/// Lets others read it, as far as the umask does.
bool publish(int fd) {
    const mode_t mask = umask(0);
    (void)umask(mask);
    return fchmod(fd, 0644 & ~mask) == 0;
}

/// Opens and locks it once; EAGAIN: the name is another file's by now, or nobody's.
Result<UniqueFd> try_pid_file(const FilePlace& place, const std::string& path) {
    bool made = false;
    UniqueFd fd = open_pid_file(place, made);
    if (!fd) {
        return pid_file_error(path, errno);
    }
    if (!is_our_file(fd.get())) {
        return Error("cannot write " + path + ": it is no file of ours")
            .with_param("pidfile")
            .with_hint("remove it, or name another");
    }
    if (!lock_for_writing(fd.get())) {
        if (is_locked_by_writer(fd.get())) {
            return Error(path + " belongs to a process that still runs").with_param("pidfile");
        }
        if (place.names(fd.get())) {
            place.remove();  // left over, and somebody who can merely read it holds a lock
        }
        return pid_file_error(path, EAGAIN);
    }
    if (!place.names(fd.get())) {
        return pid_file_error(path, EAGAIN);  // whoever had it locked until now has removed it
    }
    if (made && !publish(fd.get())) {
        return pid_file_error(path, errno);
    }
    return fd;
}

Result<UniqueFd> take_pid_file(const FilePlace& place, const std::string& path) {
    const UniqueFd folder_lock = place.lock();  // no other instance is to remove what is new
    Result<UniqueFd> fd = try_pid_file(place, path);
    for (int i = 0; i < kPidFileAttempts && !fd && fd.error().errnum() == EAGAIN; ++i) {
        fd = try_pid_file(place, path);
    }
    if (!fd && fd.error().errnum() == EAGAIN) {
        return std::move(fd).error().with_hint(
            "another process has it locked, or replaces it: "
            "see lslocks, or remove the file");
    }
    return fd;
}

}  // namespace

Result<OwnFile> make_pid_file(const std::string& path) {
    Result<FilePlace> place = FilePlace::find(path);
    if (!place) {
        const int errnum = place.error().errnum();
        return errnum != 0 ? pid_file_error(path, errnum)
                           : std::move(place)
                                 .error()
                                 .with_prefix("cannot write " + path)
                                 .with_param("pidfile");
    }
    UniqueFd fd = NET_TRY(take_pid_file(*place, path));
    const int number = fd.get();
    OwnFile file(*std::move(place), std::move(fd));
    const std::string text = std::to_string(getpid()) + "\n";
    if (ftruncate(number, 0) != 0 ||
        write(number, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return pid_file_error(path, errno);
    }
    return file;
}

Result<Daemon> Daemon::start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return Error::from_errno(errno, "pipe");
    }
    const UniqueFd read_end(ends[0]);
    Daemon daemon;
    daemon.parent_ = UniqueFd(ends[1]);
    const pid_t child = fork();
    if (child < 0) {
        return Error::from_errno(errno, "fork");
    }
    if (child == 0) {
        (void)setsid();
        return daemon;
    }
    daemon.parent_.reset();
    char detached = 0;
    ssize_t count = 0;
    do {
        count = read(read_end.get(), &detached, 1);
    } while (count < 0 && errno == EINTR);
    if (count == 1) {
        _exit(exit_done);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : exit_failed);
}

Result<void> Daemon::detach() {
    if (!parent_) {
        return {};
    }
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null || chdir("/") != 0) {
        return Error::from_errno(errno, "cannot leave the terminal");
    }
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (dup2(null.get(), standard) < 0) {
            return Error::from_errno(errno, "cannot leave the terminal");
        }
    }
    (void)!write(parent_.get(), "", 1);
    parent_.reset();
    return {};
}

}  // namespace qnetdev::cli
