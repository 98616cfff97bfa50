#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/count-tests.py on runs of meson, of a project with one test of each kind.

    count_test.py SOURCE_ROOT MESON
"""
import os
import sys
import tempfile

import harness

PROJECT = """project('sample')
program = find_program('program.py')
test('google', program, args: 'google', suite: 'netns', protocol: 'gtest', timeout: 60)
foreach suite : ['unit', 'attack', 'fault', 'fuzz', 'qemu', 'guest']
  test(suite, program, args: 'tap', suite: suite, protocol: 'tap')
endforeach
test('status', program, args: 'status', suite: 'unit')
"""

# Does what BEHAVIOUR says, in the way of the kind in its first argument.
PROGRAM = '''#!/usr/bin/env python3
import datetime, os, signal, sys, time
kind, behaviour = sys.argv[1], os.environ["BEHAVIOUR"]
GOOD = '<testcase name="Good" status="run" result="completed" classname="A"/>'
SKIP = ('<testcase name="Skipped" status="run" result="skipped" classname="A">'
        '<skipped message="a.cc:1&#10;%s"/></testcase>')
BAD = '<testcase name="Bad" status="run" classname="A"><failure message="no"/></testcase>'


def google(*cases):
    path = [word for word in sys.argv if word.startswith("--gtest_output=xml:")][0].split(":")[1]
    with open(path, "w") as report:
        report.write('<testsuites><testsuite name="A" timestamp="%s">%s</testsuite></testsuites>' % (
            datetime.datetime.now().isoformat(timespec="milliseconds"), "".join(cases)))


if behaviour == "quiet":
    pass
elif behaviour == "crash":
    if kind == "tap":
        print("ok 1 - begins", flush=True)
    os.kill(os.getpid(), signal.SIGABRT)
elif behaviour == "hang":
    time.sleep(30)
elif behaviour == "skip all":
    if kind == "tap":
        print("1..0 # SKIP not in the mood")
        sys.exit(0)
    print("program: not in the mood", file=sys.stderr)
    sys.exit(77)
elif kind == "google":
    cases = {"good": [GOOD, GOOD], "bad": [GOOD, BAD]}
    google(*cases.get(behaviour, [GOOD, SKIP % behaviour]))
    sys.exit(behaviour == "bad")
elif kind == "tap":
    print("ok 1 - begins")
    print({"good": "ok 2 - goes on", "bad": "not ok 2 - goes on"}.get(
        behaviour, "ok 2 - goes on # SKIP " + behaviour))
    print("1..2")
'''


class Sample:
    def __init__(self, root, meson, folder):
        self.meson, self.folder = meson, folder
        self.build = os.path.join(folder, "build")
        self.report = os.path.join(self.build, "meson-logs", "testlog.junit.xml")
        self.script = [sys.executable, os.path.join(root, "scripts", "count-tests.py")]
        with open(os.path.join(folder, "meson.build"), "w", encoding="utf-8") as out:
            out.write(PROJECT)
        harness.write_program(os.path.join(folder, "program.py"), PROGRAM)
        made = harness.run([meson, "setup", self.build, folder])
        if made.status != 0:
            raise RuntimeError(str(made))

    def run(self, behaviour, *tests, options=()):
        harness.run([self.meson, "test", "-C", self.build, "--no-rebuild", *options, *tests],
                    env={**os.environ, "BEHAVIOUR": behaviour}, timeout=60)

    def count(self, *reports):
        """Exit status and the lines printed."""
        done = harness.run([*self.script, *(reports or [self.report])])
        return done.status, done.out.splitlines()

    def counted(self, behaviour, *tests, **more):
        self.run(behaviour, *tests, **more)
        return self.count()


SUITES = ("unit", "attack", "fault", "fuzz", "qemu", "guest")
GOOGLE, STATUS = "sample:netns / google", "sample:unit / status"


def taps(text):
    """A line for the program of each suite that speaks TAP."""
    return [text.replace("%", "sample:%s / %s" % (suite, suite)) for suite in SUITES]


def same(run, status, lines, total):
    """Meson tells of programs as they end: the order of their lines is by chance."""
    return (run[0], sorted(run[1][:-1]), run[1][-1:]) == (status, sorted(lines), [total])


def check_runs(tap, sample):
    """The same of every kind of program: (what they do, expected of the count)."""
    here = os.uname().machine == "x86_64"
    for behaviour, status, lines, total in (
            ("good", 0, [], "15 passed, 0 failed, 0 skipped"),
            # Right after a good run: what that wrote must not count.
            ("skip all", 1,
             ["skipped, but must run: %s (program: not in the mood)" % name
              for name in (GOOGLE, STATUS)] + taps("skipped, but must run: % (not in the mood)"),
             "0 passed, 0 failed, 8 skipped"),
            ("crash", 1,
             ["failed: %s: %s" % (STATUS, STATUS), "failed: %s (was killed by SIGABRT)" % GOOGLE]
             + taps("failed: % (was killed by SIGABRT)"), "6 passed, 8 failed, 0 skipped"),
            ("bad", 1, ["failed: %s: Bad" % GOOGLE] + taps("failed: %: 2 - goes on"),
             "8 passed, 7 failed, 0 skipped"),
            ("this kernel has no macvtap", 0,
             ["skipped: %s: Skipped (this kernel has no macvtap)" % GOOGLE]
             + taps("skipped: %: 2 - goes on (this kernel has no macvtap)"),
             "8 passed, 0 failed, 7 skipped"),
            ("needs strace", 1,
             ["skipped, but must run: %s: Skipped (needs strace)" % GOOGLE]
             + taps("skipped, but must run: %: 2 - goes on (needs strace)"),
             "8 passed, 0 failed, 7 skipped"),
            ("this processor is no x86-64", 1 if here else 0,
             [("skipped, but must run" if here else "skipped") + line for line in
              [": %s: Skipped (this processor is no x86-64)" % GOOGLE]
              + taps(": %: 2 - goes on (this processor is no x86-64)")],
             "8 passed, 0 failed, 7 skipped")):
        run = sample.counted(behaviour)
        tap.check("programs that say: " + behaviour, same(run, status, lines, total), run)


def check_silence(tap, sample):
    tap.equal("a program that should have written a report and did not has failed",
              sample.counted("quiet", "google"),
              (1, ["failed: %s (reported no case)" % GOOGLE, "0 passed, 1 failed, 0 skipped"]))
    os.remove(os.path.join(sample.build, "google.xml"))
    tap.equal("one that crashes has failed, also in its first run",
              sample.counted("crash", "google")[1][-1:], ["0 passed, 1 failed, 0 skipped"])
    tap.equal("one that does not end has failed", sample.counted("hang", "google", options=["-t", "0.05"])[1][-1:],
              ["0 passed, 1 failed, 0 skipped"])
    sample.run("good", "google")
    tap.equal("reports are added up", sample.count(sample.report, sample.report),
              (0, ["4 passed, 0 failed, 0 skipped"]))


def check_nothing(tap, sample):
    os.remove(sample.report)
    tap.equal("without a report nothing was told", sample.count()[0], 1)
    os.remove(os.path.join(os.path.dirname(sample.report), "testlog.json"))
    tap.equal("without a run nothing passed", sample.count(),
              (1, ["0 passed, 0 failed, 0 skipped"]))


def check_environment(tap, root):
    for script in ("test", "test-sanitize"):
        run = harness.run([os.path.join(root, "scripts", script)],
                          env={**os.environ, "ACCEPT": "1"})
        tap.check("scripts/%s refuses to rewrite expectations" % script,
                  run.status == 2 and not run.out and "ACCEPT makes tests rewrite" in run.err, run)


def main():
    root, meson = sys.argv[1:3]
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        sample = Sample(root, meson, folder)
        for check in (check_runs, check_silence, check_nothing):
            check(tap, sample)
    check_environment(tap, root)
    tap.done()


if __name__ == "__main__":
    main()
