// SPDX-License-Identifier: MIT
#include "net/bridge_helper/caller.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/line_reader.h"
#include "net/unique_fd.h"

namespace qnetdev::helper {
namespace {

constexpr unsigned long kMaxId = UINT_MAX - 1;  // UINT_MAX means "no id" to the kernel

/// Takes the text before the next ':' off `line`.
std::string_view take_field(std::string_view& line) {
    const std::size_t size = line.find(':');
    const std::string_view field(line.data(), size == std::string_view::npos ? line.size() : size);
    line.remove_prefix(size == std::string_view::npos ? line.size() : size + 1);
    return field;
}

}  // namespace

bool Caller::is_in_group(gid_t group) const {
    for (std::size_t i = 0; i < group_count; ++i) {
        if (groups[i] == group) {
            return true;
        }
    }
    return gid == group;
}

bool identify_caller(Caller& caller, Refusal& why) {
    caller.uid = getuid();
    caller.gid = getgid();
    caller.user_file = "/etc/passwd";
    caller.group_file = "/etc/group";
    const int count = getgroups(static_cast<int>(caller.groups.size()), caller.groups.data());
    if (count < 0) {
        why.set_errno("cannot read the groups of the caller", errno);
        return false;
    }
    caller.group_count = static_cast<std::size_t>(count);
    return true;
}

std::optional<unsigned long> find_id(const char* file, std::string_view name) {
    if (const auto number = parse_number(name, kMaxId)) {
        return number;
    }
    const UniqueFd fd(open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) {
        return {};
    }
    LineReader reader(fd.get(), limits::bridge_helper::kIdFile);
    std::string_view line;
    while (true) {
        const LineReader::Event event = reader.next(line);
        if (event == LineReader::Event::too_long) {
            continue;  // a group with many members: it goes by number
        }
        if (event != LineReader::Event::line) {
            return {};
        }
        if (take_field(line) == name) {
            (void)take_field(line);  // the password's place
            return parse_number(take_field(line), kMaxId);
        }
    }
}

}  // namespace qnetdev::helper
