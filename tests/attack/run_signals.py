#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whatever our parent did to signals, and whoever closes the pipes that we write to: nothing ends
`qnetdev run` but what is meant to, and it does not end without cleaning up.

    run_signals.py QNETDEV BRIDGE_HELPER BRIDGE_CONF
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

import attack_path  # noqa: F401
import harness
import qmp

PARENT = "import os, signal, sys\n%s\nos.execv(sys.argv[1], sys.argv[1:])"
TAP = dict(type="tap", id="n0", ifname="rt0")


def script(folder, name, text):
    path = os.path.join(folder, name)
    harness.write_program(path, "#!/bin/sh\n" + text + "\n")
    return path


def with_signals(program, statements):
    """Words that run the program as a child of somebody who has done that to signals."""
    return ["/usr/bin/python3", "-c", PARENT % statements, program]


def sets(text):
    """The signal sets of a /proc/PID/status."""
    return {line.split(":")[0]: int(line.split()[1], 16)
            for line in text.splitlines() if line.startswith("Sig") and "/" not in line}


def bit(number):
    return 1 << (number - 1)


class Served(qmp.Run):
    """`qnetdev run` through a parent of that kind."""

    def __init__(self, program, folder, statements, *arguments, **options):
        self.path = os.path.join(folder, "qmp")
        words = with_signals(program, statements) + ["run", *arguments]
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen(
            words + ["-qmp", "unix:%s,server=on,wait=off" % self.path],
            stdin=subprocess.DEVNULL, **options)
        self.out = self.err = ""


def check_broken_standard_error(tap, program, folder):
    """A client that is refused is logged; nobody reads the log."""
    note = os.path.join(folder, "note")
    netdev = "tap,id=n0,ifname=rt0,script=no,downscript=" + script(folder, "down", "echo > " + note)
    reader, writer = os.pipe()
    path = os.path.join(folder, "qmp")
    run = subprocess.Popen([program, "run", "-netdev", netdev, "-qmp",
                            "unix:%s,server=on,wait=off,uid=%d" % (path, os.geteuid() + 1)],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    os.close(reader)
    for _ in range(3):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        harness.wait_until(lambda: os.path.exists(path) and client.connect_ex(path) == 0, 10)
        try:
            client.recv(1)
        except OSError:
            pass
        client.close()
    tap.check("a refused client does not end the program", run.poll() is None, run.returncode)
    harness.end(run)
    tap.equal("no reader of standard error: ends as it is told", run.returncode, 0)
    tap.check("its down script ran", os.path.exists(note))
    tap.check("its socket is gone", not os.path.exists(path))
    tap.equal("nothing is left", harness.leftovers(), [])


def check_broken_standard_output(tap, program, folder):
    reader, writer = os.pipe()
    os.close(reader)
    note = os.path.join(folder, "note")
    netdev = "tap,id=n0,ifname=rt0,script=no,downscript=" + script(folder, "down", "echo > " + note)
    with Served(program, folder, "signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
                "-netdev", netdev, stdout=writer) as run:
        os.close(writer)
        tap.equal("no reader of standard output: it serves",
                  run.client().execute("query-name"), {})
        run.signal()
        status = run.end()
        # As any program whose output was lost, but only after the clean-up.
        tap.equal("and tells in the end that output was lost", status, -signal.SIGPIPE)
    tap.check("its down script ran, too", os.path.exists(note))
    tap.equal("no reader of standard output: nothing is left", harness.leftovers(), [])
    lines = b'{"id":1,"form":"keyval","arg":"user,id=u0"}\n' * 20000
    for name, statements, status in (
            ("the reader of a batch has had enough", "", -signal.SIGPIPE),
            ("the same with SIGPIPE ignored",
             "signal.signal(signal.SIGPIPE, signal.SIG_IGN)", 1)):
        statements = statements or "signal.signal(signal.SIGPIPE, signal.SIG_DFL)"
        process = subprocess.Popen(with_signals(program, statements) + ["check", "--batch"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.close()
        process.stdout = None
        try:
            err = process.communicate(lines, timeout=20)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            err = process.communicate()[1]
        tap.equal(name, (process.returncode, b"standard output" in err),
                  (status, status == 1))


def check_children_of_a_careless_parent(tap, program, folder):
    """SIGCHLD and SIGPIPE are ignored, everything is blocked: none of it reaches a script."""
    note = os.path.join(folder, "note")
    up = script(folder, "up", "grep ^Sig /proc/self/status > " + note)
    with Served(program, folder,
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                "signal.signal(signal.SIGPIPE, signal.SIG_IGN)\n"
                "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())") as run:
        client = run.client()
        answer = client.execute("netdev_add", **TAP, script=up, downscript="no")
        tap.equal("SIGCHLD ignored by the parent: a script's status is seen", answer, {})
        if answer == {}:
            with open(note) as text:
                found = sets(text.read())
            tap.equal("a script has no signal blocked", found["SigBlk"], 0)
            tap.equal("and none of those ignored",
                      found["SigIgn"] & (bit(signal.SIGCHLD) | bit(signal.SIGPIPE)), 0)
        failed = client.execute("netdev_add", type="tap", id="n1", ifname="rt1", downscript="no",
                                script=script(folder, "bad", "exit 3"))
        tap.check("a script that fails has failed",
                  "exited with status 3" in failed.get("error", {}).get("desc", ""), failed)
        run.signal()
        tap.equal("SIGTERM blocked by the parent: it ends us all the same", run.end(), 0)
    tap.equal("a careless parent: nothing is left", harness.leftovers(), [])


def check_nohup(tap, program, folder):
    note = os.path.join(folder, "note")
    up = script(folder, "up", "grep ^Sig /proc/self/status > " + note)
    with Served(program, folder, "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
                "signal.signal(signal.SIGINT, signal.SIG_IGN)") as run:
        client = run.client()
        client.execute("netdev_add", **TAP, script=up, downscript="no")
        with open(note) as text:
            ignored = sets(text.read())["SigIgn"]
        tap.check("nohup reaches scripts", ignored & bit(signal.SIGHUP) and
                  ignored & bit(signal.SIGINT), hex(ignored))
        for number in (signal.SIGHUP, signal.SIGINT):
            run.signal(number)
            tap.equal("nohup: %s does not end it" % number.name,
                      client.execute("query-name"), {})
        run.signal(signal.SIGTERM)
        tap.check("but the client hears of SIGTERM", client.end_of_stream())
        tap.equal("nohup: SIGTERM ends it", run.end(), 0)
    tap.equal("nohup: nothing is left", harness.leftovers(), [])


def check_exec(tap, program, folder):
    """The command gets signals as we got them."""
    outcome = harness.run(with_signals(
        program, "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1])") +
        ["exec", "--", "/bin/grep", "^Sig", "/proc/self/status"])
    found = sets(outcome.out)
    tap.check("exec: the command gets what we got", outcome.status == 0 and
              found["SigBlk"] == bit(signal.SIGUSR1) and
              not found["SigIgn"] & bit(signal.SIGPIPE) and
              found["SigIgn"] & bit(signal.SIGCHLD) and found["SigIgn"] & bit(signal.SIGHUP),
              outcome)


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    for check in (check_broken_standard_error, check_broken_standard_output,
                  check_children_of_a_careless_parent, check_nohup, check_exec):
        with tempfile.TemporaryDirectory() as folder:
            check(tap, program, folder)
    tap.done()


if __name__ == "__main__":
    main()
