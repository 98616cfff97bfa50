#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What single QMP commands answer that QEMU has not, or that needs a running program.

    qmp_commands_test.py QNETDEV
"""
import json
import os
import socket
import sys
import tempfile

import harness
import qmp

MAX_CLIENTS = 64    # limits::kMonitorClients


def check_netdev_check(tap, client):
    good = {"type": "tap", "id": "n0", "ifname": "qc0", "script": "no", "downscript": "no"}
    tap.equal("netdev_check: nothing is wrong", client.execute("netdev_check", **good),
              {"valid": True, "findings": []})
    tap.equal("netdev_check: and nothing is made",
              (client.execute("query-netdev"), harness.interfaces()), ([], []))
    found = client.execute("netdev_check", type="tap", id="0x", queues=0, fd="9", ifname="a")
    tap.check("netdev_check: all that is wrong, in order", not found.get("valid", True) and
              [(finding["stage"], finding["class"], finding["param"])
               for finding in found["findings"]] ==
              [("parse", "GenericError", "id"), ("validate", "GenericError", "fd"),
               ("validate", "GenericError", "queues")] and all(
                   finding["desc"] for finding in found["findings"]), found)
    found = client.execute("netdev_check", type="user", id="n0", net="10.0.2.0/33")
    tap.equal("netdev_check: of every type",
              (found["valid"], [finding["param"] for finding in found["findings"]]),
              (False, ["net"]))
    tap.check("netdev_check: what cannot be read is an error",
              "error" in client.execute("netdev_check", type="tap", id="n0", bogus=1))


def check_three_ways(tap, client, program):
    """One error is one object, whoever asks: a monitor, `check --json`, a batch."""
    netdev = {"type": "tap", "id": "n0", "fd": "9", "ifname": "a", "queues": 0}
    told = client.execute("netdev_check", **netdev)["findings"]
    outcome = harness.run([program, "check", "--json", "--all", "-netdev", json.dumps(netdev)])
    verdict = json.loads(outcome.out)
    tap.check("one error, three ways: there is some, in its order", told and
              [list(finding) for finding in told] ==
              [[key for key in ("stage", "class", "desc", "param", "hint") if key in finding]
               for finding in told], told)
    tap.equal("one error, three ways: check --json says the same, and where",
              [{**finding, "span": each["span"]}
               for finding, each in zip(told, verdict["findings"])], verdict["findings"])
    for form, arg in (("json", netdev), ("qmp", {"execute": "netdev_add", "arguments": netdev})):
        case = json.dumps({"id": 7, "form": form, "arg": json.dumps(arg)})
        outcome = harness.run([program, "check", "--batch"], case.encode())
        tap.equal("one error, three ways: so does a batch, as " + form,
                  list(json.loads(outcome.out).items()),
                  list({"id": 7, "accept": False, **told[0], "info": [], "warnings": [],
                        "findings": told if form == "json" else told[:1]}.items()))


def check_flags(tap, run, client):
    """A file whose sender reads it without waiting: that is his affair, and ends with him."""
    ours, theirs = socket.socketpair()
    for name, fds in (("blocking", [ours.fileno()]), ("non-blocking", [theirs.fileno()])):
        os.set_blocking(fds[0], name == "blocking")
        place = client.execute("add-fd", fds, **{"fdset-id": 3})
        with open("/proc/%d/fdinfo/%d" % (run.process.pid, place["fd"])) as info:
            flags = int(next(line for line in info if line.startswith("flags:")).split()[1], 8)
        tap.check("descriptor: a %s one is blocking" % name, not flags & os.O_NONBLOCK, oct(flags))
        tap.check("descriptor: and is closed on exec", flags & os.O_CLOEXEC, oct(flags))
    tap.equal("descriptor: they go", client.execute("remove-fd", **{"fdset-id": 3}), {})
    ours.close()
    theirs.close()


def check_clients(tap, run, first):
    """The limit of clients, `first` among them. One more is turned away, not left to wait."""
    clients = [first] + [run.client() for _ in range(MAX_CLIENTS - 1)]
    tap.equal("clients: %d are served" % MAX_CLIENTS,
              [client.execute("query-name") for client in clients], [{}] * MAX_CLIENTS)
    late = socket.socket(socket.AF_UNIX)
    late.settimeout(20)
    late.connect(run.path)
    try:
        told = late.recv(4096)
    except ConnectionResetError:
        told = b""
    tap.equal("clients: one more is turned away", told, b"")
    late.close()
    clients[-1].close()
    tap.check("clients: the place of one that leaves is free again", harness.wait_until(
        lambda: serves_another(run), 20))
    tap.equal("clients: the others stay", [client.execute("query-name") for client in clients[:-1]],
              [{}] * (MAX_CLIENTS - 1))
    for client in clients[1:-1]:
        client.close()


def serves_another(run):
    probe = socket.socket(socket.AF_UNIX)
    probe.settimeout(20)
    probe.connect(run.path)
    try:
        return probe.recv(4096) != b""
    except ConnectionResetError:
        return False
    finally:
        probe.close()


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        with qmp.Run(program, folder) as run:
            client = run.client()
            check_netdev_check(tap, client)
            check_three_ways(tap, client, program)
            check_flags(tap, run, client)
            check_clients(tap, run, client)
            tap.equal("ends", run.stop(), 0)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
