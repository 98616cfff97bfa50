# SPDX-License-Identifier: MIT
"""What the tests of `qnetdev exec` share: how to run it, and what to expect of it."""
import json
import os
import shutil
import signal
import sys
import tempfile

import harness

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exec_child.py")
PYTHON = "/usr/bin/python3"     # which every user may run, wherever ours is from
PLAIN = "script=no,downscript=no"
IFF_MULTI_QUEUE = 0x0100
USER, GROUP = 4711, 4712    # in no user database
NO_CAPS = "0" * 16
# What Python ignores, and what whoever started the test does: the command inherits it.
IGNORED = {number for number in signal.valid_signals()
           if signal.getsignal(number) == signal.SIG_IGN}


class Exec:
    """Runs `qnetdev exec`; a test is a method that starts with test_."""

    def __init__(self, tap, path, folder):
        self.tap = tap
        self.path = path
        self.folder = folder
        self.program = shutil.copy(CHILD, folder)

    def run(self, *words, inherited=(), **options):
        """`inherited`: numbers of descriptors that it finds open."""
        redirect = "".join(" %d</dev/null" % fd for fd in inherited)
        return harness.run(["sh", "-c", 'exec "$@"' + redirect, "sh", self.path, "exec", *words],
                           **options)

    def child(self, name, before, behind, **options):
        """What the child found; an empty dictionary if it did not run."""
        outcome = self.run(*before, "--", PYTHON, self.program, *behind, **options)
        good = self.tap.check(name + ": the command runs", outcome.status == 0 and not outcome.err,
                              outcome)
        return json.loads(outcome.out) if good else {}

    def fails(self, name, words, message, hint=None, status=1, marked=None):
        """One line of error, at most one hint, nothing on stdout, nothing left. Between them, if
        given, an argument with the part that is `marked`: (argument, part)."""
        outcome = self.run(*words)
        lines = outcome.err.splitlines()
        want = ["qnetdev: " + message, *(harness.caret_lines(*marked) if marked else []),
                *(["hint: " + hint] if hint else [])]
        self.tap.check(name, outcome.status == status and not outcome.out and lines == want,
                       "expected %d and %r\n%s" % (status, want, outcome))
        self.clean(name)

    def clean(self, name):
        self.tap.equal(name + ": leaves nothing", harness.leftovers(), [])

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        harness.write_program(path, "#!/bin/sh\n" + text + "\n")
        return path

    def log(self):
        path = os.path.join(self.folder, "log")
        with open(path) as text:
            lines = text.read().splitlines()
        os.remove(path)
        return lines

    def taps(self, found):
        """Number to interface, of the descriptors above 2."""
        return {int(fd): what[1] for fd, what in found.get("fds", {}).items() if int(fd) > 2}


def main(tests_class):
    path = os.path.abspath(sys.argv[1])
    if os.geteuid() != 0:
        harness.skip_all("other users need root")
    harness.need_tun(mounts=True)
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tests = tests_class(tap, path, folder)
        names = [name for name in dir(tests) if name.startswith("test_")]
        # The one that puts a /dev of its own in place comes last.
        for name in sorted(names, key=lambda name: name == "test_vhost"):
            getattr(tests, name)()
    tap.done()
