# SPDX-License-Identifier: MIT
"""A private host for the set-uid bridge helper: its own network, /etc, /run and tun node.

Nothing of the real host changes: /etc is an overlay, and what the helper may open is a device node
of this mount namespace. Callers are children of the test that have become ordinary users.
"""
import array
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

ALICE, BOB = 3001, 3002          # ordinary users of this world
STAFF, LAB = 4001, 4002          # groups
TUNGETIFF = 0x800454D2
QEMU_HELPER = "/usr/lib/qemu/qemu-bridge-helper"


class Answer:
    """What a run of the helper gave."""

    def __init__(self, status, text, messages):
        self.status = status            # negative: killed by that signal; None: hung
        self.text = text                # standard output and error
        self.messages = messages        # (data, descriptors) in their order
        self.fds = [fd for _, fds in messages for fd in fds]
        data = b"".join(part for part, fds in messages if not fds)
        self.reason = data[1:].decode() if data[:1] == b"\x15" else None

    def ifname(self):
        raw = fcntl.ioctl(self.fds[0], TUNGETIFF, bytes(40))
        return raw[:16].rstrip(b"\0").decode()

    def flags(self):
        return struct.unpack_from("H", fcntl.ioctl(self.fds[0], TUNGETIFF, bytes(40)), 16)[0]

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    def __str__(self):
        return "status %s, %d descriptors, reason %r\n%s" % (
            self.status, len(self.fds), self.reason, self.text)


def link(name):
    """The interface as `ip` describes it; None if there is none."""
    found = subprocess.run(["ip", "-j", "-d", "link", "show", "dev", name],
                           capture_output=True, check=False, timeout=10)
    return json.loads(found.stdout)[0] if found.returncode == 0 else None


def run_as_user(argv, stdin=b"", user=ALICE):
    """A program of an ordinary user without groups."""
    def become():
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    return harness.run(argv, stdin=stdin, preexec_fn=become, timeout=30)


def ip(*words):
    subprocess.run(["ip", *words], check=True, timeout=10)


class World:
    def __init__(self, helper, acl_path="/etc/qemu/bridge.conf"):
        harness.enter_namespace(mounts=True)
        with open("/proc/self/uid_map", encoding="ascii") as uid_map:
            if uid_map.read().split()[2] == "1":
                harness.skip_all("a set-uid program needs a real root")
        self._make_etc()
        self._make_folders()
        self.acl_path = acl_path
        os.makedirs(os.path.dirname(acl_path), exist_ok=True)
        self.helper = self.install(helper, "helper", 0o4755)
        ip("link", "add", "br0", "type", "bridge")
        ip("link", "set", "br0", "mtu", "1400", "up")

    @staticmethod
    def _make_etc():
        os.makedirs("/run/etc/upper")
        os.makedirs("/run/etc/work")
        try:
            harness.mount("overlay", "/etc", "overlay", 0,
                          b"lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work")
        except OSError as problem:
            harness.skip_all("no overlay over /etc: %s" % problem)
        with open("/etc/passwd", "a", encoding="ascii") as file:
            file.write("alice:x:%d:%d::/:/bin/false\nbob:x:%d:%d::/:/bin/false\n"
                       % (ALICE, ALICE, BOB, BOB))
        with open("/etc/group", "a", encoding="ascii") as file:
            file.write("staff2:x:%d:\nlab:x:%d:\n" % (STAFF, LAB))

    @staticmethod
    def _make_folders():
        os.mkdir("/run/bin")
        harness.mount("tmpfs", "/run/bin", "tmpfs", 0, b"size=256m,mode=755")
        os.umask(0)
        os.mknod("/run/tun", 0o20666, os.makedev(10, 200))
        os.umask(0o022)
        harness.mount("/run/tun", "/dev/net/tun", None, 4096)     # MS_BIND

    @staticmethod
    def install(program, name, mode):
        path = "/run/bin/" + name
        subprocess.run(["cp", program, path], check=True, timeout=10)
        os.chmod(path, mode)
        return path

    def acl(self, text, mode=0o644):
        self.file(self.acl_path, text, mode)

    @staticmethod
    def file(path, text, mode=0o644, owner=0, group=0):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chown(path, owner, group)
        os.chmod(path, mode)

    def call(self, *arguments, helper=None, user=ALICE, groups=(), greet=True, prepare=None,
             environment=None, timeout=10):
        """Runs the helper as an ordinary user; FD in an argument is the number of the socket."""
        ours, theirs = socket.socketpair()
        if greet:
            ours.send(b"\x05")
        read_end, write_end = os.pipe()
        helper = helper or self.helper
        pid = os.fork()
        if pid == 0:
            try:
                os.dup2(write_end, 1)
                os.dup2(write_end, 2)
                os.setgroups(groups)
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
                os.set_inheritable(theirs.fileno(), True)
                if prepare:
                    prepare(theirs.fileno())
                words = [word.replace("FD", str(theirs.fileno())) for word in arguments]
                os.execve(helper, [helper, *words], environment or {})
            except BaseException as problem:  # pylint: disable=broad-except
                os.write(2, repr(problem).encode())
            os._exit(127)
        theirs.close()
        os.close(write_end)
        text = self._read(read_end, pid, timeout)
        status = self._reap(pid, text)
        messages = self._receive(ours)
        ours.close()
        return Answer(status, (text or b"").decode("utf-8", "replace"), messages)

    def ask(self, bridge="br0", *options, **how):
        """An ordinary run, as QEMU does it."""
        return self.call("--use-vnet", "--fd=FD", "--br=" + bridge, *options, **how)

    @staticmethod
    def _read(fd, pid, timeout):
        """All that is written until the last writer is gone; None if that takes too long."""
        text, deadline = b"", time.monotonic() + timeout
        while True:
            ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                os.close(fd)
                return None
            part = os.read(fd, 65536)
            if not part:
                os.close(fd)
                return text
            text += part

    @staticmethod
    def _reap(pid, text):
        _, status = os.waitpid(pid, 0)
        return None if text is None else os.waitstatus_to_exitcode(status)

    @staticmethod
    def _receive(ours):
        messages = []
        ours.setblocking(False)
        while True:
            try:
                data, ancillary, _, _ = ours.recvmsg(4096, socket.CMSG_SPACE(4 * 300))
            except (BlockingIOError, ConnectionResetError):
                return messages
            if not data:
                return messages
            fds = array.array("i")
            for _, _, payload in ancillary:
                fds.frombytes(payload)
            messages.append((data, list(fds)))


class Checker(harness.Tap):
    """Each case has to leave no interface, no descriptor and no process."""

    def __init__(self):
        super().__init__()
        self.fds = None

    def begin(self):
        self.fds = set(os.listdir("/proc/self/fd"))

    def end(self, name):
        left = harness.wait_until(
            lambda: [x for x in harness.interfaces() if x != "br0"] == [], 5)
        fds = set(os.listdir("/proc/self/fd")) - self.fds
        self.check(name + ": nothing is left", left and not fds,
                   "interfaces %s, descriptors %s" % (harness.interfaces(), fds))
