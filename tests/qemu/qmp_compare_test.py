#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One script speaks QMP to a real QEMU and to us: the answers must have the same form.

    qmp_compare_test.py QNETDEV QEMU [ROUNDS [SEED]]

Compared are the number of answers and events and their order, for each the class of the error, the
id, and the form of what is returned. Words differ, and so does what DIFFERENT names.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

from qemu import BARE, harness
import qmp

OOB = b'{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}'
# Where a difference is meant, and why; docs/compatibility.md says the same. The member that it is
# about is all that may differ.
SINGLESTEP = ("singlestep", "it is gone from query-status of newer QEMUs too")
DIFFERENT = {
    "query-status": SINGLESTEP,
    "stop": SINGLESTEP,
    "cont": SINGLESTEP,
}


def command(name, arguments=None, **more):
    message = {"execute": name, **more}
    if arguments is not None:
        message["arguments"] = arguments
    return json.dumps(message).encode()


def c(_command, **arguments):
    return command(_command, {key.replace("_", "-"): value for key, value in arguments.items()})


def exchanges():
    """Name, and the messages of one exchange: bytes, or bytes and how many descriptors."""
    yield "before the negotiation", [command("query-name", id=7)]
    yield "before the negotiation: unknown", [command("foo", id=[1])]
    yield "before the negotiation: broken", [b"{]"]
    yield "before the negotiation: no object", [b"[]"]
    yield "negotiate: bogus capability", [c("qmp_capabilities", enable=["bogus"])]
    yield "negotiate: wrong type", [c("qmp_capabilities", enable="oob")]
    yield "exec-oob before it is on", [b'{"exec-oob":"query-name","id":1}']
    yield "exec-oob and execute before it is on", [b'{"exec-oob":"a","execute":"query-name"}']
    yield "negotiate", [OOB]
    yield "negotiate again", [command("qmp_capabilities", id={"a": [1, None, True, "x", 1.5, 1e3]})]
    yield from envelopes()
    yield from framing()
    yield from descriptors()
    yield from netdevs()
    yield "query-commands", [c("query-commands")]
    yield "query-qmp-schema", [c("query-qmp-schema")]
    yield "exec-oob of an in-band command", [b'{"exec-oob":"query-name","id":2}']
    yield "exec-oob of nothing", [b'{"exec-oob":"nothing","id":2}']
    yield "exec-oob, no string", [b'{"exec-oob":1,"id":2}']
    yield "stop", [c("stop"), c("stop"), c("query-status")]
    yield "cont", [c("cont"), c("cont"), c("query-status")]


def envelopes():
    yield "query-version", [c("query-version")]
    yield "query-name", [c("query-name")]
    yield "query-status", [c("query-status")]
    yield "two in one write", [b'{"execute":"query-name"}{"execute":"query-name","id":"two"}']
    yield "over three writes", [b'{"exec', b'ute":"query-', b'name","id":3}']
    yield "unknown command", [command("no-such-command", id=1)]
    yield "unknown argument", [c("query-name", foo=1)]
    yield "null for an optional argument", [c("query-rx-filter", name=None)]
    yield "unknown member", [b'{"execute":"query-name","foo":1,"id":3}']
    yield "arguments no object", [b'{"execute":"query-name","arguments":[],"id":3}']
    yield "arguments null", [b'{"execute":"query-name","arguments":null,"id":3}']
    yield "execute no string", [b'{"execute":1,"id":3}']
    yield "execute null", [b'{"execute":null,"id":3}']
    yield "no execute", [b'{"arguments":{},"id":3}']
    yield "empty object", [b'{}']
    yield "array", [b'[]']
    yield "array with an id", [b'[{"id":1}]']
    yield "string", [b'"a" ']
    yield "number", [b'12 ']
    yield "word", [b'true ']
    yield "null", [b'null ']
    yield "bad word", [b'nul ']
    yield "execute and exec-oob", [b'{"execute":"query-name","exec-oob":"query-name","id":1}']
    yield "duplicate execute", [b'{"execute":"query-name","execute":"query-name"}']
    yield "duplicate in id", [b'{"execute":"query-name","id":{"a":1,"a":2}}']
    for name in (b"null", b"0", b"-0", b"1.0", b"1e3", b"0.1", b"18446744073709551615",
                 b"-9223372036854775808", b"9223372036854775808", b"18446744073709551616",
                 b'""', b'"\\u00e9\\ud83d\\ude00\\/\\u007f"', b"'a\\'b\"c'", b'"\\u0000"',
                 b"[]", b"{}", b'[[],{"a":{}}]', b"false", b'"\xc3\xa9\xf0\x9f\x98\x80"',
                 b'"\\b\\f\\n\\r\\t\\\\\\""', b"1E-7", b"-1.25e+10"):
        yield "id " + ascii(name.decode()), [b'{"execute":"query-name","id":' + name + b'}']


