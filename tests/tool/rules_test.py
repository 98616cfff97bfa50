#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-rules.py and scripts/check-style notice what they are there for.

    rules_test.py SOURCE_ROOT
"""
import os
import shutil
import sys
import tempfile

import harness

LICENCE = "// SPDX-License-Identifier: MIT\n"
NET_TRY = "NET_TRY must be a whole statement, initialiser or condition"
CITES = "cites a page that readers do not have: say the fact, or its public source"

# Pieces of a function; those in BAD are told of, each on its second line.
GOOD_TRIES = (
    "    NET_TRY(f());",
    "    (void)NET_TRY(f());",
    "    const int x = NET_TRY(f());",
    "    const int x =\n        NET_TRY(f(1, g(2)));",
    "    x = NET_TRY(f());",
    "    s.member += NET_TRY(f());",
    "    if (NET_TRY(f())) {\n    }",
    "    if (!NET_TRY(f())) {\n    }",
    "    switch (NET_TRY(f())) {\n    }",
    "    if (x) {\n        NET_TRY(f());\n    } else {\n        NET_TRY(f());\n    }",
    "    for (int i : list) {\n        NET_TRY(f(i));\n    }",
    "    // T t{NET_TRY(f())};",
    "    /* T t{\n    NET_TRY(f())}; */",
    '    text = "T t{NET_TRY(f())};";',
    '    text = R"(T t{NET_TRY(f())};)";',
    "    c = '\"'; NET_TRY(f()); c = '\"';",
    "    T t{1'000, [&] { NET_TRY(f()); }};",
    "    case 1:\n        NET_TRY(f());",
)
BAD_TRIES = (
    "\n    T t{NET_TRY(f())};",
    "\n    T t{.a = NET_TRY(f()), .b = 1};",
    "\n    T t{.b = 1, .a = NET_TRY(f())};",
    "    T t{\n        NET_TRY(f()), 1};",
    "    T t{\n        NET_TRY(f())};",
    "    T t{1,\n        NET_TRY(f())};",
    "    T t{1,\n        .a = NET_TRY(f())};",
    "\n    return T{1, NET_TRY(f())};",
    "\n    return NET_TRY(f());",
    "\n    g(NET_TRY(f()));",
    "    g(1,\n      NET_TRY(f()));",
    "\n    const int x = NET_TRY(f()).y;",
    "\n    const int x = b ? NET_TRY(f()) : 0;",
    "\n    const int x = 1 + NET_TRY(f());",
    "\n    if (x == NET_TRY(f())) {\n    }",
    "\n    if (x && NET_TRY(f())) {\n    }",
    "\n    list.push_back({NET_TRY(f()), 1});",
    "\n    T t(NET_TRY(f()));",
)

# (files, what is told of them); the files of SURROUNDINGS are there as well.
SURROUNDINGS = {
    "include/net/log.h": LICENCE, "net/base/log.cc": LICENCE,
    "include/net/netdev.h": LICENCE, "net/netdev.cc": LICENCE,
    "include/net/monitor.h": LICENCE, "qapi/value.h": LICENCE, os.path.join("docs", "there.md"): "",
}
CASES = (
    ("all is well", {"net/tap/a.cc": LICENCE + '#include "net/tap/a.h"\n#include "net/log.h"\n'
                     '#include "qapi/value.h"\n#include <vector>\n',
                     "net/netdev.cc": LICENCE + '#include "net/tap/a.h"\n',
                     "net/monitor/commands/b.cc": LICENCE + '#include "net/netdev.h"\n'}, []),
    ("a licence is missing", {"net/base/a.cc": "\n\n" + LICENCE, "scripts/a.py": "pass\n",
                              "net/meson.build": "x = 1\n"},
     [path + ":1: no SPDX-License-Identifier in the first two lines"
      for path in ("net/base/a.cc", "net/meson.build", "scripts/a.py")]),
    ("500 lines are a file", {"net/base/a.cc": LICENCE + "\n" * 499}, []),
    ("501 are too many", {"net/base/a.cc": LICENCE + "\n" * 500},
     ["net/base/a.cc:501: more than 500 lines: split it by job"]),
    ("a folder includes one above it", {"net/base/a.cc": LICENCE + '#include "net/tap/a.h"\n'},
     ["net/base/a.cc:2: net/base must not use net/tap"]),
    ("from a folder inside", {"net/base/deep/a.cc": LICENCE + '\n#  include "net/tap/a.h"\n'},
     ["net/base/deep/a.cc:3: net/base must not use net/tap"]),
    ("the schema's code does", {"qapi/a.cc": LICENCE + '#include "net/client/a.h"\n'},
     ["qapi/a.cc:2: qapi must not use net/client"]),
    ("a public header that is named like its source",
     {"net/client/up.cc": LICENCE, "include/net/up.h": LICENCE,
      "net/base/a.h": LICENCE + '#include "net/up.h"\n'},
     ["net/base/a.h:2: net/base must not use net/client"]),
    ("a public header that is listed", {"net/base/a.h": LICENCE + '#include "net/monitor.h"\n'},
     ["net/base/a.h:2: net/base must not use net/monitor/commands"]),
    ("a public header that includes one above it",
     {"include/net/log.h": LICENCE + '#include "net/monitor.h"\n'},
     ["include/net/log.h:2: net/base must not use net/monitor/commands"]),
    ("a public header of nobody", {"include/net/new.h": LICENCE},
     ["include/net/new.h:1: belongs to no folder: no source file has its name, and PUBLIC_HEADERS "
      "has it not"]),
    ("a folder includes what is above all folders",
     {"net/tap/a.cc": LICENCE + '#include "net/netdev.h"\n'},
     ["net/tap/a.cc:2: net/tap must not use net"]),
    ("a driver's header away from its seam",
     {"net/tap/tun_kernel_linux.cc": LICENCE + "#include <linux/if_tun.h>\n",
      "net/bridge_helper/a.cc": LICENCE + "#include <linux/if_tun.h>\n",
      "net/tap/a.cc": LICENCE + "#include <linux/if.h>\n#include <linux/if_tun.h>\n",
      "net/netlink/a.cc": LICENCE + "#include <linux/if_tun.h>\n",
      "net/cli/a.cc": LICENCE + "#include <linux/if_tun.h>\n"},
     [path + ": <linux/if_tun.h> is for net/tap/tun_kernel_linux.cc, net/bridge_helper/ only"
      for path in ("net/cli/a.cc:2", "net/netlink/a.cc:2", "net/tap/a.cc:3")]),
    ("comments cite", {"net/tap/a.h": LICENCE + "/// Cut (%s: as there).\n" % "spec",
                       "scripts/a.py": "# SPDX-License-Identifier: MIT\nx = 1  # %s: 3\n" % "spec",
                       "net/tap/b.cc": LICENCE + "// see %s/gone.md\n// see %s/there.md\n" %
                       ("docs", "docs")},
     ["net/tap/a.h:2: " + CITES, "net/tap/b.cc:2: cites %s/gone.md, which does not exist" % "docs",
      "scripts/a.py:2: " + CITES]),
)


class Tree:
    """A repository with a copy of the scripts and of the formatter's settings."""

    def __init__(self, root, folder):
        self.folder = folder
        self.git("init", "-q")
        os.mkdir(os.path.join(folder, "scripts"))
        for name in ("scripts/check-rules.py", "scripts/check-style", ".clang-format"):
            shutil.copy(os.path.join(root, name), os.path.join(folder, name))

    def git(self, *words):
        done = harness.run(["git", "-C", self.folder, *words])
        if done.status != 0:
            raise RuntimeError(str(done))

    def run(self, files, *command):
        """Status and lines of the script's complaints, with these files in the tree."""
        for path, text in {**SURROUNDINGS, **files}.items():
            os.makedirs(os.path.join(self.folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(self.folder, path), "w", encoding="utf-8") as out:
                out.write(text)
        self.git("add", "-A")
        done = harness.run(command, cwd=self.folder)
        self.git("rm", "-q", "-f", "--", *files)
        return done.status, done.err.splitlines()


def function(body):
    return LICENCE + "void h() {" + body + "\n}\n"


def check_tries(tap, tree, rules):
    """One file for each piece, all in one run."""
    good = {"net/base/good%02d.cc" % number: function("\n" + body)
            for number, body in enumerate(GOOD_TRIES)}
    tap.equal("NET_TRY where it may be", tree.run(good, *rules), (0, []))
    bad = {"net/base/bad%02d.cc" % number: function(body)
           for number, body in enumerate(BAD_TRIES)}
    status, lines = tree.run(bad, *rules)
    tap.equal("NET_TRY where it may not be fails", status, 1)
    for path, text in bad.items():
        tap.check("NET_TRY in " + " ".join(text.removeprefix(LICENCE).split()[2:-1]),
                  "%s:3: %s" % (path, NET_TRY) in lines, lines)
    tap.equal("and nothing else is told", len(lines), len(bad))


def main():
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(sys.argv[1], folder)
        rules = [sys.executable, "scripts/check-rules.py"]
        check_tries(tap, tree, rules)
        for name, files, want in CASES:
            tap.equal(name, tree.run(files, *rules), (1 if want else 0, want))
        tap.equal("check-style passes what is formatted",
                  tree.run({"net/base/a.cc": LICENCE + "int x;\n"}, "scripts/check-style"), (0, []))
        status, lines = tree.run({"net/base/a.cc": LICENCE + "int  x;\n"}, "scripts/check-style")
        tap.check("and fails what is not", status != 0 and "net/base/a.cc:2:4" in lines[0], lines)
        status, lines = tree.run({"net/base/a.cc": "int x;\n"}, "scripts/check-style")
        tap.check("and what breaks a rule", status == 1 and "no SPDX" in lines[0], lines)
    tap.done()


if __name__ == "__main__":
    main()
