#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the single test cases of a run of meson's, and prints
"N passed, N failed, N skipped".

usage: count-tests.py REPORT...

REPORT is a meson-logs/testlog.junit.xml. It tells of cases, but not how the
programs ended, and for a program that wrote nothing it may tell what an earlier
run wrote. So the log beside it, testlog.json, says what ran: a program that
crashed, timed out or told nothing is a failed case, whatever its report says,
and one that was skipped is a skipped case.

Fails if a case failed, if nothing ran, or if a case was skipped that can run
here. Few reasons are good (GOOD_REASONS); such a case is counted as skipped,
and printed with its reason.
"""

import datetime
import json
import os
import platform
import re
import signal
import sys
import xml.etree.ElementTree as ElementTree

# What a test says when it cannot run, and whether that can be true here.
GOOD_REASONS = (
    (r"this kernel has no \w", lambda: True),
    (r"no systemd can be booted here", lambda: True),
    (r"no Debian system can be fetched here", lambda: True),
    (r"this is no Debian release", lambda: True),
    (r"this processor is no x86-64", lambda: platform.machine() != "x86_64"),
)


def outcome_of(case):
    """"passed", "failed" or "skipped" for a <testcase> element."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if (case.find("skipped") is not None or case.get("status") == "notrun"
            or case.get("result") == "skipped"):
        return "skipped"
    return "passed"


def last_line(*texts):
    lines = [line.strip() for text in texts for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def reason_of(case):
    """Why a case was skipped: the last line that the test said about it."""
    skipped = case.find("skipped")
    said = case.findtext("system-out")
    return last_line(said, skipped.get("message"), skipped.text) if skipped is not None else ""


def reason_of_program(record):
    """The same of a whole program: what follows SKIP in TAP, or the last line it wrote."""
    found = re.search(r"^1\.\.0\s*#\s*SKIP\S*\s*(.*)", record.get("stdout") or "", re.M | re.I)
    return found.group(1) if found else last_line(record.get("stdout"), record.get("stderr"))


def cases_of(report, record):
    """The cases that a program reported in this run."""
    of_program = re.compile(r"[^.]+\.%s(\.|$)" % re.escape(record["name"]))
    cases = []
    for suite in report.iter("testsuite"):
        own = of_program.match(suite.get("name") or "")
        if own and is_of_run(suite, record):
            cases += suite.iter("testcase")
        elif not own:
            cases += [case for case in suite.iter("testcase") if case.get("name") == record["name"]]
    return cases


def is_of_run(suite, record):
    """Whether a suite was written since the program started: GoogleTest says when it ran."""
    written = suite.get("timestamp")
    if not written or "starttime" not in record:
        return True
    # In local time, to milliseconds or, of older versions of GoogleTest, to seconds.
    precision = 0.001 if "." in written else 1
    return datetime.datetime.fromisoformat(written).timestamp() >= record["starttime"] - precision


def how_it_ended(record):
    status = record.get("returncode", 0)
    if status < 0:
        return "was killed by " + signal.Signals(-status).name
    return "ended with status %d (%s)" % (status, record["result"])


def results_of(report, record):
    """(outcome, name, detail) of each case of a program."""
    name = record["name"]
    results = [(outcome_of(case), "%s: %s" % (name, case.get("name")), reason_of(case))
               for case in cases_of(report, record)]
    outcomes = [outcome for outcome, _, _ in results]
    if record["result"] == "SKIP":
        if set(outcomes) == {"skipped"} and len(outcomes) > 1:
            return results
        return [("skipped", name, reason_of_program(record))]
    if record["result"] not in ("OK", "EXPECTEDFAIL"):
        if "failed" not in outcomes:
            # The report has a line for a program without cases, good even after a time-out.
            results = [result for result in results if result[1] != "%s: %s" % (name, name)]
            results.append(("failed", name, how_it_ended(record)))
    elif not results:
        results.append(("failed", name, "reported no case"))
    return results


def read_log(path):
    """The programs of a run, or none if there is no log of it."""
    try:
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except FileNotFoundError:
        return []


def read_report(path):
    try:
        return ElementTree.parse(path).getroot()
    except FileNotFoundError:
        return ElementTree.Element("testsuites")


def is_good(reason):
    return any(re.match(pattern, reason) and holds() for pattern, holds in GOOD_REASONS)


def count(path):
    """Totals of a run, and whether all is well."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    good = True
    report = read_report(path)
    for record in read_log(os.path.join(os.path.dirname(path), "testlog.json")):
        for outcome, name, detail in results_of(report, record):
            totals[outcome] += 1
            if outcome == "skipped":
                accepted = is_good(detail)
                good = good and accepted
                print("%s: %s (%s)" % ("skipped" if accepted else "skipped, but must run", name,
                                       detail))
            elif outcome == "failed":
                print("failed: %s%s" % (name, detail and " (%s)" % detail))
    return totals, good and totals["failed"] == 0 and totals["passed"] > 0


def main():
    sums = {"passed": 0, "failed": 0, "skipped": 0}
    good = len(sys.argv) > 1
    for path in sys.argv[1:]:
        totals, all_well = count(path)
        good = good and all_well
        for outcome, number in totals.items():
            sums[outcome] += number
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % sums)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
