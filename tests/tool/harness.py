# SPDX-License-Identifier: MIT
"""What the tests in Python share: TAP output, namespaces, bounded runs.

Every test enters a network namespace of its own before it does anything, so
that nothing on the machine can be seen or touched, and looks afterwards for
what a program has left behind there.
"""
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


class Tap:
    """Test Anything Protocol: one line for each case, the plan at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, ok, detail=""):
        self.count += 1
        self.failed += 0 if ok else 1
        name = re.sub(r"[#\s]+", " ", name)
        print("%s %d - %s" % ("ok" if ok else "not ok", self.count, name))
        if not ok:
            self.note(detail)
        sys.stdout.flush()
        return bool(ok)

    def skip(self, name, reason):
        """A case that cannot run here. It is counted, and scripts/test refuses most reasons."""
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, re.sub(r"[#\s]+", " ", name), reason))
        sys.stdout.flush()

    def equal(self, name, got, want):
        return self.check(name, got == want, "got:  %r\nwant: %r" % (got, want))

    @staticmethod
    def note(text):
        for line in str(text).splitlines():
            print("# " + line)

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def skip_all(reason):
    """For a machine that really cannot run the test."""
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def need_program(path, name):
    """Ends the test as skipped where the build found no such program."""
    if not path:
        skip_all(name + " is not installed")


def unshare(flags):
    if _libc.unshare(flags) != 0:
        errnum = ctypes.get_errno()
        raise OSError(errnum, os.strerror(errnum), "unshare")


def mount(source, target, fstype, flags, data=None):
    encoded = [None if x is None else x.encode() for x in (source, target, fstype)]
    if _libc.mount(*encoded, flags, data) != 0:
        errnum = ctypes.get_errno()
        raise OSError(errnum, os.strerror(errnum), target)


def _write(path, text):
    with open(path, "w") as out:
        out.write(text)


def make_mounts_private():
    """Nothing that this process mounts reaches anybody else."""
    try:
        mount("none", "/", None, MS_REC | MS_PRIVATE)
    except OSError:
        # In a chroot, / is no mount: each that can be seen has to be named.
        with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
            for line in mounts:
                mount("none", line.split()[4].encode().decode("unicode_escape"), None, MS_PRIVATE)


def enter_namespace(mounts=False):
    """Moves this process, which must have one thread, into a fresh network
    namespace with nothing but `lo`, up, and makes it inherit orphans.
    `mounts`: into a private mount namespace as well, with an empty /run."""
    flags = CLONE_NEWNET | (CLONE_NEWNS if mounts else 0)
    try:
        unshare(flags)
    except PermissionError:
        uid, gid = os.geteuid(), os.getegid()
        unshare(flags | CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", "0 %d 1" % uid)
        _write("/proc/self/gid_map", "0 %d 1" % gid)
    if mounts:
        make_mounts_private()
        mount("tmpfs", "/run", "tmpfs", 0, b"size=16m")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def need_tun(mounts=False):
    """Ends the test as skipped where nobody could open a tap."""
    try:
        enter_namespace(mounts)
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as problem:
        skip_all("no tap can be opened here: %s" % problem)


def interfaces():
    """Names of the interfaces in this namespace, without loopback."""
    return sorted(name for _, name in socket.if_nameindex() if name != "lo")


def wait_until(condition, seconds):
    """Polls; the last answer of `condition`, as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(0.005)


def run_checks(tap, checks, *arguments):
    """Runs each with the arguments and a folder of its own, and looks for what it has left."""
    for check in checks:
        with tempfile.TemporaryDirectory() as folder:
            check(tap, *arguments, folder)
        tap.equal(check.__name__ + ": nothing is left", leftovers(), [])


def leftovers(seconds=2.0, ignore=()):
    """What is still there after a bounded wait: interfaces, but those to
    ignore, and processes that were orphaned into ours. Empty if all is clean.
    The wait is there because the kernel closes what a killed process held
    asynchronously."""
    def others():
        return [name for name in interfaces() if name not in ignore]
    wait_until(lambda: not others(), seconds)
    found = ["interface " + name for name in others()]
    return found + ["process " + name for name in orphans(seconds)]


