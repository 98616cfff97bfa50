#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every mutant can still be applied, and run.py tells the caught from the survivors.

    mutants_test.py SOURCE_ROOT BUILD_ROOT
"""
import importlib.util
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tool"))
import harness  # noqa: E402

# A project whose code is read, not compiled: its test fails unless a file says "good".
PROJECT = """project('qnetdev')
test('reads', find_program('reads.sh'), suite: 'unit')
"""
READS = '#!/bin/sh\ngrep -q good "$(dirname "$0")/net/tap/code.cc"\n'
CODE = "a good line\nanother one\n"


def load_script():
    spec = importlib.util.spec_from_file_location("mutants", os.path.join(HERE, "run.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entry(name, old, new, file="net/tap/code.cc", **more):
    return {"id": name, "file": file, "what": "x", "old": old, "new": new,
            "tests": ["unit/reads"], **more}


def check_entries(tap, script, root, build):
    mutants = script.load(os.path.join(HERE, "mutants.jsonl"))
    tap.equal("each of %d mutants can be applied" % len(mutants),
              list(script.check(mutants, root)), [])
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        known = {"%s/%s" % (suite.partition(":")[2], test["name"])
                 for test in json.load(file) for suite in test["suite"]}
    named = {name for mutant in mutants for name in mutant.get("tests", [])}
    # A build with sanitizers has not all of them.
    if any(name.startswith("fuzz/") for name in known):
        tap.equal("and the tests exist that must notice them", sorted(named - known), [])


def check_problems(tap, script, root):
    for name, mutants, want in (
            ("a file that is gone", [entry("a", "good", "bad", file="gone.cc")],
             [("a", "gone.cc does not exist")]),
            ("a text that is gone", [entry("a", "none", "bad")],
             [("a", "its text occurs 0 times in net/tap/code.cc")]),
            ("a text that is there twice", [entry("a", "a", "bad")],
             [("a", "its text occurs 2 times in net/tap/code.cc")]),
            ("no change", [entry("a", "good", "good")], [("a", "it changes nothing")]),
            ("an id twice", [entry("a", "good", "bad"), entry("a", "another", "bad")],
             [("a", "the id is taken")]),
            ("tests, and yet it survives", [entry("a", "good", "bad", survives="why")],
             [("a", "needs file, id, new, old, what, and tests or survives")])):
        tap.equal("told: " + name, list(script.check(mutants, root)), want)


def make_project(folder, mutants):
    """A repository with a copy of run.py; the path of that."""
    for path, text in (("meson.build", PROJECT), ("meson_options.txt", "option('tests', type: "
                       "'feature')\n"), ("net/tap/code.cc", CODE), ("net/base/code.cc", CODE),
                       ("tests/mutants/mutants.jsonl", "".join(json.dumps(mutant) + "\n"
                                                               for mutant in mutants))):
        os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as out:
            out.write(text)
    harness.write_program(os.path.join(folder, "reads.sh"), READS)
    copy = shutil.copy(os.path.join(HERE, "run.py"), os.path.join(folder, "tests", "mutants"))
    for words in (("init", "-q"), ("add", "-A"),
                  ("-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "-m", "x")):
        done = harness.run(["git", "-C", folder, *words])
        if done.status != 0:
            raise RuntimeError(str(done))
    return copy


def check_run(tap, folder):
    mutants = [entry("kills", "good", "bad"), entry("harmless", "another", "some other"),
               entry("known", "another", "the other", survives="it is known"),
               entry("below", "good", "bad", file="net/base/code.cc")]
    mutants[2].pop("tests")
    script = make_project(folder, mutants)
    work = os.path.join(folder, "work")

    def run(*words):
        done = harness.run([sys.executable, script, "--work", work, *words], timeout=200)
        return done.status, done.out.splitlines(), done.err

    tap.equal("caught and survived", run("--path", "net/tap"),
              (1, ["kills: caught by unit/reads (x)", "harmless: survived (x)",
                   "1 caught, 1 survived, 0 not tried"], ""))
    tap.equal("one by its id", run("kills"),
              (0, ["kills: caught by unit/reads (x)", "1 caught, 0 survived, 0 not tried"], ""))
    with open(os.path.join(folder, "net", "base", "code.cc"), "a", encoding="utf-8") as out:
        out.write("a third\n")
    tap.equal("of what was changed", run("--changed"),
              (1, ["below: survived (x)", "0 caught, 1 survived, 0 not tried"], ""))
    with open(os.path.join(folder, "net", "tap", "code.cc"), "w", encoding="utf-8") as out:
        out.write("bad\n")
    status, lines, err = run("--path", "net/base")
    tap.check("the code has to pass as it is", status == 1 and not lines and
              "the code fails as it is: unit/reads" in err, (status, lines, err))


def main():
    root, build = sys.argv[1:3]
    tap = harness.Tap()
    script = load_script()
    check_entries(tap, script, root, build)
    with tempfile.TemporaryDirectory() as folder:
        check_run(tap, folder)
        with open(os.path.join(folder, "net", "tap", "code.cc"), "w", encoding="utf-8") as out:
            out.write(CODE)
        check_problems(tap, script, folder)
    tap.done()


if __name__ == "__main__":
    main()
