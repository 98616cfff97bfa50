// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_privileges.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include "net/base/shell_quote.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

/// Capability sets have 64 bits (linux/capability.h); the kernel tells how many it knows.
constexpr unsigned kCapabilities = 64;

bool kernel_knows(unsigned cap) {
    return cap < kCapabilities && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
}

/// -1 means "unchanged" to the kernel, so it is nobody's id.
std::optional<unsigned> parse_id(std::string_view text) {
    unsigned id = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, id);
    const bool good =
        problem == std::errc() && stop == end && id != std::numeric_limits<unsigned>::max();
    return good ? std::optional(id) : std::nullopt;
}

Error option_error(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

Result<gid_t> find_group(const char* option, const std::string& name) {
    if (const std::optional<unsigned> gid = parse_id(name)) {
        return gid_t{*gid};
    }
    const group* entry = getgrnam(name.c_str());
    if (entry == nullptr) {
        return option_error("'" + std::string(option) + "': there is no group '" + name + "'")
            .with_hint("getent group lists them; groupadd --system " + shell_quote(name) +
                       " makes it");
    }
    return entry->gr_gid;
}

/// The groups that the user database gives a user, `primary` among them.
std::vector<gid_t> groups_of(const char* user, gid_t primary) {
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (getgrouplist(user, primary, groups.data(), &count) < 0) {
        const auto more = std::max(static_cast<std::size_t>(count), groups.size() * 2);
        groups.resize(more);
        count = static_cast<int>(more);
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

/// The name or number of --user, without its group.
Result<void> resolve_user(const std::string& user, bool group_given, Privileges& privileges) {
    const std::optional<unsigned> number = parse_id(user);
    const passwd* entry = number ? getpwuid(*number) : getpwnam(user.c_str());
    if (entry == nullptr && !number) {
        return option_error("'--user': there is no user '" + user + "'")
            .with_hint("getent passwd lists them; useradd --system " + shell_quote(user) +
                       " makes it");
    }
    privileges.uid = entry != nullptr ? entry->pw_uid : uid_t{*number};
    if (group_given) {
        return {};
    }
    if (entry == nullptr) {
        return option_error("'--user': there is no user " + user + " to tell the group of")
            .with_hint("name the group as well: --user " + user + ":GROUP");
    }
    privileges.gid = entry->pw_gid;
    privileges.groups = groups_of(entry->pw_name, entry->pw_gid);
    return {};
}

std::string capability_hint(std::string_view given) {
    std::vector<std::string_view> names;
    for (unsigned cap = 0; cap <= CAP_LAST_CAP; ++cap) {
        const char* name = capng_capability_to_name(cap);
        names.emplace_back(name == nullptr ? "" : name);
    }
    const std::string hint = qapi::did_you_mean(qapi::nearest(given, names));
    return hint.empty() ? "man 7 capabilities lists them, for example net_admin" : hint;
}

Result<std::vector<unsigned>> parse_capabilities(std::string_view list) {
    std::vector<unsigned> caps;
    if (list == "none") {
        return caps;
    }
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string name(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        const std::string bare = name.starts_with("cap_") ? name.substr(4) : name;
        const int cap = capng_name_to_capability(bare.c_str());
        if (cap < 0) {
            return option_error("'--keep-caps': there is no capability '" + name + "'")
                .with_hint(capability_hint(bare));
        }
        caps.push_back(static_cast<unsigned>(cap));
    }
    return caps;
}

Error drop_error(int errnum, std::string_view what) {
    Error error = Error::from_errno(errnum, what).with_prefix("cannot drop privileges");
    return errnum == EPERM ? std::move(error).with_hint("run qnetdev as root, or drop the option")
                           : error;
}

/// It needs a privilege that goes with the user, so it comes first. Who lacks that privilege, and
/// can gain none, has nothing that the set could bound.
Result<void> limit_bounding_set(const Privileges& privileges) {
    const std::vector<unsigned>& kept = *privileges.caps;
    const bool bound_anyway = privileges.no_new_privs && privileges.uid.value_or(getuid()) != 0;
    for (unsigned cap = 0; kernel_knows(cap); ++cap) {
        const bool keep = std::find(kept.begin(), kept.end(), cap) != kept.end();
        if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            return errno == EPERM && bound_anyway ? Result<void>()
                                                  : drop_error(errno, "bounding set");
        }
    }
    return {};
}

Result<void> change_ids(const Privileges& privileges) {
    if (privileges.gid) {
        if (setgroups(privileges.groups.size(), privileges.groups.data()) != 0) {
            return drop_error(errno, "setgroups");
        }
        if (setresgid(*privileges.gid, *privileges.gid, *privileges.gid) != 0) {
            return drop_error(errno, "setresgid " + std::to_string(*privileges.gid));
        }
    }
    // The permitted set has to outlive the uid until it is cut to size.
    if (privileges.caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
        return drop_error(errno, "PR_SET_KEEPCAPS");
    }
    if (privileges.uid && setresuid(*privileges.uid, *privileges.uid, *privileges.uid) != 0) {
        return drop_error(errno, "setresuid " + std::to_string(*privileges.uid));
    }
    return {};
}

std::string capability_name(unsigned cap) {
    const char* name = capng_capability_to_name(cap);
    return name != nullptr ? name : std::to_string(cap);
}

/// Into every set but the bounding one: ambient ones are what survives the exec of a user.
Result<void> keep_capabilities(const std::vector<unsigned>& caps) {
    capng_get_caps_process();
    for (const unsigned cap : caps) {
        if (capng_have_capability(CAPNG_PERMITTED, cap) == 0) {
            return Error("cannot keep capability " + capability_name(cap) +
                         ": qnetdev does not have it itself")
                .with_hint("run qnetdev as root, or drop it from --keep-caps");
        }
    }
    capng_clear(CAPNG_SELECT_CAPS);
    capng_clear(CAPNG_SELECT_AMBIENT);
    for (const unsigned cap : caps) {
        capng_update(CAPNG_ADD,
                     static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED |
                                               CAPNG_INHERITABLE | CAPNG_AMBIENT),
                     cap);
    }
    if (capng_apply(CAPNG_SELECT_CAPS) != 0 || capng_apply(CAPNG_SELECT_AMBIENT) != 0) {
        return drop_error(errno, "capabilities");
    }
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) {
        return drop_error(errno, "PR_SET_KEEPCAPS");
    }
    return {};
}

