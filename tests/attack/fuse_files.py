#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attacks by descriptors of a file system that is a program, and that does not answer.

    fuse_files.py QNETDEV BRIDGE-HELPER BRIDGE-CONF
"""
import contextlib
import os
import signal
import struct
import subprocess
import sys
import tempfile

import attack_path  # noqa: F401
import harness
import qmp

# Operations of include/uapi/linux/fuse.h.
LOOKUP, FORGET, GETATTR, OPEN, INIT, OPENDIR, IOCTL, BATCH_FORGET = 1, 2, 3, 14, 26, 27, 39, 42
RELEASES = (25, 18, 29)
ROOT, FILE = 1, 2
ENOSYS = 38


def attributes(node):
    mode = 0o40755 if node == ROOT else 0o100666
    return struct.pack("<6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def reply(operation, node):
    """The answer's data, None for none at all, or an errno."""
    if operation == INIT:
        return struct.pack("<4I2H2I2HI", 7, 31, 65536, 0, 0, 0, 65536, 1, 0, 0, 0) + bytes(28)
    if operation == LOOKUP:
        return struct.pack("<4Q2I", FILE, 1, 100, 100, 0, 0) + attributes(FILE)
    if operation == GETATTR:
        return struct.pack("<Q2I", 100, 0, 0) + attributes(node)
    if operation in (OPEN, OPENDIR):
        return struct.pack("<Q2I", 1, 1, 0)
    if operation in RELEASES:
        return b""
    return None if operation in (IOCTL, FORGET, BATCH_FORGET) else ENOSYS


def serve(fuse):
    while True:
        request = os.read(fuse, 1 << 20)
        _, operation, unique, node = struct.unpack_from("<2I2Q", request)
        data = reply(operation, node)
        if isinstance(data, int):
            os.write(fuse, struct.pack("<IiQ", 16, -data, unique))
        elif data is not None:
            os.write(fuse, struct.pack("<IiQ", 16 + len(data), 0, unique) + data)


class Server:
    """A mounted file system with one file, `f`, whose ioctls are never answered."""

    def __init__(self, folder):
        self.folder = folder
        self.fuse = os.open("/dev/fuse", os.O_RDWR)
        options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % self.fuse
        harness.mount("test", folder, "fuse", 0, options.encode())
        self.child = os.fork()
        if self.child == 0:
            try:
                serve(self.fuse)
            finally:
                os._exit(0)
        self.file = os.open(os.path.join(folder, "f"), os.O_RDWR)

    def end(self):
        """Whoever waits for an answer gets an error."""
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.fuse)
        with contextlib.suppress(OSError):
            os.close(self.file)  # nobody answers the flush
        subprocess.run(["umount", "-l", self.folder], check=True, timeout=10)


def check_tap(tap, program, folder):
    mounted = os.path.join(folder, "fuse")
    os.mkdir(mounted)
    server = Server(mounted)
    with qmp.Run(program, folder) as run:
        client, other = run.client(timeout=5), run.client(timeout=5)
        client.execute("getfd", [server.file], fdname="x")
        try:
            answer = client.execute("netdev_add", type="tap", id="n", fd="x")
            tap.check("a file of it is no tap", "is no open tap: TUNGETIFF: Inappropriate ioctl"
                      in str(answer), answer)
            client.execute("getfd", [server.file], fdname="v")
            answer = client.execute("netdev_add", type="tap", id="v", script="no", downscript="no",
                                    vhostfd="v")
            tap.check("and no vhost-net", "is no vhost-net device" in str(answer), answer)
            tap.equal("others are served", other.execute("query-name"), {})
        except TimeoutError:
            tap.check("a file of it is no tap", False, "no answer")
            server.end()
            return
        tap.check("it ends", run.stop() == 0, run.err)
    server.end()


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun(mounts=True)
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        harness.skip_all("this kernel has no /dev/fuse")
    tap = harness.Tap()
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        check_tap(tap, program, folder)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
