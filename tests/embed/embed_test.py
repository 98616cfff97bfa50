#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The installed library is enough to embed it.

    embed_test.py MESON BUILD_ROOT PREFIX COMPILER...

Installs the build into a temporary folder, and compiles and runs programs with
nothing but what is there and what the .pc files say: those beside this file,
and docs/examples. ACCEPT=1 rewrites exports.txt, and fails where it did.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXAMPLES = os.path.join(ROOT, "docs", "examples")
EXPORTS = os.path.join(HERE, "exports.txt")
TAP = "tap,id=n0,queues=4,script=no,downscript=no"
QUIET = "script=no,downscript=no"


class Installation:
    """The installed tree, and how a program is built against it."""

    def __init__(self, folder, prefix, compiler):
        self.prefix = os.path.join(folder, prefix.lstrip("/"))
        self.folder = folder
        self.compiler = compiler
        found = glob.glob(self.prefix + "/**/qnetdev.pc", recursive=True)
        self.pc = found[0] if found else None

    def flags(self, what, package="qnetdev"):
        """--cflags or --libs of a package, as if its prefix were the real one."""
        folder = os.path.dirname(self.pc)
        path = os.path.join(self.folder, "pc")
        os.makedirs(path, exist_ok=True)
        for name in glob.glob(folder + "/*.pc"):
            with open(name) as pc, open(os.path.join(path, os.path.basename(name)), "w") as moved:
                moved.write(re.sub(r"^prefix=.*", "prefix=" + self.prefix, pc.read(), flags=re.M))
        outcome = harness.run(["pkg-config", what, package], env=dict(os.environ, PKG_CONFIG_PATH=path))
        if outcome.status != 0:
            raise RuntimeError("pkg-config: %s" % outcome)
        return outcome.out.split()

    def environment(self):
        """In which the installed library and tool are found."""
        return dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.library()),
                    PATH=os.path.join(self.prefix, "bin") + ":" + os.environ["PATH"])

    def library(self):
        found = glob.glob(self.prefix + "/**/libqnetdev.so.0", recursive=True)
        return found[0] if found else None

    def headers(self):
        """Texts, by their names as they are included."""
        include = os.path.join(self.prefix, "include")
        found = {}
        for path in sorted(glob.glob(include + "/**/*.h", recursive=True)):
            with open(path, encoding="utf-8") as text:
                found[os.path.relpath(path, include)] = text.read()
        return found


def check_headers(tap, tree):
    """Each compiles on its own, as the first and only one of a program."""
    def compile_one(header):
        package = "qnetdev-nlohmann" if header.endswith("_nlohmann.h") else "qnetdev"
        argv = [*tree.compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                *tree.flags("--cflags", package), "-x", "c++", "-"]
        return harness.run(argv, stdin=("#include <%s>\n" % header).encode(), timeout=120)

    headers = tree.headers()
    tap.check("headers are installed as qnetdev/ and qnetdev/qapi/",
              {"qnetdev/netdev.h", "qnetdev/qapi/net_types.h"} <= set(headers) and
              all(re.fullmatch(r"qnetdev/(qapi/)?\w+\.h", name) for name in headers),
              sorted(headers))
    text = "".join(headers.values())
    own = re.findall(r'^\s*#\s*include\s*([<"](?:net|qapi|qnetdev)/[^>"]*[>"])', text, re.M)
    tap.equal("they include each other as <qnetdev/...>",
              [name for name in own if not name.startswith("<qnetdev/")], [])
    macros = re.findall(r"^\s*#\s*define\s+(\w+)", text, re.M)
    tap.check("all their macros start with QNETDEV_", "QNETDEV_TRY" in macros and
              all(name.startswith("QNETDEV_") for name in macros), macros)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, outcome in zip(headers, pool.map(compile_one, headers)):
            tap.check("%s compiles on its own" % header, outcome.status == 0, outcome)


def check_packages(tap, tree):
    """A .pc file requires what its headers include, and nothing else."""
    for package, wanted in (("qnetdev", []), ("qnetdev-glib", ["glib-2.0", "qnetdev"]),
                            ("qnetdev-nlohmann", ["nlohmann_json", "qnetdev"])):
        required = tree.flags("--print-requires", package)
        private = tree.flags("--print-requires-private", package)
        names = sorted(word for word in required + private if re.match(r"[a-z]", word))
        tap.equal("%s.pc requires what its headers include" % package, names, wanted)
    flags = tree.flags("--cflags") + tree.flags("--libs")
    tap.check("with qnetdev.pc alone, GLib is neither included nor linked",
              "glib" not in " ".join(flags) and "-I%s/include" % tree.prefix in flags, flags)
    script = os.path.join(ROOT, "scripts", "install-headers.py")
    for what, line in (("another file of the tree", '#include "net/base/limits.h"'),
                       ("a macro of any name", "#define NET_X")):
        header = os.path.join(tree.folder, "bad.h")
        with open(header, "w") as text:
            text.write(line + "\n")
        outcome = harness.run([sys.executable, script, "--output-dir", tree.folder, header])
        tap.check("a header with %s is not installed" % what,
                  outcome.status == 1 and outcome.err.startswith(header + ": "), outcome)


