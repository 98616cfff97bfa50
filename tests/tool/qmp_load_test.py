#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev run` under load: nobody is held up, nothing grows, and descriptors find their commands.

    qmp_load_test.py QNETDEV

QNETDEV_LOAD=full in the environment runs it at its full size: 100,000 commands, 2,000 cycles.
"""
import fcntl
import json
import os
import statistics
import struct
import sys
import tempfile
import threading
import time

import harness
import qmp

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x2, 0x1000
FULL = os.environ.get("QNETDEV_LOAD") == "full"
COMMANDS = 100000 if FULL else 20000
CYCLES = 2000 if FULL else 60
SAME_NAME = 1000 if FULL else 150
ALIVE = 500 if FULL else 120
DELETED = 256 if FULL else 100
# AddressSanitizer keeps what was freed for a while.
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
GROWTH_KIB = 65536 if SANITIZED else 1024


def tap(ifname, queues=1, script="no"):
    return {"type": "tap", "ifname": ifname, "queues": queues, "script": script,
            "downscript": "no"}


def settled_fds(run):
    """Number of descriptors, once what was removed is closed."""
    harness.wait_until(lambda: not harness.interfaces() and not holds_tap(run), 20)
    return run.fds()


def holds_tap(run):
    folder = "/proc/%d/fd" % run.process.pid
    for number in os.listdir(folder):
        try:
            if os.readlink(os.path.join(folder, number)) == "/dev/net/tun":
                return True
        except FileNotFoundError:
            pass    # closed just now
    return False


def seconds_to_close():
    """What the kernel needs for the last close of an interface, under the load of the moment."""
    begin = time.monotonic()
    for number in range(10):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"lf%d" % number, IFF_TAP | IFF_NO_PI))
        os.close(fd)
    return (time.monotonic() - begin) / 10


class NoOps:
    """A client that does nothing, all the time, and measures it."""

    def __init__(self, run):
        self.client = run.client()
        self.times = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._work)

    def once(self):
        begin = time.monotonic()
        self.client.execute("query-name")
        return time.monotonic() - begin

    def idle(self, count=300):
        return [self.once() for _ in range(count)]

    def _work(self):
        while not self.stopped.is_set():
            self.times.append(self.once())
            time.sleep(0.0005)

    def __enter__(self):
        self.times = []
        self.stopped.clear()
        self.thread = threading.Thread(target=self._work)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def check_not_held_up(out, program, folder):
    """Others' no-ops take about as long as when nothing else happens."""
    slow = harness.HeldScript(os.path.join(folder, "slow"))
    with qmp.Run(program, folder) as run:
        worker, noops = run.client(), NoOps(run)
        idle = statistics.median(noops.idle())
        # A hanging script delays its own client, and it alone.
        worker.send(json.dumps({"execute": "netdev_add", "arguments": {
            "id": "s0", **tap("ls0", script=slow.path)}}).encode())
        slow.await_start()
        with noops:
            harness.wait_until(lambda: len(noops.times) >= 100, 20)
        slow.release()
        out.equal("the slow script's netdev is there", worker.answer(), {"return": {}})
        check_pace(out, "during a slow script", idle, noops.times, 20)
        worker.execute("netdev_del", id="s0")
        for number in range(DELETED):
            worker.execute("netdev_add", id="d%d" % number, **tap("ld%d" % number))
        with noops:
            begin = time.monotonic()
            for number in range(DELETED):
                worker.execute("netdev_del", id="d%d" % number)
            seconds = time.monotonic() - begin
            gone = harness.wait_until(lambda: not harness.interfaces(), 20)
            removed = time.monotonic() - begin
        # Which is over in 20 ms: there is no time for many.
        check_pace(out, "while %d taps are removed" % DELETED, idle, noops.times, 3)
        # The kernel needs ~15 ms for each that is closed by itself, and longer on a busy machine.
        floor = seconds_to_close()
        out.check("%d deletes return at once" % DELETED, seconds < DELETED * floor / 3,
                  "%.3f s, %.4f s for each close" % (seconds, floor))
        out.check("and are done together", gone and removed < DELETED * floor, "%.3f s" % removed)
        out.note("%d deletes: %.1f ms, interfaces gone after %.1f ms; each close: %.1f ms" %
                 (DELETED, seconds * 1e3, removed * 1e3, floor * 1e3))
        out.equal("ends", run.stop(), 0)


