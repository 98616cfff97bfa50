# SPDX-License-Identifier: MIT
"""Small Linux guests: a stock Debian kernel, busybox, and a script as init.

The guest has the files it is given, the kernel modules it needs, and nothing
else. What its script prints comes out of QEMU's standard output; the script's
last line switches the machine off.
"""
import os
import pathlib
import queue
import re
import shutil
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

UP = "guest-is-up"
KVM_GRACE = 20      # seconds: a guest that is not up by then will not come up

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS0 2>&1
for module in {modules}; do
    insmod /modules/$module.ko || echo "no module $module"
done
echo {up}
{script}
poweroff -f
"""


class Missing(Exception):
    """Something that the machine lacks; the message says what."""


class Kernel:
    """An unpacked kernel package."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        images = sorted((folder / "boot").glob("vmlinuz-*"))
        roots = sorted((folder / "lib" / "modules").glob("*"))
        if not images or not roots:
            raise Missing("no kernel in %s: scripts/setup --tests fetches one" % folder)
        self.image = images[-1]
        self._files = {self._name(path): path for path in roots[-1].rglob("*.ko")}

    @staticmethod
    def _name(path):
        return path.name.split(".")[0].replace("-", "_")

    def modules(self, wanted):
        """(name, bytes) of the modules and what they depend on, in loading order. What is not a
        file is taken to be part of the kernel."""
        ordered = {}

        def visit(name):
            if name in ordered or name not in self._files:
                return
            data = self._files[name].read_bytes()
            depends = re.search(rb"\0depends=([^\0]+)\0", data)
            for needed in depends[1].decode().split(",") if depends else []:
                visit(needed.replace("-", "_"))
            ordered[name] = data

        for name in wanted:
            visit(name)
        return list(ordered.items())


class Image:
    """An initramfs in the kernel's "newc" cpio format."""

    def __init__(self):
        self._entries = {}

    def put(self, path, data=b"", mode=stat.S_IFREG | 0o755, device=(0, 0)):
        path = os.path.normpath(path).lstrip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self._entries:
            self.put(parent, mode=stat.S_IFDIR | 0o755)
        self._entries[path] = (mode, data, device)

    def add_program(self, path, target=None):
        """A program or library of this machine, at its own place or another, with its shared
        libraries."""
        listing = subprocess.run(["ldd", path], capture_output=True, text=True, timeout=20).stdout
        for file in [path, *re.findall(r"(?:=>\s+|^\s+)(/\S+) \(0x", listing, re.M)]:
            self.put(target if target and file == path else file, pathlib.Path(file).read_bytes())

    def pack(self):
        parts = []
        entries = [*self._entries.items(), ("TRAILER!!!", (0, b"", (0, 0)))]
        for number, (path, (mode, data, device)) in enumerate(entries, 1):
            name = path.encode() + b"\0"
            fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
            head = b"070701" + "".join("%08X" % field for field in fields).encode() + name
            for part in (head, data):
                parts += [part, b"\0" * (-len(part) % 4)]
        return b"".join(parts)


def program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        raise Missing("no %s on this machine: scripts/setup --tests installs it" % name)
    return found


class Guest:
    """The files a guest boots from, in a folder that every user may read. `extra_modules` are
    there, but not loaded; `fill` puts further files into the image."""

    def __init__(self, kernel, folder, script, modules=(), programs=(), extra_modules=(),
                 fill=lambda image: None):
        loaded = kernel.modules(modules)
        image = Image()
        fill(image)
        for name in ("proc", "sys", "dev"):
            image.put(name, mode=stat.S_IFDIR | 0o755)
        image.put("dev/console", mode=stat.S_IFCHR | 0o600, device=(5, 1))
        image.put("bin/busybox", pathlib.Path(program("busybox")).read_bytes())
        for name in programs:
            image.add_program(program(name))
        for name, data in [*loaded, *kernel.modules(extra_modules)]:
            image.put("modules/%s.ko" % name, data)
        init = INIT.format(modules=" ".join(name for name, _ in loaded), up=UP, script=script)
        image.put("init", init.encode())
        os.chmod(folder, 0o755)
        self.kernel = os.path.join(folder, "vmlinuz")
        self.initrd = os.path.join(folder, "initrd")
        shutil.copyfile(kernel.image, self.kernel)
        pathlib.Path(self.initrd).write_bytes(image.pack())
        for path in (self.kernel, self.initrd):
            os.chmod(path, 0o644)

    def qemu_arguments(self, accelerator, cpus=1, memory=256):
        kvm = accelerator == "kvm"
        return ["-accel", "kvm" if kvm else "tcg,thread=multi", "-cpu", "host" if kvm else "max",
                "-machine", "q35", "-smp", str(cpus), "-m", str(memory), "-nodefaults",
                "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
                "-kernel", self.kernel, "-initrd", self.initrd,
                "-append", "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off nokaslr "
                # On a busy machine an emulated timer is late, and the kernel gives up.
                "no_timer_check random.trust_cpu=on"]


def accelerators():
    """What to try, in order. A /dev/kvm on a processor without vmx and svm is no use: it is there
    where a hypervisor offers its own interface, which no stock kernel boots under."""
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text()
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError:
        return ["tcg"]
    return ["kvm", "tcg"] if re.search(r"^flags\s*:.*\b(vmx|svm)\b", flags, re.M) else ["tcg"]


def kvm_group():
    """The group whose members may use KVM, or None if it takes more than that."""
    try:
        node = os.stat("/dev/kvm")
    except OSError:
        return None
    return node.st_gid if node.st_mode & 0o060 == 0o060 and node.st_gid != 0 else None


class Run:
    """A QEMU that runs, and what has come out of it."""

    def __init__(self, argv):
        self.lines = []
        self._queue = queue.Queue()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._queue.put(line.decode(errors="replace").rstrip())
        self._queue.put(None)

    def wait_for(self, line, seconds):
        """Whether that line (None: the end) has come in time; collects lines meanwhile."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                got = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
            if got is not None:
                self.lines.append(got)
            if got == line:
                return True
            if got is None:
                self._queue.put(None)
                return False

    def end(self):
        harness.end(self.process)
        self._reader.join(5)
        self.process.stdout.close()


def boot(command, seconds, when_up=lambda pid: None):
    """Runs `command(accelerator)` with the accelerators of this machine until a guest comes up
    under one, calls `when_up` with the process's id, waits until the guest has switched itself
    off, and returns the Run and its accelerator."""
    tries = accelerators()
    for accelerator in tries:
        last = accelerator == tries[-1]
        run = Run(command(accelerator))
        try:
            up = run.wait_for(UP, seconds if last else min(seconds, KVM_GRACE))
            if up:
                when_up(run.process.pid)
            if up or last:
                run.wait_for(None, seconds)
                return run, accelerator
        finally:
            run.end()
    raise AssertionError
