#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A user without rights who attaches to multi-queue taps in the moment in which they are new.

    tap_strangers.py QNETDEV HELPER ACL_PATH

For that moment a tap has no owner, and is everybody's. Whoever gets in must be found before the tap
is in a bridge, or its descriptors are in a command, and must not keep anything. Nor may he keep the
owner from having his tap, unless he is quicker each time.
"""
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import attack_path  # noqa: F401
import qmp
from bridge_strangers import (DELAY, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_TAP, TRICKS, TUNSETOWNER,
                              attach, sneak, sneak_always)
from bridge_world import BOB, Checker, World, harness, ip, link

NETDEV = "tap,id=n0,ifname=t0,queues=2,br=br0"
RAN = "/run/command-ran"

TRACE = "/run/trace"


def slow(seconds, which=""):
    """Runs a program each ioctl() of which takes long, so that the stranger need not be lucky."""
    return ["strace", "-f", "-o", TRACE, "-e", "trace=ioctl", "-e",
            "inject=ioctl:delay_exit=%d%s" % (seconds * 1000000, which)]


def ways(tool):
    """Name and command line; each leaves RAN if it goes on with the tap."""
    command = "ip -j -d link show t0 > " + RAN
    return (("exec", [tool, "exec", "--", "/bin/sh", "-c", command, "-netdev", NETDEV]),
            ("run", [tool, "run", "-netdev", NETDEV, "-qmp", "unix:%s,server=on,wait=off" % RAN]))


def end_of(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def forget(path):
    if os.path.exists(path):
        os.unlink(path)


def alone_in(found):
    """Whether nobody but one program of root's, with two queues, has that tap."""
    data = found["linkinfo"]["info_data"]
    return (data["numqueues"], data.get("numdisabled", 0), data["persist"], data["user"]) in \
        ((2, 0, False, "root"), (2, 0, False, 0))


def outcome(name, argv):
    """The exit status, and the tap as it was while the program had it."""
    if name == "exec":
        status = harness.run(argv).status
        if not os.path.exists(RAN):
            return status, None
        with open(RAN, encoding="ascii") as file:
            return status, json.loads(file.read())[0]
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    found = None
    try:
        client = qmp.Client(RAN)        # is greeted once the netdevs are there
        found = link("t0")
        client.execute("quit")
        client.close()
    except OSError:
        pass
    return program.wait(20), found


def attack(tap, name, argv, trick):
    """A stranger who gets in is found, and the tap is made anew, without him."""
    tap.begin()
    forget(RAN)
    stranger = sneak(trick, "t0")
    status, found = outcome(name, [*slow(DELAY * 1.5, ":when=1..4"), *argv])
    with open(TRACE, encoding="ascii") as trace:
        made = trace.read().count("TUNSETIFF")
    tap.check("%s: a stranger got in, and %s" % (name, trick), made == 3, made)
    tap.check("%s: a stranger who gets in and %s has no part in what is run" % (name, trick),
              status == 0 and found is not None and alone_in(found), (status, found))
    gone = harness.wait_until(lambda: link("t0") is None, 5)
    tap.check("%s: one who %s keeps no port of the bridge" % (name, trick), gone, link("t0"))
    end_of(stranger)
    harness.run(["ip", "link", "del", "t0"])
    tap.end("%s, %s" % (name, trick))


def give_up(tap, name, argv):
    """One who always gets in: nothing is run with any of these taps."""
    tap.begin()
    forget(RAN)
    stranger = sneak_always("t0")
    done = harness.run([*slow(0.1), *argv], timeout=60)
    tap.check("%s: a stranger who is always quicker is found" % name,
              done.status == 1 and "the new tap 't0' was changed by somebody else" in done.err,
              done)
    tap.check("%s: nothing is run with the taps of one who is always quicker" % name,
              not os.path.exists(RAN))
    tap.check("%s: one who is always quicker keeps no port of the bridge" % name,
              harness.wait_until(lambda: link("t0") is None, 5), link("t0"))
    end_of(stranger)
    tap.end("%s, always" % name)


def lucky(tap, tool):
    """The same at full speed: whoever wins, no run ends with a stranger in its tap."""
    argv = [tool, "exec", "--", "/bin/sh", "-c", "ip -j -d link show t0", "-netdev", NETDEV]
    for attempt in range(5):
        tap.begin()
        stranger = sneak("stays", "t0")
        done = harness.run(argv)
        refused = done.status == 1 and "changed by somebody else" in done.err
        alone = done.status == 0 and '"numqueues":2' in done.out and \
            '"user":"root"' in done.out.replace('"user":0', '"user":"root"')
        tap.check("race %d: refused, or alone" % attempt, refused or alone, done)
        tap.check("race %d: no port is left" % attempt,
                  harness.wait_until(lambda: link("t0") is None, 5), link("t0"))
        end_of(stranger)
        tap.end("race %d" % attempt)


def squat(name, owner):
    """A process of Bob's with a queue of his tap, of which he makes somebody the owner."""
    ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(BOB, BOB, BOB)
        os.setresuid(BOB, BOB, BOB)
        queue = attach(name, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)
        fcntl.ioctl(queue, TUNSETOWNER, owner)
        os.write(ready[1], b"x")
        time.sleep(30)
        os._exit(0)
    os.close(ready[1])
    os.read(ready[0], 1)
    os.close(ready[0])
    return pid


def squatted(tap, tool):
    """A tap of another user's, who holds a queue of it: he gets a share of what comes."""
    argv = [tool, "exec", "--", "/bin/true", "-netdev", NETDEV.replace("t0,", "t1,")]
    for owner in (BOB, 0):
        tap.begin()
        ip("tuntap", "add", "t1", "mode", "tap", "multi_queue", "user", "bob")
        done = harness.run(argv)
        tap.check("in use: nobody else has a queue, no warning",
                  done.status == 0 and done.err == "", done)
        stranger = squat("t1", owner)
        done = harness.run(argv)
        tap.check("in use: a warning names the owner, %d" % owner, done.status == 0 and
                  "tap 't1' existed, belongs to user %d, and has queues that are not this netdev's "
                  "(1)" % owner in done.err, done)
        end_of(stranger)
        ip("link", "del", "t1")
        tap.end("in use, %d" % owner)


def main():
    tool, helper, acl_path = sys.argv[1:4]
    tap = Checker()
    world = World(helper, acl_path)
    tool = world.install(tool, "qnetdev", 0o755)
    for name, argv in ways(tool):
        for trick in TRICKS:
            attack(tap, name, argv, trick)
        give_up(tap, name, argv)
    lucky(tap, tool)
    squatted(tap, tool)
    tap.done()


if __name__ == "__main__":
    main()
