#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Score a netdev option implementation against frozen QEMU verdicts.

  score.py --adapter "CMD ..." [--golden FILE]

The adapter reads JSON lines {"id","form","arg"} on stdin and writes JSON lines
{"id","accept","stage","class","desc"[,"param"][,"info"]} on stdout, in any
order; the last line printed here is "N passed, M failed".

  form   keyval | json: the text given to -netdev; qmp: a QMP command object
  stage  parse | validate | host, for rejected cases; null when accepted
  class  QMP error class ("GenericError"), null when accepted

A case passes when accept, stage and class equal QEMU's and, for parse and
validate errors with at most one planted defect, the option QEMU's message is
about is named too (adapter field "param" if present, else a word of "desc").

Every case is judged as if the implementation had been started afresh.  Cases
of env "bare" go through one adapter process (per --jobs shard) in a private
network namespace; cases of env "fixture" get a process and namespace of their
own, with descriptors and files prepared by netenv.py ($QND_ENV says which).

Never scored: cases where QEMU itself aborts.  Scored apart unless
--include-version-sensitive: version_sensitive cases.  order_sensitive cases
(QEMU meets a host problem before a defect that needs no host access) may be
answered "host" or "validate".  For env_dependent cases
"accept" and a "host" rejection count as the same; --fold-host does that for
all cases (for an implementation that checks but opens nothing).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import netenv   # noqa: E402


