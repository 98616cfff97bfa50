#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a command finds when `qnetdev exec` runs it: prints it as JSON.

    exec_child.py [WORD]...
"""
import fcntl
import json
import os
import signal
import struct
import sys

TUNGETIFF = 0x800454D2


def interface_of(fd):
    """Name and flags, or None if the descriptor is no tap."""
    request = bytearray(40)
    try:
        fcntl.ioctl(fd, TUNGETIFF, request)
    except OSError:
        return None
    return [request[:16].rstrip(b"\0").decode(), struct.unpack_from("H", request, 16)[0]]


def descriptors():
    """Number to [target, interface] of all but the one that lists them."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = [os.readlink("/proc/self/fd/" + name), interface_of(int(name))]
        except OSError:
            pass
    return found


def main():
    with open("/proc/self/status") as status:
        facts = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    json.dump({"argv": sys.argv[1:], "fds": descriptors(), "status": facts, "pid": os.getpid(),
               "parent": os.getppid(),
               "listen": {name: text for name, text in os.environ.items()
                          if name.startswith("LISTEN_")},
               "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
               "ignored": [int(number) for number in signal.valid_signals()
                           if signal.getsignal(number) == signal.SIG_IGN]}, sys.stdout)


if __name__ == "__main__":
    main()
