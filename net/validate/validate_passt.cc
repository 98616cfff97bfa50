// SPDX-License-Identifier: MIT
#include "net/validate/rules.h"

namespace qnetdev {

std::vector<Error> validate_passt(const qapi::NetdevPasstOptions& passt) {
    if (passt.ipv4 == false && passt.ipv6 == false) {
        return {broken_rule("'ipv4' and 'ipv6' cannot both be off", "")};
    }
    return {};
}

}  // namespace qnetdev
