// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/api.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Descriptors that a monitor was given by name (QMP `getfd`), for `fd=`, `fds=` and the like.
class QNETDEV_API FdStore {
public:
    FdStore() = default;
    FdStore(const FdStore&) = delete;
    FdStore& operator=(const FdStore&) = delete;
    virtual ~FdStore();

    virtual bool contains(std::string_view name) const = 0;
    /// Whether it owns the descriptor of that number, which then nobody may adopt by the number.
    virtual bool owns(int fd) const = 0;
    /// Takes the descriptor out: a name can be used once. Fails if there is none.
    virtual Result<UniqueFd> take(std::string_view name) = 0;
    /// Closes what was taken and is of no use. How long that takes is up to whoever passed it.
    virtual void dispose(UniqueFd fd) const { fd.reset(); }
};

/// An FdStore that holds what it is told to; one for each monitor.
class QNETDEV_API NamedFds : public FdStore {
public:
    /// Gets what is to be closed and not used; closing the last queue of a tap takes the kernel
    /// ~15 ms, so that a main loop should leave it to others.
    using Dispose = std::function<void(UniqueFd fd)>;

    /// Without `dispose`, descriptors are closed on the spot.
    explicit NamedFds(Dispose dispose = {}) : dispose_(std::move(dispose)) {}
    ~NamedFds() override;

    /// Keeps the descriptor under that name. An earlier one of the same name is closed. Refuses
    /// names that start with a digit, which would be read as numbers, and more than
    /// limits::kHeldFds names.
    Result<void> add(std::string_view name, UniqueFd fd);
    /// QMP `closefd`.
    Result<void> close(std::string_view name);
    void close_all();

    bool contains(std::string_view name) const override;
    bool owns(int fd) const override;
    Result<UniqueFd> take(std::string_view name) override;
    void dispose(UniqueFd fd) const override;

private:
    Result<void> check_name(std::string_view name) const;

    Dispose dispose_;
    std::unordered_map<std::string, UniqueFd> fds_ = {};
};

}  // namespace qnetdev