def build(tap, tree, source, package):
    """The path of the program, None if it is none."""
    name = os.path.basename(source)
    program = os.path.join(tree.folder, name.removesuffix(".cc"))
    built = harness.run([*tree.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror",
                         *tree.flags("--cflags", package), source,
                         "-o", program, *tree.flags("--libs", package)], timeout=120)
    good = tap.check("%s builds against the installed tree" % name, built.status == 0, built)
    return program if good else None


def check_json_program(tap, tree):
    """What nlohmann_json holds becomes a netdev, with the checks that text gets."""
    program = build(tap, tree, os.path.join(HERE, "embedder_json.cc"), "qnetdev-nlohmann")
    if program is None:
        return
    env = tree.environment()
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
    program = build(tap, tree, os.path.join(HERE, "embedder.cc"), "qnetdev-glib")
    if program is None:
        return
    env = tree.environment()
    outcome = harness.run([program, TAP], env=env)
    tap.check("it brings four queues up and ends well",
              outcome.status == 0 and not outcome.err, outcome)
    fds = re.findall(r"^queue (\d): fd (\d+)$", outcome.out, re.MULTILINE)
    tap.check("it prints four different descriptors",
              [queue for queue, _ in fds] == list("0123") and len({fd for _, fd in fds}) == 4,
              outcome)
    tap.equal("it leaves nothing behind", harness.leftovers(), [])
    outcome = harness.run([program, TAP + ",ifname=0123456789abcdef"], env=env)
    text = TAP + ",ifname=0123456789abcdef"
    tap.check("it gets an error as a value, and shows it as the tool does",
              outcome.status == 1 and outcome.err.splitlines()[0].startswith("'ifname'") and
              outcome.err.splitlines()[1:3] == [
                  "  " + text, "  " + " " * text.index("ifname") + "^" + "~" * 22], outcome)


def check_ping(tap, tree):
    """The example's card answers who pings it through a real tap."""
    source = os.path.join(EXAMPLES, "ping_nic.cc")
    with open(source) as text:
        tap.check("the embedder has at most 60 lines", len(text.readlines()) <= 60, source)
    program = build(tap, tree, source, "qnetdev")
    if program is None:
        return
    env = tree.environment()
    for name, extra in (("", ""), (" over two queues", ",queues=2"),
                        (" without a virtio-net header", ",vnet_hdr=off")):
        card = subprocess.Popen(
            [program, "tap,id=hn0,ifname=t0,%s%s" % (QUIET, extra), "10.9.8.7"], env=env)
        try:
            up = harness.wait_until(lambda: "t0" in harness.interfaces(), 10)
            for words in (["addr", "add", "10.9.8.1/24", "dev", "t0"], ["link", "set", "t0", "up"]):
                up = up and harness.run(["ip", *words]).status == 0
            outcome = harness.run(["busybox", "ping", "-c", "3", "-w", "10", "10.9.8.7"])
            tap.check("the card answers ping" + name, up and outcome.status == 0 and
                      "3 packets transmitted, 3 packets received" in outcome.out, outcome)
            nobody = harness.run(["busybox", "ping", "-c", "1", "-W", "1", "10.9.8.6"])
            tap.check("it does not answer for others" + name, nobody.status == 1, nobody)
        finally:
            harness.end(card)
        tap.equal("it leaves nothing behind" + name, harness.leftovers(), [])
    text = "tap,id=hn0,queus=1"
    outcome = harness.run([program, text, "10.9.8.7"], env=env)
    tap.check("it shows what is wrong with an option", outcome.status == 1 and outcome.err ==
              "'queus' is not an option of tap\n  " + text + "\n             ^~~~~\n"
              "hint: did you mean 'queues'?\n", outcome)


