#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/count-tests.py on reports like meson's.

    count_test.py SOURCE_ROOT
"""
import os
import subprocess
import sys
import tempfile

import harness

SKIP = '<testcase name="Skipped" status="run" result="skipped"><skipped message="a.cc:1&#10;%s" />' \
       '</testcase>'
GOOD = '<testcase name="Good" status="run" />'
BAD = '<testcase name="Bad" status="run"><failure message="no" /></testcase>'


def report(suite, *cases):
    return '<testsuites><testsuite name="qnetdev:%s / x">%s</testsuite></testsuites>' % (
        suite, "".join(cases))


def count(root, *reports):
    """Exit status and the lines it printed."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, "%d.xml" % number) for number in range(len(reports))]
        for path, text in zip(paths, reports):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        done = subprocess.run([sys.executable, os.path.join(root, "scripts", "count-tests.py"),
                               *paths], capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout.splitlines()


def main():
    root = sys.argv[1]
    tap = harness.Tap()
    tap.equal("all good", count(root, report("unit", GOOD)),
              (0, ["1 passed, 0 failed, 0 skipped"]))
    tap.equal("reports are added up", count(root, report("unit", GOOD), report("netns", GOOD, GOOD)),
              (0, ["3 passed, 0 failed, 0 skipped"]))
    tap.equal("a failure fails", count(root, report("unit", GOOD, BAD)),
              (1, ["1 passed, 1 failed, 0 skipped"]))
    tap.equal("nothing at all fails", count(root, report("unit"))[0], 1)
    tap.equal("a kernel without the driver may skip",
              count(root, report("netns", GOOD, SKIP % "this kernel has no macvtap")),
              (0, ["skipped: qnetdev:netns / x: Skipped (this kernel has no macvtap)",
                   "1 passed, 0 failed, 1 skipped"]))
    tap.equal("no other reason is good",
              count(root, report("netns", GOOD, SKIP % "not in the mood"))[0], 1)
    tap.equal("outside the suites that must run any is",
              count(root, report("bench", GOOD, SKIP % "not in the mood"))[0], 0)
    tap.done()


if __name__ == "__main__":
    main()