def check_pace(out, name, idle, times, least):
    """By the median, which does not depend on what else the machine does now and then: a no-op
    that waited for a script, or each time for a close, would be its own median. `least` of them
    must have been answered meanwhile."""
    usual = statistics.median(times) if times else 0
    out.check("no-ops %s" % name, len(times) >= least and usual < 5 * idle + 0.005,
              "%d, median %.2f ms, idle %.2f ms" % (len(times), usual * 1e3, idle * 1e3))
    out.note("median of %d no-ops %s: %.3f ms; idle: %.3f ms" %
             (len(times), name, usual * 1e3, idle * 1e3))


def check_same_name(out, program, folder):
    """An interface's name can be used again right after its delete."""
    with qmp.Run(program, folder) as run:
        client = run.client()
        bad = []
        begin = time.monotonic()
        for _ in range(SAME_NAME):
            for answer in (client.execute("netdev_add", id="n0", **tap("lsame")),
                           client.execute("netdev_del", id="n0")):
                if answer != {}:
                    bad.append(answer)
        seconds = time.monotonic() - begin
        out.check("the same name %d times" % SAME_NAME, not bad, bad[:3])
        # A delete that its successor does not wait for properly costs a time-out of seconds.
        bound = SAME_NAME * max(0.2, 5 * seconds_to_close())
        out.check("in bounded time", seconds < bound, "%.1f s" % seconds)
        out.note("%.1f ms each" % (seconds / SAME_NAME * 1e3))
        out.equal("ends", run.stop(), 0)


