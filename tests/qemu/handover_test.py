#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What we open, a real QEMU can use: eight queues, and a tap from its own helper.

    handover_test.py HANDOVER QEMU
"""
import os
import re
import socket
import subprocess
import sys
import tempfile

from qemu import Qemu, harness

ETH_P_TEST = 0x88B5     # for local experiments
QUEUES = 8
HELPER = "/usr/lib/qemu/qemu-bridge-helper"
FRAMES = 256


def frame(number):
    """An Ethernet frame with a UDP packet of its own flow, so that it may take any queue."""
    ip = bytes.fromhex("4500003000010000401100000a0000010a000002")
    udp = (1024 + number).to_bytes(2, "big") + bytes.fromhex("0009001c0000")
    payload = b"frame %8d......" % number
    return bytes.fromhex("0200000000020200000000010800") + ip + udp + payload


def packet_socket(ifname, protocol=0x0800):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    packets.bind((ifname, protocol))
    packets.settimeout(10)
    return packets


class Wire:
    """The other end of the hub in QEMU: datagrams that are frames."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "wire")
        self.peer = os.path.join(folder, "wire-qemu")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(10)

    def arguments(self):
        return ["-netdev", "dgram,id=wire,local.type=unix,local.path=%s,remote.type=unix,"
                "remote.path=%s" % (self.peer, self.path),
                "-netdev", "hubport,id=port1,hubid=0,netdev=wire"]

    def receive(self, count):
        """Up to `count` frames of ours, until nothing comes any more."""
        found = []
        try:
            while len(found) < count:
                data = self.socket.recv(65536)
                if b"frame" in data:
                    found.append(data)
                    self.socket.settimeout(0.5)
        except socket.timeout:
            pass
        return found


def hand_over(tap, qemu, program, netdev):
    """The interface, or None."""
    outcome = harness.run([program, qemu.other, netdev], timeout=30)
    if not tap.check("handed over: " + netdev, outcome.status == 0 and not outcome.err, outcome):
        return None
    return outcome.out.split()[0]


def check_queues(tap, qemu, program):
    ifname = hand_over(tap, qemu, program,
                       "tap,id=n0,ifname=vm0,queues=%d,script=no,downscript=no" % QUEUES)
    if ifname is None:
        return False
    lines = [line for line in qemu.info_network() if "n0: " in line]
    tap.check("QEMU lists %d queues" % QUEUES, len(lines) == QUEUES and all(
        re.search(r"n0: index=0,type=tap,fd=\d+$", line) for line in lines), lines)
    tap.equal("the interface lives on with QEMU alone", harness.interfaces(), [ifname])
    detail = harness.run(["ip", "-details", "link", "show", ifname]).out
    tap.check("the kernel counts %d queues" % QUEUES, "numqueues %d" % QUEUES in detail, detail)
    return True


def check_frames(tap, qemu, wire):
    answer = qemu.execute("netdev_add", type="hubport", id="port0", hubid=0, netdev="n0")
    tap.equal("QEMU puts the tap on a hub", answer, {})
    subprocess.run(["ip", "link", "set", "vm0", "up"], check=True, timeout=10)
    packets = packet_socket("vm0")
    sent = {frame(number) for number in range(FRAMES)}
    for data in sent:
        packets.send(data)
    received = wire.receive(FRAMES)
    # The hub is on queue 0; the kernel spreads the flows over all eight.
    tap.check("frames sent on the interface come out of QEMU", received and
              set(received) <= sent, "%d frames, first: %r" % (len(received), received[:1]))
    tap.note("%d of %d frames took queue 0" % (len(received), FRAMES))
    reply = frame(FRAMES + 1)
    wire.socket.sendto(reply, wire.peer)
    try:
        data = packets.recv(65536)
        while b"frame" not in data:
            data = packets.recv(65536)
    except socket.timeout:
        data = b""
    tap.equal("a frame that QEMU sends comes in on the interface", data, reply)
    packets.close()


def remaining():
    """Interfaces, once the kernel has had time to remove what is closed."""
    harness.wait_until(lambda: not harness.interfaces(), 2.0)
    return harness.interfaces()


def check_removal(tap, qemu):
    for name in ("port0", "n0"):
        tap.equal("QEMU removes " + name, qemu.execute("netdev_del", id=name), {})
    tap.equal("with the last queue the interface goes", remaining(), [])


def check_qemu_helper(tap, qemu, program):
    """QEMU's own helper, called by us, its ACL in a private mount namespace."""
    subprocess.run(["ip", "link", "add", "qbr0", "type", "bridge"], check=True, timeout=10)
    ifname = hand_over(tap, qemu, program, "bridge,id=b0,br=qbr0,helper=" + HELPER)
    if ifname is not None:
        detail = harness.run(["ip", "link", "show", ifname]).out
        tap.check("the tap from QEMU's helper is a port of the bridge", "master qbr0" in detail,
                  detail)
        lines = [line for line in qemu.info_network() if "b0: " in line]
        tap.equal("QEMU lists one queue", len(lines), 1)
        tap.equal("QEMU removes b0", qemu.execute("netdev_del", id="b0"), {})
    outcome = harness.run([program, qemu.other, "bridge,id=b1,br=qbr1,helper=" + HELPER])
    tap.check("a bridge that the ACL does not allow is refused with the helper's words",
              outcome.status == 1 and "access denied by acl file" in outcome.err, outcome)
    subprocess.run(["ip", "link", "del", "qbr0"], check=True, timeout=10)
    tap.equal("nothing is left of the bridge", remaining(), [])


def private_etc():
    """An /etc with nothing but the helper's ACL, for this process and its children."""
    harness.mount("tmpfs", "/etc", "tmpfs", 0, b"size=1m")
    os.mkdir("/etc/qemu")
    with open("/etc/qemu/bridge.conf", "w") as acl:
        acl.write("allow qbr0\n")
    os.chmod("/etc/qemu/bridge.conf", 0o644)


def main():
    program, emulator = os.path.abspath(sys.argv[1]), sys.argv[2]
    harness.need_program(emulator, "qemu-system-x86_64")
    if os.geteuid() != 0:
        harness.skip_all("mounts and bridges need root")
    harness.need_tun(mounts=True)
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        private_etc()
        wire = Wire(folder)
        qemu = Qemu(emulator, folder, *wire.arguments())
        try:
            if check_queues(tap, qemu, program):
                check_frames(tap, qemu, wire)
                check_removal(tap, qemu)
            if os.access(HELPER, os.X_OK):
                check_qemu_helper(tap, qemu, program)
            else:
                tap.skip("QEMU's own helper", HELPER + " is not installed")
        finally:
            qemu.end()
    tap.done()


if __name__ == "__main__":
    main()