def framing():
    streams = {
        "single quotes": b"{'execute':'query-name','id':'x'}",
        "blanks anywhere": b" {\t\"execute\"\r\n:\n\"query-name\"\t}\r",
        "leading zero": b'{"execute":"query-name","id":01}',
        "plus sign": b'{"execute":"query-name","id":+1}',
        "point without digits": b'{"execute":"query-name","id":1.}',
        "exponent without digits": b'{"execute":"query-name","id":1e}',
        "minus alone": b'{"execute":"query-name","id":-}',
        "capital word": b'{"execute":"query-name","id":True}',
        "comment": b'{"execute":"query-name"} // no\n',
        "broken by FF in a string": b'{"execute":"query-na\xff',
        "FF alone": b"\xff",
        "three FF": b"\xff\xff\xff",
        "FE": b"\xfe",
        "byte order mark": b'\xef\xbb\xbf{"execute":"query-name"}',
        "control character in a string": b'{"execute":"query\x01name"}',
        "line end in a string": b'{"execute":"query\nname"}',
        "TAB in a string": b'{"execute":"query\tname"}',
        "bad escape": b'{"execute":"query-name","id":"\\x"}',
        "bad unicode escape": b'{"execute":"query-name","id":"\\u12"}',
        "lone surrogate": b'{"execute":"query-name","id":"\\ud800"}',
        "noncharacter": b'{"execute":"query-name","id":"\\uffff"}',
        "bad UTF-8": b'{"execute":"query-name","id":"\x80"}',
        "overlong UTF-8": b'{"execute":"query-name","id":"\xc1\x81"}',
        "NUL as C0 80": b'{"execute":"query-name","id":"\xc0\x80"}',
        "UTF-8 surrogate": b'{"execute":"query-name","id":"\xed\xa0\x80"}',
        "trailing comma": b'{"execute":"query-name",}',
        "missing colon": b'{"execute" "query-name"}',
        "missing comma": b'{"execute":"query-name" "id":1}',
        "comma in an array": b'{"execute":"query-name","id":[1,]}',
        "key no string": b'{1:2}',
        "key missing": b'{:2}',
        "value missing": b'{"execute":}',
        "closed too often": b'}',
        "closed too often twice": b']}',
        "bracket closed by brace": b'[}',
        "counted apart": b'{"a":[}',
        "counted apart, then balanced": b'{"a":[}]',
        "crossed": b'{[}]',
        "comma alone": b',',
        "colon alone": b':',
        "deep but not too deep": b"[" * 1024 + b"]" * 1024,
        "too deep": b"[" * 1025 + b"]" * 1025,
        "much too deep": b"[" * 5000,
        "too deep, objects": b'{"a":' * 1025 + b"1" + b"}" * 1025,
        "a hash": b"#",
        "a word in recovery": b'@abc "def" {"execute":"query-name"}',
        "at sign inside": b'{"execute":@"query-name"}',
        "parentheses": b'{"execute":("query-name")}',
        "long string": b'{"execute":"' + b"x" * 5000 + b'"}',
        "long broken token": b'{"execute":"' + b"x" * 5000 + b'\n',
        "DEL": b'\x7f',
        "ESC": b'\x1b',
        "NUL": b'\x00',
    }
    for name, stream in streams.items():
        yield name, [stream, b"\xff\n"]


