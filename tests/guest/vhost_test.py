#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vhost-net on the guest's kernel: the library, the tool and a QEMU that uses
what the tool opened, all inside one guest.

    vhost_test.py QNETDEV QEMU KERNEL-FOLDER VHOST_GUEST_TEST [FRAMES]
    vhost_test.py --bench QNETDEV QEMU KERNEL-FOLDER VHOST_BENCH

FRAMES: how many frames pass the rings each way. An emulated processor takes
its time for a million, so that without it there are less. --bench runs a benchmark
there, and shows what it prints.
"""
import glob
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import guest
from guest import harness

FRAMES = 10000
SECONDS = 180    # for boot and all; on a quiet machine it takes less than a third
HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
VHOST_MODULES = ["vhost_iotlb", "vhost", "vhost_net"]

SCRIPT = """
mkdir -p /tmp /run /var/run /etc
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
ln -sf /proc/self/fd /dev/fd
echo 'root:x:0:0:root:/:/bin/sh' > /etc/passwd
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >> /etc/passwd
echo 'nogroup:x:65534:' > /etc/group
export VHOST_FRAMES={frames} PYTHONPATH=/tests HOME=/tmp
if [ -e /usr/bin/vhost_bench ]; then
    for module in {modules}; do insmod /modules/$module.ko; done
    vhost_bench
else
    {python} /tests/vhost_inside.py /usr/bin/qnetdev {emulator} /usr/bin/vhost_guest_test {modules}
fi
echo "inside: $?"
"""


def add_stripped(image, source, target, folder):
    """A program of the build, without what only debuggers want."""
    copy = os.path.join(folder, os.path.basename(source))
    subprocess.run(["strip", "-o", copy, source], check=True, timeout=60)
    image.add_program(copy, target)


def add_python(image):
    """The interpreter, and the modules that these tests import, compiled."""
    image.add_program(PYTHON)
    names = "array, ctypes, encodings.utf_8, errno, fcntl, json, os, pty, re, select, signal, socket, " \
            "struct, subprocess, sys, tempfile, termios, time"
    listing = subprocess.run(
        [PYTHON, "-c", "import sys, %s\nfor m in list(sys.modules.values()):\n"
         " print(getattr(m, '__file__', None), getattr(m, '__cached__', None))" % names],
        capture_output=True, text=True, check=True, timeout=60).stdout
    for file, cached in map(str.split, listing.splitlines()):
        if file.endswith(".so"):
            image.add_program(file)
        elif file.endswith(".py"):
            compiled = pathlib.Path(cached)
            if compiled.exists():
                image.put(file + "c", compiled.read_bytes())
            else:
                image.put(file, pathlib.Path(file).read_bytes())
    image.put("/usr/lib/python3/dist-packages/.keep")


def fill(image, folder, tool, emulator, program):
    add_stripped(image, program, "/usr/bin/" + os.path.basename(program), folder)
    if program.endswith("vhost_bench"):
        return
    add_stripped(image, tool, "/usr/bin/qnetdev", folder)
    image.add_program(emulator)
    for module in glob.glob("/usr/lib/*/qemu/accel-tcg-*.so"):
        image.add_program(module)
    image.add_program(guest.program("ip"))
    add_python(image)
    for file in ("vhost_inside.py", "../tool/harness.py", "../tool/qmp.py", "../qemu/qemu.py"):
        path = pathlib.Path(HERE, file)
        image.put("/tests/" + path.name, path.read_bytes())


def relay(tap, lines):
    """The guest's cases as ours."""
    note = []
    for line in lines:
        found = re.match(r"(not )?ok \d+ - (.*)", line)
        if found:
            tap.check(found[2], not found[1])
        elif line.startswith("# "):
            tap.note(line[2:])
        elif not re.match(r"1\.\.\d+$", line):
            note.append(line)
    return note


def main():
    arguments = [word for word in sys.argv[1:] if word != "--bench"]
    tool, emulator, kernel_folder, program = arguments[:4]
    frames = int(arguments[4]) if len(arguments) > 4 else FRAMES
    if os.uname().machine != "x86_64":
        harness.skip_all("this processor is no x86-64")
    harness.need_program(emulator, "qemu-system-x86_64")
    try:
        kernel = guest.Kernel(kernel_folder)
        for name in ("busybox", "ip", "strip"):
            guest.program(name)
    except guest.Missing as problem:
        harness.skip_all(str(problem))
    tap = harness.Tap()
    seconds = SECONDS + frames // 200
    with tempfile.TemporaryDirectory() as folder:
        script = SCRIPT.format(frames=frames, python=PYTHON, emulator=emulator,
                               modules=" ".join(VHOST_MODULES))
        machine = guest.Guest(kernel, folder, script, ["tun", "veth", "macvtap"],
                              extra_modules=VHOST_MODULES,
                              fill=lambda image: fill(image, folder, tool, emulator, program))
        run, accelerator = guest.boot(
            lambda which: [emulator, *machine.qemu_arguments(which, 2, memory=1024)], seconds)
    if "--bench" in sys.argv:
        print("\n".join(run.lines))
        return
    tap.note("under " + accelerator)
    rest = relay(tap, run.lines)
    tap.check("the guest has come to its end", "inside: 0" in run.lines,
              "%s\n%s" % (run.process.returncode, "\n".join(rest[-60:])))
    tap.done()


if __name__ == "__main__":
    main()
