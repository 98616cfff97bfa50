// SPDX-License-Identifier: MIT
#include "net/tap/ifname.h"

#include <algorithm>
#include <string>

#include "net/base/limits.h"
#include "net/validate/rule.h"

namespace net {
namespace {

/// isspace() as the kernel's lib/ctype.c has it: Latin-1, so 0xA0 counts.
bool is_kernel_space(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xA0;
}

Error ifname_error(std::string_view ifname, const std::string& what) {
    return Error("'ifname' " + what + ", but is " + in_quotes(ifname))
        .with_stage(Stage::host)
        .with_param("ifname");
}

bool has_bad_template(std::string_view ifname) {
    const std::size_t percent = ifname.find('%');
    return percent != std::string_view::npos &&
           (ifname.substr(percent, 2) != "%d" ||
            ifname.find('%', percent + 1) != std::string_view::npos);
}

}  // namespace

std::optional<Error> check_ifname(std::string_view ifname) {
    if (ifname.size() >= limits::kInterfaceName) {
        return ifname_error(ifname, "must have at most 15 bytes");
    }
    if (ifname == "." || ifname == "..") {
        return ifname_error(ifname, "must be the name of an interface");
    }
    if (ifname.find_first_of("/:") != std::string_view::npos ||
        std::any_of(ifname.begin(), ifname.end(), is_kernel_space)) {
        return ifname_error(ifname, "must not contain '/', ':' or blanks");
    }
    if (ifname.find('\0') != std::string_view::npos) {
        return ifname_error(ifname, "must not contain a NUL");
    }
    if (has_bad_template(ifname)) {
        return ifname_error(ifname, "may hold one '%d' and no other '%'");
    }
    return std::nullopt;
}

}  // namespace net
