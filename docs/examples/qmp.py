#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds a tap to a running `qnetdev run`, shows it, and removes it.

    qmp.py SOCKET [KEY=VALUE...]

SOCKET is that of a QMP monitor; the words are further members of netdev_add.
"""
import json
import socket
import sys


class Qmp:
    """A client that sends one command at a time."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.read()                                     # the greeting
        self.execute("qmp_capabilities")

    def read(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the monitor has closed the connection")
        return json.loads(line)

    def execute(self, command, **arguments):
        """What the command returns; RuntimeError with the monitor's words if it fails."""
        message = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        while True:
            answer = self.read()
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:                      # and not an event
                return answer["return"]


def value_of(text):
    """Numbers and booleans as such."""
    if text in ("true", "false") or text.isdecimal():
        return json.loads(text)
    return text


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    more = {key: value_of(value) for key, _, value in (word.partition("=") for word in sys.argv[2:])}
    options = {"type": "tap", "id": "hn0", "script": "no", "downscript": "no", **more}
    try:
        qmp = Qmp(sys.argv[1])
        qmp.execute("netdev_add", **options)
        try:
            print(json.dumps(qmp.execute("query-netdev", id=options["id"]), indent=4))
        finally:
            qmp.execute("netdev_del", id=options["id"])
    except (OSError, RuntimeError) as problem:
        sys.exit("qmp.py: %s" % problem)


if __name__ == "__main__":
    main()