def check_no_growth(out, program, folder):
    with qmp.Run(program, folder) as run:
        client = run.client()

        def commands(count):
            """Pipelined, so that the test does not take longer than what it tests."""
            for _ in range(count // 100):
                client.send(b'{"execute":"query-name","id":"x"}' * 100)
                for _ in range(100):
                    client.answer()

        def cycles(count):
            for number in range(count):
                answer = client.execute("netdev_add", id="n0", **tap("lc%d" % (number % 7), 8))
                if answer != {} or client.execute("netdev_del", id="n0") != {}:
                    out.check("cycle %d" % number, False, answer)
        commands(5000)
        cycles(20)
        fds, memory = settled_fds(run), run.resident()
        begin = time.monotonic()
        commands(COMMANDS)
        out.note("%d no-ops: %.0f per second" % (COMMANDS, COMMANDS / (time.monotonic() - begin)))
        begin = time.monotonic()
        cycles(CYCLES)
        out.note("%d cycles of 8 queues: %.1f ms each" %
                 (CYCLES, (time.monotonic() - begin) / CYCLES * 1e3))
        out.equal("descriptors after %d commands and %d cycles" % (COMMANDS, CYCLES),
                  settled_fds(run), fds)
        grown = run.resident() - memory
        out.check("memory is flat", grown < GROWTH_KIB, "%d KiB more" % grown)
        out.note("%d KiB resident, %d KiB more than after the warm-up" % (run.resident(), grown))
        memory = run.resident()
        for number in range(ALIVE):
            client.execute("netdev_add", id="n%d" % number, **tap("la%d" % number))
        out.equal("%d taps are alive" % ALIVE, len(harness.interfaces()), ALIVE)
        out.note("%.1f KiB for each tap" % ((run.resident() - memory) / ALIVE))
        begin = time.monotonic()
        out.equal("ends", run.stop(), 0)
        out.note("ended within %.2f s with %d taps" % (time.monotonic() - begin, ALIVE))
    out.equal("nothing is left", harness.leftovers(), [])


def check_descriptors(out, program, folder):
    """Which descriptor belongs to which command, however the kernel joins the messages."""
    inodes, ends = [], []
    for _ in range(8):
        ends.append(os.pipe())
        inodes.append(os.fstat(ends[-1][0]).st_ino)
    with qmp.Run(program, folder) as run:
        client = run.client()
        before = run.fds()
        wrong = []
        for turn in range(100):
            # Plain commands in front of each, so that there is something to be joined with.
            for number in range(8):
                client.send(b'{"execute":"query-name"}' * (turn % 5))
                client.send(b'{"execute":"add-fd","arguments":{"fdset-id":%d}}' % number,
                            [ends[number][0]])
            for number in range(8):
                for _ in range(turn % 5):
                    client.answer()
                answer = client.answer()
                if "return" not in answer or os.stat("/proc/%d/fd/%d" % (
                        run.process.pid, answer["return"]["fd"])).st_ino != inodes[number]:
                    wrong.append((turn, number, answer))
            for number in range(8):
                client.execute("remove-fd", **{"fdset-id": number})
        mixed = []
        for _ in range(300):
            client.send(b'{"execute":"getfd","arguments":{"fdname":"without"}}')
            client.send(b'{"execute":"getfd","arguments":{"fdname":"with"}}', [ends[0][0]])
            mixed += [(list(client.answer()), list(client.answer()))]
        out.check("a plain command before gets none", set(map(str, mixed)) ==
                  {str((["error"], ["return"]))}, set(map(str, mixed)))
        client.execute("closefd", fdname="with")
        out.equal("800 descriptors are in the sets they were sent for", wrong[:3], [])
        out.check("none is left", harness.wait_until(lambda: run.fds() == before, 5), run.fds())
        client.send(b'{"execute":"getfd","arguments":{"fdname":"many"}}', [ends[0][0]] * 253)
        out.equal("253 in one message: the first is taken", client.answer(), {"return": {}})
        out.check("and the others are closed", harness.wait_until(
            lambda: run.fds() == before + 1, 5), run.fds())
        other = run.client()
        out.check("the name is the monitor's, not the client's",
                  other.execute("getfd", [ends[1][0]], fdname="many") == {} and
                  harness.wait_until(lambda: run.fds() == before + 2, 5), run.fds())
        for _ in range(20):
            other.send(b'{"execute":"query-name"}', [ends[2][0]] * 20)
            other.answer()
        other.send(b'{"execute":"netdev_add",', [ends[2][0]] * 20)
        other.close()
        out.check("those of a client that leaves are closed", harness.wait_until(
            lambda: run.fds() == before + 1, 5), run.fds())
        out.equal("the named one stays", client.execute("closefd", fdname="many"), {})
        out.equal("ends", run.stop(), 0)
    check_two_monitors(out, program, folder, ends[0][0])
    for pair in ends:
        for end in pair:
            os.close(end)


def check_two_monitors(out, program, folder, fd):
    second = os.path.join(folder, "second")
    with qmp.Run(program, folder, "-qmp", "unix:%s,server=on,wait=off" % second) as run:
        one, other = run.client(), qmp.Client(second)
        one.execute("getfd", [fd], fdname="a")
        out.check("the names of one monitor are not the other's",
                  "error" in other.execute("closefd", fdname="a") and
                  one.execute("closefd", fdname="a") == {})
        one.execute("stop")
        other.execute("query-name")
        out.equal("events go to both", [one.events[0]["event"], other.events[0]["event"]],
                  ["STOP", "STOP"])
        slow = harness.HeldScript(os.path.join(folder, "slow"))
        one.send(b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n0","ifname":"lx0",'
                 b'"downscript":"no","script":"%s"}}' % slow.path.encode())
        one.close()
        out.check("a client that leaves while it is busy hurts nobody",
                  other.execute("query-name") == {})
        slow.release()
        out.equal("ends", run.stop(), 0)


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    out = harness.Tap()
    for check in (check_not_held_up, check_same_name, check_no_growth, check_descriptors):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            check(out, program, folder)
            out.note("%s: %.1f s" % (check.__name__, time.monotonic() - begin))
    out.equal("nothing is left at all", harness.leftovers(), [])
    out.done()


if __name__ == "__main__":
    main()