def descriptors():
    getfd = lambda name: c("getfd", fdname=name)
    yield "getfd without one", [getfd("a")]
    yield "getfd", [(getfd("a"), 1)]
    yield "getfd again: replaced", [(getfd("a"), 1)]
    yield "getfd of three: the first, the others are closed", [(getfd("b"), 3), getfd("c")]
    yield "getfd of sixteen", [(getfd("b"), 16), getfd("c")]
    yield "getfd with a digit: closed", [(getfd("1a"), 1), getfd("d")]
    yield "getfd with an empty name", [(getfd(""), 1), c("closefd", fdname="")]
    yield "stays pending over another command", [(c("query-name"), 1), getfd("late")]
    yield "stays pending over an error", [(b"[]", 1), getfd("late")]
    yield "stays pending over bad arguments", [(b'{"execute":"getfd"}', 1), getfd("late")]
    yield "replaced by a later one", [(c("query-name"), 1), (c("query-name"), 1), getfd("late"),
                                      getfd("later")]
    yield "before the command", [(b" ", 1), getfd("e")]
    yield "within the command", [b'{"execute":"getfd",', (b'"arguments":{"fdname":"f"}}', 1)]
    yield "with the last byte", [getfd("g")[:-1], (b"}", 1)]
    yield "after the command", [getfd("h"), (b" ", 1), getfd("i")]
    yield "pipelined", [(getfd("p%d" % i), 1) for i in range(6)]
    yield "plain command, then one with a descriptor", [getfd("no"), (getfd("yes"), 1)]
    yield "in one write", [(getfd("q1") + getfd("q2"), 1)]
    for name in ("a", "b", "late", "e", "f", "g", "i", "p0", "p5", "yes", "no", "q1", "q2", "zz"):
        yield "closefd " + name, [c("closefd", fdname=name)]
    yield "closefd twice", [c("closefd", fdname="a")]
    yield "closefd without a name", [c("closefd")]
    yield "add-fd without one", [c("add-fd")]
    yield "add-fd into set 5", [(c("add-fd", fdset_id=5), 1)]
    yield "add-fd into set 5 again", [(c("add-fd", fdset_id=5, opaque="x"), 1)]
    yield "add-fd into a new set", [(c("add-fd", opaque="rw"), 1)]
    yield "add-fd into another new set", [(c("add-fd"), 1)]
    yield "add-fd into a negative set", [(c("add-fd", fdset_id=-1), 1), c("add-fd")]
    yield "add-fd with a wrong type", [(c("add-fd", fdset_id="5"), 1), getfd("pending")]
    yield "query-fdsets", [c("query-fdsets")]
    yield "remove-fd of no set", [c("remove-fd", fdset_id=3)]
    yield "remove-fd of no descriptor", [c("remove-fd", fdset_id=5, fd=999)]
    for number in (5, 0, 1):
        yield "remove-fd of set %d" % number, [c("remove-fd", fdset_id=number)]
    yield "query-fdsets, none", [c("query-fdsets")]


