#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks of a monitor's clients on others: all clients, all descriptors, all names.

    monitor_clients.py QNETDEV BRIDGE-HELPER BRIDGE-CONF
"""
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

import attack_path  # noqa: F401
import harness
import qmp

NAMES = 4096    # limits::kHeldFds
CLIENTS = 64    # limits::kMonitorClients
SILENCE = 5     # seconds; limits::kMonitorSilence
REFUSED = 1500  # more lines of a log than a pipe holds: 64 KiB, pipe(7)
BATCH = 64      # commands sent before their answers are read


def check_names(tap, program, folder):
    """A monitor holds so many descriptors by name, and the sets together so many."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = soft[1]
    if hard != resource.RLIM_INFINITY and hard < 3 * NAMES:
        return tap.check("this machine lets a process have %d descriptors" % (3 * NAMES), False)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3 * NAMES, hard))
    null = os.open("/dev/null", os.O_RDWR)
    with qmp.Run(program, folder) as run:
        client = run.client()
        errors = []
        for start in range(0, NAMES, BATCH):
            for number in range(start, start + BATCH):
                client.send(b'{"execute":"getfd","arguments":{"fdname":"n%d"}}' % number, [null])
            errors += [answer for answer in (client.answer() for _ in range(BATCH))
                       if "error" in answer]
        tap.equal("%d names are taken" % NAMES, errors, [])
        before = run.fds()
        answer = client.execute("getfd", [null], fdname="more")
        tap.check("one more is refused, and the message says what helps",
                  "holds %d named descriptors" % NAMES in str(answer), answer)
        tap.check("its descriptor is closed", harness.wait_until(
            lambda: run.fds() == before, 5), (run.fds(), before))
        client.execute("closefd", fdname="n7")
        tap.equal("closefd makes room", client.execute("getfd", [null], fdname="more"), {})
        for start in range(0, NAMES, BATCH):
            for _ in range(BATCH):
                client.send(b'{"execute":"add-fd"}', [null])
            errors += [answer for answer in (client.answer() for _ in range(BATCH))
                       if "error" in answer]
        tap.equal("%d members of sets are taken" % NAMES, errors, [])
        answer = client.execute("add-fd", [null])
        tap.check("one more is refused", "hold %d descriptors" % NAMES in str(answer), answer)
        client.execute("remove-fd", **{"fdset-id": 3})
        tap.check("remove-fd makes room", "fd" in client.execute("add-fd", [null]))
        tap.check("it ends", run.stop() == 0, run.err)
    os.close(null)
    resource.setrlimit(resource.RLIMIT_NOFILE, soft)


def connect(path):
    """Waits for its place: with a time-out, connect() of a UNIX socket would not."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.settimeout(20)
    return client


def is_served(client):
    """Whether it is greeted, and not sent away."""
    try:
        return client.recv(65536).startswith((b'{"QMP"', b"qnetdev"))
    except ConnectionError:
        return False


def check_clients(tap, program, folder):
    with qmp.Run(program, folder) as run:
        first = run.client()
        others = [connect(run.path) for _ in range(CLIENTS - 1)]
        tap.equal("%d clients are served" % CLIENTS, [is_served(other) for other in others],
                  [True] * (CLIENTS - 1))
        before = run.fds()
        more = connect(run.path)
        tap.check("one more is sent away", not is_served(more))
        more.close()
        tap.check("nothing of it stays", harness.wait_until(
            lambda: run.fds() == before, 5), (run.fds(), before))
        tap.equal("the others are served on", first.execute("query-name"), {})
        others.pop().close()
        tap.check("there is room once one has gone", harness.wait_until(
            lambda: is_served(connect(run.path)), 5))
        for other in others:
            other.close()
        tap.check("it ends", run.stop() == 0, run.err)
        tap.check("the log says who was sent away", "a client was refused" in run.err, run.err)


def check_shares(tap, program, folder):
    """Clients of one monitor take no place of another's."""
    human = os.path.join(folder, "human")
    with qmp.Run(program, folder, "-monitor",
                 "unix:%s,server=on,wait=off" % human) as run:
        run.client().close()
        for flooded, name in ((human, "human"), (run.path, "QMP")):
            idle = [connect(flooded) for _ in range(CLIENTS)]
            tap.check("all places of the %s monitor are taken" % name,
                      all(client.recv(1) for client in idle))
            other = connect(run.path if flooded == human else human)
            tap.check("the other one serves on", other.recv(1) != b"")
            other.close()
            for client in idle:
                client.close()
        tap.check("it ends", run.stop() == 0, run.err)


