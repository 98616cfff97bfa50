#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the single test cases in meson's JUnit report, and prints
"N passed, N failed, N skipped".

Fails if a case failed, if nothing ran, or if one of the suites that a Linux
machine with root can always run was skipped.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

REQUIRED_SUITES = ("unit", "netns", "qemu")


def outcome_of(case):
    """"passed", "failed" or "skipped" for a <testcase> element."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def suites_of(suite, case):
    """The meson suites a case belongs to: names read "qnetdev:unit+slow / test"."""
    match = re.search(r"qnetdev:([\w+-]+) / ", "%s %s" % (suite.get("name"), case.get("name")))
    return match.group(1).split("+") if match else []


def count(report):
    """Totals, and (name, suites) of each skipped case."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = []
    for suite in ElementTree.parse(report).iter("testsuite"):
        for case in suite.iter("testcase"):
            outcome = outcome_of(case)
            totals[outcome] += 1
            if outcome == "skipped":
                name = "%s: %s" % (suite.get("name"), case.get("name"))
                skipped.append((name, suites_of(suite, case)))
    return totals, skipped


def main():
    totals, skipped = count(sys.argv[1])
    bad = totals["failed"] > 0 or totals["passed"] == 0
    for name, suites in skipped:
        required = any(suite in REQUIRED_SUITES for suite in suites)
        print("%s: %s" % ("skipped, but must run" if required else "skipped", name))
        bad = bad or required
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % totals)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
