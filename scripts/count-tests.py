#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the single test cases in meson's JUnit reports, and prints
"N passed, N failed, N skipped" of all of them together.

usage: count-tests.py REPORT...

Fails if a case failed, if a report has none, or if a case of a suite that a
Linux machine with root can always run was skipped. Only one reason is good
there: a driver that the kernel lacks, which the test says with "this kernel
has no ...". Such a case is counted as skipped, and printed with its reason.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

REQUIRED_SUITES = ("unit", "netns", "attack", "qemu", "guest")
GOOD_REASON = re.compile(r"this kernel has no \w")


def outcome_of(case):
    """"passed", "failed" or "skipped" for a <testcase> element."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if (case.find("skipped") is not None or case.get("status") == "notrun"
            or case.get("result") == "skipped"):
        return "skipped"
    return "passed"


def reason_of(case):
    """Why a case was skipped, on one line: the last line that the test said about it."""
    skipped = case.find("skipped")
    if skipped is None:
        return ""
    text = "\n".join((skipped.get("message") or "", skipped.text or ""))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def suites_of(suite, case):
    """The meson suites a case belongs to: names read "qnetdev:unit+slow / test"."""
    match = re.search(r"qnetdev:([\w+-]+) / ", "%s %s" % (suite.get("name"), case.get("name")))
    return match.group(1).split("+") if match else []


def count(report):
    """Totals of a report, and (name, suites, reason) of each skipped case."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = []
    for suite in ElementTree.parse(report).iter("testsuite"):
        for case in suite.iter("testcase"):
            outcome = outcome_of(case)
            totals[outcome] += 1
            if outcome == "skipped":
                name = "%s: %s" % (suite.get("name"), case.get("name"))
                skipped.append((name, suites_of(suite, case), reason_of(case)))
    return totals, skipped


def must_run(suites, reason):
    """Whether a case of these suites had to run in spite of its reason."""
    required = any(suite in REQUIRED_SUITES for suite in suites)
    return required and not GOOD_REASON.match(reason)


def main():
    sums = {"passed": 0, "failed": 0, "skipped": 0}
    bad = False
    for report in sys.argv[1:]:
        totals, skipped = count(report)
        for outcome, number in totals.items():
            sums[outcome] += number
        for name, suites, reason in skipped:
            wrong = must_run(suites, reason)
            text = "skipped, but must run" if wrong else "skipped"
            print("%s: %s%s" % (text, name, " (%s)" % reason if reason else ""))
            bad = bad or wrong
        bad = bad or totals["failed"] > 0 or totals["passed"] == 0
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % sums)
    return 1 if bad or not sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