def run_adapter(job):
    argv, cases, env, timeout, private = job
    feed = "".join(json.dumps({k: c[k] for k in ("id", "form", "arg")},
                              ensure_ascii=False) + "\n" for c in cases)
    e = dict(os.environ, QND_ENV=env)
    kw = {"preexec_fn": netenv.child_setup(env)} if private else {}
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, close_fds=False, env=e, **kw)
    note = ""
    try:
        out, err = p.communicate(feed.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        p.kill()
        out, err = p.communicate()
        note = "timeout"
    if p.returncode not in (0, None) and not note:
        note = "exit %d: %s" % (p.returncode, err.decode("utf-8", "replace")[-200:])
    got = {}
    for ln in out.decode("utf-8", "replace").splitlines():
        try:
            o = json.loads(ln)
            got[o["id"]] = o
        except (ValueError, KeyError, TypeError):
            continue
    return got, note


def bucket(accept, stage, fold):
    if accept or (fold and stage == "host"):
        return "ok" if not accept or fold else "accept"
    return stage


def named(g, a):
    """Is the option QEMU complains about also named here?"""
    want = g["param"]
    got = a.get("param")
    if got is not None:
        # QEMU sometimes names only the last component of a path
        return got == want or got.split(".")[-1] == want or \
            (want == "vhostfd" and got == "vhostfds")
    rx = re.escape(want) + ("s?" if want == "vhostfd" else "")
    return re.search(r"(?<![\w-])%s(?![\w-])" % rx, a.get("desc") or "") is not None


def compare(g, a, fold_all, check_info):
    """None if equal, else a short reason."""
    if a is None:
        return "no answer"
    fold = fold_all or g.get("env_dependent", False)
    ga, aa = bool(g["accept"]), bool(a.get("accept"))
    bg, ba = bucket(ga, g["stage"], fold), bucket(aa, a.get("stage"), fold)
    if g.get("order_sensitive") and not ga and not aa and bg in ("host", "ok") \
            and a.get("stage") == "validate":
        return None if a.get("class") == g["class"] else "class: want %s, got %s" % (
            g["class"], a.get("class"))
    if (ga != aa) and not (bg == ba == "ok"):
        return "accept: want %s, got %s" % (
            "accept" if ga else g["stage"], "accept" if aa else a.get("stage"))
    if bg != ba:
        return "stage: want %s, got %s" % (bg, ba)
    if bg in ("ok", "accept"):
        if check_info and ga and aa and "info" in g and g["info"] != a.get("info"):
            return "info"
        return None
    if a.get("class") != g["class"]:
        return "class: want %s, got %s" % (g["class"], a.get("class"))
    if g.get("param") and g["stage"] in ("parse", "validate") \
            and g.get("faults", 0) <= 1 and not named(g, a):
        return "param: want %s" % g["param"]
    return None


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--adapter", required=True)
    ap.add_argument("--golden", default=os.path.join(HERE, "golden-7.2.jsonl"))
    ap.add_argument("--env", choices=["bare", "fixture", "all"], default="all")
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--qmp", action="store_true",
                    help="put the json cases as QMP netdev_add (form \"qmp\") "
                         "and compare with QEMU's QMP verdicts")
    ap.add_argument("--isolate", action="store_true",
                    help="one adapter process per case for env bare as well")
    ap.add_argument("--fold-host", action="store_true")
    ap.add_argument("--check-info", action="store_true",
                    help="also compare 'info network' lines of accepted tap cases")
    ap.add_argument("--include-version-sensitive", action="store_true")
    ap.add_argument("--skip", action="append", default=[], metavar="TAG",
                    help="leave out cases with this tag (e.g. dotted-key, for an "
                         "implementation that deliberately accepts more)")
    ap.add_argument("--no-namespace", action="store_true",
                    help="do not unshare (no root); env bare only")
    ap.add_argument("--timeout", type=float, default=600)
    ap.add_argument("--case-timeout", type=float, default=20)
    ap.add_argument("--show", type=int, default=20)
    ap.add_argument("--report", help="write every mismatch here as JSON lines")
    a = ap.parse_args()

    argv = shlex.split(a.adapter)
    argv = [os.path.abspath(x) if os.path.isfile(x) and (n or os.sep in x) else x
            for n, x in enumerate(argv)]         # the child changes directory
    rows = [json.loads(ln) for ln in open(a.golden) if ln.strip()]
    if a.qmp:
        rows = [{**{k: r[k] for k in r if k not in ("desc", "param", "info", "crash")},
                 **r["qmp"], "form": "qmp",
                 "arg": '{"execute":"netdev_add","arguments":%s}' % r["arg"]}
                for r in rows if "qmp" in r]
    aborted = [r for r in rows if r.get("crash")]
    rows = [r for r in rows if not r.get("crash")]
    for r in rows:      # a helper that serves several queues is an extension
        words = set(re.findall(r"[A-Za-z_]+", r["arg"]))
        if {"helper", "queues"} <= words and not words & {"fd", "fds"}:
            r["tags"] = r.get("tags", []) + ["helper-queues"]
    if a.skip:
        rows = [r for r in rows if not set(a.skip) & set(r.get("tags", []))]
    if a.no_namespace:
        a.env = "bare"
    if a.env != "all":
        rows = [r for r in rows if r.get("env", "bare") == a.env]

    priv = not a.no_namespace
    jobs = []
    bare = [r for r in rows if r.get("env", "bare") == "bare"]
    fixt = [r for r in rows if r.get("env") == "fixture"]
    if a.isolate:
        jobs += [(argv, [c], "bare", a.case_timeout, priv) for c in bare]
    else:
        n = max(1, min(a.jobs, len(bare)))
        jobs += [(argv, bare[i::n], "bare", a.timeout, priv) for i in range(n) if bare[i::n]]
    jobs += [(argv, [c], "fixture", a.case_timeout, priv) for c in fixt]

    got, notes = {}, collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(a.jobs) as ex:
        for g, note in ex.map(run_adapter, jobs):
            got.update(g)
            if note:
                notes[note] += 1

    passed = failed = 0
    side = collections.Counter()
    why, table = collections.Counter(), collections.Counter()
    shown, report = [], []
    for r in rows:
        bad = compare(r, got.get(r["id"]), a.fold_host, a.check_info)
        if r.get("version_sensitive") and not a.include_version_sensitive:
            side["same" if bad is None else "different"] += 1
            continue
        grp = "accept" if r["accept"] else r["stage"]
        table[(grp, bad is None)] += 1
        if bad is None:
            passed += 1
            continue
        failed += 1
        why[bad.split(":")[0]] += 1
        rec = {"id": r["id"], "form": r["form"], "arg": r["arg"], "env": r.get("env"),
               "why": bad, "want": r["desc"], "got": (got.get(r["id"]) or {}).get("desc")}
        report.append(rec)
        if len(shown) < a.show:
            shown.append(rec)
    for rec in shown:
        t = json.dumps(rec, ensure_ascii=False)
        print("MISMATCH " + (t if len(t) < 600 else t[:600] + "..."))
    if a.report:
        with open(a.report, "w") as f:
            for rec in report:
                f.write(json.dumps(rec, ensure_ascii=False) + "\n")
    for n, k in notes.most_common(5):
        print("adapter: %s (x%d)" % (n, k))
    for grp in ("accept", "parse", "validate", "host"):
        ok, ko = table[(grp, True)], table[(grp, False)]
        print("%-9s %5d of %d" % (grp, ok, ok + ko))
    if why:
        print("reasons: " + ", ".join("%s %d" % x for x in why.most_common()))
    print("not scored: %d where QEMU aborts; version sensitive: %d same, %d different"
          % (len(aborted), side["same"], side["different"]))
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
