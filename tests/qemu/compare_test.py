#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same arguments to a real QEMU and to us, each in a namespace of its own.

    compare_test.py QNETDEV QEMU DATA_FOLDER

Accepted by both with the same lines of `info network`, or refused by both: the
wording is ours, the verdict is QEMU's. Where we differ on purpose, the case
says how and why. What each case finds around it (descriptors from 60 on, the
files in /run/qnd) is described in tests/data/netenv.py.
"""
import concurrent.futures
import json
import os
import sys

from qemu import BARE, harness

JOBS = 2
PLAIN = ",script=no,downscript=no"

# Both agree on these.
CASES = [
    # By name.
    "tap,id=n0" + PLAIN,
    "tap,id=n0,ifname=vm0" + PLAIN,
    "tap,id=n0,ifname=vm%d,queues=2" + PLAIN,
    "tap,id=n0,queues=8" + PLAIN,
    "tap,id=n0,queues=1" + PLAIN,
    "tap,id=n0,queues=257" + PLAIN,
    "tap,id=n0,queues=-1" + PLAIN,
    "tap,id=n0,queues=two" + PLAIN,
    "tap,id=n0,ifname=012345678901234" + PLAIN,
    "tap,id=n0,ifname=a/b" + PLAIN,
    "tap,id=n0,ifname=lo" + PLAIN,
    "tap,id=n0,ifname=" + PLAIN,
    "tap,id=n0,vnet_hdr=on" + PLAIN,
    "tap,id=n0,vnet_hdr=off" + PLAIN,
    "tap,id=n0,vnet_hdr=maybe" + PLAIN,
    "tap,id=n0,sndbuf=0" + PLAIN,
    "tap,id=n0,sndbuf=1M" + PLAIN,
    "tap,id=n0,sndbuf=9999999999" + PLAIN,
    "tap,id=n0,sndbuf=-1" + PLAIN,
    "tap,id=n0,br=br7" + PLAIN,
    "tap,id=n0,poll-us=10" + PLAIN,
    "tap,id=n0,vhost=off,vhostforce=on" + PLAIN,
    "tap,id=n0,vhostfds=60" + PLAIN,
    "tap,id=n0,vhost=off,vhostfd=60" + PLAIN,
    # The same interface for several.
    "tap,id=n0,ifname=fixmq,queues=4" + PLAIN,
    "tap,id=n0,ifname=fixmq" + PLAIN,
    "tap,id=n0,ifname=fixsq" + PLAIN,
    "tap,id=n0,ifname=fixsq,queues=2" + PLAIN,
    # Scripts.
    "tap,id=n0,script=/run/qnd/ifup-ok,downscript=no",
    "tap,id=n0,queues=4,script=/run/qnd/ifup-ok,downscript=/run/qnd/ifup-ok",
    "tap,id=n0,script=/run/qnd/ifup-fail,downscript=no",
    "tap,id=n0,script=no,downscript=/run/qnd/ifup-fail",
    "tap,id=n0,script=/run/qnd/missing,downscript=no",
    # Descriptors.
    "tap,id=n0,fd=64",
    "tap,id=n0,fd=65",
    "tap,id=n0,fd=60",
    "tap,id=n0,fd=64,sndbuf=1M",
    "tap,id=n0,fd=67",
    "tap,id=n0,fd=72",
    "tap,id=n0,fd=73",
    "tap,id=n0,fd=99",
    "tap,id=n0,fd=abc",
    "tap,id=n0,fd=",
    "tap,id=n0,fd=64,queues=1",
    "tap,id=n0,fd=64,ifname=x",
    "tap,id=n0,fd=64,script=no",
    "tap,id=n0,fd=64,fds=60:61",
    "tap,id=n0,fds=60:61:62:63",
    "tap,id=n0,fds=63:60",
    "tap,id=n0,fds=60",
    "tap,id=n0,fds=60:65",
    "tap,id=n0,fds=60:67",
    "tap,id=n0,fds=60::61",
    "tap,id=n0,fds=60:61,queues=2",
    "tap,id=n0,fds=60:61,vhostfds=62",
    # Helpers.
    "tap,id=n0,helper=/run/qnd/helper-ok",
    "tap,id=n0,helper=/run/qnd/helper-ok,br=br7",
    "tap,id=n0,helper=/run/qnd/helper-fail",
    "tap,id=n0,helper=/run/qnd/missing",
    "tap,id=n0,helper=/bin/true",
    "tap,id=n0,helper=/run/qnd/helper-ok,ifname=x",
    "bridge,id=n0,helper=/run/qnd/helper-ok",
    "bridge,id=n0,helper=/run/qnd/helper-ok,br=br7",
    "bridge,id=n0,helper=/run/qnd/helper-fail",
    "bridge,id=n0,queues=2",
    # Grammar.
    "tap" + PLAIN,
    "tap,id=9n" + PLAIN,
    "tap,id=n0,id=n1" + PLAIN,
    "tap,id=n0,nothing=1" + PLAIN,
    "type=tap,id=n0" + PLAIN,
    "tup,id=n0",
    "tap,id=n0,ifname=a,,b" + PLAIN,
    '{"type":"tap","id":"n0","script":"no","downscript":"no"}',
    '{"type":"tap","id":"n0","queues":2,"script":"no","downscript":"no"}',
    '{"type":"tap","id":"n0","queues":"2","script":"no","downscript":"no"}',
    '{"type":"tap","id":"n0","fds":"60:61"}',
    '{"type":"tap","id":"n0","nothing":1}',
    '{"type":"bridge","id":"n0","helper":"/run/qnd/helper-ok"}',
    '{"type":"tap","id":"n0"',
]

# (argument, QEMU's verdicts, ours, why): QEMU 7.2's verdict first, then what others may say.
DIFFERENT = [
    ("tap,id=n0,queues=0" + PLAIN, ("crash", "refused"), "refused", "no queue is no netdev"),
    ("tap,id=n0,fds=", ("crash", "refused"), "refused", "no descriptor is no netdev"),
    ("tap,id=n0,vhostfd=abc" + PLAIN, ("crash", "refused"), "refused",
     "an error instead of an abort"),
    ("tap,id=n0,fds=60:60", ("accepted", "refused"), "refused",
     "one descriptor cannot serve as two queues"),
    ("tap,id=n0,fds=60:61:", ("accepted", "refused"), "accepted",
     "an end of the list, as in 7.2; others may see an empty name"),
]


def prepared():
    """Becomes what each case finds around it; between fork and exec."""
    import netenv   # from the data folder
    netenv.child_setup("fixture")()


def run_qemu(emulator, argument):
    """accepted, refused or crash; lines of `info network`; what it said."""
    commands = [{"execute": "qmp_capabilities"},
                {"execute": "human-monitor-command",
                 "arguments": {"command-line": "info network"}},
                {"execute": "quit"}]
    stdin = "".join(json.dumps(command) + "\n" for command in commands).encode()
    outcome = harness.run([emulator, *BARE, "-S", "-qmp", "stdio", "-netdev", argument],
                          stdin=stdin, timeout=30, close_fds=False,
                          preexec_fn=prepared)
    if outcome.status is None or outcome.status < 0:
        return "crash", [], str(outcome)
    if outcome.status != 0:
        return "refused", [], str(outcome)
    answers = [json.loads(line) for line in outcome.out.splitlines()]
    texts = [answer["return"] for answer in answers if isinstance(answer.get("return"), str)]
    lines = [line.rstrip() for text in texts for line in text.splitlines() if line.strip()]
    return "accepted", lines, str(outcome)


def run_tool(tool, argument):
    line = json.dumps({"id": 1, "form": "json" if argument.startswith("{") else "keyval",
                       "arg": argument})
    outcome = harness.run([tool, "try", "--host", "--batch"], stdin=line.encode() + b"\n",
                          timeout=30, close_fds=False,
                          preexec_fn=prepared)
    if outcome.status != 0:
        return "crash", [], str(outcome)
    answer = json.loads(outcome.out)
    return "accepted" if answer["accept"] else "refused", answer["info"], str(outcome)


def judge(job):
    tool, emulator, argument, expected = job
    theirs, their_lines, they_said = run_qemu(emulator, argument)
    ours, our_lines, we_said = run_tool(tool, argument)
    problem = ""
    if expected is None:
        if theirs != ours or theirs == "crash":
            problem = "QEMU: %s, we: %s" % (theirs, ours)
        elif their_lines != our_lines:
            problem = "QEMU: %s\nwe:   %s" % (their_lines, our_lines)
    elif theirs not in expected[0] or ours != expected[1]:
        problem = "QEMU: %s, we: %s; expected %s and %s" % (theirs, ours, *expected)
    return problem and "%s\nQEMU: %s\nwe: %s" % (problem, they_said, we_said)


def main():
    tool, emulator, data = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    harness.need_program(emulator, "qemu-system-x86_64")
    if os.geteuid() != 0:
        harness.skip_all("the prepared descriptors and mounts need root")
    harness.need_tun()
    sys.path.insert(0, data)
    tap = harness.Tap()
    jobs = [(tool, emulator, argument, None) for argument in CASES]
    jobs += [(tool, emulator, argument, (theirs, ours))
             for argument, theirs, ours, _ in DIFFERENT]
    with concurrent.futures.ProcessPoolExecutor(JOBS) as pool:
        for job, problem in zip(jobs, pool.map(judge, jobs)):
            tap.check("%s%s" % (job[2], " (differs)" if job[3] else ""), not problem, problem)
    tap.done()


if __name__ == "__main__":
    main()
