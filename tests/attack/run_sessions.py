#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients of `qnetdev run` that go away in the middle of anything, with descriptors and without.

    run_sessions.py QNETDEV HELPER CONF

QNETDEV_SESSIONS in the environment says how many there are; the seed of the random choices is in
the name of the first case.
"""
import os
import random
import socket
import sys
import tempfile

import attack_path  # noqa: F401
import harness
import qmp

SESSIONS = int(os.environ.get("QNETDEV_SESSIONS", "300"))
SEED = int(os.environ.get("QNETDEV_SEED", "20"))
TAP = '"type":"tap","script":"no","downscript":"no"'
# What a session may send, in pieces; NAME is one of a few, so that sessions meet.
COMMANDS = [
    '{"execute":"netdev_add","arguments":{%s,"id":"NAME"}}' % TAP,
    '{"execute":"netdev_add","arguments":{%s,"id":"NAME","queues":8}}' % TAP,
    '{"execute":"netdev_add","arguments":{"type":"tap","id":"NAME","fd":"NAME"}}',
    '{"execute":"netdev_add","arguments":{"type":"tap","id":"NAME","script":"/bin/true",'
    '"downscript":"/bin/true"}}',
    '{"execute":"netdev_del","arguments":{"id":"NAME"}}',
    '{"execute":"getfd","arguments":{"fdname":"NAME"}}',
    '{"execute":"closefd","arguments":{"fdname":"NAME"}}',
    '{"execute":"add-fd"}', '{"execute":"query-fdsets"}', '{"execute":"query-netdev"}',
    '{"execute":"human-monitor-command","arguments":{"command-line":"info network"}}',
    '{"execute":"set_link","arguments":{"name":"NAME","up":false}}',
    '{"execute":', '{"a":[[[[', '"\\ud8', '\x00\xff', '}', '   \n', '{"execute":"nothing"}',
]


def message(generator):
    return generator.choice(COMMANDS).replace("NAME", "n%d" % generator.randrange(4)).encode(
        "latin-1")


def session(path, generator):
    """One client: some commands, the last of them perhaps cut, and gone without a word."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(0.1)
    client.connect(path)
    try:
        if generator.random() < 0.8:
            client.sendall(qmp.NEGOTIATE)
        for _ in range(generator.randrange(6)):
            data = message(generator)
            if generator.random() < 0.3:
                data = data[:generator.randrange(len(data)) + 1]
            with open(os.devnull, "rb") as null:
                fds = [null.fileno()] * generator.choice((0, 0, 0, 1, 3))
                socket.send_fds(client, [data], fds)
            if generator.random() < 0.2:
                client.recv(generator.choice((1, 100, 65536)))
    except TimeoutError:
        pass    # nothing to read, or it takes no more for now
    except (BrokenPipeError, ConnectionResetError):
        pass    # cut off: it has sent what is no JSON
    finally:
        client.close()


def settled(run):
    """Number of descriptors, once it stays the same for a moment."""
    numbers = [run.fds()]
    harness.wait_until(lambda: numbers.append(run.fds()) or len(set(numbers[-20:])) == 1
                       and len(numbers) > 20, 20)
    return numbers[-1]


def check_sessions(tap, program, folder):
    generator = random.Random(SEED)
    with qmp.Run(program, folder) as run:
        first = run.client()
        # What the program opens once for good, for its threads for example, is open from here on.
        first.execute("netdev_add", type="tap", id="n0", script="/bin/true", downscript="/bin/true")
        first.execute("netdev_del", id="n0")
        harness.wait_until(lambda: not harness.interfaces(), 20)
        before = settled(run)
        for _ in range(SESSIONS):
            session(run.path, generator)
            if run.process.poll() is not None:
                break
        tap.check("%d sessions with seed %d: it still runs" % (SESSIONS, SEED),
                  run.process.poll() is None, run.process.returncode)
        for number in range(4):
            first.execute("netdev_del", id="n%d" % number)
            first.execute("closefd", fdname="n%d" % number)
        tap.check("a client that was there before is answered",
                  "qemu" in (first.execute("query-version") or {}))
        for fdset in first.execute("query-fdsets"):
            first.execute("remove-fd", **{"fdset-id": fdset["fdset-id"]})
        harness.wait_until(lambda: run.fds() == before and not harness.interfaces(), 60)
        tap.equal("every descriptor is closed again", run.fds(), before)
        tap.equal("no interface is left", harness.interfaces(), [])
        tap.equal("no netdev is left", first.execute("query-netdev"), [])
        first.close()
        tap.equal("a signal ends it as ever", run.stop(), 0)
    tap.equal("nothing is left behind", harness.leftovers(), [])


def check_queued(tap, program, folder):
    """Large commands behind one that takes its time, of a client that enabled `oob`."""
    slow = os.path.join(folder, "slow")
    harness.write_program(slow, "#!/bin/sh\nexec sleep 20\n")
    with qmp.Run(program, folder) as run:
        client = run.client(negotiate=False)
        client.send(b'{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}')
        client.answer()
        client.send(b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n",'
                    b'"downscript":"no","script":"%s"}}' % slow.encode())
        client.socket.settimeout(2)
        large = b'{"execute":"%s"}' % (b"a" * (30 << 20))
        try:
            for _ in range(7):
                client.send(large)
        except TimeoutError:
            pass
        tap.check("queued: large commands are not kept", run.resident() < 160 << 10,
                  run.resident())
        tap.check("queued: it ends", run.stop() == 0, run.err[-500:])


def main():
    program = sys.argv[1]
    harness.need_tun(mounts=True)
    tap = harness.Tap()
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        check_sessions(tap, program, folder)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        check_queued(tap, program, folder)
    tap.done()


if __name__ == "__main__":
    main()
