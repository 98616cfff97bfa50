#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks on a monitor that listens on TCP: web pages, and other users of the host.

    monitor_tcp.py QNETDEV BRIDGE-HELPER BRIDGE-CONF
"""
import os
import pickle
import signal
import socket
import struct
import sys

import attack_path  # noqa: F401
import harness
import qmp

ADD = (b'{"execute":"netdev_add","arguments":{"type":"tap","id":"w0","ifname":"web0",'
       b'"script":"no","downscript":"no"}}')
ADD_LINE = b"netdev_add tap,id=w0,ifname=web0,script=no,downscript=no\n"
HEADERS = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n"
QMP_BODY = qmp.NEGOTIATE + ADD


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Monitor:
    """`qnetdev run` with one monitor on TCP."""

    def __init__(self, program, folder, option="-qmp", host="127.0.0.1", options=""):
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.host, self.port = host, free_port()
        address = "[%s]" % host if ":" in host else host
        self.run = qmp.Run(program, folder, option, "tcp:%s:%d,server=on,wait=off%s" % (
            address, self.port, options), serve=False)

    def connect(self):
        """A connection on which nothing has been read."""
        def attempt():
            client = socket.socket(self.family)
            client.settimeout(20)
            if client.connect_ex((self.host, self.port)) == 0:
                return client
            client.close()
            return None
        client = harness.wait_until(attempt, 20)
        assert client, "nobody listens"
        return client

    def stop(self):
        return self.run.stop()


def conversation(client, data):
    """All that is answered until the monitor ends the connection; None if it does not."""
    answer = b""
    try:
        client.sendall(data)
        while True:
            more = client.recv(65536)
            if not more:
                break
            answer += more
    except ConnectionError:
        pass  # it ended without reading all
    except TimeoutError:
        return None
    finally:
        client.close()
    return answer


def check_cut_off(tap, monitor, name, data):
    client = monitor.connect()
    client.settimeout(5)
    answer = conversation(client, data)
    tap.check(name + ": cut off", answer is not None and b'"return"' not in answer and
              b"unknown" not in answer, answer)
    tap.equal(name + ": nothing was executed", harness.interfaces(), [])


def as_user(uid, action):
    """What the action returns in a process of that user."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.write(writing, pickle.dumps(action()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        data = result.read()
    os.waitpid(child, 0)
    return pickle.loads(data)


def served(monitor, client=None):
    """Whether a client is greeted."""
    client = client or monitor.connect()
    try:
        return client.recv(65536).startswith(b'{"QMP"')
    except ConnectionError:
        return False
    finally:
        client.close()


def connect(family, host, port):
    client = socket.socket(family)
    client.settimeout(20)
    client.connect((host, port))
    return client


OTHER = 65534
PATHS = (("127.0.0.1", socket.AF_INET, "127.0.0.1"),
         ("127.0.0.1", socket.AF_INET6, "::ffff:127.0.0.1"),
         ("::1", socket.AF_INET6, "::1"),
         ("::", socket.AF_INET, "127.0.0.1"),
         ("::", socket.AF_INET6, "::1"),
         ("0.0.0.0", socket.AF_INET, "192.0.2.1"))


def has_other_users():
    """Whoever is not root has no other user in a namespace of his own."""
    with open("/proc/self/uid_map", encoding="ascii") as users:
        return any(int(line.split()[0]) <= OTHER < int(line.split()[0]) + int(line.split()[2])
                   for line in users)


def check_users(tap, program, folder):
    """Only root and the user of the program; the kernel knows whose the other end is."""
    harness.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"])
    for listening, family, host in PATHS:
        name = "%s through %s" % (host, listening)
        monitor = Monitor(program, folder, host=listening)
        monitor.connect().close()
        tap.check(name + ": our own user is served",
                  served(monitor, connect(family, host, monitor.port)))
        tap.check(name + ": another user is not", not as_user(
            OTHER, lambda: served(monitor, connect(family, host, monitor.port))))
        tap.check(name + ": ends", monitor.stop() == 0, monitor.run.err)
        tap.check(name + ": the log says who was refused",
                  "refused by its user: user %d" % OTHER in monitor.run.err, monitor.run.err)
    tap.check("root is warned", "can run programs as root" in monitor.run.err, monitor.run.err)
    for options, ours, theirs in ((",uid=%d" % OTHER, False, True), (",uid=any", True, True),
                                  (",uid=0,uid=%d" % OTHER, True, True), (",uid=1", False, False)):
        monitor = Monitor(program, folder, options=options)
        monitor.connect().close()
        tap.equal(options[1:], (served(monitor), as_user(OTHER, lambda: served(monitor))),
                  (ours, theirs))
        monitor.stop()


