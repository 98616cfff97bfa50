#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev check` accepts and refuses what a real QEMU does.

    verdict_test.py QNETDEV QEMU DATA_FOLDER

The cases are in verdicts.txt: values of every spelling, addresses, rules and
combinations of all types. None needs anything of the host but `lo`, so that a
checker can know the answer. QEMU gets each in a namespace of its own.
"""
import concurrent.futures
import json
import os
import sys

from qemu import BARE, harness

JOBS = 3
# Refused arguments, and the option that both name.
NAMED = (
    ("stream,,id=a", "type"),
    ("stream,addr.path.x=a", "id"),
    ("stream,id=a,addr.path.x=a", "addr.type"),
    ("stream,id=a,addr.type=unix,addr.path.x=a", "addr.path.*"),
)
CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verdicts.txt")
FORMS = {"-nic": "nic", "-net": "net"}


def read_cases():
    """(option, argument) pairs."""
    with open(CASES, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                option, _, argument = line.rstrip("\n").partition(" ")
                yield option, argument


def prepared():
    """Becomes an empty host; between fork and exec."""
    import netenv   # from the data folder
    netenv.child_setup("bare")()


def ask_qemu(job):
    """accepted, refused, help or crash; and what it said."""
    emulator, option, argument = job
    commands = b'{"execute":"qmp_capabilities"}{"execute":"quit"}'
    outcome = harness.run([emulator, *BARE, "-S", "-qmp", "stdio", option, argument],
                          stdin=commands, timeout=30, preexec_fn=prepared)
    if outcome.status is None or outcome.status < 0:
        return "crash", str(outcome)
    if outcome.status != 0:
        return "refused", str(outcome)
    return "accepted" if '"return"' in outcome.out else "help", str(outcome)


def ask_tool(tool, cases):
    """The verdict on each case, in order; what it said, and the option at fault."""
    lines = [json.dumps({"form": FORMS.get(option) or ("json" if argument[:1] == "{" else "keyval"),
                         "arg": argument, "id": number})
             for number, (option, argument) in enumerate(cases)]
    outcome = harness.run([tool, "check", "--batch"], stdin="\n".join(lines).encode(), timeout=30)
    for answer in map(json.loads, outcome.out.splitlines()):
        yield ("accepted" if answer["accept"] else "help" if answer["stage"] == "help"
               else "refused"), answer["desc"], answer["param"]


def check_names(tap, tool, emulator):
    """The option at fault: QEMU quotes it in its message, ours may name it otherwise there."""
    ours = ask_tool(tool, [("-netdev", argument) for argument, _ in NAMED])
    for (argument, name), (verdict, _, param) in zip(NAMED, ours):
        theirs, said = ask_qemu((emulator, "-netdev", argument))
        said = said.rpartition(argument + ": ")[2]
        tap.equal("%s is about %s" % (argument, name),
                  (verdict, param, theirs, "'%s'" % name in said),
                  ("refused", name, "refused", True))


def main():
    tool, emulator, data = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    harness.need_program(emulator, "qemu-system-x86_64")
    if os.geteuid() != 0:
        harness.skip_all("the namespaces need root")
    sys.path.insert(0, data)
    tap = harness.Tap()
    cases = list(read_cases())
    ours = list(ask_tool(tool, cases))
    tap.equal("every case has an answer", len(ours), len(cases))
    with concurrent.futures.ProcessPoolExecutor(JOBS) as pool:
        answers = pool.map(ask_qemu, [(emulator, *case) for case in cases])
        for case, mine, (theirs, said) in zip(cases, ours, answers):
            tap.check("%s %s" % case, mine[0] == theirs,
                      "QEMU: %s\n%s\nwe: %s: %s" % (theirs, said, *mine[:2]))
    check_names(tap, tool, emulator)
    tap.done()


if __name__ == "__main__":
    main()
