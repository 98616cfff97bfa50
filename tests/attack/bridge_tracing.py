#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A caller of the set-uid bridge helper who traces it, or calls it in a world of his own.

    bridge_tracing.py QNETDEV HELPER ACL_PATH

The kernel gives no privilege to a program that its caller traces, or whose owner the caller's user
namespace does not know: the helper must then fail cleanly. One that runs with privilege must not
let its caller in afterwards.
"""
import ctypes
import os
import signal
import socket
import sys
import time

import attack_path  # noqa: F401
from bridge_world import ALICE, Checker, World, harness

PR_SET_DUMPABLE = 4
PTRACE_TRACEME, PTRACE_CONT, PTRACE_ATTACH, PTRACE_SEIZE = 0, 7, 16, 0x4206
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, pid):
    """0, or an errno."""
    return 0 if libc.ptrace(request, pid, None, None) == 0 else ctypes.get_errno()


def become_alice():
    os.setgroups([])
    os.setresgid(ALICE, ALICE, ALICE)
    os.setresuid(ALICE, ALICE, ALICE)


def as_alice(work):
    """Exit status of `work` in a process of an ordinary user; None if it hung."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            become_alice()
            code = work()
        finally:
            os._exit(code)
    return wait(pid, 20)


def wait(pid, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def start(helper, before=lambda: None):
    """Called by Alice: a run of the helper, and our end of its socket."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 2)
            os.set_inheritable(theirs.fileno(), True)
            before()
            os.execv(helper, [helper, "--fd=%d" % theirs.fileno(), "--br=br0"])
        finally:
            os._exit(98)
    theirs.close()
    return pid, ours


def received_tap(ours):
    ours.setblocking(False)
    try:
        _data, fds, _flags, _address = socket.recv_fds(ours, 1, 16)
    except BlockingIOError:
        return False
    return bool(fds)


def follow(pid, seconds=10):
    """Lets a traced process run on whenever it stops, and hands it no signal; its exit status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done and os.WIFSTOPPED(status):
            ptrace(PTRACE_CONT, pid)
        elif done:
            return os.waitstatus_to_exitcode(status)
        else:
            time.sleep(0.002)
    return None


def traced_from_the_start(helper):
    pid, ours = start(helper, lambda: ptrace(PTRACE_TRACEME, 0))
    status = follow(pid)
    if received_tap(ours):
        return 10                       # a tap for somebody who could write into the helper
    return 1 if status == 1 else 11


def attached_while_it_runs(helper, request, attempts):
    """Whether any of many attempts to trace a run got in while it had its privilege."""
    for attempt in range(attempts):
        pid, ours = start(helper)
        time.sleep(attempt * 0.0005)
        if ptrace(request, pid) == 0:
            with open("/proc/%d/status" % pid, encoding="ascii") as status:
                privileged = "\nCapEff:\t0000000000000000" not in status.read()
            if privileged:
                return 10
            follow(pid)
        else:
            os.waitpid(pid, 0)
        ours.close()
    return 0


def memory_of_it(helper, attempts):
    """Whether its memory, descriptors or environment can be opened while it runs."""
    opened = 0
    for attempt in range(attempts):
        pid, ours = start(helper)
        time.sleep(attempt * 0.0005)
        for name in ("mem", "environ", "fd/0"):
            try:
                owner = os.stat("/proc/%d" % pid).st_uid
                os.close(os.open("/proc/%d/%s" % (pid, name), os.O_RDONLY))
                opened += 1 if owner != ALICE else 0
            except OSError:
                pass
        os.waitpid(pid, 0)
        ours.close()
    return 0 if opened == 0 else 10


def in_a_world_of_his_own(helper):
    """Root in a user namespace of his own, where the helper is not set-uid, and there is no br0."""
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)     # lost with root's ids; /proc/self is his again
    harness.unshare(harness.CLONE_NEWUSER)
    with open("/proc/self/setgroups", "w", encoding="ascii") as file:
        file.write("deny")
    for name in ("uid_map", "gid_map"):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write("0 %d 1" % ALICE)
    pid, ours = start(helper)
    status = wait(pid, 10)
    if received_tap(ours):
        return 10
    return 1 if status == 1 else 11


def main():
    helper, acl_path = sys.argv[2:4]
    if acl_path != "/etc/qemu/bridge.conf":
        harness.skip_all("built with another access file: " + acl_path)
    world = World(helper, acl_path)
    world.acl("allow br0\n")
    tap = Checker()
    tap.begin()
    answer = world.ask()
    tap.check("without a trick there is a tap", answer.status == 0 and len(answer.fds) == 1, answer)
    answer.close()
    cases = [
        ("traced from the start: refused", lambda: traced_from_the_start(world.helper), 1),
        ("attaching to a run", lambda: attached_while_it_runs(
            world.helper, PTRACE_ATTACH, 40), 0),
        ("seizing a run", lambda: attached_while_it_runs(world.helper, PTRACE_SEIZE, 40), 0),
        ("looking into a run", lambda: memory_of_it(world.helper, 40), 0),
        ("a user namespace of his own: refused", lambda: in_a_world_of_his_own(world.helper), 1),
    ]
    for name, attack, status in cases:
        tap.equal(name, as_alice(attack), status)
        tap.end(name)
    tap.done()


if __name__ == "__main__":
    main()