def orphans(seconds=0.0):
    """Children of this process; the dead ones are reaped."""
    def living():
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return []
            if pid == 0:
                break
        return _children()
    wait_until(lambda: not living(), seconds)
    return living()


def _children():
    path = "/proc/self/task/%d/children" % os.getpid()
    with open(path) as listing:
        pids = listing.read().split()
    names = []
    for pid in pids:
        try:
            with open("/proc/%s/cmdline" % pid) as cmdline:
                names.append(pid + " " + cmdline.read().replace("\0", " "))
        except OSError:
            pass
    return names


class Outcome:
    """How a run ended. `status` is negative for a signal, None for a time-out."""

    def __init__(self, status, out, err, seconds):
        self.status = status
        self.out = out
        self.err = err
        self.seconds = seconds

    def __str__(self):
        return "status %s after %.2f s\nstdout: %s\nstderr: %s" % (
            self.status, self.seconds, self.out[:4000], self.err[:4000])


def run(argv, stdin=b"", timeout=20, **options):
    """Runs a program, with a bound; bytes that are no UTF-8 are shown escaped."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, **options)
    try:
        out, err = process.communicate(stdin, timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        status = None
    return Outcome(status, out.decode("utf-8", "backslashreplace"),
                   err.decode("utf-8", "backslashreplace"), time.monotonic() - start)


def run_on_terminal(argv, columns=80, timeout=20, **variables):
    """Runs a program whose output and errors go to terminals of that width, one each, in an
    environment with these variables: (output, errors, status) with line ends as in files."""
    environment = {**os.environ, "TERM": "xterm", **variables}
    masters, slaves = zip(*(pty.openpty() for _ in range(2)))
    for slave in slaves:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=slaves[0], stderr=slaves[1],
                               env=environment)
    for slave in slaves:
        os.close(slave)
    seen = dict.fromkeys(masters, b"")
    left = set(masters)
    deadline = time.monotonic() + timeout
    while left and time.monotonic() < deadline:
        for master in select.select(left, [], [], deadline - time.monotonic())[0]:
            try:
                data = os.read(master, 65536)
            except OSError:     # what a terminal without a program says
                data = b""
            seen[master] += data
            left -= set() if data else {master}
    if left:
        process.kill()
    for master in masters:
        os.close(master)
    return (*(seen[master].replace(b"\r\n", b"\n") for master in masters), process.wait())


def caret_lines(argument, part):
    """How the tool marks a part of an argument."""
    return ["  " + argument, "  " + " " * argument.index(part) + "^" + "~" * (len(part) - 1)]


def read_json(text):
    """The value; ValueError also for a key that stands in an object twice."""
    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice: %r" % (pairs,))
        return dict(pairs)
    return json.loads(text, object_pairs_hook=unique)


def parse_table(text):
    """Rows of the tool's table as dictionaries, and the lines behind it."""
    lines = text.splitlines()
    rows, rest = [], []
    if not lines or not lines[0].startswith("id "):
        return rows, lines
    head = lines[0].split()
    for line in lines[1:]:
        cells = line.split()
        if not rest and len(cells) == len(head):
            rows.append(dict(zip(head, cells)))
        else:
            rest.append(line)
    return rows, rest


def write_program(path, text):
    """An executable script."""
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o755)


class HeldScript:
    """A script that does not end before it is released."""

    def __init__(self, path):
        self.path = path
        write_program(path, "#!/bin/sh\n: > %s.started\n"
                      "until [ -e %s.go ]; do sleep 0.02; done\n" % (path, path))

    def await_start(self, seconds=10):
        return wait_until(lambda: os.path.exists(self.path + ".started"), seconds)

    def release(self):
        _write(self.path + ".go", "")

    def hold(self):
        """Those that start from now on wait again."""
        for end in (".started", ".go"):
            if os.path.exists(self.path + end):
                os.unlink(self.path + end)


def end(process, seconds=5.0):
    """Ends a process that this test started, gently if it lets us."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
