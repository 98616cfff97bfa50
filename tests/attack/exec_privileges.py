#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A command of `qnetdev exec` that wants more than it was given.

    exec_privileges.py QNETDEV...
"""
import attack_path  # noqa: F401
import exec_world
from exec_world import NO_CAPS

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


class Attacks(exec_world.Exec):
    def test_root_by_name_has_no_capabilities(self):
        """The exec of root fills its sets from the bounding set, so that has to be empty."""
        for user in ("root", "0:0"):
            for options in ([], ["--allow-new-privileges"]):
                name = " ".join(["--user", user, *options])
                found = self.child(name, ["--user", user, *options], [])
                facts = found.get("status", {})
                self.tap.equal(name + ": no capability", [facts.get(kind) for kind in SETS],
                               [NO_CAPS] * len(SETS))


if __name__ == "__main__":
    exec_world.main(Attacks)
