// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

#include "net/result.h"
#include "net/unique_fd.h"

/// Files that the program makes in folders where others may write as well: nothing is created,
/// changed or removed through a link, or in a folder that somebody put in the place of the first.
namespace qnetdev::cli {

/// A name in a folder that is held open.
struct FilePlace {
    UniqueFd folder = {};
    std::string name = {};
    /// Nobody but root and we can make the path lead to another folder.
    bool is_fixed = false;

    /// Fails with errno if there is no such folder, or the path names no file in it; without, if it
    /// leads through a link that neither root nor we made.
    static Result<FilePlace> find(const std::string& path);

    /// What the name is given to now, not looked into (O_PATH) and no link followed; none: errno.
    UniqueFd look() const;
    /// Whether the name is that of the file that `fd` is open on.
    bool names(int fd) const;
    /// Keeps other instances from changing the folder, for as long as the descriptor is open. Not
    /// insisted upon, as whoever can read the folder can hold this lock: given up after a second.
    UniqueFd lock() const;
    void remove() const;
};

/// A file that we made. It is removed with this object, unless its name is another file's by now.
class OwnFile {
public:
    OwnFile() = default;
    /// `file` is open on the file, so that no other gets its number.
    OwnFile(FilePlace place, UniqueFd file) : place_(std::move(place)), file_(std::move(file)) {}
    OwnFile(OwnFile&&) = default;
    OwnFile& operator=(OwnFile&& other) noexcept {
        std::swap(place_, other.place_);
        std::swap(file_, other.file_);
        return *this;
    }
    ~OwnFile();

private:
    FilePlace place_ = {};
    UniqueFd file_ = {};
};

}  // namespace qnetdev::cli
