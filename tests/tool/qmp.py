# SPDX-License-Identifier: MIT
"""A client of QMP that sends exactly what it is told to, and `qnetdev run` to serve it."""
import array
import json
import os
import signal
import socket
import subprocess

import harness

NEGOTIATE = b'{"execute":"qmp_capabilities"}'


class Client:
    """One connection. Bytes go out as they are, descriptors with the first of them."""

    def __init__(self, path=None, sock=None, timeout=20, negotiate=True):
        self.socket = sock or socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        if path is not None:
            harness.wait_until(lambda: self._connect(path), timeout)
        self.rest = b""
        self.events = []
        self.greeting = self.receive()
        if negotiate:
            self.send(NEGOTIATE)
            self.answer()

    def _connect(self, path):
        try:
            self.socket.connect(path)
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def send(self, data, fds=()):
        if fds:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
            sent = self.socket.sendmsg([data], [rights])
            data = data[sent:]
        self.socket.sendall(data)

    def line(self):
        """The next line without its end; empty at the end of the stream."""
        while b"\r\n" not in self.rest:
            data = self.socket.recv(1 << 16)
            if not data:
                return b""
            self.rest += data
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line

    def receive(self):
        """The next message; None at the end of the stream."""
        line = self.line()
        return harness.read_json(line) if line else None

    def answer(self):
        """The next message that is no event; events are kept."""
        while True:
            message = self.receive()
            if message is None or "event" not in message:
                return message
            self.events.append(message)

    def execute(self, command, sent_fds=(), /, **arguments):
        """What it returned, or the whole answer if it is an error."""
        self.send(json.dumps({"execute": command, "arguments": arguments}).encode(), sent_fds)
        message = self.answer()
        return message["return"] if message and "return" in message else message

    def end_of_stream(self):
        """Whether nothing comes any more but events."""
        return self.answer() is None

    def close(self):
        self.socket.close()


class Run:
    """`qnetdev run` with a QMP socket at `folder`/qmp, unless told otherwise."""

    def __init__(self, program, folder, *arguments, serve=True, **options):
        self.path = os.path.join(folder, "qmp")
        words = [program, "run", *arguments]
        if serve:
            words += ["-qmp", "unix:%s,server=on,wait=off" % self.path]
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        **options)
        self.out = self.err = ""

    def client(self, **options):
        return Client(self.path, **options)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def end(self, timeout=20):
        """Waits for the end; the exit status, None if it did not come."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return None
        self.out = (out or b"").decode("utf-8", "backslashreplace")
        self.err = (err or b"").decode("utf-8", "backslashreplace")
        return self.process.returncode

    def stop(self):
        """Ends it by a signal; the exit status."""
        self.signal()
        return self.end()

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def resident(self):
        """KiB of memory."""
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
