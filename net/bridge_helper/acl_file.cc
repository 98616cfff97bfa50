// SPDX-License-Identifier: MIT
#include "net/bridge_helper/acl_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "net/base/limits.h"
#include "net/bridge_helper/line_reader.h"
#include "net/unique_fd.h"

namespace qnetdev::helper {
namespace {

namespace limit = limits::bridge_helper;

/// `skipped` is for a file that is not there for this caller.
enum class Outcome { read, skipped, refused };

class AclReader {
public:
    AclReader(const Caller& caller, Acl& acl, AclNoteSink note)
        : caller_(caller), acl_(acl), note_(note) {}

    Outcome read(std::string_view path, unsigned depth, Refusal& why);

private:
    Outcome open(const char* path, bool is_included, UniqueFd& fd, Refusal& why) const;
    Outcome check(const char* path, int fd, Refusal& why) const;
    Outcome read_lines(std::string_view path, LineReader& reader, unsigned depth, Refusal& why);
    Outcome take_line(const AclPlace& place, unsigned depth, Refusal& why);
    Outcome include(std::string_view path, const AclPlace& from, unsigned depth, Refusal& why);

    const Caller& caller_;
    Acl& acl_;
    AclNoteSink note_;
    unsigned files_ = 0;
};

Outcome refuse_file(std::string_view path, std::string_view what, Refusal& why) {
    why.set().add(path).add(" ").add(what);
    return Outcome::refused;
}

/// "FILE:LINE: " before what was said.
void add_place(const AclPlace& place, Refusal& why) {
    const FixedText<640> said = why.message;
    why.message.clear();
    why.message.add(place.file).add(":").add_number(place.line).add(": ").add(said.view());
}

int open_without_links(const char* path, int flags) {
    open_how how = {};
    how.flags = static_cast<unsigned>(flags);
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

Outcome AclReader::open(const char* path, bool is_included, UniqueFd& fd, Refusal& why) const {
    // A FIFO must not make us wait, a terminal must not become ours.
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    // The path that was built in is root's, links in it too; that of an include may lead anywhere.
    fd = UniqueFd(is_included ? open_without_links(path, kFlags) : ::open(path, kFlags));
    if (fd) {
        return check(path, fd.get(), why);
    }
    const int errnum = errno;
    if (errnum == ELOOP) {
        return refuse_file(path, "is included through a symbolic link; name the file itself", why);
    }
    why.set().add("cannot open ").add(path).add(": ");
    why.add_errno(errnum);
    if (errnum == ENOENT && !is_included) {
        why.hint.add("make it, with a line such as: allow br0");
    } else if (errnum == EACCES) {
        why.hint.add("it is read with the rights of the caller, who must be able to read it");
    }
    const bool expected = errnum == ENOENT || errnum == EACCES || errnum == ENOTDIR;
    return expected ? Outcome::skipped : Outcome::refused;
}

Outcome AclReader::check(const char* path, int fd, Refusal& why) const {
    struct stat status = {};
    if (fstat(fd, &status) != 0) {
        why.set_errno(path, errno);
        return Outcome::refused;
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse_file(path, "is no regular file", why);
    }
    if (caller_.uid != 0 && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
        const Outcome outcome =
            refuse_file(path, "could have been written by others than root", why);
        why.hint.add("chown root ").add(path).add("; chmod go-w ").add(path);
        return outcome;
    }
    return Outcome::read;
}

Outcome AclReader::read(std::string_view path, unsigned depth, Refusal& why) {
    if (depth == limit::kAclDepth) {
        return refuse_file(path, "is included too deep: more than 8 files in one another", why);
    }
    if (++files_ > limit::kAclFiles) {
        return refuse_file(path, "is included too late: more than 64 files", why);
    }
    const FixedText<PATH_MAX> name(path);
    if (name.cut()) {
        why.set().add("the path of an include is longer than ").add_number(PATH_MAX);
        return Outcome::refused;
    }
    UniqueFd fd;
    const Outcome outcome = open(name.c_str(), depth > 0, fd, why);
    if (outcome != Outcome::read) {
        return outcome;
    }
    LineReader reader(fd.get(), limit::kAclFile);
    return read_lines(path, reader, depth, why);
}

Outcome AclReader::read_lines(std::string_view path, LineReader& reader, unsigned depth,
                              Refusal& why) {
    AclPlace place = {.file = path};
    while (true) {
        ++place.line;
        switch (reader.next(place.text)) {
            case LineReader::Event::end:
                return Outcome::read;
            case LineReader::Event::failed:
                why.set_errno(path, errno);
                return Outcome::refused;
            case LineReader::Event::too_large:
                return refuse_file(path, "is larger than 256 KiB", why);
            case LineReader::Event::too_long:
                why.set().add("the line is longer than ").add_number(limit::kAclLine);
                why.message.add(" bytes");
                add_place(place, why);
                return Outcome::refused;
            case LineReader::Event::line:
                break;
        }
        const Outcome outcome = take_line(place, depth, why);
        if (outcome != Outcome::read) {
            return outcome;
        }
    }
}

Outcome AclReader::take_line(const AclPlace& place, unsigned depth, Refusal& why) {
    AclRule rule;
    if (!parse_acl_line(place.text, rule, why)) {
        add_place(place, why);
        return Outcome::refused;
    }
    if (rule.verb == AclRule::Verb::include) {
        return include(rule.value, place, depth, why);
    }
    if (!acl_.apply(rule, place, why)) {
        add_place(place, why);
        return Outcome::refused;
    }
    return Outcome::read;
}

/// The path is relative to the folder of the file that has the line: the working directory is the
/// caller's choice.
Outcome AclReader::include(std::string_view path, const AclPlace& from, unsigned depth,
                           Refusal& why) {
    FixedText<PATH_MAX> full;
    if (!path.starts_with('/')) {
        const std::size_t slash = from.file.rfind('/');
        full.add({from.file.data(), slash == std::string_view::npos ? 0 : slash + 1});
    }
    full.add(path);
    Outcome outcome = Outcome::refused;
    if (full.cut()) {
        why.set().add("the path of the include is longer than ").add_number(PATH_MAX);
    } else {
        outcome = read(full.view(), depth + 1, why);
    }
    if (outcome == Outcome::read) {
        return outcome;
    }
    add_place(from, why);
    if (outcome == Outcome::refused) {
        return outcome;
    }
    note_(why.message.view());
    return Outcome::read;
}

}  // namespace

bool read_acl(const char* path, const Caller& caller, Acl& acl, AclNoteSink note, Refusal& why) {
    AclReader reader(caller, acl, note);
    return reader.read(path, 0, why) == Outcome::read;
}

}  // namespace qnetdev::helper
