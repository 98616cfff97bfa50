#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A command of `qnetdev exec` without privileges, on the terminal of a root shell: it tries to type
there, and to read what keys its caller holds.

    exec_terminal.py QNETDEV...

Where dev.tty.legacy_tiocsti is 0 the kernel itself refuses TIOCSTI, with EIO; what is asserted is
EPERM, which is the answer of a filter, and which nobody gets whose terminal it is. So a missing
filter shows on every kernel.
"""
import ctypes
import errno
import fcntl
import json
import os
import pty
import select
import signal
import sys
import termios
import time

import attack_path  # noqa: F401
import exec_world
import harness
from exec_world import GROUP, PYTHON, USER

VMM = ["--user", "%d:%d" % (USER, GROUP)]
PLAN = "touch /owned-by-the-command\n"
CALLS = {"x86_64": {"ioctl": 16, "add_key": 248, "keyctl": 250},
         "aarch64": {"ioctl": 29, "add_key": 217, "keyctl": 219}}.get(os.uname().machine)
TIOCLINUX = 0x541C
JOIN_SESSION_KEYRING, SEARCH, READ = 1, 10, 11
SESSION_KEYRING = -3
KEY = b"qnetdev-test", b"secret of root"

# What an attacker does, and then prints as JSON: what each way of typing brought.
ATTACKER = r"""
import ctypes, fcntl, json, mmap, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
text, number, x86 = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3] == "x86"
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
signal.signal(signal.SIGTTOU, signal.SIG_IGN)

def outcome(call):
    ctypes.set_errno(0)
    return 0 if call() >= 0 else ctypes.get_errno()

def request(value, byte=b"\0"):
    return lambda: libc.syscall(ctypes.c_long(number), 0, ctypes.c_ulong(value),
                                ctypes.c_char_p(byte))

found = {"session": os.getsid(0) == os.getpid(), "typed": 0}
for byte in text:
    found["typed"] = found["typed"] or outcome(request(TIOCSTI, bytes([byte])))