def netdevs():
    add = lambda **arguments: c("netdev_add", **arguments)
    tap = {"type": "tap", "ifname": "@IF@", "script": "no", "downscript": "no"}
    yield "netdev_add without a type", [add(id="n0")]
    yield "netdev_add without an id", [add(type="tap")]
    yield "netdev_add: bogus type", [add(type="bogus", id="n0")]
    yield "netdev_add: nic", [add(type="nic", id="n0")]
    yield "netdev_add: none", [add(type="none", id="n0")]
    yield "netdev_add: bad id", [add(id="0h", **tap)]
    yield "netdev_add: bad list", [add(type="user", id="n0", hostfwd=[{"str": "a"}, {}])]
    yield "netdev_add: unknown inner member", [add(
        type="stream", id="x", zzz=1, addr={"type": "unix", "path": "p", "yyy": 1})]
    yield "netdev_add: wrong inner type", [add(
        type="stream", id="x", addr={"type": "inet", "host": "a", "port": 1})]
    yield "netdev_add: number out of range", [add(
        type="stream", id="x", addr={"type": "inet", "host": "a", "port": "1", "to": 70000})]
    yield "netdev_add: string for a number", [add(id="n0", queues="2", **tap)]
    yield "netdev_add: negative number", [add(id="n0", queues=-1, **tap)]
    yield "netdev_add: string for a boolean", [add(id="n0", vnet_hdr="on", **tap)]
    yield "netdev_add: no such name", [add(type="tap", id="n0", fd="nobody")]
    yield "netdev_add: bad number", [add(type="tap", id="n0", fd="3x")]
    yield "netdev_add: no tap", [(c("getfd", fdname="dev"), 1), add(type="tap", id="n0", fd="dev"),
                                 c("closefd", fdname="dev")]
    yield "netdev_add: fd and ifname", [add(type="tap", id="n0", fd="a", ifname="b")]
    yield "netdev_add: tap", [add(id="n0", **tap)]
    yield "netdev_add: id in use", [add(id="n0", **tap)]
    yield "set_link down", [c("set_link", name="n0", up=False)]
    yield "set_link up", [c("set_link", name="n0", up=True)]
    yield "set_link of nothing", [c("set_link", name="zz", up=True)]
    yield "set_link without up", [c("set_link", name="n0")]
    yield "query-rx-filter", [c("query-rx-filter")]
    yield "query-rx-filter of nothing", [c("query-rx-filter", name="zz")]
    yield "query-rx-filter of a backend", [c("query-rx-filter", name="n0")]
    yield "netdev_del", [c("netdev_del", id="n0")]
    yield "netdev_del again", [c("netdev_del", id="n0")]
    yield "netdev_del without an id", [c("netdev_del")]
    announce = {"initial": 50, "max": 550, "rounds": 2, "step": 50}
    yield "announce-self", [c("announce-self", **announce)]
    yield "announce-self: missing", [c("announce-self", initial=1)]
    yield "announce-self: bad list", [c("announce-self", interfaces=[1], **announce)]
    yield "announce-self: cancelled", [c("announce-self", **{**announce, "rounds": 0})]
    yield "human-monitor-command", [command("human-monitor-command", {"command-line": "bogus"})]
    yield "human-monitor-command: info network", [
        command("human-monitor-command", {"command-line": "info network"})]
    yield "human-monitor-command: empty", [command("human-monitor-command", {"command-line": ""})]
    yield "human-monitor-command: cpu", [
        command("human-monitor-command", {"command-line": "help", "cpu-index": 5})]


class Side:
    """One of the two, and what it answers.

    `pause`: seconds between messages. QEMU hands a descriptor to an earlier command if the kernel
    has joined the two messages meanwhile; see qmp_load_test.py for what we do then.
    """

    def __init__(self, client, ifname=b"", pause=0.0):
        self.client = client
        self.ifname = ifname
        self.pause = pause
        self.count = 0
        self.null = os.open("/dev/null", os.O_RDWR)

    def exchange(self, messages):
        for message in messages:
            data, count = message if isinstance(message, tuple) else (message, 0)
            self.client.send(data.replace(b"@IF@", self.ifname), [self.null] * count)
            time.sleep(self.pause)
        self.count += 1
        mark = "mark-%d" % self.count
        self.client.send(command("query-name", id=mark))
        answers = []
        while True:
            message = self.client.receive()
            if message is None:
                return answers + ["closed"]
            if message.get("id") == mark:
                return answers
            answers.append(form(message))


def form(message):
    if "event" in message:
        return "event", message["event"], shape(message.get("data"))
    known = ("id", message["id"]) if "id" in message else ()
    if "error" in message:
        return "error", message["error"]["class"], sorted(message["error"]), known
    return "return", shape(message["return"]), known


