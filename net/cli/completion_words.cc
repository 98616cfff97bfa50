// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "net/cli/completion.h"
#include "net/cli/help_type.h"
#include "net/unique_fd.h"
#include "qapi/net_types.h"
#include "qapi/visitor.h"

namespace qnetdev::cli {
namespace {

/// A text of KEY=VALUE with commas between, up to the cursor.
struct Typed {
    std::string done = {};            ///< All up to the last comma, and including it.
    std::string part = {};            ///< What follows that.
    std::string first = {};           ///< What stands before the first comma.
    std::set<std::string> keys = {};  ///< In `done`.
};

Typed read_typed(std::string_view text) {
    Typed typed;
    std::size_t start = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != ',') {
            continue;
        }
        if (at + 1 < text.size() && text[at + 1] == ',') {
            ++at;  // a comma in a value
            continue;
        }
        const std::string_view part = text.substr(start, at - start);
        if (start == 0) {
            typed.first = part;
        }
        typed.keys.emplace(part.substr(0, part.find('=')));
        start = at + 1;
    }
    typed.done = text.substr(0, start);
    typed.part = text.substr(start);
    return typed;
}

std::string double_commas(std::string_view text) {
    std::string doubled;
    for (const char c : text) {
        doubled.append(c == ',' ? 2 : 1, c);
    }
    return doubled;
}

