#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes headers as embedders get them.

    install-headers.py --output-dir FOLDER HEADER...

In the tree a header is included as "net/..." or "qapi/...", installed as
<qnetdev/...> or <qnetdev/qapi/...>. What stands between `#ifndef
QNETDEV_INSTALLED` and its `#endif` is for the tree only and left out. Fails if
a header includes another file of the tree, or defines a macro whose name does
not start with QNETDEV_.
"""
import argparse
import os
import re
import sys

TREE_ONLY = re.compile(r"^#ifndef QNETDEV_INSTALLED\b.*?^#endif\b[^\n]*\n\n?", re.S | re.M)
INCLUDE = re.compile(r'^(\s*#\s*include )"([^"]+)"', re.M)
DEFINE = re.compile(r"^\s*#\s*define (\w+)", re.M)


class HeaderError(Exception):
    """Something that embedders must not get."""


def installed_name(match):
    path = match.group(2)
    if re.fullmatch(r"net/[^/]+\.h", path):
        return "%s<qnetdev/%s>" % (match.group(1), path.removeprefix("net/"))
    if re.fullmatch(r"qapi/[^/]+\.h", path):
        return "%s<qnetdev/%s>" % (match.group(1), path)
    raise HeaderError('"%s" is not installed' % path)


def convert(text):
    text = INCLUDE.sub(installed_name, TREE_ONLY.sub("", text))
    for macro in DEFINE.findall(text):
        if not macro.startswith("QNETDEV_"):
            raise HeaderError("the macro %s must start with QNETDEV_" % macro)
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--output-dir", required=True)
    parser.add_argument("headers", nargs="+")
    options = parser.parse_args()
    for header in options.headers:
        with open(header, encoding="utf-8") as source:
            try:
                text = convert(source.read())
            except HeaderError as problem:
                sys.exit("%s: %s" % (header, problem))
        name = os.path.join(options.output_dir, os.path.basename(header))
        with open(name, "w", encoding="utf-8") as target:
            target.write(text)


if __name__ == "__main__":
    main()