def shape(value):
    """Types and member names; of a list only whether it has elements."""
    if isinstance(value, dict):
        return {key: shape(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        kind = [shape(element) for element in value]
        # Of lists of objects, such as query-fdsets, every element.
        return kind if len(kind) < 10 else type(kind[0]).__name__
    return type(value).__name__


def without(value, member):
    """The same without a member, wherever that is."""
    if isinstance(value, dict):
        return {key: without(value[key], member) for key in value if key != member}
    if isinstance(value, (list, tuple)):
        return type(value)(without(element, member) for element in value)
    return value


def compare_script(tap, ours, theirs):
    for name, messages in exchanges():
        got, want = ours.exchange(messages), theirs.exchange(messages)
        if name in DIFFERENT:
            member, reason = DIFFERENT[name]
            tap.check("%s has no '%s': %s" % (name, member, reason),
                      got != want and got == without(want, member), (got, want))
        else:
            tap.equal(name, got, want)


SEEDS = [
    b'{"execute":"query-name","id":1}',
    b"{'execute':'query-version','id':'a\\'b'}",
    b'{"execute":"netdev_del","arguments":{"id":"u0"},"id":{"a":[1,2.5,null,true]}}',
    b'{"execute":"set_link","arguments":{"name":"zz","up":true}}',
    b'{"execute":"closefd","arguments":{"fdname":"\\u00e9\\ud83d\\ude00"},"id":-1e2}',
    b'{"execute":"query-fdsets"}\n{"execute":"query-name","id":[[],{}]}\r\n',
    b'{"execute":"qmp_capabilities","arguments":{"enable":[]},"id":"\xc3\xa9"}',
]
PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"\n", b"\t", b"\xff", b"\xfe",
          b"-", b"0", b"1", b".", b"e", b"E", b"+", b"a", b"null", b"true", b"\\u", b"\\ud800",
          b"\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"\x01", b"\x00", b" ", b"#", b"A", b"1e5", b"\x7f",
          b'"id":7', b'"execute":"query-name"', b"{}", b"[]", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]


# For QEMU 7.2 `0e1` is the number 0 and the word e, for us (and RFC 8259) a number.
ZERO_EXPONENT = re.compile(rb"(^|[^0-9.])0[eE]")


def mutate(chance):
    stream = b"".join(chance.choice(SEEDS) for _ in range(chance.randint(1, 3)))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(stream) + 1)
        end = min(len(stream), at + chance.choice((0, 0, 1, 1, 2, 8)))
        piece = chance.choice(PIECES + [bytes([chance.randrange(256)])])
        if chance.random() < 0.3:
            piece = b""
        stream = stream[:at] + piece + stream[end:]
    return stream if not ZERO_EXPONENT.search(stream) else mutate(chance)


def compare_random(tap, ours, theirs, rounds, seed):
    chance = random.Random(seed)
    failed = 0
    for _ in range(rounds):
        stream = mutate(chance)
        messages = [stream, b"\xff\n"]
        got, want = ours.exchange(messages), theirs.exchange(messages)
        if got != want:
            failed += 1
            if failed <= 5:
                tap.note("stream: %r\ngot:  %r\nwant: %r" % (stream, got, want))
    tap.check("%d mutated streams of seed %d" % (rounds, seed), failed == 0,
              "%d differ" % failed)


def compare(tap, folder, program, qemu_paths, rounds, seed):
    with qmp.Run(program, folder) as run:
        theirs = Side(qmp.Client(qemu_paths[0], negotiate=False), b"theirs0", 0.005)
        ours = Side(run.client(negotiate=False), b"ours0")
        tap.equal("greeting", shape(ours.client.greeting), shape(theirs.client.greeting))
        compare_script(tap, ours, theirs)
        # Without oob: with it, QEMU 7.2 fails an assertion when more than 8 errors queue up.
        compare_random(tap, Side(run.client()), Side(qmp.Client(qemu_paths[1])), rounds, seed)
        for side in (ours, theirs):
            side.client.send(command("quit", id="bye"))
        tap.equal("quit", form(ours.client.receive()), form(theirs.client.receive()))
        tap.equal("quit is answered", form(ours.client.receive()), ("return", {}, ("id", "bye")))
        tap.check("and ends the program", run.end() == 0, run.err)


def main():
    program, emulator = os.path.abspath(sys.argv[1]), sys.argv[2]
    harness.need_program(emulator, "qemu-system-x86_64")
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 400
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 7
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, "qemu%d" % i) for i in range(2)]
        arguments = [word for path in paths
                     for word in ("-qmp", "unix:%s,server=on,wait=off" % path)]
        qemu = subprocess.Popen([emulator, *BARE, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)
        try:
            compare(tap, folder, program, paths, rounds, seed)
        finally:
            harness.end(qemu)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