def check_scripts(tap, tree):
    """The examples that drive a monitor, with the installed tool."""
    env = tree.environment()
    shell = os.path.join(EXAMPLES, "qmp.sh")
    outcome = harness.run(["sh", shell, tree.folder, "sh", "-c", "ip -o link show $IFNAME"],
                          env=env)
    tap.check("qmp.sh runs its command with a tap", outcome.status == 0 and
              re.search(r"^\d+: tap0:", outcome.out, re.M), outcome)
    outcome = harness.run(["sh", shell, tree.folder, "false"], env=env)
    tap.check("qmp.sh ends as its command", outcome.status == 1, outcome)
    path = os.path.join(tree.folder, "socket")
    program = subprocess.Popen(["qnetdev", "run", "-qmp", "unix:%s,server=on,wait=off" % path],
                               env=env)
    try:
        harness.wait_until(lambda: os.path.exists(path), 10)
        python = os.path.join(EXAMPLES, "qmp.py")
        outcome = harness.run([sys.executable, python, path, "queues=2", "ifname=t7"], env=env)
        shown = json.loads(outcome.out) if outcome.status == 0 else []
        tap.check("qmp.py adds, shows and removes a tap", len(shown) == 1 and
                  len(shown[0]["interface"]["queues"]) == 2 and
                  shown[0]["interface"]["ifname"] == "t7", outcome)
        outcome = harness.run([sys.executable, python, path, "queues=0"], env=env)
        tap.check("qmp.py tells why the monitor refuses", outcome.status == 1 and
                  outcome.err.startswith("qmp.py: 'queues' "), outcome)
    finally:
        harness.end(program)
    tap.equal("they leave nothing behind", harness.leftovers(), [])


def check_readme(tap):
    """What README shows of a program is cut from the example."""
    with open(os.path.join(ROOT, "README.md")) as readme:
        section = re.search(r"^## The library$(.*?)^## ", readme.read(), re.M | re.S).group(1)
    blocks = re.findall(r"```cpp\n(.*?)```", section, re.S)
    with open(os.path.join(EXAMPLES, "ping_nic.cc")) as example:
        code = example.read()
    tap.check("README's snippet is in docs/examples/ping_nic.cc, line for line",
              len(blocks) == 1 and blocks[0].count("\n") >= 5 and
              textwrap.indent(blocks[0], "    ") in code, blocks)


def exported(library):
    """Demangled names, sorted; and those of which programs may have copies, vtables apart."""
    listed = harness.run(["nm", "-DC", "--defined-only", library]).out.splitlines()
    symbols = {}
    for line in listed:
        kind, name = line.split(maxsplit=2)[1:]
        name = re.sub(r"@@?QNETDEV_\d+$", "", name)
        # That library has its version in its names, and a type of it is long.
        name = re.sub(r"nlohmann::\w*(::)?basic_json<.*?>(?=&| const&)", "nlohmann::ordered_json", name)
        symbols[name] = kind
    symbols = {name: kind for name, kind in symbols.items() if kind != "A"}    # the version
    return sorted(symbols), sorted(name for name, kind in symbols.items() if kind not in "TBDRV")


def check_symbols(tap, tree):
    library = tree.library()
    dynamic = harness.run(["readelf", "-dW", library]).out
    tap.check("the library's SONAME carries its version",
              "Library soname: [libqnetdev.so.0]" in dynamic, dynamic)
    names, weak = exported(library)
    words = set(re.findall(r"\w+", "".join(tree.headers().values())))
    own = [re.sub(r"^(vtable|typeinfo|typeinfo name|VTT) for ", "", name) for name in names]
    tap.equal("it defines nothing outside of qnetdev::",
              [name for name in own if not name.startswith("qnetdev::")], [])
    unknown = [name for name in own if re.match(r"\w*", name.split("::")[1])[0] not in words]
    tap.equal("all that it exports is declared in an installed header", unknown, [])
    tap.equal("no function and no variable is weak", weak, [])
    with open(EXPORTS) as listing:
        wanted = listing.read().splitlines()
    same = tap.equal("it exports what exports.txt lists (docs/abi.md)",
                     {"more": sorted(set(names) - set(wanted)),
                      "less": sorted(set(wanted) - set(names))}, {"more": [], "less": []})
    if not same and os.environ.get("ACCEPT") == "1":
        with open(EXPORTS, "w") as listing:
            listing.write("".join(name + "\n" for name in names))
        tap.note("exports.txt is rewritten: read the difference")


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
            check_headers(tap, tree)
            check_packages(tap, tree)
            check_program(tap, tree)
            check_json_program(tap, tree)
            check_ping(tap, tree)
            check_scripts(tap, tree)
            check_symbols(tap, tree)
        check_readme(tap)
    tap.done()


if __name__ == "__main__":
    main()
