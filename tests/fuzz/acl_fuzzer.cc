// SPDX-License-Identifier: MIT
/// Access files of the set-uid bridge helper: whole files, single lines, patterns.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "net/base/mac_address.h"
#include "net/bridge_helper/acl_file.h"
#include "net/unique_fd.h"

namespace fuzz {
namespace {

using namespace qnetdev::helper;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %s\n", what);
        std::abort();
    }
}

/// The caller is root, for whom an anonymous file is as good as any; names are found nowhere.
const Caller& caller() {
    static const std::unique_ptr<Caller> root = [] {
        auto made = std::make_unique<Caller>();
        made->user_file = "/dev/null";
        made->group_file = "/dev/null";
        return made;
    }();
    return *root;
}

Arguments request() {
    Arguments arguments;
    arguments.bridge = "br0";
    arguments.ifname = "vm%d";
    arguments.queues = 8;
    arguments.mac = qnetdev::MacAddress{{0x52, 0x54, 0, 1, 2, 3}};
    arguments.mtu = 1400;
    return arguments;
}

enum class Verdict { unreadable, refused, permitted };

Verdict read_file(const std::string& text, const Arguments& asked) {
    const qnetdev::UniqueFd file(memfd_create("acl", MFD_CLOEXEC));
    require(
        file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
        "an anonymous file");
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    // The descriptor's own offset is at the end; the path opens the file anew.
    Acl acl(caller(), asked);
    Refusal why;
    const bool readable = read_acl(
        path.c_str(), caller(), acl,
        [](std::string_view note) { require(!note.empty(), "a note says something"); }, why);
    require(readable == why.message.empty(), "a refusal says why, and only a refusal");
    if (!readable) {
        return Verdict::unreadable;
    }
    const bool permitted = acl.permits(why);
    require(permitted == why.message.empty(), "a denial says why, and only a denial");
    require(!permitted || (!acl.allowing().empty() && acl.denying().empty()),
            "what is permitted was allowed and not denied");
    return permitted ? Verdict::permitted : Verdict::refused;
}

void check_file(const std::string& text) {
    const Arguments asked = request();
    const Verdict verdict = read_file(text, asked);
    const std::string line = text.empty() || text.back() == '\n' ? "" : "\n";
    require(read_file(text + line + "deny all\n", asked) != Verdict::permitted,
            "deny wins, whatever stands before it");
    if (verdict != Verdict::unreadable) {
        require(read_file("deny br0\n" + text, asked) != Verdict::permitted,
                "deny wins, whatever comes after it");
    }
}

void check_line(std::string_view line) {
    AclRule rule;
    Refusal why;
    const bool good = parse_acl_line(line, rule, why);
    require(good == why.message.empty(), "a bad line says why, and only a bad one");
    require(!good || rule.bridge.size() < 16, "a bridge's name is short");
    require(!good || rule.low <= rule.high, "a range is one");
    require(good || why.message.view().find('\n') == std::string_view::npos, "one line");
}

void check_pattern(std::string_view text) {
    const std::size_t half = text.size() / 2;
    const std::string_view pattern = text.substr(0, half);
    const std::string_view name = text.substr(half);
    require(matches_pattern("*", name), "a star takes everything");
    const bool literal = pattern.find_first_of("*?") == std::string_view::npos;
    require(!literal || matches_pattern(pattern, name) == (pattern == name),
            "without wildcards equal is equal");
    (void)matches_template(pattern, name);
    (void)is_interface_template(name);
    (void)qnetdev::parse_mac(name);
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::check_line(text);
    if (size < 4096) {
        fuzz::check_pattern(text);
    }
    // Includes of files of this machine are no business of a fuzzer.
    if (text.find('/') == std::string::npos) {
        fuzz::check_file(text);
    }
    return 0;
}
