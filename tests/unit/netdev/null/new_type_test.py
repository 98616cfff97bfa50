#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A type of netdev that is added to the schema needs no change to what reads it.

    new_type_test.py ROOT BUILD COMPILER...

The schema gets a type that it does not have, in a copy, as docs/ARCHITECTURE.md says: a value of
NetClientDriver, a branch of Netdev and its options. What looks into the variant of all types, or
into the tables of their options, is then checked by the compiler.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

OPTIONS = """##
# @NetdevNullOptions:
#
# Accepts every frame and drops it.
#
# @note: Anything.
#
# Since: 0.1
##
{ 'struct': 'NetdevNullOptions', 'data': { '*note': 'str' } }

"""

# Tells that the type is there, and that its options are its plan.
USE = """
#include <type_traits>
#include "net/validate/netdev_plan.h"
static_assert(std::is_constructible_v<qnetdev::NetdevPlan::Backend, qnetdev::qapi::NetdevNullOptions>);
static_assert(qnetdev::qapi::NetdevNullOptions::kTag == qnetdev::qapi::NetClientDriver::null);
"""

VISITS = re.compile(r"std::visit\([^;]*\b(netdev\.branch|plan\.backend)\b")


def sources_of_variant(root):
    """What has to know every type: it visits the options or plans of all, or reads their tables."""
    found = [os.path.join(root, "net", "netdev_backends.cc")]
    for folder, _, names in sorted(os.walk(os.path.join(root, "net"))):
        for path in sorted(os.path.join(folder, name) for name in names if name.endswith(".cc")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            tables = os.path.basename(folder) == "options" and "net_tables.h" in text
            if tables or VISITS.search(text):
                found.append(path)
    if len(found) < 5:
        raise SystemExit("Bail out! found only " + " ".join(found))
    return found


def replace_once(text, old, new):
    if text.count(old) != 1:
        raise SystemExit("Bail out! net.json has changed: where is %s" % old)
    return text.replace(old, new)


def extend(schema):
    schema = replace_once(schema, "'vmnet-bridged' ] }", "'vmnet-bridged', 'null' ] }")
    schema = replace_once(schema, "'vmnet-bridged': 'NetdevVmnetBridgedOptions' } }",
                          "'vmnet-bridged': 'NetdevVmnetBridgedOptions',\n"
                          "    'null': 'NetdevNullOptions' } }")
    schema = replace_once(schema, "# @vmnet-bridged: Bridge to",
                          "# @null: Drops frames.\n#\n# @vmnet-bridged: Bridge to")
    return replace_once(schema, "##\n# @NetClientDriver:", OPTIONS + "##\n# @NetClientDriver:")


def generate(root, folder):
    """Headers of the schema with one type more, in folder/qapi."""
    copy = os.path.join(folder, "schema")
    shutil.copytree(os.path.join(root, "qapi"), copy, ignore=shutil.ignore_patterns("*.cc", "*.h"))
    path = os.path.join(copy, "net.json")
    with open(path, encoding="utf-8") as file:
        schema = extend(file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(schema)
    subprocess.run([sys.executable, os.path.join(root, "scripts", "qapi-gen.py"), "--emit",
                    "types,commands,events,docs,introspect", "--output-dir",
                    os.path.join(folder, "qapi"), os.path.join(copy, "qapi-schema.json")],
                   check=True, timeout=120)


def main(root, build, compiler):
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        generate(root, folder)
        use = os.path.join(folder, "use.cc")
        with open(use, "w", encoding="utf-8") as file:
            file.write(USE)
        command = compiler + ["-std=c++20", "-fsyntax-only", "-Werror=return-type",
                              "-Werror=switch", "-I" + folder, "-I" + os.path.join(root, "include"),
                              "-I" + root, "-I" + build]
        sources = [use] + sources_of_variant(root)
        print("1..%d" % len(sources), flush=True)
        for number, source in enumerate(sources, 1):
            done = subprocess.run(command + [source], capture_output=True, text=True, check=False,
                                  timeout=300)
            failed += done.returncode != 0
            name = os.path.relpath(source, folder if source == use else root)
            print("%s %d - %s" % ("not ok" if done.returncode else "ok", number, name), flush=True)
            print("".join("# %s\n" % line for line in done.stderr.splitlines()[:20]), end="",
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
