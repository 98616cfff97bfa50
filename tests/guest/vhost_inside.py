#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vhost-net in the guest: what users of the tool see of it. Runs as root there.

    vhost_inside.py QNETDEV QEMU VHOST_GUEST_TEST MODULE...

The modules are those of vhost_net, in the order of loading: without them first.
"""
import array
import ctypes
import errno
import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

import harness
import qmp
from qemu import Qemu

DEVICE = "/dev/vhost-net"
NOBODY = 65534
TUNSETIFF, TUN_FLAGS = 0x400454CA, 0x2 | 0x1000 | 0x100 | 0x4000
VHOST_SET_OWNER = 0xAF01
PLAIN = "script=no,downscript=no"
_libc = ctypes.CDLL(None, use_errno=True)


def workers(pid):
    """Threads that serve the vhost devices of a process: the kernel's, or its own."""
    found = []
    for folder in ("/proc", "/proc/%d/task" % pid):
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            try:
                with open("%s/%s/comm" % (folder, entry)) as comm:
                    found += [entry] if comm.read() == "vhost-%d\n" % pid else []
            except OSError:
                pass
    return found


def targets(pid):
    """What the descriptors of a process are of."""
    folder = "/proc/%d/fd" % pid
    found = []
    for entry in os.listdir(folder):
        try:
            found.append(os.readlink(folder + "/" + entry))
        except OSError:
            pass
    return found


def open_tap(name="t0"):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), TUN_FLAGS))
    return fd


def open_vhost():
    return os.open(DEVICE, os.O_RDWR)


class World:
    def __init__(self, tap, tool, emulator, program, modules):
        self.tap, self.tool, self.emulator = tap, tool, emulator
        self.program, self.modules = program, modules

    def run(self, *words, **options):
        return harness.run([self.tool, *words], timeout=30, **options)

    def tries(self, netdev, **options):
        return self.run("try", "--host", "-netdev", netdev, **options)

    def fails(self, name, netdev, message, hint, ours=(), **options):
        outcome = self.tries(netdev, **options)
        lines = outcome.err.splitlines()
        self.tap.check(name, outcome.status == 1 and len(lines) == 4 and
                       lines[0] == "qnetdev: " + message and lines[1] == "  " + netdev and
                       re.fullmatch(r" +\^~*", lines[2]) and
                       lines[3].startswith("hint: ") and hint in lines[3],
                       "wanted %s, %s\n%s" % (message, hint, outcome))
        self.tap.equal(name + ": nothing is left", harness.leftovers(ignore=ours), [])

    def works(self, name, netdev, vhost="off", **options):
        outcome = self.tries(netdev, **options)
        rows, rest = harness.parse_table(outcome.out)
        wanted = r"on,owner=\d+,features=0x[0-9a-f]+" if vhost == "on" else "off"
        self.tap.check(name, outcome.status == 0 and rows and
                       rest == ["removed 1 netdev"] and
                       all(re.fullmatch(wanted, row["vhost"]) for row in rows), outcome)
        return rows


# --- failures ---

def check_without_driver(world):
    on = "tap,id=a,ifname=t0,vhost=on," + PLAIN
    no_file = "vhost: cannot open %s: %s" % (DEVICE, os.strerror(errno.ENOENT))
    world.fails("module not loaded", on, no_file, "load the kernel module vhost_net")
    world.fails("vhostforce=on as well", "tap,id=a,ifname=t0,vhostforce=on," + PLAIN,
                no_file.replace("vhost:", "vhostforce:", 1), "load the kernel module vhost_net")
    os.mknod(DEVICE, 0o20600, os.makedev(10, 238))
    world.fails("a node without driver", on,
                "vhost: cannot open %s: %s" % (DEVICE, os.strerror(errno.ENODEV)),
                "the node is there, but not the driver: load the kernel module")
    os.unlink(DEVICE)
    world.works("vhost=off beside it", "tap,id=a,ifname=t0,vhost=off," + PLAIN)
    world.works("vhost=off,vhostforce=on is off", "tap,id=a,vhost=off,vhostforce=on," + PLAIN)
    outcome = world.run("exec", "--", "true", "-netdev", on)
    world.tap.check("exec says the same", no_file in outcome.err and "module" in outcome.err, outcome)
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "up")
        harness.write_program(script, "#!/bin/sh\n: > %s.ran\n" % script)
        world.fails("before the script runs", "tap,id=a,vhost=on,script=%s,downscript=no" % script,
                    no_file, "load the kernel module")
        world.tap.equal("it has not run", os.path.exists(script + ".ran"), False)


