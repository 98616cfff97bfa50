#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every string of a netdev's schema with 8 MiB in it, one after the other: an answer for each, in
a time and in memory that are a small multiple of the input.

    long_texts.py QNETDEV HELPER CONF
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "tests", "tool"))
sys.path.insert(0, os.path.join(SOURCE, "scripts"))
import harness  # noqa: E402
import qmp  # noqa: E402
from qapi.model import AlternateType, ArrayType, EnumType, ObjectType  # noqa: E402
from qapi.schema import Schema  # noqa: E402

SIZE = 8 << 20
# What some option splits its text at, so that the pieces are as small as they can be.
PIECES = ("a ", "1:", ",", "-")
# Bytes of memory for each of input: the line, the text in it, the options; what sets a netdev up has
# their description as well, and an answer with the text in it.
FACTORS = {"check": 4, "try": 9, "netdev_add": 10}
BASE = 24 << 20
SECONDS = 6
MARK = b"@TEXT@"


class Example:
    """The smallest value of each type, and where a string can stand in it."""

    def __init__(self, schema):
        self.schema = schema

    def smallest(self, type_):
        if isinstance(type_, EnumType):
            return type_.values[0].name
        if isinstance(type_, ArrayType):
            return []
        if isinstance(type_, AlternateType):
            return self.smallest(type_.branches[0].type)
        if isinstance(type_, ObjectType):
            return next(self.objects(type_, 0))[0]
        return {"string": "1", "boolean": True}.get(type_.json_type, 1)

    def objects(self, type_, depth=0):
        """Values of an object type, each with the path of a string in it, or None."""
        tags = [branch.name for branch in type_.branches] if type_.branches else [None]
        for tag in tags:
            members = list(type_.all_members())
            if tag is not None:
                branch = next(b for b in type_.branches if b.name == tag)
                members += branch.type.all_members()
            value = {m.name: self.smallest(m.type) for m in members if not m.optional}
            if tag is not None:
                value[type_.tag.name] = tag
            yield value, None
            for member in members:
                if tag is None or member.name != type_.tag.name:
                    yield from self.with_string(value, member, depth)

    def with_string(self, value, member, depth):
        type_ = member.type
        if isinstance(type_, AlternateType):
            types = [branch.type for branch in type_.branches]
        else:
            types = [type_]
        for one in types:
            element = one.element if isinstance(one, ArrayType) else one
            is_list = element is not one
            if element.json_type == "string" and not isinstance(element, EnumType):
                inner = [("TEXT", ())]
            elif isinstance(element, ObjectType) and depth < 4:
                inner = [(v, p) for v, p in self.objects(element, depth + 1) if p is not None]
            else:
                inner = []
            for inside, path in inner:
                index = (0,) if is_list else ()
                yield ({**value, member.name: [inside] if is_list else inside},
                       (member.name, *index, *path))


def put(value, path, text):
    """The same value with the text at that place."""
    if not path:
        return text
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = put(value[path[0]], path[1:], text)
    return copy


def string_options():
    """(name, netdev with the mark in it) for every place of a string."""
    schema = Schema(os.path.join(SOURCE, "qapi", "net.json"))
    netdev = schema.find_type("Netdev")
    for value, path in Example(schema).objects(netdev):
        if path == ("id",) and value["type"] != "tap":
            continue        # all types have the same one
        if path is not None:
            value = {**value, "id": "n0"}
            name = value["type"] + "." + ".".join(map(str, path))
            yield name, put(value, path, MARK.decode())


