// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/fd_store.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Numbered sets of descriptors (QMP add-fd): one file, opened in several modes by somebody else.
class FdSets {
public:
    /// `dispose` gets what is to be closed; see NamedFds.
    explicit FdSets(NamedFds::Dispose dispose = {}) : dispose_(std::move(dispose)) {}
    FdSets(const FdSets&) = delete;
    FdSets& operator=(const FdSets&) = delete;
    ~FdSets();

    struct Member {
        UniqueFd fd;
        std::optional<std::string> opaque = {};
    };
    using Sets = std::map<std::int64_t, std::vector<Member>>;
    struct Place {
        std::int64_t set;
        int fd;
    };

    /// Without an id, a new set gets the lowest that is free. Fails for a negative id, and beyond
    /// limits::kHeldFds descriptors.
    Result<Place> add(std::optional<std::int64_t> id, std::optional<std::string> opaque,
                      UniqueFd fd);
    /// Closes one descriptor of a set, or all.
    Result<void> remove(std::int64_t id, std::optional<std::int64_t> fd);

    /// Opens a path that may be `/dev/fdset/N`: a duplicate of the first member whose access mode
    /// is that of `flags` (EACCES if none is). Any other path fails with ENOENT.
    Result<UniqueFd> open(std::string_view path, int flags) const;

    const Sets& sets() const { return sets_; }

private:
    Result<void> check_add(std::optional<std::int64_t> id) const;
    void close(UniqueFd fd) const;

    NamedFds::Dispose dispose_;
    Sets sets_ = {};
    std::size_t count_ = 0;
};

}  // namespace qnetdev