def check_node(world):
    on = "tap,id=a,ifname=t0,vhost=on," + PLAIN
    os.unlink(DEVICE)
    world.fails("a driver without node", on,
                "vhost: cannot open %s: %s" % (DEVICE, os.strerror(errno.ENOENT)),
                "the driver is there, but not its node")
    os.mknod(DEVICE, 0o20600, os.makedev(10, 238))
    os.chmod("/dev/net/tun", 0o666)
    world.fails("node 0600 and an ordinary user", on,
                "vhost: cannot open %s: %s" % (DEVICE, os.strerror(errno.EACCES)),
                "let this user read and write the node",
                user=NOBODY, group=NOBODY, extra_groups=[])
    world.works("root may", on, "on")


def forbid_devices(folder):
    """A device cgroup that allows none."""
    # BPF_PROG_LOAD of "r0 = 0; exit", then BPF_PROG_ATTACH to the cgroup.
    code = struct.pack("<BBhi", 0xb7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code_buffer = ctypes.create_string_buffer(code)
    licence = ctypes.create_string_buffer(b"GPL")
    load = struct.pack("<IIQQ", 15, 2, ctypes.addressof(code_buffer), ctypes.addressof(licence))
    load = ctypes.create_string_buffer(load.ljust(128, b"\0"))
    program = _libc.syscall(321, 5, load, 128)
    cgroup = os.open(folder, os.O_RDONLY)
    attach = ctypes.create_string_buffer(struct.pack("<IIII", cgroup, program, 6, 0).ljust(128, b"\0"))
    attached = _libc.syscall(321, 8, attach, 128) if program >= 0 else -1
    os.close(cgroup)
    return attached == 0


def check_cgroup(world):
    root = "/sys/fs/cgroup"
    if not os.path.ismount(root):
        os.makedirs(root, exist_ok=True)
        harness.mount("none", root, "cgroup2", 0)
    folder = root + "/strict"
    os.mkdir(folder)
    if not world.tap.check("a device cgroup can be made", forbid_devices(folder),
                           os.strerror(ctypes.get_errno())):
        return

    def enter():
        with open(folder + "/cgroup.procs", "w") as procs:
            procs.write("0")
    # Standard input and output are open already.
    world.fails("a device cgroup forbids it", "tap,id=a,ifname=t0,vhost=on," + PLAIN,
                "vhost: cannot open %s: %s" % (DEVICE, os.strerror(errno.EPERM)),
                "a device cgroup or a security module forbids it", preexec_fn=enter)
    harness.wait_until(lambda: _rmdir(folder), 5)


def _rmdir(folder):
    try:
        os.rmdir(folder)
        return True
    except OSError:
        return False


def check_descriptors(world):
    reading, writing = os.pipe()
    tap_fd = open_tap("t0")
    world.fails("a pipe as vhostfd", "tap,id=a,fd=%d,vhostfd=%d" % (tap_fd, reading),
                "vhostfd '%d': descriptor %d is no vhost-net device" % (reading, reading),
                "pass a descriptor of /dev/vhost-net", ours=["t0"], pass_fds=[tap_fd, reading])
    device = open_vhost()
    second = open_tap("t0")
    twin = os.dup(device)
    netdev = "tap,id=a,fds=%d:%d,vhostfds=%d:%d" % (tap_fd, second, device, twin)
    world.fails("the same device twice", netdev,
                "vhostfds '%d': VHOST_SET_OWNER: %s" % (twin, os.strerror(errno.EBUSY)),
                "this process uses the device already", ours=["t0"], pass_fds=[tap_fd, second, device, twin])
    outcome = world.tries("tap,id=a,fds=%d:%d,vhostfds=%d:%d" % (tap_fd, second, device, device),
                          pass_fds=[tap_fd, second, device])
    world.tap.check("the same number twice", outcome.status == 1 and "twice" in outcome.err, outcome)
    child = os.fork()
    if child == 0:      # becomes the owner, and lives on
        fcntl.ioctl(device, VHOST_SET_OWNER)
        os.write(writing, b"x")
        harness.signal.pause()
        os._exit(0)
    os.read(reading, 1)
    outcome = world.tries("tap,id=a,fd=%d,vhostfd=%d" % (tap_fd, device), pass_fds=[tap_fd, device])
    world.tap.check("a forked child's", outcome.status == 1 and
                    "VHOST_SET_OWNER: Device or resource busy" in outcome.err and
                    "another process owns the device" in outcome.err, outcome)
    os.kill(child, harness.signal.SIGKILL)
    os.waitpid(child, 0)
    for fd in (reading, writing, tap_fd, second, device, twin):
        os.close(fd)


# --- set-up ---

def check_set_up(world):
    world.works("a tap without a header", "tap,id=a,vnet_hdr=off,vhost=on," + PLAIN, "on")
    world.works("with poll-us", "tap,id=a,poll-us=50,vhost=on," + PLAIN, "on")
    for queues in (1, 8, 64):
        name = "%d queues by name" % queues
        rows = world.works(name, "tap,id=a,queues=%d,vhost=on,%s" % (queues, PLAIN), "on")
        world.tap.equal(name + ": all of them", len(rows), queues)
        fds = [open_tap() for _ in range(queues)]
        devices = [open_vhost() for _ in range(queues)]
        netdev = "tap,id=a,fds=%s,vhostfds=%s" % (":".join(map(str, fds)), ":".join(map(str, devices)))
        rows = world.works("%d queues by descriptors" % queues, netdev, "on", pass_fds=fds + devices)
        world.tap.equal("%d queues by descriptors: all of them" % queues, len(rows), queues)
        for fd in fds + devices:
            os.close(fd)
    outcome = world.run("try", "--host", "--trace", "-netdev", "tap,id=a,vhost=on," + PLAIN)
    for pattern in (r"a/0 open\(/dev/vhost-net, O_RDWR\|O_NONBLOCK\|O_CLOEXEC\) = \d+ ",
                    r"a/0 ioctl\(\d+, VHOST_SET_OWNER\) = 0 ",
                    r"a/0 ioctl\(\d+, VHOST_GET_FEATURES\) = 0 MRG_RXBUF\|NOTIFY_ON_EMPTY\|LOG_ALL",
                    r"a/0 ioctl\(\d+, VHOST_SET_VRING_ERR, 1 \d+\) = 0 "):
        world.tap.check("the trace shows " + pattern.split(",")[-1][:24],
                        re.search(pattern, outcome.err), outcome)
    world.tap.equal("nothing is left", harness.leftovers(), [])


def check_qmp(world):
    """Descriptors that a client sends."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "qmp")
        service = subprocess.Popen([world.tool, "run", "-qmp", "unix:%s,server=on,wait=off" % path],
                                   stdin=subprocess.DEVNULL)
        try:
            client = qmp.Client(path)
            before = sorted(targets(service.pid))
            for queues in (1, 8, 64):
                add_by_qmp(world, client, service.pid, queues)
                world.tap.check("%d queues by QMP: workers are gone" % queues, harness.wait_until(
                    lambda: not workers(service.pid), 10))
                world.tap.check("%d queues by QMP: descriptors are gone" % queues,
                                harness.wait_until(
                                    lambda: sorted(targets(service.pid)) == before, 10),
                                targets(service.pid))
        finally:
            harness.end(service)
    world.tap.equal("QMP: nothing is left", harness.leftovers(), [])


def send(client, command, passed=(), /, **arguments):
    data = json.dumps({"execute": command, "arguments": arguments}).encode()
    client.send(data, passed)
    return client.answer()


def add_by_qmp(world, client, pid, queues):
    name = "%d queues by QMP" % queues
    for queue in range(queues):
        for kind, fd in (("t", open_tap()), ("v", open_vhost())):
            send(client, "getfd", [fd], fdname="%s%d" % (kind, queue))
            os.close(fd)
    answer = send(client, "netdev_add", type="tap", id="n0",
                  fds=":".join("t%d" % queue for queue in range(queues)),
                  vhostfds=":".join("v%d" % queue for queue in range(queues)))
    world.tap.check(name, answer.get("return") == {}, answer)
    world.tap.equal(name + ": a worker for each", len(workers(pid)), queues)
    info = send(client, "query-netdev").get("return", [{}])[0].get("interface", {})
    vhosts = [queue.get("vhost", {}) for queue in info.get("queues", [])]
    world.tap.check(name + ": query-netdev tells of each", info.get("vhost") is True and
                    len(vhosts) == queues and
                    all(vhost.get("owner") == pid and vhost.get("running") is False and
                        vhost.get("features", "").startswith("0x") for vhost in vhosts), info)
    text = send(client, "human-monitor-command", **{"command-line": "info network"})["return"]
    world.tap.equal(name + ": info network tells of each", len(re.findall(
        r"^    vhost=on,vhostfd=\d+,owner=%d,features=0x[0-9a-f]+,running=off\r?$" % pid, text,
        re.M)), queues)
    world.tap.equal(name + ": removed", send(client, "netdev_del", id="n0").get("return"), {})


# --- QEMU ---

def check_qemu(world):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        wrapper = os.path.join(folder, "qemu")
        harness.write_program(wrapper, "#!/bin/sh\nexec %s exec --user nobody -- %s \"$@\"\n" % (
            world.tool, world.emulator))
        emulator = Qemu(wrapper, folder, "-netdev", "tap,id=n0,ifname=vm0,queues=2,vhost=on," + PLAIN)
        try:
            look_at_qemu(world, emulator, "exec")
        finally:
            emulator.end()
    world.tap.equal("exec: nothing is left", harness.leftovers(), [])


def look_at_qemu(world, emulator, name):
    pid = emulator.process.pid
    found = targets(pid)
    world.tap.equal(name + ": QEMU has our two vhost descriptors", found.count(DEVICE), 2)
    world.tap.equal(name + ": and two of the tap", found.count("/dev/net/tun"), 2)
    world.tap.equal(name + ": it is their owner", len(workers(pid)), 2)
    lines = [line for line in emulator.info_network() if line.startswith("n0: index=0,type=tap,fd=")]
    world.tap.equal(name + ": info network says so", len(lines), 2)
    world.tap.equal(name + ": QEMU removes it", emulator.execute("netdev_del", id="n0"), {})
    world.tap.check(name + ": and its devices go", harness.wait_until(
        lambda: not workers(pid) and DEVICE not in targets(pid), 10), targets(pid))
    kinds = {re.sub(r"\d+", "N", target) for target in targets(pid)}
    world.tap.check(name + ": nothing of ours is left in it",
                    not [kind for kind in kinds if "tun" in kind or "vhost" in kind], kinds)


def check_getfd(world):
    """As libvirt passes them."""
    with tempfile.TemporaryDirectory() as folder:
        emulator = Qemu(world.emulator, folder)
        try:
            for queue in range(2):
                for kind, fd in (("t", open_tap("vm0")), ("v", open_vhost())):
                    message = json.dumps({"execute": "getfd", "arguments":
                                          {"fdname": "%s%d" % (kind, queue)}}).encode()
                    rights = (harness.socket.SOL_SOCKET, harness.socket.SCM_RIGHTS,
                              array.array("i", [fd]))
                    emulator.socket.sendmsg([message], [rights])
                    os.close(fd)
                    world.tap.check("getfd %s%d" % (kind, queue), '"return"' in
                                    emulator.stream.readline())
            world.tap.equal("getfd: added", emulator.execute(
                "netdev_add", type="tap", id="n0", fds="t0:t1", vhostfds="v0:v1"), {})
            look_at_qemu(world, emulator, "getfd")
        finally:
            emulator.end()
    world.tap.equal("getfd: nothing is left", harness.leftovers(), [])


# --- the library ---

def check_library(world):
    """Each case of the program is one of ours."""
    process = subprocess.Popen([world.program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    said = []
    for line in process.stdout:
        found = re.match(r"\[ +(OK|FAILED) +\] ([^\s,]+).* \((\d+) ms\)$", line.rstrip())
        if found:
            world.tap.check("%s (%s ms)" % (found[2], found[3]), found[1] == "OK", "".join(said))
            said = []
        else:
            said.append(line)
    world.tap.equal("the program ends well", process.wait(), 0)


def main():
    tool, emulator, program, *modules = sys.argv[1:]
    tap = harness.Tap()
    world = World(tap, tool, emulator, program, modules)
    os.chdir("/tmp")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
    harness._libc.prctl(harness.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    check_without_driver(world)
    for module in modules:
        subprocess.run(["insmod", "/modules/%s.ko" % module], check=True, timeout=10)
    for check in (check_node, check_cgroup, check_descriptors, check_set_up, check_qmp, check_qemu,
                  check_getfd, check_library):
        start = harness.time.monotonic()
        check(world)
        tap.note("%s: %.1f s" % (check.__name__, harness.time.monotonic() - start))
    tap.done()


if __name__ == "__main__":
    main()
