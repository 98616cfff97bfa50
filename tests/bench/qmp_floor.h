// SPDX-License-Identifier: MIT
#pragma once

namespace bench {

/// Answers QMP commands on a connected socket with the least that can be done: strings are looked
/// for rather than parsed, nothing is checked, and a tap costs the system calls that it must.
/// Every command must end in a brace or come alone. Does not return.
[[noreturn]] void serve_qmp_floor(int socket);

}  // namespace bench