/// Whether this process, and so what it becomes, can name its session keyring at all: not without
/// keyrings in the kernel, nor in a container whose filter refuses keyctl(2).
bool has_keyrings() {
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) >= 0 ||
           (errno != ENOSYS && errno != EPERM);
}

/// Whoever has a session keyring may read the keys in it, whosever they are. The new one belongs to
/// the new user, so the uid has to be that already.
Result<void> leave_session_keyring() {
    if (!has_keyrings() || syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0) {
        return {};
    }
    Error error = drop_error(errno, "KEYCTL_JOIN_SESSION_KEYRING");
    return errno == EDQUOT ? std::move(error).with_hint(
                                 "the user has too many keys: see /proc/key-users, keyrings(7)")
                           : error;
}

Error not_dropped(std::string_view what) {
    return Error("cannot drop privileges: " + std::string(what) +
                 " did not become what was asked for");
}

Result<void> verify_ids(const Privileges& privileges) {
    uid_t uids[3] = {};
    gid_t gids[3] = {};
    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0) {
        return drop_error(errno, "getresuid");
    }
    if (privileges.uid &&
        std::any_of(uids, uids + 3, [&](uid_t id) { return id != privileges.uid; })) {
        return not_dropped("the user");
    }
    if (!privileges.gid) {
        return {};
    }
    if (std::any_of(gids, gids + 3, [&](gid_t id) { return id != privileges.gid; })) {
        return not_dropped("the group");
    }
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    (void)getgroups(static_cast<int>(groups.size()), groups.data());
    std::vector<gid_t> wanted = privileges.groups;
    std::sort(groups.begin(), groups.end());
    std::sort(wanted.begin(), wanted.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    return groups == wanted ? Result<void>() : not_dropped("the list of groups");
}

