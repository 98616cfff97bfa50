// SPDX-License-Identifier: MIT
#include "net/cli/monitor/history_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace qnetdev::cli {
namespace {

constexpr std::size_t kLongestLine = 4096;

bool is_ours(int fd, mode_t type) {
    struct stat status = {};
    return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type &&
           status.st_uid == geteuid();
}

UniqueFd open_folder(int parent, const char* name) {
    UniqueFd folder(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder && is_ours(folder.get(), S_IFDIR) ? std::move(folder) : UniqueFd();
}

UniqueFd make_folder(const UniqueFd& parent, const char* name) {
    if (parent) {
        (void)mkdirat(parent.get(), name, 0700);
    }
    return parent ? open_folder(parent.get(), name) : UniqueFd();
}

/// An absolute path that the environment names, or null; the specification ignores others.
const char* path_from_environment(const char* variable) {
    const char* path = getenv(variable);
    return path != nullptr && *path == '/' ? path : nullptr;
}

UniqueFd state_folder() {
    if (const char* state = path_from_environment("XDG_STATE_HOME")) {
        if (UniqueFd folder = open_folder(AT_FDCWD, state)) {
            return folder;
        }
        (void)mkdir(state, 0700);
        return open_folder(AT_FDCWD, state);
    }
    const char* home = path_from_environment("HOME");
    const UniqueFd base = home != nullptr ? open_folder(AT_FDCWD, home) : UniqueFd();
    return make_folder(make_folder(base, ".local"), "state");
}

std::string read_all(int fd) {
    struct stat status = {};
    if (fstat(fd, &status) != 0) {
        return "";
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    std::string text(std::min(size, HistoryFile::kBytes), '\0');
    const auto start = static_cast<off_t>(size - text.size());
    const ssize_t length = pread(fd, text.data(), text.size(), start);
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    if (start > 0) {
        text.erase(0, text.find('\n') == text.npos ? text.size() : text.find('\n') + 1);
    }
    return text;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0 && end <= kLongestLine) {
            lines.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// In its place: others have the file open as well, and go on to add to it.
void rewrite(int fd, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    if (ftruncate(fd, 0) == 0) {
        (void)!write(fd, text.data(), text.size());
    }
}

}  // namespace

HistoryFile HistoryFile::of_user() {
    HistoryFile history;
    if (const UniqueFd folder = make_folder(state_folder(), "qnetdev")) {
        constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        UniqueFd file(openat(folder.get(), "monitor_history", kFlags, 0600));
        if (file && is_ours(file.get(), S_IFREG)) {
            history.file_ = std::move(file);
        }
    }
    return history;
}

std::vector<std::string> HistoryFile::read() {
    if (!file_) {
        return {};
    }
    const bool alone = flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
    std::vector<std::string> lines = lines_of(read_all(file_.get()));
    if (lines.size() > kLines) {
        lines.erase(lines.begin(), lines.end() - kLines);
        if (alone) {
            rewrite(file_.get(), lines);
        }
    }
    (void)flock(file_.get(), LOCK_UN);
    return lines;
}

void HistoryFile::append(std::string_view line) {
    const bool wanted = !line.empty() && line.size() <= kLongestLine && line.front() != ' ' &&
                        line.find_first_not_of(" \t") != line.npos;
    if (file_ && wanted) {
        const std::string text = std::string(line) + "\n";
        (void)!write(file_.get(), text.data(), text.size());
    }
}

}  // namespace qnetdev::cli
