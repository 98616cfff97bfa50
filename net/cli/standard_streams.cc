// SPDX-License-Identifier: MIT
#include "net/cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace qnetdev::cli {

bool fill_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        // open() takes the lowest number. Not close-on-exec: children have these too.
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", flags) != stream) {  // NOLINT
            return false;
        }
    }
    return true;
}

}  // namespace qnetdev::cli