def with_text(document, piece):
    """The document as JSON, with many of the piece, which needs no escapes, for the mark in it."""
    return json.dumps(document).encode().replace(MARK, (piece * (SIZE // len(piece))).encode())


def peak_of(pid):
    """Bytes of memory at most; wait4() would tell of the fork that the program began as, too."""
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next((int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:")),
                    1 << 62)


def run_lines(argv, lines):
    """Answers to the lines, given one after the other; how long each took, and the peak of memory."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(150, process.kill)
    watchdog.start()
    answers = []
    try:
        for line in lines:
            start = time.monotonic()
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            answers.append((answer, time.monotonic() - start))
            if not answer:
                break
        peak = peak_of(process.pid)
        process.stdin.close()
    except BrokenPipeError:
        peak = 1 << 62
    process.stdout.close()
    status = process.wait()
    watchdog.cancel()
    return answers, status, peak


def check_batch(tap, argv, cases):
    what = " ".join(argv[1:])
    factor = FACTORS[argv[1]]
    lines = (with_text({"id": name, "form": "json", "arg": json.dumps(netdev)}, piece)
             for name, netdev, piece in cases)
    answers, status, peak = run_lines(argv, lines)
    tap.check("%s: an answer to each of %d, status 0" % (what, len(cases)),
              len(answers) == len(cases) and status == 0 and all(a for a, _ in answers),
              "%d answers, the last to %s, status %d" % (
                  len(answers), cases[max(len(answers) - 1, 0)][0], status))
    slow = [(name, seconds) for (name, *_), (_, seconds) in zip(cases, answers)
            if seconds > SECONDS]
    tap.check("%s: none takes longer than %d s" % (what, SECONDS), not slow, slow)
    tap.check("%s: memory is at most %d times the input" % (what, factor),
              peak <= BASE + factor * SIZE, "%d MiB" % (peak >> 20))
    tap.note("%s: peak %d MiB, slowest %.2f s" % (
        what, peak >> 20, max((seconds for _, seconds in answers), default=0)))


def check_monitor(tap, qnetdev, folder, cases):
    slow = []
    with qmp.Run(qnetdev, folder) as run:
        client = run.client(timeout=60)
        done = 0
        try:
            for name, netdev, piece in cases:
                start = time.monotonic()
                client.send(with_text({"execute": "netdev_add", "arguments": netdev}, piece))
                answer = client.answer()
                if answer is None:
                    break
                done += 1
                if time.monotonic() - start > SECONDS:
                    slow.append(name)
                if "return" in answer:
                    client.execute("netdev_del", id="n0")
        except OSError as problem:
            tap.note(problem)
        tap.check("netdev_add: an answer to each of %d" % len(cases), done == len(cases),
                  "the last but for %s" % cases[min(done, len(cases) - 1)][0])
        tap.check("netdev_add: none takes longer than %d s" % SECONDS, not slow, slow)
        peak = peak_of(run.process.pid)
        factor = FACTORS["netdev_add"]
        tap.check("netdev_add: memory is at most %d times the input" % factor,
                  peak <= BASE + factor * SIZE, "%d MiB" % (peak >> 20))
        tap.note("netdev_add: peak %d MiB" % (peak >> 20))
        tap.equal("netdev_add: the program ends", run.stop(), 0)


def main():
    qnetdev = sys.argv[1]
    # The test runner sets it: it touches memory that was never used.
    os.environ.pop("MALLOC_PERTURB_", None)
    harness.need_tun()
    tap = harness.Tap()
    options = list(string_options())
    tap.check("the schema has strings", len(options) > 60, len(options))
    tap.check("those that are split are among them",
              {"tap.fds", "tap.vhostfds", "tap.helper", "bridge.helper", "user.hostfwd.0.str"}
              <= {name for name, *_ in options}, [name for name, *_ in options])
    cases = [(name, netdev, PIECES[index % len(PIECES)])
             for index, (name, netdev) in enumerate(options)]
    # What splits its text gets all that a text is split at.
    cases += [(name, netdev, piece) for name, netdev in options
              if name in ("tap.fds", "tap.vhostfds", "tap.helper", "bridge.helper")
              for piece in PIECES]
    check_batch(tap, [qnetdev, "check", "--batch"], cases)
    check_batch(tap, [qnetdev, "try", "--batch"], cases)
    with tempfile.TemporaryDirectory() as folder:
        check_monitor(tap, qnetdev, folder, cases)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
