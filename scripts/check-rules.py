#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules of this project that no formatter or linter knows.

- every source file starts with its licence
- files and functions stay short enough to be read
- NET_TRY stands alone or initialises a variable: inside a braced initialiser
  GCC 12 and Clang 14 skip destructors when it returns
- a folder of net/ includes only what stands below it
"""

import re
import subprocess
import sys

MAX_FILE_LINES = 500
SOURCES = ("*.cc", "*.h", "*.py", "*.build")

# From the bottom up; a folder may include those before it and itself.
LAYERS = {
    "net/base": (),
    "qapi": ("net/base",),
    "net/options": ("net/base", "qapi"),
    "net/validate": ("net/base", "qapi"),
    "net/glib": ("net/base",),
    "net/client": ("net/base",),
    "net/netlink": ("net/base",),
    "net/bridge": ("net/base", "net/netlink"),
    "net/bridge_helper": ("net/base", "net/netlink", "net/bridge"),
    "net/monitor/fds": ("net/base",),
    "net/monitor/wire": ("net/base", "qapi"),
    "net/monitor/qmp": ("net/base", "qapi", "net/monitor/fds", "net/monitor/wire"),
    "net/monitor/hmp": ("net/base", "qapi", "net/monitor/fds", "net/monitor/wire",
                        "net/monitor/qmp"),
    "net/tap": ("net/base", "net/client", "net/netlink", "net/bridge", "net/monitor/fds",
                "net/validate", "qapi"),
    "net/monitor/commands": ("net/base", "net/client", "net/monitor/fds", "net/monitor/wire",
                             "net/monitor/qmp", "net/monitor/hmp", "net/tap", "qapi"),
}


def tracked(*patterns):
    listing = subprocess.run(["git", "ls-files", "--", *patterns],
                             check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.splitlines()
            if not name.startswith(("tests/golden/", "tests/data/"))]


def folder_of(path):
    """The layer a file belongs to, or None."""
    for layer in sorted(LAYERS, key=len, reverse=True):
        if path.startswith(layer + "/"):
            return layer
    return None


def check_licence(path, lines):
    if lines and not any("SPDX-License-Identifier: MIT" in line for line in lines[:2]):
        yield 1, "no SPDX-License-Identifier in the first two lines"


def check_length(_path, lines):
    if len(lines) > MAX_FILE_LINES:
        yield len(lines), "more than %d lines: split it by job" % MAX_FILE_LINES


def check_net_try(path, lines):
    if not path.endswith((".cc", ".h")) or path.endswith("include/net/result.h"):
        return
    allowed = re.compile(r"^\s*(\(void\))?NET_TRY\(|= NET_TRY\(|^\s+NET_TRY\(|"
                         r"(if|switch|while) \(!?NET_TRY\(")
    for number, line in enumerate(lines, 1):
        if "NET_TRY(" in line and not line.lstrip().startswith(("//", "*", "#define")):
            if not allowed.search(line):
                yield number, "NET_TRY must be a whole statement or initialiser"


def check_layers(path, lines):
    layer = folder_of(path)
    if layer is None:
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include "((?:net|qapi)/[^"]+)"', line)
        if not match:
            continue
        used = folder_of(match.group(1))
        if used not in (None, layer) and used not in LAYERS[layer]:
            yield number, "%s must not use %s" % (layer, used)


def main():
    problems = 0
    for path in tracked(*SOURCES):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for check in (check_licence, check_length, check_net_try, check_layers):
            for number, text in check(path, lines):
                print("%s:%d: %s" % (path, number, text), file=sys.stderr)
                problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
