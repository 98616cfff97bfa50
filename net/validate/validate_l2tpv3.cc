// SPDX-License-Identifier: MIT
#include <string>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

constexpr std::uint32_t kLargestOffset = 256;

Error missing(const std::string& option, const std::string& because) {
    return broken_rule(in_quotes(option) + " must be given, as " + because, option);
}

}  // namespace

std::vector<Error> validate_l2tpv3(const qapi::NetdevL2TPv3Options& tunnel) {
    std::vector<Error> broken;
    if (tunnel.offset.value_or(0) > kLargestOffset) {
        broken.push_back(broken_rule("'offset' must be at most " + std::to_string(kLargestOffset) +
                                         ", but is " + std::to_string(*tunnel.offset),
                                     "offset"));
    }
    if (tunnel.rxcookie && !tunnel.txcookie) {
        broken.push_back(
            missing("txcookie", "'rxcookie' is given").with_hint("give both cookies or neither"));
    } else if (tunnel.txcookie && !tunnel.rxcookie) {
        broken.push_back(
            missing("rxcookie", "'txcookie' is given").with_hint("give both cookies or neither"));
    }
    if (tunnel.udp == true && !tunnel.srcport) {
        broken.push_back(missing("srcport", "'udp' is on"));
    }
    if (tunnel.udp == true && !tunnel.dstport) {
        broken.push_back(missing("dstport", "'udp' is on"));
    }
    return broken;
}

}  // namespace qnetdev
