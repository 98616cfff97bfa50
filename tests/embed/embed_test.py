#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The installed library is enough to embed it.

    embed_test.py MESON BUILD_ROOT PREFIX COMPILER...

Installs the build into a temporary folder, and compiles and runs embedder.cc
with nothing but what is there and what qnetdev.pc says.
"""
import concurrent.futures
import glob
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TAP = "tap,id=n0,queues=4,script=no,downscript=no"
# Classes behind the public ones: nobody outside may link to them.
INTERNAL = ("TapClient", "TapGroup", "FdReaper", "Subprocess", "LinuxTunKernel", "GlibEventLoop",
            "(anonymous namespace)")


class Installation:
    """The installed tree, and how a program is built against it."""

    def __init__(self, folder, prefix, compiler):
        self.prefix = os.path.join(folder, prefix.lstrip("/"))
        self.folder = folder
        self.compiler = compiler
        found = glob.glob(self.prefix + "/**/qnetdev.pc", recursive=True)
        self.pc = found[0] if found else None

    def flags(self, what, package="qnetdev"):
        """--cflags or --libs of a package as if the prefix were the real one, and of glib."""
        env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(self.pc))
        found = []
        for package in (["--define-variable=prefix=" + self.prefix, package], ["glib-2.0"]):
            outcome = harness.run(["pkg-config", what, *package], env=env)
            if outcome.status != 0:
                raise RuntimeError("pkg-config: %s" % outcome)
            found += outcome.out.split()
        return found

    def library(self):
        found = glob.glob(self.prefix + "/**/libqnetdev.so.0", recursive=True)
        return found[0] if found else None

    def headers(self):
        include = os.path.join(self.prefix, "include", "qnetdev")
        return sorted(os.path.relpath(path, include)
                      for path in glob.glob(include + "/**/*.h", recursive=True))


def check_headers(tap, tree, cflags):
    """Each compiles on its own, as the first and only one of a program."""
    def compile_one(header):
        argv = [*tree.compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                *cflags, "-x", "c++", "-"]
        return harness.run(argv, stdin=('#include "%s"\n' % header).encode(), timeout=120)

    headers = tree.headers()
    tap.check("headers of net/ and qapi/ are installed", {"net/netdev.h", "net/tap.h",
              "qapi/net_types.h"} <= set(headers), headers)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, outcome in zip(headers, pool.map(compile_one, headers)):
            tap.check("%s compiles on its own" % header, outcome.status == 0, outcome)


def build(tap, tree, name, package):
    """The path of the program, and the environment it runs in; (None, None) if it is none."""
    program = os.path.join(tree.folder, name)
    built = harness.run([*tree.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror",
                         *tree.flags("--cflags", package), os.path.join(HERE, name + ".cc"),
                         "-o", program, *tree.flags("--libs", package)], timeout=120)
    good = tap.check("%s.cc builds against the installed tree" % name, built.status == 0, built)
    env = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(tree.library()))
    return (program, env) if good else (None, None)


def check_json_program(tap, tree):
    """What nlohmann_json holds becomes a netdev, with the checks that text gets."""
    program, env = build(tap, tree, "embedder_json", "qnetdev-nlohmann")
    if program is None:
        return
    config = {"type": "tap", "id": "n0", "script": "no", "downscript": "no"}

    def run(queues, **changes):
        return harness.run([program, json.dumps({**config, **changes}), str(queues)], env=env)

    outcome = run(2)
    lines = outcome.out.splitlines()
    tap.check("a netdev is set up from nlohmann_json's value",
              outcome.status == 0 and not outcome.err and len(lines) == 3, outcome)
    tap.equal("it is the same value again",
              json.loads(lines[0]) if lines else None, {**config, "queues": 2})
    tap.equal("it leaves nothing behind", harness.leftovers(), [])
    for name, outcome, param in (
            ("a number that is too small", run(-1), "queues"),
            ("a member that is not known", run(1, vhos=False), "vhos"),
            ("a text instead of a boolean", run(1, vhost="on"), "vhost")):
        tap.check("%s is refused by name" % name,
                  outcome.status == 1 and outcome.err.startswith(param + ": '" + param + "'"),
                  outcome)


def check_program(tap, tree):
    program, env = build(tap, tree, "embedder", "qnetdev")
    if program is None:
        return
    outcome = harness.run([program, TAP], env=env)
    tap.check("it brings four queues up and ends well",
              outcome.status == 0 and not outcome.err, outcome)
    fds = re.findall(r"^queue (\d): fd (\d+)$", outcome.out, re.MULTILINE)
    tap.check("it prints four different descriptors",
              [queue for queue, _ in fds] == list("0123") and len({fd for _, fd in fds}) == 4,
              outcome)
    tap.equal("it leaves nothing behind", harness.leftovers(), [])
    outcome = harness.run([program, TAP + ",ifname=0123456789abcdef"], env=env)
    tap.check("it gets an error as a value, not as an end of the process",
              outcome.status == 1 and "'ifname'" in outcome.err, outcome)


def check_symbols(tap, tree):
    library = tree.library()
    dynamic = harness.run(["readelf", "-dW", library]).out
    tap.check("the library's SONAME carries its version",
              "Library soname: [libqnetdev.so.0]" in dynamic, dynamic)
    listed = harness.run(["nm", "-DC", "--defined-only", library]).out.splitlines()
    symbols = [line.split(maxsplit=2)[1:] for line in listed]
    public = ""
    for header in tree.headers():
        with open(os.path.join(tree.prefix, "include", "qnetdev", header)) as text:
            public += text.read()
    words = set(re.findall(r"\w+", public))
    # Templates of the standard library are weak, and every C++ library exports those it uses.
    foreign = [name for kind, name in symbols if kind in "TBDR" and
               not re.match(r"qnetdev::", name)]
    tap.equal("it defines nothing outside of qnetdev::", foreign, [])
    own = [re.sub(r"^(vtable|typeinfo|typeinfo name|VTT) for ", "", name) for _, name in symbols]
    own = [name for name in own if re.match(r"qnetdev::", name)]
    internal = [name for name in own if name.split("::")[1].startswith(INTERNAL)]
    tap.equal("it exports no internal class", internal, [])
    unknown = [name for name in own if re.match(r"\w*", name.split("::")[1])[0] not in words]
    tap.equal("all that it exports is declared in an installed header", unknown, [])


def main():
    meson, build, prefix, compiler = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        outcome = harness.run([meson, "install", "-C", build, "--no-rebuild", "--destdir", folder],
                              timeout=60)
        tap.check("meson install works", outcome.status == 0, outcome)
        tree = Installation(folder, prefix, compiler)
        if tap.check("qnetdev.pc and the library are installed", tree.pc and tree.library(),
                     outcome):
            cflags = tree.flags("--cflags")
            tap.check("qnetdev.pc names the include folder",
                      "-I%s/include/qnetdev" % tree.prefix in cflags, cflags)
            check_headers(tap, tree, cflags)
            check_program(tap, tree)
            check_json_program(tap, tree)
            check_symbols(tap, tree)
    tap.done()


if __name__ == "__main__":
    main()
