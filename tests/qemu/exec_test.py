#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real QEMU run by `qnetdev exec`, as a user without privileges; and its
options as we know them.

    exec_test.py QNETDEV QEMU
"""
import os
import re
import shlex
import sys
import tempfile

from qemu import Qemu, harness

USER = 4711     # in no user database
PLAIN = "script=no,downscript=no"
NETDEVS = [
    "-netdev", "tap,id=n0,ifname=vm0,queues=8,sndbuf=1M," + PLAIN,
    "-netdev", '{"type":"tap","id":"n1","ifname":"vm1","queues":2,"script":"no","downscript":"no"}',
    "-netdev", "hubport,id=h0,hubid=7",
    "-nic", "tap,id=n2,model=virtio-net-pci,ifname=vm2," + PLAIN,
    "-net", "tap,id=n3,ifname=vm3," + PLAIN,
]
QUEUES = {"n0": 8, "n1": 2, "n2": 1, "n3": 1}


def check_exec(tap, program, emulator, folder):
    wrapper = os.path.join(folder, "qemu")
    harness.write_program(wrapper, "#!/bin/sh\nexec %s exec --user %d:%d -- %s \"$@\"\n" % (
        shlex.quote(program), USER, USER, shlex.quote(emulator)))
    qemu = Qemu(wrapper, folder, *NETDEVS)
    try:
        with open("/proc/%d/status" % qemu.process.pid) as status:
            uid = re.search(r"^Uid:\t(.*)$", status.read(), re.M)[1]
        tap.equal("QEMU is the user's", uid, "\t".join([str(USER)] * 4))
        lines = qemu.info_network()
        for name, queues in QUEUES.items():
            found = [line for line in lines if re.search(r"\b%s: index=0,type=tap,fd=\d+$" % name,
                                                         line)]
            tap.equal("QEMU lists every queue of " + name, len(found), queues)
        tap.check("and the backend that is not ours", any("h0" in line for line in lines), lines)
        tap.equal("the interfaces are there", harness.interfaces(), ["vm0", "vm1", "vm2", "vm3"])
        detail = harness.run(["ip", "-details", "link", "show", "vm0"]).out
        tap.check("the kernel counts 8 queues", "numqueues 8" in detail, detail)
        tap.equal("QEMU removes n0", qemu.execute("netdev_del", id="n0"), {})
        tap.equal("and its interface goes", harness.wait_until(
            lambda: "vm0" not in harness.interfaces(), 2.0), True)
    finally:
        qemu.end()
    tap.equal("nothing is left", harness.leftovers(), [])


def listed_options(emulator):
    """Names in QEMU's help, those behind '/' and "or" included."""
    names = set()
    for line in harness.run([emulator, "-help"]).out.splitlines():
        head = re.match(r"--?[\w-]+(?:/-[\w-]+)*", line)
        if head:
            names.update(name.lstrip("-") for name in head[0].split("/"))
    return sorted(names)


def check_options(tap, program, emulator):
    """QEMU looks all options up before it acts on any, so this starts no machine."""
    names = listed_options(emulator)
    tap.check("QEMU's help lists its options", len(names) > 100, names)
    differing = []
    for name in names:
        said = harness.run([emulator, "-version", "-" + name]).err
        if "invalid option" in said:
            continue    # named in the text of the help only
        wants = "requires an argument" in said
        behind = harness.run([program, "exec", "--print", "--", "qemu", "-" + name, "-netdev",
                              "tap,id=x"]).out
        ours = "fd=" not in behind
        if wants != ours:
            differing.append("-%s: QEMU %s, ours %s" % (name, wants, ours))
    tap.equal("we know which of them take a value", differing, [])


def main():
    program, emulator = os.path.abspath(sys.argv[1]), sys.argv[2]
    harness.need_program(emulator, "qemu-system-x86_64")
    if os.geteuid() != 0:
        harness.skip_all("other users need root")
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        check_exec(tap, program, emulator, folder)
    check_options(tap, program, emulator)
    tap.done()


if __name__ == "__main__":
    main()
