// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_call.h"

namespace qnetdev {

HmpCall::~HmpCall() {
    if (done_) {
        done_(std::move(output_));
    }
}

void HmpCall::print(std::string_view text) {
    for (const char byte : text) {
        if (byte == '\n') {
            output_.text.push_back('\r');
        }
        output_.text.push_back(byte);
    }
}

void HmpCall::fail(const Error& error) {
    print("Error: " + error_text(error) + "\n");
}

}  // namespace qnetdev
