#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks on a monitor that listens on TCP: web pages.

    monitor_tcp.py QNETDEV BRIDGE-HELPER BRIDGE-CONF
"""
import os
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402
import qmp  # noqa: E402

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

    def __init__(self, program, folder, option="-qmp"):
        self.port = free_port()
        self.run = qmp.Run(program, folder, option, "tcp:127.0.0.1:%d,server=on,wait=off" %
                           self.port, serve=False)

    def connect(self):
        """A connection on which nothing has been read."""
        def attempt():
            client = socket.socket()
            client.settimeout(20)
            if client.connect_ex(("127.0.0.1", self.port)) == 0:
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
    for check in (check_qmp, check_human):
        with tempfile.TemporaryDirectory() as folder:
            check(tap, program, folder)
        tap.equal(check.__name__ + ": nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
