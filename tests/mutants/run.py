#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the code in known ways, one after the other, and runs the tests that must notice.

    run.py [--path FOLDER]... [--changed [COMMIT]] [--work FOLDER] [ID]...
    run.py --check

mutants.jsonl has a mutant in each line: in `file`, the text `old`, which must
occur there once, becomes `new`. `what` says what that breaks, and `tests` names
those that must fail ("unit/tap" is the test tap of suite unit). An entry with
`survives` instead tells why no test can or does notice; it is not run.

The mutants are made in a copy of the tracked files, as they are now, in --work
(build-mutants), which has a build folder of its own; only what the named tests
need is built. --path and --changed choose the mutants of files below a folder,
and of files that differ from a commit (HEAD). Status 1 if one survived or could
not be tried.

--check tries nothing: it only sees that every entry can still be applied.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEYS = {"id", "file", "what", "old", "new"}


def load(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def problem_of(mutant, root):
    """Why an entry cannot be applied, or None."""
    path = os.path.join(root, mutant["file"])
    if not os.path.exists(path):
        return "%s does not exist" % mutant["file"]
    count = read(path).count(mutant["old"])
    if count != 1:
        return "its text occurs %d times in %s" % (count, mutant["file"])
    if mutant["old"] == mutant["new"]:
        return "it changes nothing"
    return None


def check(mutants, root):
    """What is wrong with the entries: (id, text)."""
    seen = set()
    for mutant in mutants:
        name = mutant.get("id", "?")
        if name in seen:
            yield name, "the id is taken"
        seen.add(name)
        if not KEYS <= mutant.keys() or bool(mutant.get("tests")) == bool(mutant.get("survives")):
            yield name, "needs %s, and tests or survives" % ", ".join(sorted(KEYS))
        else:
            problem = problem_of(mutant, root)
            if problem:
                yield name, problem


def git(root, *words):
    done = subprocess.run(["git", "-C", root, *words], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


class Copy:
    """A copy of the tracked files with a build folder."""

    def __init__(self, root, folder):
        self.root = os.path.join(folder, "source")
        self.build = os.path.join(folder, "build")
        for name in git(root, "ls-files"):
            source, target = os.path.join(root, name), os.path.join(self.root, name)
            # What has not changed keeps its time, so that it is not built again.
            if os.path.exists(source) and not (os.path.exists(target)
                                               and read_bytes(source) == read_bytes(target)):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(source, target)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            self.run("meson", "setup", self.build, self.root, "-Dtests=enabled", check=True)
        self.run("ninja", "-C", self.build, "build.ninja", check=True)
        self.tests = self.introspect("tests")
        self.files = {target["id"]: target["filename"] for target in self.introspect("targets")}

    @staticmethod
    def run(*words, check=False):
        return subprocess.run(words, check=check, capture_output=True, text=True)

    def introspect(self, what):
        path = os.path.join(self.build, "meson-info", "intro-%s.json" % what)
        return json.loads(read(path))

    def find(self, name):
        """The entry of meson for "suite/test"."""
        suite, _, test = name.partition("/")
        for entry in self.tests:
            if entry["name"] == test and "qnetdev:" + suite in entry["suite"]:
                return entry
        raise LookupError("there is no test " + name)

    def make(self, names):
        """Builds what these tests need; whether that worked, and what the compiler says."""
        wanted = {file for name in names for target in self.find(name)["depends"]
                  for file in self.files.get(target, [])}
        wanted |= {word for name in names for word in self.find(name)["cmd"]
                   if word.startswith(self.build + os.sep)}
        made = {file for files in self.files.values() for file in files}
        targets = sorted(os.path.relpath(file, self.build) for file in wanted & made)
        done = self.run("ninja", "-C", self.build, *targets)
        return done.returncode == 0, done.stdout[-3000:]

    def fails(self, name):
        suite, _, test = name.partition("/")
        done = self.run("meson", "test", "-C", self.build, "--no-rebuild", "--suite", suite, test)
        return done.returncode != 0


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def try_mutant(copy, mutant):
    """"caught by …", "survived", or what prevented the trial."""
    path = os.path.join(copy.root, mutant["file"])
    original = read(path)
    try:
        write(path, original.replace(mutant["old"], mutant["new"]))
        good, text = copy.make(mutant["tests"])
        if not good:
            return "does not compile:\n" + text
        for name in mutant["tests"]:
            if copy.fails(name):
                return "caught by " + name
        return "survived"
    finally:
        write(path, original)


def chosen(mutants, arguments):
    changed = set(git(ROOT, "diff", "--name-only", arguments.changed)) if arguments.changed else None
    for mutant in mutants:
        below = not arguments.path or any(
            mutant["file"].startswith(path.rstrip("/") + "/") or mutant["file"] == path
            for path in arguments.path)
        if (below and (changed is None or mutant["file"] in changed)
                and (not arguments.ids or mutant["id"] in arguments.ids)):
            yield mutant


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--path", action="append", default=[])
    parser.add_argument("--changed", nargs="?", const="HEAD", metavar="COMMIT")
    parser.add_argument("--work", default=os.path.join(ROOT, "build-mutants"))
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    mutants = load(os.path.join(HERE, "mutants.jsonl"))
    problems = list(check(mutants, ROOT))
    for name, problem in problems:
        print("%s: %s" % (name, problem), file=sys.stderr)
    if arguments.check:
        return 1 if problems else 0
    broken = {name for name, _ in problems}
    counts = {"caught": 0, "survived": 0, "not tried": len(problems)}
    copy = Copy(ROOT, os.path.abspath(arguments.work))
    # The unbroken code has to pass, or a failure would say nothing.
    trials = [mutant for mutant in chosen(mutants, arguments)
              if mutant["id"] not in broken and "survives" not in mutant]
    names = sorted({name for mutant in trials for name in mutant["tests"]})
    good, text = copy.make(names)
    failing = [name for name in names if copy.fails(name)] if good else []
    if failing or not good:
        print("the code fails as it is: %s" % (", ".join(failing) or text), file=sys.stderr)
        return 1
    for mutant in trials:
        result = try_mutant(copy, mutant)
        counts[result.split()[0] if result.split()[0] in counts else "not tried"] += 1
        print("%s: %s (%s)" % (mutant["id"], result, mutant["what"]), flush=True)
    print("%(caught)d caught, %(survived)d survived, %(not tried)d not tried" % counts)
    return 0 if counts["survived"] == counts["not tried"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
