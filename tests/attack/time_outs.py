#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scripts and helpers that do not want to end, and what they may hold up.

    time_outs.py QNETDEV HELPER CONF
"""
import ctypes
import fcntl
import os
import re
import resource
import signal
import sys
import tempfile
import time

import attack_path  # noqa: F401
import harness
import qmp

PR_CAPBSET_DROP, CAP_KILL = 24, 5
ANOTHER_USER = 12345
TAP = "tap,id=%s,ifname=%s,script=%s,downscript=%s"


def program(folder, name, text):
    """An executable file with this text, in Python or for the shell."""
    path = os.path.join(folder, name)
    interpreter = "/bin/sh" if name.endswith(".sh") else sys.executable + " -I"
    harness.write_program(path, "#!%s\n%s" % (interpreter, text))
    return path


def numbers(path):
    """The process numbers that scripts have noted in a file."""
    try:
        with open(path, encoding="ascii") as notes:
            return [int(line) for line in notes.read().split()]
    except FileNotFoundError:
        return []


def state(pid):
    """Letter of the process's state; empty if there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def kill_noted(path):
    """Ends what scripts of this test have left behind."""
    for pid in numbers(path):
        if state(pid):
            os.kill(pid, signal.SIGKILL)


def drop_cap_kill():
    """Makes the program that is executed next one that may not kill every other user's."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


def has_other_users():
    with open("/proc/self/uid_map", encoding="ascii") as mapping:
        return any(int(line.split()[2]) > ANOTHER_USER for line in mapping)


def check_left_group(tap, qnetdev, folder):
    """A script that has joined its parent's process group dies of its time-out all the same."""
    note = os.path.join(folder, "note")
    up = program(folder, "leave-group", "import os, time\n"
                 "os.setpgid(0, os.getpgid(os.getppid()))\n"
                 "open(%r, 'a').write('%%d\\n' %% os.getpid())\n"
                 "time.sleep(60)\n" % note)
    run = harness.run([qnetdev, "run", "--timeout", "1", "-netdev", TAP % ("n0", "g0", up, "no")],
                      timeout=15)
    tap.check("a script outside its process group: the program gives it up",
              run.status == 1 and "did not end within 1000 ms and was killed" in run.err, run)
    tap.check("a script outside its process group: it is dead",
              numbers(note) and not any(map(state, numbers(note))), numbers(note))
    kill_noted(note)
    tap.equal("a script outside its process group: nothing is left", harness.leftovers(), [])


def check_left_session(tap, qnetdev, folder):
    """What a script has started in a session of its own lives on, and the message says so."""
    note = os.path.join(folder, "daemon")
    up = program(folder, "session.sh",
                 "setsid sh -c 'echo $$ >> %s; exec sleep 60' &\nwait\n" % note)
    run = harness.run([qnetdev, "run", "--timeout", "1", "-netdev", TAP % ("n0", "g0", up, "no")],
                      timeout=15)
    tap.check("a session that a script started: the message tells of it",
              run.status == 1 and "and was killed, but a process that it started outside its "
              "process group lives on" in run.err, run)
    kill_noted(note)
    tap.equal("a session that a script started: nothing else is left", harness.leftovers(), [])


def check_another_user(tap, qnetdev, folder):
    """A helper that may not be killed is left behind by name, and reaped when it ends."""
    what = "a helper that became another user: "
    if not has_other_users():
        tap.skip(what + "it is left behind", "this user namespace has one user only")
        return
    note = os.path.join(folder, "other")
    helper = program(folder, "other-user", "import os, time\n"
                     "open(%r, 'a').write('%%d\\n' %% os.getpid())\n"
                     "os.setresuid(%d, %d, %d)\ntime.sleep(60)\n" % (note, *[ANOTHER_USER] * 3))
    with qmp.Run(qnetdev, folder, "--timeout", "1", preexec_fn=drop_cap_kill) as run:
        client = run.client()
        before = run.fds()
        start = time.monotonic()
        answer = client.execute("netdev_add", type="bridge", id="b0", br="br0", helper=helper)
        seconds = time.monotonic() - start
        text = answer.get("error", {}).get("desc", "")
        named = re.search(r"could not be killed \(Operation not permitted\): it is left behind, "
                          r"pid (\d+)", text)
        tap.check(what + "the message names it",
                  named and [int(named[1])] == numbers(note), "%s: %s" % (text, numbers(note)))
        tap.check(what + "the wait for it has a bound", 1 <= seconds < 6, seconds)
        tap.check(what + "it is still there", [state(pid) for pid in numbers(note)] == ["S"],
                  numbers(note))
        kill_noted(note)
        tap.check(what + "it is reaped once it ends",
                  harness.wait_until(lambda: not any(map(state, numbers(note))), 5),
                  [state(pid) for pid in numbers(note)])
        tap.check(what + "it holds no descriptor of ours",
                  harness.wait_until(lambda: run.fds() <= before + 2, 5),
                  "%d, before %d" % (run.fds(), before))
        tap.equal(what + "the program ends", run.stop(), 0)
    kill_noted(note)
    tap.equal(what + "nothing is left", harness.leftovers(), [])


