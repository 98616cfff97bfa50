#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SIGKILL at any moment of a bring-up leaves nothing behind.

    kill_test.py QNETDEV [SEED]

The moments are random, spread from before the first system call to after the
end; the seed is printed, and can be given to see a run again. No program can
clean up after SIGKILL: what is tested is that nothing was made that needs it,
such as a persistent interface or a process that outlives its purpose.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

MOMENTS = 50
BEYOND = 1.1            # the last moments are after the end
SECONDS_TO_VANISH = 2.0


def start(argv):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def measure(argv):
    """How long an undisturbed run takes; the median of a few."""
    durations = []
    for _ in range(5):
        begin = time.monotonic()
        status = start(argv).wait(timeout=30)
        durations.append(time.monotonic() - begin)
        if status != 0:
            raise RuntimeError("an undisturbed run ended with status %d" % status)
    return sorted(durations)[2]


def kill_tool(process, argv):
    """Under strace, the traced one as soon as it exists. Before, strace with all that it has: what
    it has just forked would wait for it, stopped, for ever."""
    if argv[0] != "strace":
        return os.kill(process.pid, signal.SIGKILL)
    try:
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
            pids = children.read().split()
    except OSError:
        pids = []
    if pids:
        return os.kill(int(pids[0]), signal.SIGKILL)
    return os.killpg(process.pid, signal.SIGKILL)


def kill_at(argv, delay):
    """Kills a run after that time; what existed at that moment, and whether it still ran."""
    process = start(argv)
    time.sleep(delay)
    there = harness.interfaces()
    ran = process.poll() is None
    try:
        if ran:
            kill_tool(process, argv)
        process.wait(timeout=10)
    except ProcessLookupError:
        process.wait(timeout=10)
    return there, ran


def check_moments(tap, name, argv, count, chance):
    duration = measure(argv)
    tap.note("%s takes %.1f ms undisturbed" % (name, duration * 1000))
    seen = killed = 0
    # One moment out of each of `count` equal slices, in random order.
    slices = list(range(count))
    chance.shuffle(slices)
    for index in slices:
        delay = (index + chance.random()) / count * duration * BEYOND
        there, ran = kill_at(argv, delay)
        seen += bool(there)
        killed += ran
        left = harness.leftovers(SECONDS_TO_VANISH)
        tap.check("%s: killed after %3d %% of its time" % (name, delay / duration * 100),
                  not left, "left: %s\nat the kill: %s" % (left, there))
        if left:
            for interface in harness.interfaces():
                harness.run(["ip", "link", "del", interface])
    tap.note("%s: %d of %d moments hit it running, %d with an interface"
             % (name, killed, count, seen))
    return seen


def main():
    # Under a tracer LeakSanitizer cannot look for leaks, and ends the process.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    tool = os.path.abspath(sys.argv[1])
    harness.need_tun()
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    tap = harness.Tap()
    tap.note("seed %d" % seed)
    plain = "queues=8,script=no,downscript=no"
    one = [tool, "try", "--host", "-netdev", "tap,id=n0," + plain]
    seen = check_moments(tap, "8 queues", one, MOMENTS // 2, chance)
    if shutil.which("strace"):
        # Each ioctl is delayed, so that the moments between them take up most of the time.
        slow = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=ioctl",
                "-e", "inject=ioctl:delay_enter=2000"]
        seen += check_moments(tap, "8 queues in slow motion", slow + one, MOMENTS, chance)
    else:
        tap.skip("8 queues in slow motion", "strace is not installed")
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        harness.write_program(script, "#!/bin/sh\nsleep 0.05\n")
        scripted = [tool, "try", "--host", "-netdev",
                    "tap,id=n0,queues=8,script=%s,downscript=%s" % (script, script)]
        seen += check_moments(tap, "8 queues and scripts", scripted, MOMENTS // 2, chance)
    tap.check("%d moments hit it while it had an interface" % seen, seen >= 10)
    tap.done()


if __name__ == "__main__":
    main()
