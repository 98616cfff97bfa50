// SPDX-License-Identifier: MIT
#include "net/cli/exec/qemu_options.h"

#include <algorithm>
#include <array>

namespace qnetdev::cli {
namespace {

/// Sorted, for the binary search. tests/qemu holds it against what a real QEMU says.
constexpr std::array<std::string_view, 97> kWithValue = {
    "D",
    "L",
    "M",
    "accel",
    "acpitable",
    "action",
    "add-fd",
    "append",
    "audio",
    "audiodev",
    "bios",
    "blockdev",
    "boot",
    "cdrom",
    "chardev",
    "chroot",
    "compat",
    "cpu",
    "d",
    "debugcon",
    "device",
    "dfilter",
    "display",
    "drive",
    "dtb",
    "dump-vmstate",
    "echr",
    "fda",
    "fdb",
    "fsdev",
    "fw_cfg",
    "g",
    "gdb",
    "global",
    "hda",
    "hdb",
    "hdc",
    "hdd",
    "icount",
    "incoming",
    "initrd",
    "iscsi",
    "k",
    "kernel",
    "loadvm",
    "m",
    "machine",
    "mem-path",
    "mon",
    "monitor",
    "msg",
    "mtdblock",
    "name",
    "net",
    "netdev",
    "nic",
    "numa",
    "object",
    "option-rom",
    "overcommit",
    "parallel",
    "pflash",
    "pidfile",
    "plugin",
    "prom-env",
    "qmp",
    "qmp-pretty",
    "qtest",
    "qtest-log",
    "readconfig",
    "rotate",
    "rtc",
    "run-with",
    "runas",
    "sandbox",
    "sd",
    "seed",
    "semihosting-config",
    "serial",
    "set",
    "shim",
    "smbios",
    "smp",
    "soundhw",
    "spice",
    "tb-size",
    "tpmdev",
    "trace",
    "usbdevice",
    "uuid",
    "vga",
    "virtfs",
    "vnc",
    "watchdog",
    "watchdog-action",
    "writeconfig",
    "xen-domid",
};
static_assert(std::is_sorted(kWithValue.begin(), kWithValue.end()));

}  // namespace

std::string_view qemu_option_name(std::string_view word) {
    if (!word.starts_with('-')) {
        return {};
    }
    word.remove_prefix(1);
    if (word.starts_with('-')) {
        word.remove_prefix(1);
    }
    return word;
}

bool qemu_option_takes_value(std::string_view name) {
    return std::binary_search(kWithValue.begin(), kWithValue.end(), name);
}

std::vector<std::size_t> find_qemu_values(Words command, std::string_view name) {
    std::vector<std::size_t> found;
    for (std::size_t i = 1; i + 1 < command.size(); ++i) {
        const std::string_view option = qemu_option_name(command[i]);
        if (qemu_option_takes_value(option) && option == name) {
            found.push_back(i + 1);
        }
        i += qemu_option_takes_value(option) ? 1 : 0;
    }
    return found;
}

bool has_qemu_option(Words command, std::string_view name) {
    for (std::size_t i = 1; i < command.size(); ++i) {
        const std::string_view found = qemu_option_name(command[i]);
        if (found == name) {
            return true;
        }
        i += qemu_option_takes_value(found) ? 1 : 0;
    }
    return false;
}

}  // namespace qnetdev::cli
