// SPDX-License-Identifier: MIT
#include "net/bridge_helper/output.h"

#include <unistd.h>

#include <cerrno>

namespace qnetdev::helper {

void write_text(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(fd, text.data(), text.size());
        if (count > 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            return;
        }
    }
}

}  // namespace qnetdev::helper