def hit_and_run(monitor, data, host, port, reset):
    """Sends and is gone, before anybody has looked who it is."""
    client = socket.socket()
    client.bind((host, port))
    client.connect((monitor.host, monitor.port))
    client.sendall(data)
    if reset:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def check_gone(tap, program, folder):
    """The kernel calls what nobody owns any more root's, and answers with who listens there."""
    for option, data in (("-qmp", QMP_BODY), ("-monitor", ADD_LINE)):
        for reset in (False, True):
            monitor = Monitor(program, folder, option)
            monitor.connect().close()
            port = free_port()
            monitor.run.signal(signal.SIGSTOP)
            as_user(OTHER, lambda: hit_and_run(monitor, data, "127.0.0.2", port, reset))
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reset:
                listener.bind(("127.0.0.2", port))
                listener.listen()
            monitor.run.signal(signal.SIGCONT)
            client = monitor.connect()
            client.recv(1)  # the one before has been looked at
            tap.equal("%s: who is gone%s is nobody" % (option, " by a reset" if reset else ""),
                      harness.interfaces(), [])
            client.close()
            listener.close()
            monitor.stop()


def check_qmp(tap, program, folder):
    monitor = Monitor(program, folder)
    for name, data in (
            ("POST", b"POST /" + HEADERS + QMP_BODY),
            ("a method in JSON", b"null /" + HEADERS + QMP_BODY),
            ("a method in quotes", b"'' /'" + HEADERS + QMP_BODY),
            ("a field of a page's own", b"GET / HTTP/1.1\r\nX: \r\n" + QMP_BODY),
            ("TLS", b"\x16\x03\x01\x02\x00" + QMP_BODY),
            ("an array", b"[]" + QMP_BODY),
            ("no JSON behind a blank object", b"{}#" + QMP_BODY),
            ("a blank line first", b"\r\nPOST /" + HEADERS + QMP_BODY)):
        check_cut_off(tap, monitor, name, data)
    client = qmp.Client(sock=monitor.connect())
    client.send(b"bogus\n")
    tap.check("after the negotiation, an error is an error", "error" in client.answer())
    tap.equal("and the client is served on", client.execute("query-name"), {})
    client.close()
    tap.check("ends", monitor.stop() == 0, monitor.run.err)
    tap.check("the log tells of strangers", "does not speak QMP" in monitor.run.err,
              monitor.run.err)


def check_human(tap, program, folder):
    monitor = Monitor(program, folder, "-monitor")
    for name, data in (
            ("a human's POST", b"POST /" + HEADERS + ADD_LINE),
            ("a human's GET of the first version", b"GET /\r\n" + ADD_LINE),
            ("a method of a page's own", b"help /" + HEADERS + ADD_LINE),
            ("a request line that is too long",
             b"POST /" + b"x" * (1 << 17) + HEADERS + ADD_LINE),
            ("a line of blanks first", b"\r\n \r\nPOST /" + HEADERS + ADD_LINE),
            ("a human's TLS", b"\x16\x03\x01\n" + ADD_LINE)):
        check_cut_off(tap, monitor, name, data)
    client = monitor.connect()
    answer = conversation(client, b"info status\n" + b"quit\n")
    tap.check("people are served", answer is not None and b"VM status" in answer, answer)
    tap.check("quit ends it", monitor.run.end() == 0, monitor.run.err)


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    checks = [check_qmp, check_human]
    if has_other_users():
        checks += [check_users, check_gone]
    else:
        tap.skip("users, gone", "this namespace has one user only: root has others")
    harness.run_checks(tap, checks, program)
    tap.done()


if __name__ == "__main__":
    main()