def negotiate(client):
    client.sendall(b'{"execute":"qmp_capabilities"}')
    answer = b""
    while b"return" not in answer:
        answer += client.recv(65536)


def is_cut_off(client):
    """Whether the other end has closed; reads what has come before."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def served_newcomer(path, newcomers):
    """One more client that tries; not so often that the log is all refusals."""
    time.sleep(0.1)
    newcomers.append(connect(path))
    return is_served(newcomers[-1])


def check_unread_log(tap, program, folder):
    """Clients that are refused, each with a line in a log that nobody reads."""
    with qmp.Run(program, folder) as run:
        first = run.client()
        others = [connect(run.path) for _ in range(CLIENTS - 1)]
        for client in others:
            negotiate(client)
        for _ in range(REFUSED):
            connect(run.path).close()
        tap.equal("the log of refused clients holds up nobody", first.execute("query-name"), {})
        tap.check("it ends", run.stop() == 0, run.err[-500:])
        for client in others:
            client.close()


def check_long_line(tap, program, folder):
    """A line about a netdev with a long id, into a log that nobody reads."""
    with qmp.Run(program, folder) as run:
        client, other = run.client(timeout=10), run.client(timeout=5)
        answer = client.execute("netdev_add", type="tap", id="i" + "a" * 200000, ifname="zz0",
                                script="no", downscript="no")
        tap.equal("a netdev has a long id", answer, {})
        subprocess.run(["ip", "link", "set", "zz0", "up"], check=True, timeout=10)
        subprocess.run(["ip", "link", "del", "zz0"], check=True, timeout=10)
        try:
            tap.check("the line about its loss holds up nobody", all(
                other.execute("query-name") == {} and not time.sleep(0.01) for _ in range(50)))
        except TimeoutError:
            tap.check("the line about its loss holds up nobody", False)
        tap.check("it ends", run.stop() == 0, run.err[-500:])
        lines = [line for line in run.err.splitlines() if "aaa" in line]
        tap.check("the line is there, cut", len(lines) == 1 and len(lines[0]) < 4096,
                  [len(line) for line in lines])


def check_silence(tap, program, folder):
    """All places taken by clients that never begin: after a while others get them, one by one."""
    human, busy = os.path.join(folder, "human"), os.path.join(folder, "busy")
    with qmp.Run(program, folder, "-monitor", "unix:%s,server=on,wait=off" % human,
                 "-qmp", "unix:%s,server=on,wait=off" % busy) as run:
        first = run.client()
        started = time.monotonic()
        typed = connect(human)
        typed.sendall(b"\n")
        silent = [[connect(path) for _ in range(CLIENTS - 1)] for path in (run.path, human)]
        all_begun = [connect(busy) for _ in range(CLIENTS)]
        for client in all_begun:
            negotiate(client)
        tap.check("nobody loses his place at once", not is_served(connect(run.path)))
        newcomers = []
        tap.check("in time one more is served", harness.wait_until(
            lambda: served_newcomer(run.path, newcomers), 4 * SILENCE))
        tap.check("not before the silent ones had theirs",
                  time.monotonic() - started > SILENCE, time.monotonic() - started)
        tap.check("and one more human", harness.wait_until(
            lambda: served_newcomer(human, newcomers), SILENCE))
        for place, clients in zip(("QMP", "human"), silent):
            tap.equal("%s: the oldest silent one has lost its place, and nobody else" % place,
                      [is_cut_off(client) for client in clients],
                      [True] + [False] * (CLIENTS - 2))
        tap.equal("who has negotiated is served on", first.execute("query-name"), {})
        tap.check("who has sent a line is served on", not is_cut_off(typed))
        tap.check("no place where all have negotiated", not is_served(connect(busy)))
        tap.equal("all of them are served on", [is_cut_off(client) for client in all_begun],
                  [False] * CLIENTS)
        tap.check("it ends", run.stop() == 0, run.err)
        tap.check("the log says why", "a silent client is cut off" in run.err, run.err)


def check_no_descriptors(tap, program, folder):
    """Out of descriptors, nobody is accepted; with one free again, those who wait are."""
    null = os.open("/dev/null", os.O_RDWR)
    with qmp.Run(program, folder) as run:
        client = run.client()
        _, hard = resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (run.fds() + 8, hard))
        count = 0
        while "error" not in client.execute("getfd", [null], fdname="n%d" % count):
            count += 1
        tap.check("all descriptors can be used up", 4 <= count <= 8, count)
        waiting = connect(run.path)
        waiting.settimeout(1)
        try:
            tap.check("nobody is accepted then", not waiting.recv(1000))
        except TimeoutError:
            tap.check("nobody is accepted then", True)
        tap.equal("who is connected is served", client.execute("query-name"), {})
        for number in range(count):
            client.execute("closefd", fdname="n%d" % number)
        waiting.settimeout(10)
        tap.check("who waits is served once there is room", is_served(waiting))
        tap.check("so is the next", is_served(connect(run.path)))
        tap.check("it ends", run.stop() == 0, run.err)
        tap.check("the log says why", "cannot accept a monitor's client" in run.err, run.err)
    os.close(null)


class Lingering:
    """Connections whose last close waits for a minute: nobody reads at their other ends."""

    def __init__(self, count):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(count)
            self.ends = [socket.create_connection(listener.getsockname()) for _ in range(count)]
            self.others = [listener.accept()[0] for _ in range(count)]
        for end in self.ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(65536))
            except BlockingIOError:
                pass

    def fds(self):
        return [end.fileno() for end in self.ends]

    def hand_over(self):
        """Ours go, without waiting: the last close is that of whoever else has them, or of a process
        that ends, for which nothing lingers."""
        keeper = os.fork()
        if keeper == 0:
            signal.pause()
            os._exit(0)
        for end in self.ends:
            end.close()
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)

    def are_closed(self):
        """Whether the other ends see nothing more coming; reads what was there."""
        for other in self.others:
            other.setblocking(False)
            try:
                while other.recv(65536):
                    pass
            except BlockingIOError:
                return False
            except ConnectionError:
                pass
        return True

    def close(self):
        for other in self.others:
            other.close()


def give_back(_, client, fds):
    """Named, and closed."""
    for number, fd in enumerate(fds):
        client.execute("getfd", [fd], fdname="l%d" % number)
    return [b'{"execute":"closefd","arguments":{"fdname":"l%d"}}' % number
            for number in range(len(fds))]


def use_as_tap(_, client, fds):
    """Named, and of no use."""
    for number, fd in enumerate(fds):
        client.execute("getfd", [fd], fdname="l%d" % number)
    return [b'{"execute":"netdev_add","arguments":{"type":"tap","id":"x","fd":"l%d"}}' % number
            for number in range(len(fds))]


def put_into_set(_, client, fds):
    for fd in fds:
        client.execute("add-fd", [fd], **{"fdset-id": 7})
    return [b'{"execute":"remove-fd","arguments":{"fdset-id":7}}']


def leave_over(_, client, fds):
    """Sent with a command that does not take them."""
    for fd in fds:
        client.execute("query-name", [fd])
    return []


def leave_unread(run, client, fds):
    """Behind a command that takes its time: the connection is closed with them in it."""
    # The end of a script would be a signal, which ends the wait for a lingering socket, too.
    slow = run.path + ".slow"
    harness.write_program(slow, "#!/bin/sh\nexec sleep 8\n")
    client.send(b'{"execute":"netdev_add","arguments":{"type":"tap","id":"s","ifname":"slow0",'
                b'"downscript":"no","script":"%s"}}' % slow.encode())
    for fd in fds:
        client.send(b" ", [fd])
    return []


def check_lingering(tap, program, folder):
    """Descriptors whose close takes as long as their sender likes hold up nobody else."""
    for attack in (give_back, use_as_tap, put_into_set, leave_over, leave_unread):
        name = attack.__name__
        with qmp.Run(program, folder, "-netdev",
                     "tap,id=n0,ifname=lg0,script=no,downscript=no") as run:
            other, client = run.client(timeout=5), run.client(timeout=5)
            sockets = Lingering(24)
            last_words = attack(run, client, sockets.fds())
            sockets.hand_over()
            try:
                for words in last_words:
                    client.send(words)
                    client.answer()
                client.close()
                tap.equal(name + ": others are served on", other.execute("query-name"), {})
                other.execute("netdev_del", id="n0")
            except TimeoutError:
                tap.check(name + ": the monitor answers", False)
            tap.check(name + ": a removal does not wait", harness.wait_until(
                lambda: "lg0" not in harness.interfaces(), 5), harness.interfaces())
            begin = time.monotonic()
            run.signal()
            status = run.end(timeout=10)
            tap.check(name + ": the end does not wait",
                      status == 0 and time.monotonic() - begin < 8, status)
            sockets.close()


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    harness.run_checks(tap, (check_names, check_clients, check_shares, check_unread_log,
                             check_long_line, check_silence, check_no_descriptors,
                             check_lingering), program)
    tap.done()


if __name__ == "__main__":
    main()