/// Files that a path can become, each behind `prefix`. Those with blanks are left out: the word
/// would have to be quoted for each shell.
std::vector<Candidate> complete_path(const std::string& prefix, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "" : path.substr(0, slash + 1);
    const std::string start = path.substr(folder.size());
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(
        opendir(folder.empty() ? "." : folder.c_str()), closedir);
    std::vector<Candidate> found;
    while (const dirent* entry = listing ? readdir(listing.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (name.starts_with('.') && !start.starts_with('.')) {
            continue;
        }
        if (name.starts_with(start) && name.find_first_of(" \t\n\\\"'$`") == name.npos) {
            const bool is_folder = entry->d_type == DT_DIR;
            found.push_back({prefix + double_commas(folder + name) + (is_folder ? "/" : ""), ""});
        }
    }
    std::sort(found.begin(), found.end(),
              [](const Candidate& a, const Candidate& b) { return a.word < b.word; });
    return found;
}

/// Asks the driver, as /sys may show another network namespace.
bool is_bridge(int socket_fd, const std::string& name) {
    ethtool_drvinfo info = {};
    info.cmd = ETHTOOL_GDRVINFO;
    ifreq request = {};
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_data = reinterpret_cast<char*>(&info);
    return ioctl(socket_fd, SIOCETHTOOL, &request) == 0 &&
           std::string_view(info.driver) == "bridge";
}

/// Interfaces of the host, or only its bridges.
std::vector<Candidate> complete_interface(const std::string& prefix, bool bridges) {
    std::vector<Candidate> found;
    const UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(if_nameindex(),
                                                                                 if_freenameindex);
    for (const auto* one = list.get(); one != nullptr && one->if_name != nullptr; ++one) {
        const std::string name = one->if_name;
        if (!bridges || is_bridge(socket_fd.get(), name)) {
            found.push_back({prefix + double_commas(name), ""});
        }
    }
    return found;
}

/// An option of a netdev type as its help describes it.
struct Key {
    std::string name;
    std::string value;
    std::string meaning;
    bool repeatable = false;
};

/// Reads "  vhost=on|off  (since …)" and the indented text below it.
std::vector<Key> keys_of(std::string_view type) {
    std::vector<Key> keys{{"id", "str", "name of the netdev", false}};
    const std::string help = describe_netdev_type(type);
    for (std::string_view rest = help; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = line.find('=');
        if (line.starts_with("      ")) {
            if (keys.back().meaning.empty()) {
                keys.back().meaning = line.substr(6);
            }
        } else if (line.starts_with("  ") && equals != line.npos && line.find(' ', 2) > equals) {
            const std::size_t after = std::min(line.find("  ", equals), line.size());
            keys.push_back({std::string(line.substr(2, equals - 2)),
                            std::string(line.substr(equals + 1, after - equals - 1)), "",
                            line.find("(may be repeated)") != line.npos});
        }
    }
    return keys;
}

bool names_a_file(std::string_view key) {
    constexpr std::array<std::string_view, 9> kFiles{
        "script", "downscript", "helper", "path", "addr.path", "vhostdev", "smb", "tftp", "sock"};
    return std::find(kFiles.begin(), kFiles.end(), key) != kFiles.end();
}

std::vector<Candidate> complete_key(const std::vector<Key>& keys, const Typed& typed) {
    std::vector<Candidate> found;
    std::set<std::string> seen;  // of several branches, a key counts once
    for (const Key& key : keys) {
        const bool is_object = key.value == "…";
        const bool wanted = key.repeatable || !typed.keys.contains(key.name);
        if (wanted && !is_object && seen.insert(key.name).second) {
            found.push_back({typed.done + key.name + "=", key.meaning});
        }
    }
    return found;
}

std::vector<Candidate> complete_value(const std::vector<Key>& keys, const Typed& typed) {
    const std::size_t equals = typed.part.find('=');
    const std::string name = typed.part.substr(0, equals);
    const std::string prefix = typed.done + name + "=";
    if (names_a_file(name)) {
        std::vector<Candidate> found = complete_path(prefix, typed.part.substr(equals + 1));
        if (name == "script" || name == "downscript") {
            found.push_back({prefix + "no", "run nothing"});
        }
        return found;
    }
    if (name == "ifname" || name == "br") {
        return complete_interface(prefix, name == "br");
    }
    std::vector<Candidate> found;
    for (const Key& key : keys) {
        if (key.name != name || key.value.find('|') == key.value.npos) {
            continue;
        }
        for (std::string_view rest = key.value; !rest.empty();) {
            const std::size_t end = std::min(rest.find('|'), rest.size());
            found.push_back({prefix + std::string(rest.substr(0, end)), ""});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        break;
    }
    return found;
}

std::vector<Candidate> complete_type(std::string_view option) {
    std::vector<Candidate> found{{"help", "list the types"}};
    for (const std::string_view type : qapi::enum_names<qapi::NetClientDriver>) {
        const bool is_plain = type == "none" || type == "nic";
        if (!is_plain || (option == "net") || (option == "nic" && type == "none")) {
            found.push_back({std::string(type) + (type == "none" ? "" : ","), ""});
        }
    }
    return found;
}

}  // namespace

std::vector<Candidate> complete_netdev(std::string_view option, std::string_view text) {
    if (text.starts_with('{')) {
        return {};
    }
    const Typed typed = read_typed(text);
    if (typed.done.empty()) {
        return complete_type(option);
    }
    std::string_view type = typed.first;
    type.remove_prefix(type.starts_with("type=") ? 5 : 0);
    std::vector<Key> keys = keys_of(type);
    if (option != "netdev") {
        keys.push_back({"model", "str", "the card's model", false});
        keys.push_back({option == "nic" ? "mac" : "macaddr", "str", "the card's address", false});
    }
    return typed.part.find('=') == typed.part.npos ? complete_key(keys, typed)
                                                   : complete_value(keys, typed);
}

std::vector<Candidate> complete_address(std::string_view text) {
    const Typed typed = read_typed(text);
    std::vector<Candidate> found;
    if (!typed.done.empty()) {
        for (const char* option : {"server=on", "wait=off", "mode=", "group=", "uid="}) {
            const std::string word = option;
            if (!typed.keys.contains(word.substr(0, word.find('=')))) {
                found.push_back({typed.done + word, ""});
            }
        }
        return found;
    }
    if (text.starts_with("unix:")) {
        return complete_path("unix:", std::string(text.substr(5)));
    }
    return {{"unix:", "a socket file"},
            {"tcp:", "a port"},
            {"stdio", "standard input and output"},
            {"fd:", "an inherited socket"}};
}

}  // namespace qnetdev::cli
