#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is left of a command that `qnetdev exec` supervised, and that wanted to leave something.

    exec_leftovers.py QNETDEV...
"""
import contextlib
import fcntl
import json
import os
import signal
import struct
import subprocess

import attack_path  # noqa: F401
import exec_world
import harness
from exec_world import GROUP, PLAIN, PYTHON, USER

VMM = ["--user", "%d:%d" % (USER, GROUP)]
SUPERVISE = "--lifetime=supervise"
TUNSETIFF, TUNSETPERSIST = 0x400454CA, 0x400454CB
PERSISTENT_FLAGS, MULTI_QUEUE_FLAGS = 0x1002, 0x1102   # IFF_TAP | IFF_NO_PI, and IFF_MULTI_QUEUE

# Makes its taps persistent and its own, as a user without privileges can; then does what its first
# word says. The descriptors are those of its second word.
ATTACKER = r"""
import fcntl, os, signal, struct, sys, time
TUNGETIFF, TUNSETPERSIST, TUNSETOWNER, TUNSETQUEUE = 0x800454D2, 0x400454CB, 0x400454CC, 0x400454D9
what, taps = sys.argv[1], [int(fd) for fd in sys.argv[2].split(":")]
for fd in taps:
    fcntl.ioctl(fd, TUNSETPERSIST, 1)
    fcntl.ioctl(fd, TUNSETOWNER, os.getuid())
if what == "detach":
    for fd in taps:
        fcntl.ioctl(fd, TUNSETQUEUE, struct.pack("16sH22x", b"", 0x0400))
if what == "die":
    os.kill(os.getpid(), signal.SIGKILL)
if what == "fork" and os.fork() == 0:
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    with open(sys.argv[3], "w") as out:
        out.write("%d\n" % os.getpid())
        out.flush()
        def is_there():
            try:
                fcntl.ioctl(taps[0], TUNGETIFF, bytearray(40))
            except OSError as problem:
                return False
            return True
        while is_there():
            time.sleep(0.01)
        out.write("cut off\n")
        out.flush()
    time.sleep(60)
