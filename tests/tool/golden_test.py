#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Taps and bridges: our verdicts, really opened, against QEMU's frozen ones.

    golden_test.py QNETDEV DATA_FOLDER

Each row is one case: the same answer as QEMU 7.2.22 gave, down to the lines of
`info network`, or one of the deviations listed here, exactly as it stands there. Rows that other
versions of QEMU answer differently, or that crash it, only have to get an
answer.
"""
import concurrent.futures
import json
import os
import sys

import harness

# Where we differ and why, as docs/compatibility.md lists it: id → our whole verdict. No other row
# may differ, and none of these in another way.
DEVIATIONS = {
    # The helper's text is kept with its trailing blank, as it was given.
    128: {"accept": True, "stage": None, "class": None, "desc": "", "param": None,
          "info": ["n961: index=0,type=tap,helper=/run/qnd/helper-ok "]},
    # A tun (layer 3) interface: no Ethernet frame passes it.
    297: {"accept": False, "stage": "host", "class": "GenericError", "param": "fd",
          "desc": "fd '66': descriptor 66 is of 'fixtun', which is a tun (layer 3) interface: "
                  "no Ethernet frame passes it",
          "hint": "pass a descriptor on which TUNSETIFF was done with IFF_TAP", "info": []},
    # One descriptor cannot serve as two queues.
    338: {"accept": False, "stage": "validate", "class": "GenericError", "param": "fds",
          "desc": "'fds' names descriptor '60' twice",
          "hint": "each queue needs a descriptor of its own", "info": []},
}
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
    differing = set()
    for row in rows:
        answer = found.get(row["id"])
        if row.get("crash") or row.get("version_sensitive"):
            tap.check(title(row) + " (answered)", answer is not None and "accept" in answer, answer)
            continue
        difference = score.compare(row, answer, False, True)
        if difference is not None:
            differing.add(row["id"])
        if row["id"] in DEVIATIONS:
            want = {"id": row["id"], **DEVIATIONS[row["id"]]}
            same = {key: answer[key] for key in answer if key not in ("warnings", "findings")}
            tap.equal(title(row) + " (deviation)", same, want)
        else:
            tap.check(title(row), difference is None,
                      "difference: %s\nQEMU: %s\nwe:   %s" % (difference, row, answer))
    tap.equal("the rows that differ are the documented ones", differing, set(DEVIATIONS))
    tap.done()


if __name__ == "__main__":
    main()
