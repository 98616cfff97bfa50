#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A session recorded with QEMU 7.2.22, replayed: classes, ids and forms must be equal.

    qmp_transcript_test.py QNETDEV

Left out are the commands that are none here: those of migration, and of the stream netdev.
"""
import json
import os
import re
import sys
import tempfile

import harness
import qmp

# C: what the client sends, with how many descriptors; S: what a real QEMU answered.
TRANSCRIPT = r"""
S: {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}
C: {"execute":"foo","id":7}
S: {"id": 7, "error": {"class": "CommandNotFound", "desc": ""}}
C: {"execute":"qmp_capabilities","arguments":{"enable":["bogus"]}}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}
S: {"return": {}}
C: {"execute":"qmp_capabilities","id":{"a":[1,null,true,"x",1.5,1e3]}}
S: {"id": {"a": [1, null, true, "x", 1.5, 1000]}, "error": {"class": "CommandNotFound", "desc": ""}}
C: {"execute":"query-version"}
S: {"return": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}}
C: {"execute":"query-name"}{"execute":"query-status","id":"two"}
S: {"return": {}}
S: {"return": {"status": "running", "running": true}, "id": "two"}
C: {"execute":"query-name","arguments":{"foo":1}}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"query-name","foo":1,"id":3}
S: {"id": 3, "error": {"class": "GenericError", "desc": ""}}
C: []
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"query-name","execute":"query-name"}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"query-name","exec-oob":"query-name","id":1}
S: {"id": 1, "error": {"class": "GenericError", "desc": ""}}
C: {'execute':'query-name','id':'a\'b"c'}
S: {"return": {}, "id": "a'b\"c"}
C: {"execute":"query-name","id":"\u00e9\ud83d\ude00\/\u007f"}
S: {"return": {}, "id": "\u00E9\uD83D\uDE00/\u007F"}
C: {"execute":"query-name","id":01}
S: {"error": {"class": "GenericError", "desc": ""}}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"query-na<FF>
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"netdev_add","arguments":{"type":"bogus","id":"n0"}}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"netdev_add","arguments":{"type":"user","id":"n0","hostfwd":[{"str":"a"},{}]}}
S: {"error": {"class": "GenericError", "desc": "hostfwd[1].str"}}
C: {"execute":"netdev_add","arguments":{"type":"stream","id":"n0","addr":{"type":"inet","host":"a","port":1}}}
S: {"error": {"class": "GenericError", "desc": "addr.port"}}
C: {"execute":"netdev_add","arguments":{"type":"stream","id":"n0","addr":{"type":"inet","host":"a","port":"1","to":70000}}}
S: {"error": {"class": "GenericError", "desc": "to"}}
C: {"execute":"netdev_add","arguments":{"type":"stream","id":"x","zzz":1,"addr":{"type":"unix","path":"p","yyy":1}}}
S: {"error": {"class": "GenericError", "desc": "addr.yyy"}}
C: {"execute":"netdev_add","arguments":{"type":"hubport","id":"0h","hubid":0}}
S: {"error": {"class": "GenericError", "desc": "id"}}
C: {"execute":"set_link","arguments":{"name":"zz","up":true}}
S: {"error": {"class": "DeviceNotFound", "desc": "zz"}}
C: {"execute":"netdev_del","arguments":{"id":"u0"}}
S: {"error": {"class": "DeviceNotFound", "desc": "u0"}}
C: {"execute":"query-rx-filter","arguments":{"name":"zz"}}
S: {"error": {"class": "GenericError", "desc": "zz"}}
C: {"execute":"announce-self","arguments":{"initial":50,"max":550,"rounds":2,"step":50,"interfaces":[1]}}
S: {"error": {"class": "GenericError", "desc": "interfaces[0]"}}
C: {"execute":"getfd","arguments":{"fdname":"b"}}     (+3 fds)
S: {"return": {}}
C: {"execute":"getfd","arguments":{"fdname":"c"}}
S: {"error": {"class": "GenericError", "desc": ""}}
C: {"execute":"query-name"}     (+1 fd)
S: {"return": {}}
C: {"execute":"getfd","arguments":{"fdname":"late"}}
S: {"return": {}}
C: {"execute":"netdev_add","arguments":{"type":"tap","id":"t0","fd":"late"}}
S: {"error": {"class": "GenericError", "desc": "late"}}
C: {"execute":"closefd","arguments":{"fdname":"late"}}
S: {"error": {"class": "GenericError", "desc": "late"}}
C: {"execute":"add-fd","arguments":{"fdset-id":5}}     (+1 fd)
S: {"return": {"fd": 12, "fdset-id": 5}}
C: {"execute":"add-fd","arguments":{"opaque":"rw"}}     (+1 fd)
S: {"return": {"fd": 13, "fdset-id": 0}}
C: {"execute":"query-fdsets"}
S: {"return": [{"fds": [{"fd": 12}], "fdset-id": 5}, {"fds": [{"fd": 13, "opaque": "rw"}], "fdset-id": 0}]}
C: {"execute":"remove-fd","arguments":{"fdset-id":3,"fd":7}}
S: {"error": {"class": "GenericError", "desc": "3"}}
C: {"execute":"human-monitor-command","arguments":{"command-line":"bogus"}}
S: {"return": "unknown command: 'bogus'\r\n"}
C: {"execute":"stop"}
S: {"timestamp": {"seconds": 1795179593, "microseconds": 582371}, "event": "STOP"}
S: {"return": {}}
C: {"exec-oob":"query-name","id":2}
S: {"id": 2, "error": {"class": "GenericError", "desc": "query-name"}}
C: {"execute":"quit","id":"bye"}
S: {"timestamp": {"seconds": 1795179594, "microseconds": 33952}, "event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}}
S: {"return": {}, "id": "bye"}
"""
# What may differ: words, versions, clocks, and the numbers of descriptors.
ANY = {"desc", "seconds", "microseconds", "fd", "package", "micro"}


def normal(value):
    if isinstance(value, dict):
        return {key: type(value[key]).__name__ if key in ANY else normal(value[key])
                for key in value}
    return [normal(element) for element in value] if isinstance(value, list) else value


def exchanges():
    """Bytes to send, number of descriptors, answers that a QEMU gave."""
    sent, count, answers = None, 0, []
    for line in TRANSCRIPT.strip().splitlines():
        if line.startswith("C: "):
            yield sent, count, answers
            text, count, answers = line[3:], 0, []
            fds = re.search(r" +\(\+(\d) fds?\)$", text)
            if fds:
                text, count = text[:fds.start()], int(fds.group(1))
            sent = text.encode().replace(b"<FF>", b"\xff")
        else:
            answers.append(line[3:])
    yield sent, count, answers


def replay(tap, client, null):
    for sent, count, answers in exchanges():
        if sent is not None:
            client.send(sent, [null] * count)
        for recorded in answers:
            line = client.line() if sent is not None else json.dumps(client.greeting).encode()
            got, want = harness.read_json(line), json.loads(recorded)
            name = (sent or b"greeting").decode("latin-1")
            tap.equal(name, normal(got), normal(want))
            tap.equal(name + ": order", list(got), list(want))
            # Members stand in QEMU's order, and ids look as QEMU prints them.
            if sent is not None and "id" in want:
                text = recorded[recorded.index('"id": '):].rstrip("}").split(', "error"')[0]
                tap.check(name + ": id", text.encode() in line, line)
            if "error" in want:
                hint = want["error"]["desc"]
                tap.check(name + ": names it", hint in got["error"]["desc"], got)


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    null = os.open("/dev/null", os.O_RDWR)
    with tempfile.TemporaryDirectory() as folder:
        with qmp.Run(program, folder) as run:
            client = run.client(negotiate=False)
            replay(tap, client, null)
            tap.check("then the stream ends", client.end_of_stream())
            tap.equal("and the program", run.end(), 0)
    # The same, each byte in a message of its own.
    with tempfile.TemporaryDirectory() as folder:
        with qmp.Run(program, folder) as run:
            client = run.client(negotiate=False)
            whole = client.send

            def bytewise(data, fds=()):
                for at in range(len(data)):
                    whole(data[at:at + 1], fds if at == len(data) - 1 else ())
            client.send = bytewise
            tap.note("byte by byte")
            replay(tap, client, null)
            tap.equal("ends", run.end(), 0)
    tap.done()


if __name__ == "__main__":
    main()