"""

# A bridge helper that makes a tap called vh.
HELPER = """#!/usr/bin/python3
import fcntl, os, socket, struct, sys
number = int([word for word in sys.argv if word.startswith("--fd=")][0][5:])
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"vh", 0x5002))
socket.send_fds(socket.socket(fileno=number), [b"x"], [tun])
"""


def ip(*words):
    done = subprocess.run(["ip", "-json", *words], check=True, timeout=10, capture_output=True)
    return json.loads(done.stdout or "null")


def open_tap(name, flags):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return tun


@contextlib.contextmanager
def bridge(name):
    ip("link", "add", name, "type", "bridge")
    ip("link", "set", name, "mtu", "1400", "up")
    yield
    ip("link", "del", name)


@contextlib.contextmanager
def persistent_tap(name):
    tun = open_tap(name, PERSISTENT_FLAGS)
    fcntl.ioctl(tun, TUNSETPERSIST, 1)
    os.close(tun)
    yield
    ip("link", "del", name)


def state(name):
    """Of an interface, as far as joining a bridge changes it."""
    link = ip("link", "show", name)[0]
    return [link.get("master"), link["mtu"], "UP" in link["flags"]]


class Attacks(exec_world.Exec):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.attacker = os.path.join(self.folder, "attacker.py")
        with open(self.attacker, "w") as out:
            out.write(ATTACKER)
        os.chmod(self.attacker, 0o644)

    def attack(self, what, fds, netdev, *more):
        return self.run(*VMM, SUPERVISE, "--", PYTHON, self.attacker, what, fds, *more,
                        "-netdev", netdev)

    def test_persistent(self):
        """Neither the interface nor its new owner outlive the command."""
        for what, status in (("exit", 0), ("die", 128 + signal.SIGKILL)):
            outcome = self.attack(what, "3", "tap,id=a,ifname=va," + PLAIN)
            self.tap.check("persistent, %s: the command runs" % what, outcome.status == status and
                           not outcome.err, outcome)
            self.clean("persistent, " + what)
        for what in ("exit", "detach"):
            outcome = self.attack(what, "3:4", "tap,id=a,ifname=va,queues=2," + PLAIN)
            self.tap.check("persistent queues, %s: the command runs" % what,
                           outcome.status == 0 and not outcome.err, outcome)
            self.clean("persistent queues, " + what)

    def test_persistent_in_a_bridge(self):
        with bridge("br9"):
            outcome = self.attack("exit", "3", "tap,id=a,ifname=va,br=br9")
            self.tap.check("persistent in a bridge: the command runs", outcome.status == 0, outcome)
            self.tap.equal("persistent in a bridge: is gone", harness.interfaces(), ["br9"])

    def test_persistent_from_a_helper(self):
        helper = os.path.join(self.folder, "helper")
        harness.write_program(helper, HELPER)
        outcome = self.attack("exit", "3", "bridge,id=a,helper=" + helper)
        self.tap.check("from a helper: the command runs", outcome.status == 0, outcome)
        self.clean("from a helper")

    def test_left_behind(self):
        """A process that the command leaves behind keeps a dead descriptor. The down script finds
        the interface all the same."""
        report = os.path.join(self.folder, "report")
        log = os.path.join(self.folder, "log")
        down = self.script("down", "echo $(ip -o link show $1 | wc -l) >>" + log)
        for netdev in ("tap,id=a,ifname=va,queues=2,script=no,downscript=" + down,
                       "tap,id=a,ifname=va,script=no,downscript=" + down):
            with open(report, "w"):
                pass
            os.chmod(report, 0o666)
            outcome = self.attack("fork", "3", netdev, report)
            self.tap.check("left behind: the command runs", outcome.status == 0 and
                           not outcome.err, outcome)
            self.tap.equal("left behind: the interface is gone at once", harness.interfaces(), [])
            self.tap.equal("left behind: the down script has seen it", self.log(), ["1"])

            def told():
                with open(report) as text:
                    return text.read().splitlines()
            self.tap.equal("left behind: is cut off", harness.wait_until(
                lambda: len(told()) == 2 and told()[1:], 5), ["cut off"])
            if told():
                os.kill(int(told()[0]), signal.SIGKILL)
            self.clean("left behind")

    def test_what_is_not_ours_stays(self):
        with persistent_tap("keep0"):
            outcome = self.attack("exit", "3", "tap,id=a,ifname=keep0," + PLAIN)
            self.tap.check("not ours, persistent: the command runs", outcome.status == 0, outcome)
            self.tap.equal("not ours, persistent: stays", harness.interfaces(), ["keep0"])
        other = open_tap("keep1", MULTI_QUEUE_FLAGS)
        outcome = self.run(*VMM, SUPERVISE, "--", "true", "-netdev",
                           "tap,id=a,ifname=keep1,queues=2,vnet_hdr=off," + PLAIN)
        self.tap.check("not ours, a queue of another's: the command runs", outcome.status == 0,
                       outcome)
        self.tap.equal("not ours, a queue of another's: stays", harness.interfaces(), ["keep1"])
        os.close(other)
        self.clean("not ours")

    def test_bridge_is_left(self):
        """A persistent tap was lent to a bridge: it is as before, however the command ends."""
        secret = os.path.join(self.folder, "secret")
        os.mkdir(secret, 0o700)
        harness.write_program(os.path.join(secret, "program"), "#!/bin/sh\n")
        netdev = ["-netdev", "tap,id=a,ifname=keep0,br=br9"]
        with bridge("br9"), persistent_tap("keep0"):
            before = state("keep0")
            for name, options, command, status in (
                    ("by itself", VMM, ["sh", "-c", "ip -o link show keep0 | grep -q br9"], 0),
                    ("by a signal", VMM, ["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
                    ("without having begun", VMM, [secret + "/program"], 126),
                    ("supervised", [SUPERVISE], ["true"], 0)):
                outcome = self.run(*options, "--", *command, *netdev)
                self.tap.equal("bridge, ended %s: the status" % name, outcome.status, status)
                self.tap.equal("bridge, ended %s: the tap is as before" % name, state("keep0"),
                               before)
            outcome = self.run("--lifetime=exec", "--", "true", *netdev)
            self.tap.equal("bridge: nobody would leave it", [outcome.status, outcome.err], [
                1, "qnetdev: with --lifetime exec nobody would take 'keep0' of 'a' out of bridge "
                   "'br9'\nhint: make it a port of 'br9' before and drop 'br', or drop --lifetime "
                   "exec\n"])
            self.tap.equal("bridge: it has been left", state("keep0"), before)

    def test_daemon(self):
        """QEMU's first process would end at once, and take the interfaces with it."""
        netdev = ["-netdev", "tap,id=a,ifname=va," + PLAIN]
        for word in ("-daemonize", "--daemonize"):
            self.fails("daemon: " + word, [SUPERVISE, "--", "true", *netdev, word],
                       "with -daemonize the supervised process ends at once, and its taps with it",
                       "drop -daemonize, or use --lifetime exec, with downscript=no for each tap")
            outcome = self.run("--", "true", *netdev, word)
            self.tap.equal("daemon: not supervised, " + word, outcome.status, 0)
        outcome = self.run(SUPERVISE, "--", "true", *netdev, "-name", "-daemonize")
        self.tap.equal("daemon: another option's value", outcome.status, 0)


if __name__ == "__main__":
    exec_world.main(Attacks)
