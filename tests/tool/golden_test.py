#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Taps and bridges: our verdicts, really opened, against QEMU's frozen ones.

    golden_test.py QNETDEV DATA_FOLDER

Each row is one case: the same answer as QEMU 7.2.22 gave, down to the lines of
`info network`, or exactly the deviation that is listed here. Rows that other
versions of QEMU answer differently, or that crash it, only have to get an
answer.
"""
import concurrent.futures
import json
import os
import sys

import harness

# id: (how score.py calls the difference, why we differ)
DEVIATIONS = {
    128: ("info", "the helper's text is kept with its trailing blank, as it was given"),
    338: ("accept: want accept, got validate", "one descriptor cannot serve as two queues"),
}
REQUIRED_AGREEMENT = 0.99
JOBS = 2


def load_rows(path):
    with open(path) as rows:
        parsed = [json.loads(line) for line in rows if line.strip()]
    return [row for row in parsed if {"tap", "bridge"} & set(row["tags"])]


def answers(score, tool, rows):
    """id → answer, from one process for the bare cases and one for each other."""
    argv = [tool, "try", "--host", "--batch"]
    bare = [row for row in rows if row["env"] == "bare"]
    jobs = [(argv, bare, "bare", 60, True)]
    jobs += [(argv, [row], row["env"], 20, True) for row in rows if row["env"] != "bare"]
    found, notes = {}, []
    with concurrent.futures.ProcessPoolExecutor(JOBS) as pool:
        for answer, note in pool.map(score.run_adapter, jobs):
            found.update(answer)
            notes += [note] if note else []
    return found, notes


def title(row):
    text = row["arg"] if len(row["arg"]) <= 100 else row["arg"][:99] + "…"
    return "row %d: %s" % (row["id"], json.dumps(text, ensure_ascii=False))


def main():
    tool, data = os.path.abspath(sys.argv[1]), sys.argv[2]
    sys.path.insert(0, data)
    import score
    tap = harness.Tap()
    if os.geteuid() != 0:
        harness.skip_all("the prepared descriptors and mounts need root")
    rows = load_rows(os.path.join(data, "golden-sample.jsonl"))
    found, notes = answers(score, tool, rows)
    tap.equal("no adapter crashed, hung or failed", notes, [])
    scored = agreed = 0
    for row in rows:
        answer = found.get(row["id"])
        if row.get("crash") or row.get("version_sensitive"):
            tap.check(title(row) + " (answered)", answer is not None and "accept" in answer, answer)
            continue
        difference = score.compare(row, answer, False, True)
        expected = DEVIATIONS[row["id"]][0] if row["id"] in DEVIATIONS else None
        scored += 1
        agreed += difference is None
        tap.check(title(row), difference == expected,
                  "difference: %s, expected: %s\nQEMU: %s\nwe:   %s" % (
                      difference, expected, row, answer))
    tap.check("%d of %d scored rows agree with QEMU" % (agreed, scored),
              agreed >= scored * REQUIRED_AGREEMENT)
    tap.done()


if __name__ == "__main__":
    main()
