#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules of this project that no formatter or linter knows.

- every source file starts with its licence
- files stay short enough to be read
- NET_TRY is a whole statement, the whole value that a variable gets, or a whole
  condition: inside a braced initialiser GCC 12 and Clang 14 skip the
  destructors of what is built already when it returns
- a folder of net/ includes only what stands below it; a header of include/net
  belongs to the folder that implements it
- the kernel's header of a driver is included only where its seam is implemented
- comments cite nothing that a reader does not have
"""

import os
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
    "net/validate": ("net/base", "qapi", "net/options"),
    "net/glib": ("net/base",),
    "net/client": ("net/base",),
    "net/nic": ("net/base", "net/client"),
    "net/netlink": ("net/base",),
    "net/bridge": ("net/base", "net/netlink"),
    "net/bridge_helper": ("net/base", "net/netlink", "net/bridge"),
    "net/vhost": ("net/base",),
    "net/monitor/fds": ("net/base",),
    "net/monitor/wire": ("net/base", "qapi"),
    "net/monitor/qmp": ("net/base", "qapi", "net/monitor/fds", "net/monitor/wire"),
    "net/monitor/hmp": ("net/base", "qapi", "net/monitor/fds", "net/monitor/wire",
                        "net/monitor/qmp"),
    "net/tap": ("net/base", "net/client", "net/netlink", "net/bridge", "net/vhost",
                "net/monitor/fds", "net/validate", "qapi"),
    "net/monitor/commands": ("net/base", "net/client", "net/nic", "net/monitor/fds",
                             "net/monitor/wire",
                             "net/monitor/qmp", "net/monitor/hmp", "net/tap", "net/options",
                             "qapi"),
}

# Headers of include/net that are not named like a source file of the folder they belong to.
# "net" is what dispatches over the types, above the folders and below the monitors.
PUBLIC_HEADERS = {
    "net/api.h": "net/base",
    "net/human_output.h": "net/monitor/hmp",
    "net/monitor.h": "net/monitor/commands",
    "net/netdev_origin.h": "net/options",
    "net/options.h": "net/options",
    "net/result.h": "net/base",
    "net/tap.h": "net/tap",
}
# May include what is in no layer: files directly in net/.
ABOVE_NET = ("net/monitor/commands",)
# Kernel interfaces that stand behind a typed seam: who may include the header.
KERNEL_HEADERS = {
    "linux/if_tun.h": ("net/tap/tun_kernel_linux.cc", "net/bridge_helper/"),
    "linux/vhost.h": ("net/vhost/vhost_kernel_linux.cc",),
}


def tracked(*patterns):
    listing = subprocess.run(["git", "ls-files", "--", *patterns],
                             check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.splitlines()
            if not name.startswith(("tests/golden/", "tests/data/")) and os.path.exists(name)]


def layer_of_folder(folder):
    """The innermost layer that a folder is in, or None."""
    while folder and folder not in LAYERS:
        folder = os.path.dirname(folder)
    return folder or None


def public_room(header, sources):
    """The folder a header of include/net belongs to, or None. `header` is as it is included."""
    if header in PUBLIC_HEADERS:
        return PUBLIC_HEADERS[header]
    wanted = os.path.basename(header).removesuffix(".h") + ".cc"
    rooms = [os.path.dirname(path) for path in sources
             if path.startswith("net/") and os.path.basename(path) == wanted]
    return rooms[0] if len(rooms) == 1 else None


def room_of(path, sources):
    """The folder that a file of the library belongs to, as a layer, "net", or None elsewhere.

    A path as it is included, such as "net/log.h", is that of a public header if there is one.
    """
    name = path.removeprefix("include/")
    if "include/" + name in sources:
        name = (public_room(name, sources) or "?") + "/"
    folder = os.path.dirname(name)
    return layer_of_folder(folder) or (folder if folder in ("net", "?") else None)


def blank(match):
    """As many lines and columns, without words."""
    return re.sub(r"[^\n]", " ", match.group())


def code_of(text):
    """C++ without comments and without what is in quotes, at the same places."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                  r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", blank, text, flags=re.S)


def end_of_call(code, start):
    """The place behind the parenthesis that closes the one at `start`."""
    depth = 0
    for place in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if depth == 0:
            return place + 1
    return len(code)


def is_good_net_try(before, after):
    """Whether NET_TRY(...) may stand between these pieces of code, both without outer blanks."""
    if re.search(r"\b(if|switch|while) \(!?$", before) and after.startswith(")"):
        return True
    # A member of a braced initialiser is followed by a comma or brace, or has one around it.
    whole = re.search(r"([^=!<>]=|[;{}):]|\belse|\bdo|\(void\))$", before)
    return bool(whole) and after.startswith(";")


def check_net_try(path, lines, _sources):
    if not path.endswith((".cc", ".h")) or path == "include/net/result.h":
        return
    code = code_of("\n".join(lines))
    for match in re.finditer(r"\bNET_TRY\(", code):
        end = end_of_call(code, match.end() - 1)
        if not is_good_net_try(code[:match.start()].rstrip(), code[end:].lstrip()):
            yield code.count("\n", 0, match.start()) + 1, \
                "NET_TRY must be a whole statement, initialiser or condition"


def check_licence(_path, lines, _sources):
    if lines and not any("SPDX-License-Identifier: MIT" in line for line in lines[:2]):
        yield 1, "no SPDX-License-Identifier in the first two lines"


def check_length(_path, lines, _sources):
    if len(lines) > MAX_FILE_LINES:
        yield len(lines), "more than %d lines: split it by job" % MAX_FILE_LINES


def may_use(room, used):
    """Whether a folder may include what another one, or None for none of ours, declares."""
    if used in (None, room) or room == "net":
        return True
    return room in ABOVE_NET if used == "net" else used in LAYERS[room]


def check_layers(path, lines, sources):
    if not path.startswith(("net/", "qapi/", "include/net/")):
        return
    room = room_of(path, sources)
    if room == "?":
        yield 1, "belongs to no folder: no source file has its name, and PUBLIC_HEADERS has it not"
    if room in (None, "?"):
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include "((?:net|qapi)/[^"]+)"', line)
        used = room_of(match.group(1), sources) if match else None
        if not may_use(room, used):
            yield number, "%s must not use %s" % (room, used)


def check_kernel_headers(path, lines, _sources):
    if not path.startswith(("net/", "qapi/", "include/net/")):
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r"\s*#\s*include <([^>]+)>", line)
        if match and not path.startswith(KERNEL_HEADERS.get(match.group(1), path)):
            yield number, "<%s> is for %s only" % (match.group(1),
                                                   ", ".join(KERNEL_HEADERS[match.group(1)]))


def check_citations(_path, lines, _sources):
    """Names of pages that only the author had."""
    for number, line in enumerate(lines, 1):
        comment = re.search(r'(?://|#|"""|^\s*\*?)(.*)', line).group(1)
        if re.search(r"\bspec:", comment):
            yield number, "cites a page that readers do not have: say the fact, or its public source"
        for page in re.findall(r"\bdocs/[\w/.-]+\.md\b", comment):
            if not os.path.exists(page):
                yield number, "cites %s, which does not exist" % page


CHECKS = (check_licence, check_length, check_net_try, check_layers,
          check_kernel_headers, check_citations)


def main():
    problems = 0
    sources = tracked(*SOURCES)
    for path in sources:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for check in CHECKS:
            for number, text in check(path, lines, set(sources)):
                print("%s:%d: %s" % (path, number, text), file=sys.stderr)
                problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