found["high bits"] = outcome(request(TIOCSTI | 1 << 32, b"!"))
found["paste"] = outcome(request(TIOCLINUX, b"\3"))
found["paste, high bits"] = outcome(request(TIOCLINUX | 0xffffffff << 32, b"\3"))
if x86:
    found["x32"] = outcome(lambda: libc.syscall(ctypes.c_long(0x40000000 | 514), 0,
                                                ctypes.c_ulong(TIOCSTI), ctypes.c_char_p(b"!")))
    code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40,  # MAP_32BIT
                     mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # int f(number, fd, request, pointer): the system call of a 32-bit program.
    code.write(bytes.fromhex("5389f889f387d1cd805bc3"))
    code[64:66] = b"!\0"
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint,
                            ctypes.c_uint)(start)
    child = os.fork()
    if child == 0:      # a kernel without that ABI kills it
        got = call(54, 0, TIOCSTI, start + 64)
        os._exit(-got if got < 0 else 0)
    _, status = os.waitpid(child, 0)
    found["i386"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else "killed"
try:
    fcntl.ioctl(0, 0x5413, bytes(8))    # TIOCGWINSZ
    found["size"] = 0
except OSError as problem:
    found["size"] = problem.errno
found["foreground"] = outcome(lambda: libc.tcsetpgrp(0, os.getpgrp()))
with open(sys.argv[4], "w") as out:
    json.dump(found, out)
"""

# Looks for a key of its caller's.
KEY_READER = r"""
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
number, searching, reading, session = map(int, sys.argv[1:5])
key = libc.syscall(number, searching, session, b"user", sys.argv[5].encode(), 0)
text = ctypes.create_string_buffer(64)
size = libc.syscall(number, reading, key, text, 64) if key > 0 else -1
print(json.dumps(text.raw[:size].decode() if size > 0 else None))
"""


class Attacks(exec_world.Exec):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.attacker = os.path.join(self.folder, "attacker.py")
        self.reader = os.path.join(self.folder, "reader.py")
        for path, text in ((self.attacker, ATTACKER), (self.reader, KEY_READER)):
            with open(path, "w") as out:
                out.write(text)
            os.chmod(path, 0o644)

    def on_terminal(self, name, options):
        """Lets the attacker run on a terminal as a shell would let it. What it found, and what
        its caller then reads from the terminal although nobody has typed."""
        result = os.path.join(self.folder, "result")
        with open(result, "w"):
            pass
        os.chmod(result, 0o666)
        words = [self.path, "exec", *options, "--", PYTHON, self.attacker, PLAN,
                 str(CALLS["ioctl"]), "x86" if os.uname().machine == "x86_64" else "", result]
        reading, writing = os.pipe()
        shell, terminal = pty.fork()
        if shell == 0:
            os._exit(self.be_shell(words, writing))
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            # Echo of what is typed must not fill the terminal.
            typed = self.read_all(answer, terminal)
        _, status = os.waitpid(shell, 0)
        os.close(terminal)
        with open(result) as text:
            found = json.loads(text.read() or "{}")
        self.tap.check(name + ": the command runs", found and status == 0,
                       "status %d, typed %r" % (status, typed))
        return found, typed

    @staticmethod
    def read_all(answer, terminal):
        deadline = time.monotonic() + 60
        watched = [answer.fileno(), terminal]
        text = b""
        while answer.fileno() in watched and time.monotonic() < deadline:
            for fd in select.select(watched, [], [], 1)[0]:
                try:
                    piece = os.read(fd, 4096)
                except OSError:     # a terminal that nobody has open any more
                    piece = b""
                if not piece:
                    watched.remove(fd)
                elif fd == terminal:
                    harness.Tap.note("terminal: %r" % piece)
                else:
                    text += piece
        return text.decode()

    @staticmethod
    def be_shell(words, writing):
        """The leader of the terminal's session: a job in the foreground, then a look at what has
        been typed meanwhile."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpgrp())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            os.execv(words[0], words)
        _, status = os.waitpid(job, 0)
        os.tcsetpgrp(0, os.getpgrp())
        settings = termios.tcgetattr(0)
        settings[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(0, termios.TCSANOW, settings)
        waiting = bytearray(4)
        fcntl.ioctl(0, termios.FIONREAD, waiting)
        if int.from_bytes(waiting, sys.byteorder) > 0:
            os.write(writing, os.read(0, 4096))
        return os.waitstatus_to_exitcode(status)

    def test_typing(self):
        for name, options in (("a user", VMM),
                              ("a user, supervised", [*VMM, "--lifetime=supervise"]),
                              ("set-uid programs allowed", [*VMM, "--allow-new-privileges"]),
                              ("root without capabilities", ["--keep-caps=none"]),
                              ("a group", ["--group", str(GROUP)])):
            found, typed = self.on_terminal(name, options)
            self.tap.equal(name + ": its caller reads nothing", typed, "")
            for way in ("typed", "high bits", "paste", "paste, high bits"):
                self.tap.equal("%s: refused: %s" % (name, way), found.get(way), errno.EPERM)
            if "x32" in found:
                self.tap.equal(name + ": refused: x32", found["x32"], errno.EPERM)
                self.tap.check(name + ": refused: i386", found["i386"] in (errno.EPERM, "killed"),
                               found)
            self.tap.equal(name + ": other requests work, and so does job control",
                           [found.get("size"), found.get("foreground")], [0, 0])

    def test_new_session(self):
        for lifetime in ([], ["--lifetime=supervise"]):
            found, typed = self.on_terminal("new session", [*VMM, "--new-session=on", *lifetime])
            self.tap.equal("new session: the command leads it, and its caller reads nothing",
                           [found.get("session"), typed], [True, ""])
            self.tap.equal("new session: typing is refused", found.get("typed"), errno.EPERM)

    def test_interrupt_reaches_a_new_session(self):
        shell, terminal = pty.fork()
        if shell == 0:
            # Not sh: dash can lose a signal that arrives while it starts a program.
            os.execv(self.path, [self.path, "exec", *VMM, "--new-session=on", "--", PYTHON, "-c",
                                 "import time; print('ready', flush=True); time.sleep(60)"])
        said = b""
        while b"ready" not in said and select.select([terminal], [], [], 20)[0]:
            said += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        ended = harness.wait_until(lambda: os.waitpid(shell, os.WNOHANG)[1], 20)
        if not ended:
            os.kill(shell, signal.SIGKILL)
        os.close(terminal)
        self.tap.equal("new session: ^C ends the command",
                       ended and os.waitstatus_to_exitcode(ended), 128 + signal.SIGINT)
        self.clean("new session: ^C")

    def test_shared(self):
        """That the test can tell: what is not guarded types, unless the kernel refuses it."""
        legacy = "/proc/sys/dev/tty/legacy_tiocsti"
        refused = False
        if os.path.exists(legacy):
            with open(legacy) as setting:
                refused = setting.read().strip() == "0"
        for options in ([*VMM, "--new-session=off"], []):
            found, typed = self.on_terminal("shared", options)
            self.tap.equal("shared: the command types", [found.get("typed"), PLAN in typed],
                           [errno.EIO, False] if refused else [0, True])

    def test_keys(self):
        """A key that root's session holds, as of an encrypted file system."""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        if libc.syscall(CALLS["keyctl"], JOIN_SESSION_KEYRING, None) < 0:
            harness.Tap.note("this kernel has no keyrings")
            return
        name, secret = KEY
        added = libc.syscall(CALLS["add_key"], b"user", name, secret, len(secret), SESSION_KEYRING)
        self.tap.check("keys: root has one", added > 0, os.strerror(ctypes.get_errno()))
        numbers = [str(number) for number in (CALLS["keyctl"], SEARCH, READ, SESSION_KEYRING)]
        for options, want in (([], secret.decode()), (VMM, None),
                              ([*VMM, "--lifetime=supervise"], None)):
            outcome = self.run(*options, "--", PYTHON, self.reader, *numbers, name.decode())
            self.tap.check("keys: what the command reads, %s" % options, outcome.status == 0 and
                           outcome.out and json.loads(outcome.out) == want, outcome)
        for refused, status in (("inject=keyctl:error=ENOSYS", 0), ("inject=keyctl:error=EPERM", 0),
                                ("inject=keyctl:error=EDQUOT:when=2", 1)):
            quiet = dict(os.environ,
                         ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
            outcome = harness.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=keyctl",
                                   "-e", refused, self.path, "exec", *VMM, "--", "echo", "ran"],
                                  env=quiet)
            self.tap.equal("keys: %s" % refused, [outcome.status, outcome.out],
                           [status, "" if status else "ran\n"])


if __name__ == "__main__":
    if CALLS is None:
        harness.skip_all("the attacks do not know this machine's system calls")
    exec_world.main(Attacks)