Result<void> verify_capabilities(const std::vector<unsigned>& caps) {
    capng_get_caps_process();
    for (unsigned cap = 0; kernel_knows(cap); ++cap) {
        const int wanted = std::find(caps.begin(), caps.end(), cap) != caps.end() ? 1 : 0;
        for (const capng_type_t set : {CAPNG_EFFECTIVE, CAPNG_PERMITTED, CAPNG_INHERITABLE}) {
            if (capng_have_capability(set, cap) != wanted) {
                return not_dropped("capability " + capability_name(cap));
            }
        }
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != wanted) {
            return not_dropped("ambient capability " + capability_name(cap));
        }
    }
    return {};
}

/// What an exec could still bring, where that was to be limited.
Result<void> verify_bounding_set(const Privileges& privileges) {
    const std::vector<unsigned>& kept = *privileges.caps;
    const bool exec_gains = getuid() == 0 || !privileges.no_new_privs;
    for (unsigned cap = 0; exec_gains && kernel_knows(cap); ++cap) {
        const bool keep = std::find(kept.begin(), kept.end(), cap) != kept.end();
        if (!keep && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0) {
            return not_dropped("the bounding set");
        }
    }
    return {};
}

}  // namespace

Result<Privileges> resolve_privileges(const PrivilegeOptions& options) {
    Privileges privileges;
    privileges.no_new_privs = !options.allow_new_privileges;
    const std::size_t colon = options.user.find(':');
    const std::string user = options.user.substr(0, colon);
    const bool group_in_user = colon != std::string::npos;
    if (group_in_user && !options.group.empty()) {
        return option_error("'--user' and '--group' both name a group");
    }
    const std::string group = group_in_user ? options.user.substr(colon + 1) : options.group;
    if (group_in_user && group.empty()) {
        return option_error("'--user' must name a group behind the ':'");
    }
    if (!user.empty()) {
        NET_TRY(resolve_user(user, !group.empty(), privileges));
    } else if (group_in_user) {
        return option_error("'--user' must name a user before the ':'");
    }
    if (!group.empty()) {
        privileges.gid = NET_TRY(find_group(group_in_user ? "--user" : "--group", group));
        privileges.groups = {*privileges.gid};
    }
    if (options.keep_caps || !user.empty()) {
        privileges.caps = NET_TRY(parse_capabilities(options.keep_caps.value_or("")));
        // The exec of root fills the sets from the bounding one, unless that is as small.
        privileges.limit_bounding_set =
            options.keep_caps.has_value() || privileges.no_new_privs || privileges.uid == 0U;
    }
    return privileges;
}

Result<void> drop_privileges(const Privileges& privileges) {
    if (privileges.limit_bounding_set) {
        NET_TRY(limit_bounding_set(privileges));
    }
    const bool another_user = privileges.uid && *privileges.uid != getuid();
    NET_TRY(change_ids(privileges));
    if (another_user) {
        NET_TRY(leave_session_keyring());
    }
    if (privileges.caps) {
        NET_TRY(keep_capabilities(*privileges.caps));
    }
    if (privileges.no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return drop_error(errno, "PR_SET_NO_NEW_PRIVS");
    }
    if (privileges.no_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return not_dropped("no_new_privs");
    }
    NET_TRY(verify_ids(privileges));
    if (privileges.caps) {
        NET_TRY(verify_capabilities(*privileges.caps));
    }
    if (privileges.limit_bounding_set) {
        NET_TRY(verify_bounding_set(privileges));
    }
    return {};
}

}  // namespace qnetdev::cli
