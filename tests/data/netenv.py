# SPDX-License-Identifier: MIT
"""Private per-case environments for netdev observations.

Two environments exist (field "env" of a case):

  bare     fresh network namespace with only `lo` (up), fresh mount namespace
           with an empty tmpfs on /run, working directory /run/qnd-cwd (empty),
           no inherited descriptors above 2, at most 1024 descriptors.
  fixture  the same plus the descriptors, interfaces and files listed in
           FIXTURE_FDS / FIXTURE_FILES below.

Everything is created after fork() in the child that is about to exec, so a
case can never disturb another one and nothing survives it.
"""
import ctypes
import fcntl
import os
import resource
import socket
import struct
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x1, 0x2, 0x1000
IFF_VNET_HDR, IFF_MULTI_QUEUE = 0x4000, 0x0100

# number -> what is open there in the "fixture" environment
FIXTURE_FDS = {
    60: "queue 0 of multiqueue tap 'fixmq', IFF_VNET_HDR",
    61: "queue 1 of multiqueue tap 'fixmq', IFF_VNET_HDR",
    62: "queue 2 of multiqueue tap 'fixmq', IFF_VNET_HDR",
    63: "queue 3 of multiqueue tap 'fixmq', IFF_VNET_HDR",
    64: "single-queue tap 'fixsq', IFF_VNET_HDR",
    65: "single-queue tap 'fixnv', no IFF_VNET_HDR",
    66: "tun (not tap) 'fixtun', no IFF_VNET_HDR",
    67: "/dev/null, O_RDWR",
    68: "AF_UNIX SOCK_STREAM socketpair end (peer open)",
    69: "AF_UNIX SOCK_DGRAM socketpair end (peer open)",
    70: "AF_INET SOCK_DGRAM bound to 127.0.0.1:17070",
    71: "AF_INET SOCK_STREAM listening on 127.0.0.1:17071",
    72: "read end of a pipe (write end open)",
    73: "/dev/net/tun opened, TUNSETIFF not done",
}
FIXTURE_FILES = {
    "/run/qnd/helper-ok": "bridge helper that opens a tap with vnet_hdr and "
                          "passes it back",
    "/run/qnd/helper-fail": "bridge helper that exits 1",
    "/run/qnd/ifup-ok": "network script that exits 0",
    "/run/qnd/ifup-fail": "network script that exits 3",
    "/run/qnd/stream.sock": "AF_UNIX SOCK_STREAM listener",
    "/run/qnd/dgram.sock": "AF_UNIX SOCK_DGRAM bound socket",
}
# descriptors that are guaranteed closed in both environments
CLOSED_FDS = (90, 91, 92, 97, 98, 99)

_libc = ctypes.CDLL(None, use_errno=True)


def _mount(src, dst, fstype, flags, data=None):
    if _libc.mount(src, dst, fstype, flags, data) != 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e), dst)


def enter_private_namespaces(private_tmp=False):
    if _libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e), "unshare")
    try:
        _mount(b"none", b"/", None, MS_REC | MS_PRIVATE)
    except OSError:
        # In a chroot, / is no mount: each that can be seen has to be named.
        with open("/proc/self/mountinfo", "rb") as mounts:
            for line in mounts:
                point = line.split()[4].decode("unicode_escape").encode("latin-1")
                _mount(b"none", point, None, MS_PRIVATE)
    _mount(b"tmpfs", b"/run", b"tmpfs", 0, b"size=16m")
    if private_tmp:
        _mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=16m")
    os.mkdir("/run/qnd-cwd", 0o755)
    os.chdir("/run/qnd-cwd")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ifr = bytearray(struct.pack("16sH14x", b"lo", 0))
    fcntl.ioctl(s, 0x8913, ifr)                      # SIOCGIFFLAGS
    flags = struct.unpack_from("H", ifr, 16)[0]
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))
    s.close()


def open_tap(name, flags):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return fd


HELPER_OK = r'''#!%s -S
import array, fcntl, os, socket, struct, sys
opt = {}
for a in sys.argv[1:]:
    k, _, v = a.lstrip("-").partition("=")
    opt[k] = v
fd = os.open("/dev/net/tun", os.O_RDWR)
fl = 0x1002 | (0x4000 if "use-vnet" in opt else 0)
fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"hlp%%d", fl))
s = socket.socket(fileno=int(opt["fd"]))
s.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
'''


def _write_exec(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755)
    os.write(fd, text.encode())
    os.close(fd)
    os.chmod(path, 0o755)


def install_fixtures():
    def at(num, fd):
        os.dup2(fd, num, inheritable=True)
        if fd != num:
            os.close(fd)

    mq = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR
    for i in range(4):
        at(60 + i, open_tap("fixmq", mq))
    at(64, open_tap("fixsq", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    at(65, open_tap("fixnv", IFF_TAP | IFF_NO_PI))
    at(66, open_tap("fixtun", IFF_TUN | IFF_NO_PI))
    at(67, os.open("/dev/null", os.O_RDWR))
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    at(68, a.detach())
    at(80, b.detach())
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    at(69, a.detach())
    at(81, b.detach())
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(("127.0.0.1", 17070))
    at(70, u.detach())
    t = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    t.bind(("127.0.0.1", 17071))
    t.listen(4)
    at(71, t.detach())
    r, w = os.pipe()
    at(72, r)
    at(82, w)
    at(73, os.open("/dev/net/tun", os.O_RDWR))
    os.mkdir("/run/qnd", 0o755)
    _write_exec("/run/qnd/helper-ok", HELPER_OK % sys.executable)
    _write_exec("/run/qnd/helper-fail", "#!/bin/sh\nexit 1\n")
    _write_exec("/run/qnd/ifup-ok", "#!/bin/sh\nexit 0\n")
    _write_exec("/run/qnd/ifup-fail", "#!/bin/sh\nexit 3\n")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.bind("/run/qnd/stream.sock")
    s.listen(4)
    at(83, s.detach())
    d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    d.bind("/run/qnd/dgram.sock")
    at(84, d.detach())


def child_setup(env, private_tmp=False):
    """Return a preexec function for subprocess (use with close_fds=False)."""
    def run():
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
            for n in os.listdir("/proc/self/fd"):
                if int(n) > 2:
                    try:
                        os.set_inheritable(int(n), False)
                    except OSError:
                        pass
            enter_private_namespaces(private_tmp)
            if env == "fixture":
                install_fixtures()
        except Exception as e:          # make the reason visible to the parent
            os.write(2, ("netenv: %r\n" % (e,)).encode())
            raise
    return run
