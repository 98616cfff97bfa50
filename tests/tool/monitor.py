# SPDX-License-Identifier: MIT
"""A running `qnetdev run`, and clients of its monitors."""
import fcntl
import json
import os
import pty
import select
import socket
import subprocess
import termios
import time

import harness

PROMPT = b"(qemu) "
WAIT = 20


class Run:
    """`qnetdev run` with the monitors `qmp` and `human` in `folder`."""

    def __init__(self, qnetdev, folder, *arguments):
        self.qmp = os.path.join(folder, "qmp")
        self.human = os.path.join(folder, "human")
        self.process = subprocess.Popen(
            [qnetdev, "run", "-qmp", "unix:%s,server=on,wait=off" % self.qmp,
             "-monitor", "unix:%s,server=on,wait=off" % self.human, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not harness.wait_until(lambda: os.path.exists(self.human), WAIT):
            self.end()
            raise RuntimeError("it did not start")

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def idle_fds(self):
        """The same once clients that have gone are gone."""
        def is_stable():
            count = self.fds()
            time.sleep(0.2)     # nothing tells that no more of them are going
            return count == self.fds()
        harness.wait_until(is_stable, 5)
        return self.fds()

    def end(self):
        harness.end(self.process)
        self.process.stderr.close()


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(WAIT)
    assert harness.wait_until(lambda: client.connect_ex(path) == 0, WAIT), path
    return client


class Qmp:
    """A QMP client that does nothing by itself but negotiate."""

    def __init__(self, path):
        self.socket = connect(path)
        self.stream = self.socket.makefile("r")
        self.stream.readline()
        self.execute("qmp_capabilities")

    def send(self, command, **arguments):
        message = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode())

    def answer(self):
        while True:
            answer = harness.read_json(self.stream.readline())
            if "event" not in answer:
                return answer

    def execute(self, command, **arguments):
        self.send(command, **arguments)
        return self.answer()

    def human(self, line):
        return self.execute("human-monitor-command", **{"command-line": line})["return"]

    def close(self):
        self.stream.close()
        self.socket.close()


class Human:
    """A client of a human monitor: sends lines, and reads up to the next prompt."""

    def __init__(self, path):
        self.socket = connect(path)
        self.unread = b""
        self.banner = self.read()

    def read(self):
        """What was printed up to the next prompt, or up to the end."""
        while PROMPT not in self.unread:
            more = self.socket.recv(65536)
            if not more:
                break
            self.unread += more
        text, _, self.unread = self.unread.partition(PROMPT)
        return text.decode()

    def run(self, line, fds=()):
        socket.send_fds(self.socket, [line.encode() + b"\n"], fds)
        return self.read()

    def close(self):
        self.socket.close()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, argv, state="/dev/null"):
        """`state` is where the user's programs keep what they remember."""
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        environment = dict(os.environ, TERM="xterm", NO_COLOR="1", LC_ALL="C.UTF-8",
                           XDG_STATE_HOME=state)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY))
        self.slave = slave
        self.seen = b""

    def expect(self, text, seconds=WAIT):
        """Reads until the text has appeared; what came before it, or None."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.seen:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                return None
            self.seen += os.read(self.master, 65536)
        before, _, self.seen = self.seen.partition(text.encode())
        return before.decode(errors="replace")

    def type(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def wait(self, seconds=WAIT):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        harness.end(self.process)
        os.close(self.master)
        os.close(self.slave)
