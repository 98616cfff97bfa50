#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest with eight queues on a bridge, its QEMU an unprivileged user's.

    exec_test.py QNETDEV QEMU KERNEL-FOLDER
"""
import os
import re
import subprocess
import sys
import tempfile

import guest
from guest import harness

QUEUES = 8
USER = 4711     # in no user database, so with no groups and no privileges
HOST = "10.77.0.1"
SECONDS = 90

SCRIPT = """
ip link set eth0 up
ip address add 10.77.0.2/24 dev eth0
ethtool -l eth0
echo "queues: $(ls -d /sys/class/net/eth0/queues/rx-* | wc -l)"
ping -c 3 -W 5 {host}
echo "ping: $?"
""".format(host=HOST)


def ip(*words, before=()):
    subprocess.run([*before, "ip", *words], check=True, timeout=10)


def make_network():
    """A bridge here, a host in another namespace, and a cable between them."""
    ip("link", "add", "br0", "type", "bridge")
    ip("link", "set", "br0", "up")
    ip("netns", "add", "other")
    ip("link", "add", "cable", "type", "veth", "peer", "name", "port", "netns", "other")
    ip("link", "set", "cable", "master", "br0", "up")
    # Not ip -n, which changes mounts and cannot in a chroot.
    other = ("nsenter", "--net=/run/netns/other")
    ip("address", "add", HOST + "/24", "dev", "port", before=other)
    ip("link", "set", "port", "up", before=other)


def remove_network():
    for words in (("link", "del", "br0"), ("netns", "del", "other")):
        subprocess.run(["ip", *words], timeout=10)


def check(tap, run, accelerator):
    text = "\n".join(run.lines)
    if not tap.check("the guest comes up and switches itself off",
                     guest.UP in run.lines and run.process.returncode == 0,
                     "%s, status %s\n%s" % (accelerator, run.process.returncode, text[-4000:])):
        return
    channels = re.findall(r"^Combined:\s*(\S+)", text, re.M)
    tap.equal("ethtool -l in the guest: as many queues as can be, and all in use",
              channels, [str(QUEUES)] * 2)
    tap.check("the guest's kernel has a receive queue for each", "queues: %d" % QUEUES in run.lines,
              text)
    tap.check("it reaches a host in another namespace across the bridge",
              "ping: 0" in run.lines and re.search(r", 0% packet loss", text), text)


def status_of(pid):
    with open("/proc/%d/status" % pid) as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def group_for(accelerator):
    """QEMU opens /dev/kvm itself, so it has to be in that group."""
    kvm = guest.kvm_group() if accelerator == "kvm" else None
    return USER if kvm is None else kvm


def check_privileges(tap, facts, group):
    tap.equal("QEMU is the user's", facts.get("Uid"), "\t".join([str(USER)] * 4))
    tap.equal("and the group's", facts.get("Gid"), "\t".join([str(group)] * 4))
    tap.equal("it has no other groups", facts.get("Groups", "").split(), [str(group)])
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        tap.equal("it has no capabilities: " + name, int(facts.get(name, "-1"), 16), 0)
    tap.equal("it can get none", facts.get("NoNewPrivs"), "1")


def main():
    program, emulator, kernel_folder = sys.argv[1:4]
    if os.uname().machine != "x86_64":
        harness.skip_all("this processor is no x86-64")
    harness.need_program(emulator, "qemu-system-x86_64")
    if os.geteuid() != 0:
        harness.skip_all("bridges and other users need root")
    try:
        kernel = guest.Kernel(kernel_folder)
        guest.program("busybox")
        guest.program("ethtool")
    except guest.Missing as problem:
        harness.skip_all(str(problem))
    harness.need_tun(mounts=True)
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        machine = guest.Guest(kernel, folder, SCRIPT, ["virtio_pci", "virtio_net"], ["ethtool"])

        def command(accelerator):
            return [program, "exec", "--user", "%d:%d" % (USER, group_for(accelerator)),
                    "--die-with-parent", "--",
                    emulator, *machine.qemu_arguments(accelerator, QUEUES),
                    "-netdev", "tap,id=dev0,queues=%d,br=br0" % QUEUES,
                    "-device", "virtio-net-pci,netdev=dev0,mq=on,vectors=%d,romfile=" %
                    (2 * QUEUES + 2)]

        make_network()
        try:
            facts = {}
            run, accelerator = guest.boot(command, SECONDS,
                                          when_up=lambda pid: facts.update(status_of(pid)))
            tap.note("under " + accelerator)
            check(tap, run, accelerator)
            check_privileges(tap, facts, group_for(accelerator))
            tap.check("the tap is gone with QEMU", harness.wait_until(
                lambda: set(harness.interfaces()) <= {"br0", "cable"}, 2.0), harness.interfaces())
        finally:
            remove_network()
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
