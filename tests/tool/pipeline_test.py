#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The drawn pipeline is the compiled one, and check-pipeline.py would notice
if it were not.

    pipeline_test.py SOURCE_ROOT BUILD_ROOT COMPILER...
"""
import os
import subprocess
import sys
import tempfile

import harness

# A library with the same shape, in which every way to refer to a function occurs once. With
# -O2 most of them are inlined.
FIXTURE = r"""
#include <functional>
namespace qnetdev {
struct Options { int size = 0; };
void leaf(int x);
void direct(int x);
void by_table(int x);
void by_lambda(int x);
int sink;
void outside(int x);
void leaf(int x) { outside(x); }
namespace {
void helper(int x) { leaf(x + sink); }
using Function = void (*)(int);
Function table[] = {helper, leaf};
}
void direct(int x) { if (__builtin_expect(x > sink, 0)) { helper(x); sink++; } }
void by_table(int x) { table[x & 1](x); }
void by_lambda(int x) {
    std::function<void(int)> f = [x](int y) { leaf(x + y); };
    for (int i = 0; i < sink; ++i) { f(i); }
}
void once(int x) { direct(x * sink); }
void net_client_init(int x) { direct(x); by_table(x); by_lambda(x); once(x); }
}
"""
FIXTURE_DRAWING = """\
```
net_client_init()      the root
├─ direct()
├─ by_table()
├─ by_lambda()
└─ once() ─▶ direct()

direct()               through a helper: leaf()
by_table()             through a table of pointers: leaf()
by_lambda()            in a lambda: leaf()
```
"""


class Checker:
    """Runs the script on a build folder and a drawing given as text."""

    def __init__(self, tap, script, folder):
        self.tap = tap
        self.script = script
        self.path = os.path.join(folder, "drawing.md")

    def run(self, build, drawing):
        with open(self.path, "w", encoding="utf-8") as document:
            document.write(drawing)
        return harness.run([sys.executable, self.script, build, self.path], timeout=60)

    def accepts(self, name, build, drawing):
        outcome = self.run(build, drawing)
        self.tap.check(name, outcome.status == 0 and not outcome.err, outcome)

    def refuses(self, name, build, drawing, *texts):
        outcome = self.run(build, drawing)
        self.tap.check(name, outcome.status == 1 and all(text in outcome.err for text in texts),
                       "expected status 1 and %r\n%s" % (texts, outcome))


def cut(text, fragment, replacement=""):
    """A copy with a change that is really one."""
    assert fragment in text, fragment
    return text.replace(fragment, replacement, 1)


def check_real(checker, build, path):
    with open(path, encoding="utf-8") as document:
        drawing = document.read()
    checker.accepts("the code is as drawn in " + os.path.basename(path), build, drawing)
    lines = {line.split("()")[0]: line + "\n" for line in drawing.splitlines() if "()" in line}
    wrong = cut(drawing, lines["net_tap_from_monitor_fd"])
    wrong = cut(wrong, "net_tap_setup_vhost()", "net_tap_setup_vhsot() tap_open()")
    outcome = checker.run(build, wrong)
    for name, text in (
            ("an edge that is not drawn",
             "extra edge: net_tap_from_monitor_fd() → net_tap_fd_init_external()"),
            ("an edge that is only drawn",
             "missing edge: net_tap_fd_init_common() → tap_open() is drawn at"),
            ("a function that does not exist",
             "no such function in the code: net_tap_setup_vhsot()")):
        checker.tap.check(name + " is found", outcome.status == 1 and text in outcome.err, outcome)
    checker.refuses("a tree with a broken branch is refused", build,
                    cut(drawing, "└─ net_init_bridge()", "+- net_init_bridge()"),
                    "not a branch of the tree")
    checker.refuses("a branch without a function is refused", build,
                    cut(drawing, "└─ net_init_bridge()", "└─ net_init_bridge"),
                    "expected FUNCTION()")
    checker.refuses("a document without a drawing is refused", build, "# nothing\n",
                    "no fenced block")


def check_fixture(checker, folder, compiler, level):
    build = os.path.join(folder, "%s-%s" % (os.path.basename(compiler[-1]), level))
    objects = os.path.join(build, "net", "tap", "libnet_tap.a.p")
    os.makedirs(objects)
    source = os.path.join(folder, "fixture.cc")
    with open(source, "w") as out:
        out.write(FIXTURE)
    subprocess.run([*compiler, "-std=c++20", "-fPIC", "-O" + level, "-g1", "-gdwarf-4", "-c",
                    source, "-o", os.path.join(objects, "fixture.cc.o")], check=True, timeout=60)
    name = "-O%s: " % level
    checker.accepts(name + "helpers, tables and lambdas count", build, FIXTURE_DRAWING)
    for function in ("direct", "by_table", "by_lambda"):
        drawing = "".join(line for line in FIXTURE_DRAWING.splitlines(True)
                          if not line.startswith(function))
        checker.refuses("%s%s() is followed" % (name, function), build, drawing,
                        "extra edge: %s() → leaf()" % function)


def main():
    root, build, compiler = sys.argv[1], sys.argv[2], sys.argv[3:]
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(tap, os.path.join(root, "scripts", "check-pipeline.py"), folder)
        check_real(checker, build, os.path.join(root, "docs", "ARCHITECTURE.md"))
        for level in "02":
            check_fixture(checker, folder, compiler, level)
    tap.done()


if __name__ == "__main__":
    main()