def check_many_down_scripts(tap, qnetdev, folder):
    """Down scripts that hang do so all at once."""
    count, note = 80, os.path.join(folder, "down")
    down = program(folder, "down.sh", "echo $$ >> %s\nexec sleep 60\n" % note)
    netdevs = []
    for number in range(count):
        netdevs += ["-netdev", TAP % ("n%d" % number, "d%d" % number, "no", down)]
    with qmp.Run(qnetdev, folder, "--timeout", "3", *netdevs) as run:
        run.client(timeout=40)
        start = time.monotonic()
        run.signal()
        status = run.end(timeout=40)
        seconds = time.monotonic() - start
    tap.check("%d down scripts that hang: they cost one time-out" % count,
              status == 0 and 3 <= seconds < 8, "%s, %.1f s" % (status, seconds))
    tap.equal("all of them ran", len(numbers(note)), count)
    tap.equal("each was told of", run.err.count("did not end within 3000 ms and was killed"), count)
    kill_noted(note)
    tap.equal("down scripts that hang: nothing is left", harness.leftovers(5), [])


def check_down_scripts_without_room(tap, qnetdev, folder):
    """As many down scripts at once as there are descriptors for, and then the others."""
    count, note = 60, os.path.join(folder, "room")
    # They last, or their descriptors would be free again before room runs out.
    down = program(folder, "room.sh", "echo $$ >> %s\nsleep 0.3\n" % note)
    netdevs = []
    for number in range(count):
        netdevs += ["-netdev", TAP % ("n%d" % number, "r%d" % number, "no", down)]

    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 60, count + 60))
    with qmp.Run(qnetdev, folder, *netdevs, preexec_fn=few_descriptors) as run:
        run.client(timeout=40)
        run.signal()
        status = run.end(timeout=40)
    tap.check("more down scripts than there are descriptors for: no complaint",
              status == 0 and run.err == "", "%s: %s" % (status, run.err))
    tap.equal("more down scripts than there are descriptors for: all ran",
              len(numbers(note)), count)
    tap.equal("more down scripts: nothing is left", harness.leftovers(5), [])


def add_tap(client, number, up):
    client.send(qmp.json.dumps({"execute": "netdev_add", "arguments": {
        "type": "tap", "id": "u%d" % number, "ifname": "u%d" % number, "script": up,
        "downscript": "no"}}).encode())


def check_slow_up_scripts(tap, qnetdev, folder):
    """Clients whose up scripts hang do not hold up another one's; and all is given up at the end."""
    note = os.path.join(folder, "up")
    slow = program(folder, "slow.sh", "echo $$ >> %s\nexec sleep 60\n" % note)
    quick = program(folder, "quick.sh", "exit 0\n")
    with qmp.Run(qnetdev, folder, "--timeout", "20") as run:
        clients = [run.client() for _ in range(40)]
        for number, client in enumerate(clients):
            add_tap(client, number, slow)
        tap.check("40 slow up scripts run at once",
                  harness.wait_until(lambda: len(numbers(note)) == 40, 15), len(numbers(note)))
        client = run.client()
        start = time.monotonic()
        add_tap(client, 99, quick)
        answer = client.answer()
        seconds = time.monotonic() - start
        tap.check("another client's netdev does not wait for them",
                  answer == {"return": {}} and seconds < 5, "%s after %.1f s" % (answer, seconds))
        start = time.monotonic()
        status = run.stop()
        seconds = time.monotonic() - start
    tap.check("a signal cuts slow up scripts short",
              status == 0 and seconds < 5, "%s after %.1f s" % (status, seconds))
    tap.check("they are dead", not any(map(state, numbers(note))), numbers(note))
    kill_noted(note)
    tap.equal("slow up scripts: nothing is left", harness.leftovers(5), [])


class Lease:
    """A file that nobody else can open, nor execute, while this exists: fcntl(2), F_SETLEASE."""

    def __init__(self, path):
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # how the kernel asks for it back
        self.fd = os.open(path, os.O_RDWR)
        fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)


def check_held_script(tap, qnetdev, folder):
    """A script that the kernel does not get to run: its file's opening hangs."""
    script = program(folder, "held.sh", "exit 0\n")
    with Lease(script):
        run = harness.run([qnetdev, "run", "--timeout", "1", "-netdev",
                           TAP % ("n0", "g0", script, "no")], timeout=15)
        tap.check("a script that does not start: it costs its time-out",
                  run.status == 1 and "did not end within 1000 ms and was killed" in run.err, run)
        with qmp.Run(qnetdev, folder, "--timeout", "30") as run:
            client, other = run.client(), run.client()
            add_tap(client, 1, script)
            tap.equal("a script that does not start: others are served",
                      other.execute("query-name"), {})
            start = time.monotonic()
            status = run.stop()
            seconds = time.monotonic() - start
        tap.check("a script that does not start: a signal cuts it short",
                  status == 0 and seconds < 5, "%s after %.1f s" % (status, seconds))
    tap.equal("a script that does not start: nothing is left", harness.leftovers(), [])


def main():
    qnetdev = sys.argv[1]
    harness.need_tun()
    tap = harness.Tap()
    for check in (check_left_group, check_left_session, check_another_user,
                  check_many_down_scripts, check_down_scripts_without_room, check_slow_up_scripts,
                  check_held_script):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o711)
            check(tap, qnetdev, folder)
    tap.done()


if __name__ == "__main__":
    main()
