#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks of those whom a monitor refuses, or should: other users of the host.

    monitor_strangers.py QNETDEV BRIDGE-HELPER BRIDGE-CONF
"""
import os
import signal
import socket
import struct
import sys

import attack_path  # noqa: F401
import harness
import monitor_tcp
import qmp
from monitor_clients import Lingering

CONNECTIONS = 600  # more than limits::kDisposedFds


def refused_with(path, fds):
    """Connections that each hold a descriptor, and are closed at once; whether all were taken."""
    for fd in fds:
        with socket.socket(socket.AF_UNIX) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
            try:
                client.connect(path)
            except BlockingIOError:
                return False
            try:
                socket.send_fds(client, [b" "], [fd])
            except ConnectionError:
                pass  # it was refused before
    return True


def is_answered(client):
    try:
        return client.execute("query-name") == {}
    except (TimeoutError, ConnectionError):
        return False


def is_served(path):
    try:
        client = qmp.Client(path, timeout=5)
        answered = is_answered(client)
        client.close()
        return answered
    except (TimeoutError, ConnectionError):
        return False


def check_refused(tap, program, folder):
    """What a refused client has sent and nobody has read: its close takes nobody's time."""
    os.chmod(folder, 0o711)
    path, other = os.path.join(folder, "open"), os.path.join(folder, "other")
    null = os.open("/dev/null", os.O_RDONLY)
    with qmp.Run(program, folder, "-qmp", "unix:%s,server=on,wait=off" % other, "-qmp",
                 "unix:%s,server=on,wait=off,mode=0666,uid=0" % path) as run:
        client = run.client(timeout=5)
        client.execute("getfd", [null], fdname="x")
        sockets = Lingering(8)
        run.signal(signal.SIGSTOP)  # so that it is the last who has them
        lingering = monitor_tcp.as_user(
            monitor_tcp.OTHER, lambda: refused_with(path, sockets.fds()))
        sockets.hand_over()
        run.signal(signal.SIGCONT)
        tap.check("strangers leave %d descriptors" % CONNECTIONS,
                  lingering and monitor_tcp.as_user(
                      monitor_tcp.OTHER, lambda: refused_with(path, [null] * CONNECTIONS)))
        tap.check("who is served is served on", is_answered(client))
        tap.check("so is a new client there", is_served(path))
        tap.check("and of another monitor", is_served(other))
        tap.check("what they left is closed", harness.wait_until(sockets.are_closed, 5))
        tap.check("it ends", run.stop() == 0, run.err[-500:])
        sockets.close()
    os.close(null)


def check_served(tap, program, folder):
    """One client sends sockets with sockets in them; another uses descriptors, and many."""
    null = os.open("/dev/null", os.O_RDONLY)
    with qmp.Run(program, folder) as run:
        hostile, honest = run.client(timeout=5), run.client(timeout=5)
        sockets = Lingering(8)
        run.signal(signal.SIGSTOP)  # so that it is the last who has them
        for fd in sockets.fds():
            left, right = socket.socketpair()
            socket.send_fds(left, [b" "], [fd])
            hostile.send(b'{"execute":"query-name"}', [right.fileno()])
            left.close()
            right.close()
        sockets.hand_over()
        run.signal(signal.SIGCONT)
        answers = []
        try:
            for _ in range(CONNECTIONS):
                answers.append(honest.execute("getfd", [null], fdname="x"))
                answers.append(honest.execute("closefd", fdname="x"))
        except TimeoutError:
            pass
        tap.check("%d descriptors are taken and closed" % CONNECTIONS,
                  answers == [{}] * (2 * CONNECTIONS), len(answers))
        hostile.close()
        tap.check("what lingers is closed", harness.wait_until(sockets.are_closed, 5))
        tap.check("it ends", run.stop() == 0, run.err)
        sockets.close()
    os.close(null)


def serve_as_stranger(path, more, program, folder, uid):
    """What whoever listens at a path gets from `run` that connects to it: bytes, status, errors."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    os.chmod(path, 0o777)
    listener.settimeout(10)

    def listen():
        # The kernel tells who has called listen().
        listener.listen(1)
        return True
    monitor_tcp.as_user(uid, listen)
    run = qmp.Run(program, folder, "-qmp", "unix:" + path + more, serve=False)
    client = listener.accept()[0]
    client.settimeout(10)
    try:
        received = client.recv(65536)
    except ConnectionError:
        received = b""
    status = run.process.poll() if received else run.end()
    client.close()
    listener.close()
    if received:
        run.stop()
    return received[:6], status, run.err


def check_connected(tap, program, folder):
    """`run` connects to a path where somebody else listens."""
    os.chmod(folder, 0o711)
    number = monitor_tcp.OTHER
    for name, more, uid, is_greeted in (
            ("another user", "", number, False), ("root", "", 0, True),
            ("a named user", ",uid=%d" % number, number, True),
            ("anybody", ",uid=any", number, True), ("not the named user", ",uid=1", 0, False)):
        path = os.path.join(folder, name.replace(" ", "-"))
        received, status, errors = serve_as_stranger(path, more, program, folder, uid)
        tap.equal("connected to %s: greeted" % name, received == b'{"QMP"', is_greeted)
        if not is_greeted:
            tap.equal("run fails", status, 1)
            tap.check("and says why", "of user %d" % uid in errors and
                      "uid=%d lets that user in" % uid in errors, errors)


def greeting_of_abstract(name):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    client.connect(name)
    try:
        return client.recv(65536)[:6] == b'{"QMP"'
    except ConnectionError:
        return False
    finally:
        client.close()


def check_abstract(tap, program, folder):
    """A service manager passes a socket that has no file."""
    name = "\0qnetdev-test"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen(4)
    script = "exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"" % listener.fileno()
    with qmp.Run("/bin/sh", folder, serve=False, pass_fds=[listener.fileno()],
                 preexec_fn=lambda: os.execv("/bin/sh", [
                     "sh", "-c", script, program, "run"])) as run:
        tap.check("abstract: root is served", greeting_of_abstract(name))
        tap.check("another user is not", not monitor_tcp.as_user(
            monitor_tcp.OTHER, lambda: greeting_of_abstract(name)))
        tap.check("it ends", run.stop() == 0, run.err)
        tap.check("the log warns", "every user can connect" in run.err, run.err)
    listener.close()


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    checks = [check_served]
    if monitor_tcp.has_other_users():
        checks += [check_refused, check_connected, check_abstract]
    else:
        tap.skip("refused, connected, abstract", "this namespace has one user only: root has others")
    harness.run_checks(tap, checks, program)
    tap.done()


if __name__ == "__main__":
    main()
