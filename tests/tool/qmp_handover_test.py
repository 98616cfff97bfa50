#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Taps that a client has opened become ours: names, numbers of queues, and what goes wrong.

    qmp_handover_test.py QNETDEV
"""
import fcntl
import os
import struct
import sys
import tempfile

import harness
import qmp

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE = 0x2, 0x1000, 0x4000, 0x100
QUEUES = 8


def open_taps(ifname, queues=QUEUES, flags=IFF_VNET_HDR):
    taps = []
    for _ in range(queues):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        many = IFF_MULTI_QUEUE if queues > 1 else 0
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", ifname.encode(),
                                               IFF_TAP | IFF_NO_PI | flags | many))
        taps.append(fd)
    return taps


def close_all(fds):
    for fd in fds:
        os.close(fd)


def pass_all(client, fds, prefix):
    """Names them with one getfd each, all sent before the first answer is read."""
    for number, fd in enumerate(fds):
        client.send(b'{"execute":"getfd","arguments":{"fdname":"%s%d"}}' %
                    (prefix.encode(), number), [fd])
    answers = [client.answer() for _ in fds]
    return ":".join(prefix + str(number) for number in range(len(fds))), answers


def check_eight(tap, run, client):
    fds = open_taps("hv0")
    before = run.fds()
    names, answers = pass_all(client, fds, "q")
    tap.equal("eight getfds in a row", answers, [{"return": {}}] * QUEUES)
    tap.equal("the monitor holds eight descriptors", run.fds(), before + QUEUES)
    close_all(fds)
    tap.equal("the interface lives with it alone", harness.interfaces(), ["hv0"])
    tap.equal("netdev_add", client.execute("netdev_add", type="tap", id="n0", fds=names), {})
    info = client.execute("query-netdev", id="n0")[0]
    interface = info["interface"]
    tap.check("query-netdev tells eight queues of that interface",
              interface["ifname"] == "hv0" and interface["multi-queue"] and
              len({queue["fd"] for queue in interface["queues"]}) == QUEUES and
              all(queue["enabled"] for queue in interface["queues"]), info)
    tap.check("the kernel counts them, too", "numqueues 8" in harness.run(
        ["ip", "-details", "link", "show", "hv0"]).out)
    tap.check("the names are used up", "error" in client.execute("closefd", fdname="q0"))
    tap.equal("down, all queues",
              (client.execute("set_link", name="n0", up=False),
               client.execute("query-netdev", id="n0")[0]["link-up"]), ({}, False))
    tap.equal("netdev_del", client.execute("netdev_del", id="n0"), {})
    tap.check("the interface goes, and all descriptors", harness.wait_until(
        lambda: not harness.interfaces() and run.fds() == before, 5), run.fds())


def check_refusals(tap, run, client):
    """An error takes what was named, and nothing else."""
    before = run.fds()
    fds = open_taps("hv1")
    names, _ = pass_all(client, fds, "q")
    close_all(fds)
    answer = client.execute("netdev_add", type="tap", id="n0", fds=names + ":nobody")
    tap.check("a name that nobody passed", "nobody" in answer["error"]["desc"], answer)
    null = os.open("/dev/null", os.O_RDWR)
    client.execute("getfd", [null], fdname="null")
    os.close(null)
    answer = client.execute("netdev_add", type="tap", id="n0", fds="q0:null:q1")
    tap.check("one that is no tap", "null" in answer["error"]["desc"], answer)
    tap.equal("the id is free", client.execute("query-netdev"), [])
    for name in ("q0", "q1", "null", *("q%d" % number for number in range(2, QUEUES))):
        client.execute("closefd", fdname=name)
    tap.check("after all nothing is held", harness.wait_until(
        lambda: run.fds() == before and not harness.interfaces(), 5), run.fds())
    for answer in (client.execute("netdev_add", type="tap", id="n0", fd="0"),
                   client.execute("netdev_add", type="tap", id="n0", fd="1"),
                   client.execute("netdev_add", type="tap", id="n0", fd="7"),
                   client.execute("netdev_add", type="tap", id="n0", fd="99999")):
        tap.check("a number that is no tap of ours", "error" in answer, answer)
    tap.equal("all its own descriptors survive that", client.execute("query-name"), {})


def check_number(tap, client, name, number):
    answer = client.execute("netdev_add", type="tap", id="n1", fd=str(number))
    tap.check("%s is not adopted" % name, "error" in answer, answer)


def check_mixed(tap, run, client):
    """Headers must be the same in all queues; a helper's client may use the number of a set."""
    before = run.fds()
    with_header, without = open_taps("hv2", 1), open_taps("hv3", 1, 0)
    names, _ = pass_all(client, with_header + without, "m")
    close_all(with_header + without)
    answer = client.execute("netdev_add", type="tap", id="n0", fds=names)
    tap.check("one with, one without header", "error" in answer, answer)
    for number in range(2):
        client.execute("closefd", fdname="m%d" % number)
    # Numbers of what the program holds for others: adopted, they would be closed twice.
    one = open_taps("hv4", 1)
    place = client.execute("add-fd", one, opaque="tap")
    check_number(tap, client, "a member of a set", place["fd"])
    client.execute("getfd", one, fdname="other")
    other = run.client()
    other.execute("query-name", one)
    answers = {number: client.execute("netdev_add", type="tap", id="n1", fd=str(number))
               for number in range(3, run.fds() + 5)}
    tap.check("no number of what it has open is adopted",
              all("error" in answer for answer in answers.values()), answers)
    close_all(one)
    other.close()
    tap.equal("the set is whole", len(client.execute("query-fdsets")[0]["fds"]), 1)
    client.execute("remove-fd", **{"fdset-id": place["fdset-id"]})
    client.execute("closefd", fdname="other")
    tap.check("nothing is held", harness.wait_until(
        lambda: run.fds() == before and not harness.interfaces(), 5),
        (run.fds(), before, harness.interfaces()))


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        with qmp.Run(program, folder) as run:
            client = run.client()
            for check in (check_eight, check_refusals, check_mixed):
                check(tap, run, client)
            tap.check("ends", run.stop() == 0 and not run.err, run.err)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
