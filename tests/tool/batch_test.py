#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""QMP commands in a batch: each to a monitor of its own, really executed or only checked.

    batch_test.py QNETDEV
"""
import json
import os
import sys
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "scripts"))
import harness  # noqa: E402
from qapi.schema import Schema  # noqa: E402


class BatchTest:
    """A test is a method that starts with test_."""

    def __init__(self, tool, folder):
        self.tool = os.path.abspath(tool)
        self.folder = folder
        self.tap = harness.Tap()

    def answers(self, command, cases):
        lines = [json.dumps({"id": number, "form": "qmp", "arg": json.dumps(
            {"execute": name, "arguments": arguments})})
            for number, (name, arguments, *_) in enumerate(cases)]
        outcome = harness.run([self.tool, command, "--batch"], "\n".join(lines).encode(), 30)
        return [json.loads(line) for line in outcome.out.splitlines()]

    def test_commands(self):
        """Commands of every kind, each to a monitor that has nothing: (verdict, its info)."""
        tap = {"type": "tap", "id": "q0", "ifname": "bq0", "downscript": "no"}
        line = "q0: index=0,type=tap,ifname=bq0,script=%s,downscript=no"
        bad = "GenericError"
        cases = [
            ("netdev_add", {**tap, "script": "no"}, (True, None, None, None), [line % "no"]),
            ("netdev_add", {**tap, "script": "/bin/true"}, (True, None, None, None),
             [line % "/bin/true"]),                           # has to be waited for
            ("netdev_add", {**tap, "queues": 0}, (False, "validate", bad, "queues"), []),
            ("netdev_add", {**tap, "fd": "q"}, (False, "validate", bad, "fd"), []),
            ("netdev_add", {**tap, "id": "0"}, (False, "parse", bad, "id"), []),
            ("netdev_del", {"id": "q0"}, (False, "validate", "DeviceNotFound", "id"), []),
            ("set_link", {"name": "q0", "up": True},
             (False, "validate", "DeviceNotFound", "name"), []),
            ("set_link", {"name": "q0"}, (False, "parse", bad, "up"), []),
            ("query-rx-filter", {}, (True, None, None, None), []),
            ("query-netdev", {"id": "q0"}, (False, "validate", "DeviceNotFound", "id"), []),
            ("netdev_check", {**tap, "queues": 0}, (True, None, None, None), []),
            ("getfd", {"fdname": "a"}, (False, "host", bad, None), []),
            ("closefd", {"fdname": "a"}, (False, "validate", bad, "fdname"), []),
            ("remove-fd", {"fdset-id": 1}, (False, "validate", bad, "fdset-id"), []),
            ("query-fdsets", {"bogus": 1}, (False, "parse", bad, "bogus"), []),
            ("qmp_capabilities", {"enable": ["oob"]}, (True, None, None, None), []),
            ("stop", {}, (True, None, None, None), []),
            ("announce-self", {"initial": 1, "max": 1, "rounds": 1, "step": 1},
             (True, None, None, None), []),
            ("human-monitor-command", {"command-line": "netdev_add tap,id=q0,ifname=bq0,"
                                       "script=no,downscript=no"}, (True, None, None, None),
             [line % "no"]),
            ("human-monitor-command", {"command-line": "quit"},
             (False, "parse", "CommandNotFound", "execute"), []),
            ("quit", {}, (False, "parse", "CommandNotFound", "execute"), []),
            ("querry-name", {}, (False, "parse", "CommandNotFound", "execute"), []),
        ]
        for command in ("try", "check"):
            answers = self.answers(command, cases)
            self.tap.equal("%s --batch: one answer for each command" % command,
                           [answer["id"] for answer in answers], list(range(len(cases))))
            for (name, arguments, verdict, info), answer in zip(cases, answers):
                told = tuple(answer[key] for key in ("accept", "stage", "class", "param"))
                self.tap.equal("%s --batch: %s %s" % (command, name, arguments),
                               (told, answer["info"]),
                               (verdict, info if command == "try" else []))

    def test_all_commands(self):
        names = sorted(command.name for command in Schema(
            os.path.join(SOURCE, "qapi", "qapi-schema.json")).commands())
        self.tap.check("the schema has commands", len(names) > 15, names)
        answers = self.answers("check", [(name, {}) for name in names])
        self.tap.equal("check --batch: knows all of them, and refuses to end",
                       [name for name, answer in zip(names, answers)
                        if answer["class"] == "CommandNotFound"], ["quit"])

    def test_check_touches_nothing(self):
        mark = os.path.join(self.folder, "mark")
        script = os.path.join(self.folder, "up")
        harness.write_program(script, "#!/bin/sh\necho >%s\n" % mark)
        netdev = {"type": "tap", "id": "q0", "script": script, "downscript": "no"}
        cases = [("netdev_add", netdev),
                 ("human-monitor-command", {"command-line": "netdev_add tap,id=q0,script=%s,"
                                            "downscript=no" % script})]
        for command, ran in (("check", False), ("try", True)):
            for case in cases:
                answers = self.answers(command, [case])
                self.tap.equal("%s --batch, %s: accepts, and has %srun the script"
                               % (command, case[0], "" if ran else "not "),
                               ([answer["accept"] for answer in answers],
                                os.path.exists(mark)), ([True], ran))
                if ran and os.path.exists(mark):
                    os.unlink(mark)


def main():
    harness.need_tun()
    with tempfile.TemporaryDirectory() as folder:
        test = BatchTest(sys.argv[1], folder)
        for name in dir(test):
            if name.startswith("test_"):
                getattr(test, name)()
    test.tap.equal("nothing is left", harness.leftovers(), [])
    test.tap.done()


if __name__ == "__main__":
    main()
