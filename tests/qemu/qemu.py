# SPDX-License-Identifier: MIT
"""A real QEMU without a machine, driven through QMP."""
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

BARE = ["-M", "none", "-nodefaults", "-display", "none"]


class Qemu:
    """A running QEMU with a QMP socket at `folder`/qmp and one more for others to use."""

    def __init__(self, program, folder, *arguments):
        self.other = os.path.join(folder, "qmp-other")
        path = os.path.join(folder, "qmp")
        self.process = subprocess.Popen(
            [program, *BARE, "-qmp", "unix:%s,server=on,wait=off" % path,
             "-qmp", "unix:%s,server=on,wait=off" % self.other, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        connected = harness.wait_until(lambda: self._connect(path), 20)
        if not connected:
            self.end()
            raise RuntimeError("QEMU did not start: %r" % self.process.stderr.read())
        self.stream = self.socket.makefile("rw")
        try:
            self.stream.readline()
            self.execute("qmp_capabilities")
        except OSError as problem:  # it listens before it does what may fail
            self.process.kill()
            raise RuntimeError("QEMU ended: %r" % self.process.stderr.read()) from problem

    def _connect(self, path):
        try:
            self.socket.connect(path)
            return True
        except OSError:
            return False

    def execute(self, command, **arguments):
        """What it returned, or the error as {"error": …}."""
        json.dump({"execute": command, "arguments": arguments}, self.stream)
        self.stream.write("\n")
        self.stream.flush()
        while True:
            answer = harness.read_json(self.stream.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                return answer

    def info_network(self):
        text = self.execute("human-monitor-command", **{"command-line": "info network"})
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    def end(self):
        harness.end(self.process)
        self.process.stderr.close()
        self.socket.close()
