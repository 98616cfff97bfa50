#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that `qnetdev run` makes in folders where others may write, or where another instance
makes the same: it changes and removes what it made, and nothing else.

    run_files.py QNETDEV BRIDGE_HELPER BRIDGE_CONF
"""
import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import attack_path  # noqa: F401
import harness
import qmp

STRANGER = 4711     # in no user database
ROUNDS = 40


def read(path):
    with open(path) as file:
        return file.read()


def address(path, *options):
    return ",".join(["unix:" + path, "server=on", "wait=off", *options])


def is_refused(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == errno.ECONNREFUSED


def answers(path):
    """Whether somebody serves QMP there."""
    try:
        client = qmp.Client(path, timeout=5)
        good = client.execute("query-name") == {}
        client.close()
        return good
    except (OSError, ValueError):
        return False


def swapper(folder, target):
    """A stranger who puts a link in the place of the socket as soon as he sees it."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        os.setgroups([])
        os.setgid(STRANGER)
        os.setuid(STRANGER)
        os.chdir(folder)
        os.symlink(target, "link")
        while True:
            try:
                os.rename("qmp", "old")
                os.rename("link", "qmp")
                os._exit(0)
            except OSError:
                pass
    return pid


def check_swapped_socket(tap, program, folder):
    """With a folder that a stranger owns, between making the socket and setting its mode."""
    victim = os.path.join(folder, "victim")
    with open(victim, "w") as file:
        file.write("secret")
    os.chmod(victim, 0o600)
    swapped = 0
    changed = []
    for number in range(ROUNDS):
        place = os.path.join(folder, "place%d" % number)
        os.mkdir(place)
        os.chown(place, STRANGER, STRANGER)
        pid = swapper(place, victim)
        path = os.path.join(place, "qmp")
        options = ("mode=0666", "group=%d" % STRANGER) if number % 2 else ("mode=0666",)
        run = subprocess.Popen([program, "run", "-qmp", address(path, *options)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        swapped += bool(harness.wait_until(lambda: os.path.islink(path), 5))
        harness.end(run)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        status = os.stat(victim)
        if (stat.S_IMODE(status.st_mode), status.st_gid) != (0o600, os.getegid()):
            changed.append(number)
            os.chmod(victim, 0o600)
            os.chown(victim, os.geteuid(), os.getegid())
    tap.check("the stranger got there in most rounds", swapped > ROUNDS // 2, swapped)
    tap.equal("a link in the place of the socket: its target keeps mode and group", changed, [])


def check_mode_at_birth(tap, program, folder):
    """The kernel makes the file as it stays: there is no moment at which it is another."""
    path = os.path.join(folder, "qmp")
    old = os.umask(0)
    try:
        for mode in (0o600, 0o660, 0o666, 0o620):
            with qmp.Run(program, folder, "-qmp", address(path, "mode=%04o" % mode, "group=1"),
                         serve=False) as run:
                run.client()
                status = os.stat(path)
                tap.equal("mode %04o and group" % mode,
                          (stat.S_IMODE(status.st_mode), status.st_gid), (mode, 1))
                run.stop()
    finally:
        os.umask(old)


def check_other_instance(tap, program, folder):
    """Only our own socket is removed at the end."""
    path = os.path.join(folder, "qmp")
    with qmp.Run(program, folder) as first:
        first.client()
        os.unlink(path)
        with qmp.Run(program, folder) as second:
            tap.check("another instance takes the name", answers(path))
            first.stop()
            tap.check("which keeps it when the first ends", answers(path))
            second.stop()
    tap.check("and gives it up itself", not os.path.lexists(path))
    down = harness.HeldScript(os.path.join(folder, "down"))
    with qmp.Run(program, folder, "-netdev",
                 "tap,id=n0,ifname=rt0,script=no,downscript=" + down.path) as first:
        first.client()
        first.signal()
        down.await_start()
        # A thread that closes a client's socket may have a copy of the listening one for a moment.
        tap.check("who comes while it ends is refused",
                  harness.wait_until(lambda: is_refused(path), 2))
        with qmp.Run(program, folder) as second:
            harness.wait_until(lambda: second.process.poll() is not None or answers(path), 5)
            down.release()
            tap.equal("the first one's end", first.end(), 0)
            refused = second.process.poll() == 1
            tap.check("another that starts meanwhile is refused, or keeps its socket",
                      refused or answers(path))
            if not refused:
                second.stop()
    tap.check("nothing is left", not os.path.lexists(path) and not harness.leftovers())


def check_two_at_once(tap, program, folder):
    """Both find the same stale socket."""
    path = os.path.join(folder, "qmp")
    bad = []
    for number in range(15):
        with qmp.Run(program, folder) as killed:
            killed.client()
            killed.process.kill()
            killed.process.communicate()
        runs = [subprocess.Popen([program, "run", "-qmp", address(path)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for _ in range(4)]
        ended = harness.wait_until(
            lambda: sum(run.poll() is not None for run in runs) == 3, 10)
        if not ended or not answers(path):
            bad.append((number, [run.poll() for run in runs]))
        for run in runs:
            harness.end(run)
    tap.equal("of several that start at a time one serves, and the others are refused", bad, [])
    tap.check("the socket is gone in the end", not os.path.lexists(path))


def check_moved_folder(tap, program, folder):
    """Somebody else's folder comes into the place of ours."""
    ours = os.path.join(folder, "ours")
    os.mkdir(ours)
    with qmp.Run(program, ours, "-pidfile", ours + "/pid") as run:
        run.client()
        os.rename(ours, ours + ".moved")
        os.mkdir(ours)
        for name in ("qmp", "pid"):
            with open(os.path.join(ours, name), "w") as file:
                file.write("theirs")
        run.stop()
    tap.equal("files in the place of ours stay", sorted(os.listdir(ours)), ["pid", "qmp"])
    tap.equal("and ours are gone", os.listdir(ours + ".moved"), [])


def check_pid_file(tap, program, folder):
    victim = os.path.join(folder, "victim")
    path = os.path.join(folder, "pid")
    theirs = os.path.join(folder, "theirs")
    with open(theirs, "w") as file:
        file.write("theirs")
    os.chown(theirs, STRANGER, STRANGER)
    for name, make in (("another name of a file", lambda: os.link(victim, path)),
                       ("a link", lambda: os.symlink(victim, path)),
                       ("a pipe", lambda: os.mkfifo(path)),
                       ("a stranger's file", lambda: os.rename(theirs, path))):
        with open(victim, "w") as file:
            file.write("secret")
        make()
        before = os.lstat(path)
        process = qmp.Run(program, folder, "-pidfile", path)
        with process as run:
            harness.wait_until(lambda: run.process.poll() is not None, 5)
            status = run.process.poll()
            if status is None:
                run.stop()
        tap.check("pid file: %s is refused" % name, status == 1, status)
        tap.equal("pid file: %s: nothing is overwritten" % name, read(victim), "secret")
        tap.check("pid file: %s stays" % name, os.path.lexists(path) and
                  os.lstat(path).st_ino == before.st_ino)
        if os.path.lexists(path):
            os.unlink(path)
    with qmp.Run(program, folder, "-pidfile", path) as first:
        first.client()
        os.rename(path, path + ".moved")
        with open(path, "w") as file:
            file.write("theirs")
        first.stop()
    tap.check("pid file: another in its place stays", os.path.exists(path))


def as_stranger(work):
    """Runs `work` in a process of the stranger's; its id."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        os.umask(0)
        os.setgroups([])
        os.setresgid(STRANGER, STRANGER, STRANGER)
        os.setresuid(STRANGER, STRANGER, STRANGER)
        work()
        os._exit(0)
    return pid


def check_strangers_link(tap, program, folder):
    """The folder is a link of somebody's who wants our files to replace, and remove, others."""
    ours, shared = os.path.join(folder, "ours"), os.path.join(folder, "shared")
    os.mkdir(ours)
    os.mkdir(shared)
    os.chmod(shared, 0o777)
    with open(ours + "/pid", "w") as file:
        file.write("important")
    os.waitpid(as_stranger(lambda: os.symlink(ours, shared + "/run")), 0)
    said = "'run' on the way is a link that user %d made" % STRANGER
    for path in (shared + "/run", shared + "/run/.", shared + "/../shared/run"):
        done = harness.run([program, "run", "-pidfile", path + "/pid"], timeout=10)
        tap.check("pid file: no way through a stranger's link", done.status == 1 and
                  "cannot write %s/pid: %s" % (path, said) in done.err, done)
        tap.equal("pid file: what it leads to stays", (os.listdir(ours), read(ours + "/pid")),
                  (["pid"], "important"))
        done = harness.run([program, "run", "-qmp", address(path + "/qmp")], timeout=10)
        tap.check("socket: no way through a stranger's link", done.status == 1 and
                  "cannot make the socket %s/qmp: %s" % (path, said) in done.err, done)
        tap.equal("socket: none is made", os.listdir(ours), ["pid"])
    os.unlink(ours + "/pid")
    os.symlink("../ours", folder + "/shared/relative")
    os.symlink(folder + "/shared/relative/", folder + "/absolute")
    for path in (folder + "/absolute", shared + "/relative", "/proc/%d/root" % os.getpid() + ours):
        with qmp.Run(program, path, "-pidfile", path + "/pid") as run:
            tap.check("our own links, and the kernel's, are followed",
                      harness.wait_until(lambda: answers(ours + "/qmp"), 5) and
                      sorted(os.listdir(ours)) == ["pid", "qmp"], os.listdir(ours))
            run.stop()
        tap.equal("and files behind them removed", os.listdir(ours), [])
    os.symlink("loop", folder + "/loop")
    with open(folder + "/file", "w"):
        pass
    for path, why in ((folder + "/loop", "Too many levels of symbolic links"),
                      (folder + "/none", "No such file or directory"),
                      (folder + "/file", "Not a directory")):
        done = harness.run([program, "run", "-qmp", address(path + "/qmp")], timeout=10)
        tap.check("no folder: " + why, done.status == 1 and why in done.err, done)


def check_exchanged_folder(tap, program, folder):
    """A stranger puts a link in the place of his folder while the program waits for a lock on it."""
    ours, shared = os.path.join(folder, "ours"), os.path.join(folder, "shared")
    os.mkdir(ours)
    os.mkdir(shared)
    os.chmod(shared, 0o777)
    locked, lock = os.pipe()

    def exchange():
        os.mkdir(shared + "/run")
        folder_fd = os.open(shared + "/run", os.O_RDONLY)
        fcntl.flock(folder_fd, fcntl.LOCK_EX)
        os.write(lock, b"x")
        time.sleep(0.7)         # the program waits a second for it
        os.rename(shared + "/run", shared + "/old")
        os.symlink(ours, shared + "/run")
        time.sleep(1)
    stranger = as_stranger(exchange)
    os.read(locked, 1)
    run = subprocess.Popen([program, "run", "-qmp", address(shared + "/run/qmp")],
                           stdin=subprocess.DEVNULL)
    tap.check("an exchanged folder: the socket is in the first one",
              harness.wait_until(lambda: answers(shared + "/old/qmp"), 5), os.listdir(shared))
    tap.equal("and nothing where the link leads", os.listdir(ours), [])
    harness.end(run)
    os.waitpid(stranger, 0)
    tap.equal("it is gone at the end", os.listdir(shared + "/old"), [])
    with qmp.Run(program, folder) as run:
        run.client()
        with open("/proc/net/unix") as sockets:
            tap.check("where nobody else can exchange folders the socket goes by its path",
                      folder + "/qmp\n" in sockets.read())
        run.stop()


def lock_holder(path, kind, user):
    """A process that holds a lock on the file, and the pipe that it ends with."""
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        fd = os.open(path, os.O_RDONLY if kind == fcntl.LOCK_SH else os.O_RDWR)
        fcntl.lockf(fd, kind)
        os.close(done[1])
        os.write(ready[1], b"x")
        os.read(done[0], 1)
        os._exit(0)
    os.close(ready[1])
    os.close(done[0])
    assert os.read(ready[0], 1) == b"x"
    os.close(ready[0])
    return pid, done[1]


def let_go(holder):
    os.close(holder[1])
    os.waitpid(holder[0], 0)


def check_locked_pid_file(tap, program, folder):
    """Left over by one that was killed; everybody may read it, and so may lock it for reading."""
    path = os.path.join(folder, "pid")
    with qmp.Run(program, folder, "-pidfile", path) as killed:
        killed.client()
        killed.process.kill()
        killed.process.communicate()
    tap.equal("pid file: everybody may read it", stat.S_IMODE(os.stat(path).st_mode), 0o644)
    reader = lock_holder(path, fcntl.LOCK_SH, STRANGER)
    with qmp.Run(program, folder, "-pidfile", path) as first:
        tap.check("pid file: a reader's lock keeps nobody from starting",
                  harness.wait_until(lambda: answers(folder + "/qmp"), 5))
        tap.equal("pid file: and it holds the new number", read(path).strip(),
                  str(first.process.pid))
        tap.equal("pid file: everybody may read the new one",
                  stat.S_IMODE(os.stat(path).st_mode), 0o644)
        second = harness.run([program, "run", "-pidfile", path])
        tap.check("pid file: the lock of one that runs counts", second.status == 1
                  and "belongs to a process that still runs" in second.err, second)
        tap.equal("pid file: which stays as it is", read(path).strip(), str(first.process.pid))
        first.stop()
    let_go(reader)
    tap.check("pid file: it is gone at the end", not os.path.lexists(path))
    with open(path, "w") as file:
        file.write("1\n")
    writer = lock_holder(path, fcntl.LOCK_EX, 0)
    done = harness.run([program, "run", "-pidfile", path])
    tap.check("pid file: so does that of another program", done.status == 1
              and "belongs to a process that still runs" in done.err, done)
    let_go(writer)


def main():
    program = os.path.abspath(sys.argv[1])
    if os.geteuid() != 0:
        harness.skip_all("other users need root")
    harness.need_tun()
    tap = harness.Tap()
    for check in (check_swapped_socket, check_mode_at_birth, check_other_instance,
                  check_two_at_once, check_moved_folder, check_pid_file,
                  check_locked_pid_file, check_strangers_link, check_exchanged_folder):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            check(tap, program, folder)
    tap.done()


if __name__ == "__main__":
    main()
