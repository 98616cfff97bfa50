#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts of `qnetdev check --batch` on arguments that real projects use.

    corpus_test.py QNETDEV DATA_FOLDER CORPUS

CORPUS is a file of JSON lines {"form", "arg", "qemu72": verdict, ...}, the
verdicts being those of a real QEMU 7.2; meson's option `corpus` names it. At
least 99.5 % of the rows that can be compared must agree; those that do not are
listed. Rows on which versions of QEMU differ are not compared.
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def flattened(corpus):
    """The rows as the scorer takes them: numbered, with the verdict at the top."""
    with open(corpus, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            yield {**row, **row.pop("qemu72", {}), "id": number}


def score(qnetdev, data, rows):
    """(rows that differ, number of rows compared, what the scorer printed)"""
    with tempfile.TemporaryDirectory() as folder:
        golden, report = os.path.join(folder, "rows.jsonl"), os.path.join(folder, "report.jsonl")
        with open(golden, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        done = subprocess.run(
            [sys.executable, os.path.join(data, "score.py"),
             "--adapter", "%s check --batch" % qnetdev, "--golden", golden,
             "--fold-host", "--report", report],
            capture_output=True, text=True, timeout=80, check=False)
        with open(report, encoding="utf-8") as lines:
            different = [json.loads(line) for line in lines]
    totals = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    return different, sum(map(int, totals.groups())) if totals else 0, done.stdout + done.stderr


def main():
    qnetdev, data, corpus = sys.argv[1:4]
    print("1..1")
    different, compared, said = score(qnetdev, data, flattened(corpus))
    good = compared > 0 and len(different) <= 0.005 * compared
    print("%s 1 - at least 99.5 %% of the rows agree" % ("ok" if good else "not ok"))
    print("# %d of %d rows agree" % (compared - len(different), compared))
    for row in different:
        print("# line %(id)d: %(form)s %(arg)s\n#   %(why)s; QEMU: %(want)s; here: %(got)s" % row)
    if not compared:
        print("".join("# %s\n" % line for line in said.splitlines()), end="")


if __name__ == "__main__":
    main()
