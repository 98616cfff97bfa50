#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts of `qnetdev check --batch` against those of a real QEMU 7.2.

    check_golden_test.py QNETDEV DATA_FOLDER

All rows, whatever their type. A checker opens nothing, so what QEMU accepts and
what only the host refuses count as the same. The rows that differ must be the
ones that docs/compatibility.md lists.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

DOCUMENTED = {338}  # the same descriptor twice in fds=


def score(qnetdev, data, extra):
    """(ids that differ, number of rows scored, what the scorer printed)"""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.jsonl")
        done = subprocess.run(
            [sys.executable, os.path.join(data, "score.py"),
             "--adapter", "%s check --batch" % qnetdev,
             "--golden", os.path.join(data, "golden-sample.jsonl"),
             "--fold-host", "--report", report, *extra],
            capture_output=True, text=True, timeout=80, check=False)
        with open(report, encoding="utf-8") as lines:
            different = {json.loads(line)["id"] for line in lines}
    totals = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    return different, sum(map(int, totals.groups())) if totals else 0, done.stdout


def main():
    qnetdev, data = sys.argv[1:3]
    print("1..3")
    different, scored, said = score(qnetdev, data, [])
    share = 1 - len(different) / max(scored, 1)
    print("# %d of %d rows agree" % (scored - len(different), scored))
    print("%s 1 - at least 99.5 %% of the rows agree"
          % ("ok" if scored > 300 and share >= 0.995 else "not ok"))
    same = different == DOCUMENTED
    print("%s 2 - the rows that differ are the documented ones" % ("ok" if same else "not ok"))
    if not same:
        print("".join("# %s\n" % line for line in said.splitlines()), end="")

    # In a monitor "-1" is a name, so naming it twice is found before it is looked up.
    different, scored, said = score(qnetdev, data, ["--qmp"])
    same = scored > 100 and different == DOCUMENTED | {152}
    print("%s 3 - so are those of the JSON rows as netdev_add" % ("ok" if same else "not ok"))
    if not same:
        print("".join("# %s\n" % line for line in said.splitlines()), end="")


if __name__ == "__main__":
    main()
