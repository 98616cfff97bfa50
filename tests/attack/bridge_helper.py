#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ways into the set-uid bridge helper, tried: each must end in a clear refusal or do no harm.

    bridge_helper.py QNETDEV HELPER ACL_PATH
"""
import os
import random
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time

import attack_path  # noqa: F401
from bridge_world import ALICE, Checker, World, harness, ip
from bridge_strangers import check_strangers

ACL = "/etc/qemu/bridge.conf"
MORE = "/etc/qemu/more.conf"

BAD_ARGUMENTS = [
    ("--fd=abc", "--br=br0"), ("--fd=", "--br=br0"), ("--fd=-1", "--br=br0"),
    ("--fd=+FD", "--br=br0"), ("--fd= FD", "--br=br0"), ("--fd=0xFD", "--br=br0"),
    ("--fd=FDx", "--br=br0"), ("--fd=0", "--br=br0"), ("--fd=1", "--br=br0"),
    ("--fd=2", "--br=br0"), ("--fd=2147483648", "--br=br0"),
    ("--fd=18446744073709551619", "--br=br0"), ("--fd=abc", "--fd=FD", "--br=br0"),
    ("--br=br0",), ("--fd=FD",), (),
    ("--fd=FD", "--br="), ("--fd=FD", "--br=abcdefghijklmnop"), ("--fd=FD", "--br=../br0"),
    ("--fd=FD", "--br=br0 "), ("--fd=FD", "--br=br0\n"),
    ("--fd=FD", "--br=br0", "--queues=0"), ("--fd=FD", "--br=br0", "--queues=257"),
    ("--fd=FD", "--br=br0", "--queues=2 "), ("--fd=FD", "--br=br0", "--queues=-1"),
    ("--fd=FD", "--br=br0", "--queues=4294967297"), ("--fd=FD", "--br=br0", "--queues"),
    ("--fd=FD", "--br=br0", "--ifname="), ("--fd=FD", "--br=br0", "--ifname=all"),
    ("--fd=FD", "--br=br0", "--ifname=default"), ("--fd=FD", "--br=br0", "--ifname=.."),
    ("--fd=FD", "--br=br0", "--ifname=a/b"), ("--fd=FD", "--br=br0", "--ifname=%d%d"),
    ("--fd=FD", "--br=br0", "--ifname=x%s"), ("--fd=FD", "--br=br0", "--ifname=x%"),
    ("--fd=FD", "--br=br0", "--ifname=a:b"), ("--fd=FD", "--br=br0", "--ifname=a b"),
    ("--fd=FD", "--br=br0", "--ifname=-a"), ("--fd=FD", "--br=br0", "--ifname=$(id)"),
    ("--fd=FD", "--br=br0", "--ifname=abcdefghijklmnop"),
    ("--fd=FD", "--br=br0", "--mtu=0"), ("--fd=FD", "--br=br0", "--mtu=67"),
    ("--fd=FD", "--br=br0", "--mtu=99999999"), ("--fd=FD", "--br=br0", "--mac=x"),
    ("--fd=FD", "--br=br0", "--mac=01:00:5e:00:00:01"),
    ("--fd=FD", "--br=br0", "--mac=00:00:00:00:00:00"),
    ("--fd=FD", "--br=br0", "--conf=/tmp/x"), ("--fd=FD", "--br=br0", "br0"),
    ("--fd=FD", "--br=br0", ""), ("--fd=FD", "--br=br0", "--br=" + "x" * 5000),
    ("--fd=FD", "--br=br0", *["--use-vnet"] * 40),
]


def check_arguments(tap, world):
    world.acl("allow all\nifname all *\nmac all *\nmtu all 0-65535\nmax-queues all 256\n")
    for arguments in BAD_ARGUMENTS:
        tap.begin()
        answer = world.call(*arguments)
        name = "argument: " + " ".join(arguments)[:60].replace("\n", "\\n")
        tap.check(name, answer.status == 1 and not answer.messages
                  and re.match(r"qnetdev-bridge-helper: [^\n]+\n", answer.text), answer)
        tap.end(name)
    for word, start in (("--help", "usage: "), ("-h", "usage: "), ("--version", "qnetdev-")):
        answer = world.call(word)
        tap.check("argument: " + word, answer.status == 0 and answer.text.startswith(start), answer)


def check_descriptors(tap, world):
    world.acl("allow br0")
    tcp = socket.socket()
    tcp.bind(("127.0.0.1", 0))
    datagrams, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    lonely = socket.socket(socket.AF_UNIX)
    null = os.open("/dev/null", os.O_RDWR)
    for name, number in (("a TCP socket", tcp.fileno()), ("datagrams", datagrams.fileno()),
                         ("an unconnected socket", lonely.fileno()), ("/dev/null", null),
                         ("not open", 900)):
        tap.begin()
        if number != 900:
            os.set_inheritable(number, True)
        answer = world.call("--fd=%d" % number, "--br=br0")
        said = "'--fd=%d' must be a connected UNIX stream socket" % number
        tap.check("descriptor: " + name, answer.status == 1 and said in answer.text, answer)
        tap.end("descriptor: " + name)
    for held in (tcp, datagrams, _other, lonely):
        held.close()
    os.close(null)

    def without_standard(_fd):
        for number in (0, 1, 2):
            os.close(number)
    tap.begin()
    answer = world.ask(prepare=without_standard)
    tap.check("descriptor: 0, 1 and 2 closed", answer.status == 0 and len(answer.fds) == 1, answer)
    answer.close()
    answer = world.ask("br1", prepare=without_standard)
    tap.check("descriptor: 0, 1 and 2 closed, refused", answer.status == 1 and
              answer.reason == "no rule allows bridge 'br1' to user 3001", answer)
    tap.end("descriptor: standard ones closed")

    def fill(fd):
        full = socket.socket(fileno=os.dup(fd))
        full.setblocking(False)
        try:
            while True:
                full.send(bytes(4096))
        except BlockingIOError:
            pass
    tap.begin()
    answer = world.ask(prepare=fill)
    tap.check("descriptor: a socket that is full", answer.status == 1 and
              "cannot send the descriptors to the parent: Resource temporarily" in answer.text,
              answer.text)
    tap.end("descriptor: full")

    def shut(fd):
        socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_WR)
    tap.begin()
    answer = world.ask(prepare=shut)
    tap.check("descriptor: a parent that is gone", answer.status == 1 and
              "cannot send the descriptors to the parent: Broken pipe" in answer.text, answer)
    tap.end("descriptor: gone")


def check_environment(tap, world):
    world.acl("allow br0")
    for name, environment in (
            ("empty", {}),
            ("loader and libc", {"LD_PRELOAD": "/run/evil.so", "LD_LIBRARY_PATH": "/run",
                                 "LD_AUDIT": "/run/evil.so", "GCONV_PATH": "/run",
                                 "LOCPATH": "/run", "NLSPATH": "/run", "LANG": "de_DE.UTF-8",
                                 "MALLOC_TRACE": "/run/trace", "GLIBC_TUNABLES": "x=y:" * 99}),
            ("large", {"X%d" % i: "y" * 1000 for i in range(500)})):
        tap.begin()
        answer = world.ask(environment=environment)
        tap.check("environment: " + name, answer.status == 0 and answer.text == "", answer)
        answer.close()
        tap.end("environment: " + name)


def check_files(tap, world):
    def refused(name, answer, reason):
        tap.equal("file: " + name, (answer.status, answer.reason), (1, reason))

    unsafe = " could have been written by others than root\nchown root %s; chmod go-w %s"
    deep = (" is included too deep: more than 8 files in one another")
    tap.begin()
    world.acl("allow br0\ninclude bridge.conf\n")
    answer = world.ask()
    tap.check("file: one that includes itself", answer.status == 1
              and answer.reason.endswith(ACL + deep), answer)
    world.acl("include more.conf\n")
    world.file(MORE, "include bridge.conf\n")
    answer = world.ask()
    tap.check("file: two that include each other", answer.status == 1
              and answer.reason.endswith(deep), answer)
    world.acl("include more.conf\n" * 64 + "allow br0\n")
    world.file(MORE, "# nothing\n")
    refused("more than 64 of them", world.ask(),
            ACL + ":64: " + MORE + " is included too late: more than 64 files")
    world.acl("include more.conf\nallow br0\n")
    world.file(MORE, "allow br0\n", owner=ALICE)
    refused("of the caller", world.ask(), ACL + ":1: " + MORE + unsafe % (MORE, MORE))
    world.file(MORE, "allow br0\n", 0o664)
    refused("a group can write", world.ask(), ACL + ":1: " + MORE + unsafe % (MORE, MORE))
    world.file(MORE, "x\n")
    world.acl("allow br0\n", 0o666)
    refused("everybody can write", world.ask(), ACL + unsafe % (ACL, ACL))
    world.acl("allow br0\n", 0o600)
    answer = world.ask()
    tap.check("file: the caller cannot read it", answer.status == 1 and answer.reason.startswith(
        "cannot open " + ACL + ": Permission denied\n"), answer)
    world.acl("include more.conf\nallow br0\n")
    os.unlink(MORE)
    os.symlink("/etc/qemu/real.conf", MORE)
    world.file("/etc/qemu/real.conf", "allow br0\n")
    refused("a symbolic link", world.ask(), ACL + ":1: " + MORE +
            " is included through a symbolic link; name the file itself")
    os.unlink(MORE)
    world.acl("include /etc/link/real.conf\nallow br0\n")
    os.symlink("/etc/qemu", "/etc/link")
    refused("a link on the way", world.ask(), ACL + ":1: /etc/link/real.conf is included through "
            "a symbolic link; name the file itself")
    for name, make in (("a FIFO", lambda: os.mkfifo(MORE, 0o644)),
                       ("a folder", lambda: os.mkdir(MORE)),
                       ("a device", lambda: os.mknod(MORE, 0o20644, os.makedev(1, 5)))):
        make()
        world.acl("include more.conf\nallow br0\n")
        refused(name, world.ask(), ACL + ":1: " + MORE + " is no regular file")
        (os.rmdir if os.path.isdir(MORE) else os.unlink)(MORE)
    world.file(MORE, "# x\n" * 70000)
    refused("too large", world.ask(), ACL + ":1: " + MORE + " is larger than 256 KiB")
    world.acl("#" * 4096 + "\nallow br0\n")
    refused("a line too long", world.ask(), ACL + ":1: the line is longer than 4095 bytes")
    world.acl("#" * 4095 + "\nallow br0\n")
    answer = world.ask()
    tap.equal("file: a line as long as it may be", answer.status, 0)
    answer.close()
    world.acl("allow br0\0\n")
    refused("a NUL byte", world.ask(), ACL + ":1: a NUL byte in the line")
    world.acl("include evil.conf\n")
    os.makedirs("/run/cwd")
    world.file("/run/cwd/evil.conf", "allow all\n")
    refused("relative to the working directory", world.ask(prepare=lambda _: os.chdir("/run/cwd")),
            "no rule allows bridge 'br0' to user 3001")
    tap.end("files")


def check_names(tap, world):
    """A bridge under another name that the kernel knows it by: no rule speaks of it."""
    ip("link", "add", "br1", "type", "bridge")
    try:
        ip("link", "property", "add", "dev", "br1", "altname", "side-door")
        for rules in ("allow all\ndeny br1\n", "allow side-door\n"):
            world.acl(rules)
            for option in ((), ("--check",)):
                answer = world.call("--fd=FD", "--br=side-door", *option)
                tap.check("name: an altname of the bridge, %r %s" % (rules, " ".join(option)),
                          answer.status == 1 and not answer.fds
                          and "'side-door' is another name of bridge 'br1'\n" in answer.text,
                          answer)
                answer.close()
    finally:
        ip("link", "del", "br1")


def check_signals(tap, world):
    world.acl("allow br0\nmax-queues br0 64\n")

    def hostile(_fd):
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)) - {9, 19, 32, 33})
    tap.begin()
    answer = world.ask(prepare=hostile)
    tap.check("signals: all ignored and blocked", answer.status == 0, answer)
    answer.close()
    generator = random.Random(7)
    ended = {"killed": 0, "done": 0}
    usual = statistics.median(timed_run(world) for _ in range(7))
    # What is usual may change while others use the machine.
    for count in range(200):
        if count >= 60 and min(ended.values()) > 0:
            break
        latest = 1.2 * usual * (1 + count // 60)
        ended[killed_run(world, generator.uniform(0, latest), generator)] += 1
    tap.check("signals: some runs were hit, some not", min(ended.values()) > 0, ended)
    tap.end("signals")


def start_helper(world):
    """A run with many queues, and our end of its socket."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)

    def become():
        os.setgroups([])
        os.setresgid(ALICE, ALICE, ALICE)
        os.setresuid(ALICE, ALICE, ALICE)
    process = subprocess.Popen(
        [world.helper, "--fd=%d" % theirs.fileno(), "--br=br0", "--queues=16"], close_fds=False,
        preexec_fn=become, stderr=subprocess.DEVNULL)
    theirs.close()
    return process, ours


def timed_run(world):
    """How long a run takes that nobody disturbs."""
    begin = time.monotonic()
    process, ours = start_helper(world)
    process.wait(10)
    ours.close()
    return time.monotonic() - begin


def killed_run(world, delay, generator):
    """One run that is killed at some moment of its work, counted as timed_run() does."""
    begin = time.monotonic()
    process, ours = start_helper(world)
    time.sleep(max(0.0, begin + delay - time.monotonic()))
    process.send_signal(generator.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
    status = process.wait(10)
    ours.close()
    return "done" if status == 0 else "killed"


def check_limits(tap, world):
    world.acl("allow br0\nmax-queues br0 100\n")
    limits = [
        ("NOFILE", resource.RLIMIT_NOFILE, 8, 1), ("NOFILE", resource.RLIMIT_NOFILE, 40, 1),
        ("FSIZE", resource.RLIMIT_FSIZE, 0, 0), ("NPROC", resource.RLIMIT_NPROC, 0, 0),
        ("CORE", resource.RLIMIT_CORE, resource.RLIM_INFINITY, 0),
        ("MEMLOCK", resource.RLIMIT_MEMLOCK, 0, 0),
        ("AS", resource.RLIMIT_AS, 1 << 22, None), ("DATA", resource.RLIMIT_DATA, 4096, None),
        ("STACK", resource.RLIMIT_STACK, 16384, None),
    ]
    for name, which, value, status in limits:
        def lower(_fd, which=which, value=value):
            resource.setrlimit(which, (value, value))
        tap.begin()
        answer = world.ask("br0", "--queues=64", prepare=lower)
        title = "limit: %s=%s" % (name, value)
        # Too little to start with: the loader or the kernel ends it, and nothing is made.
        good = answer.status == status if status is not None else \
            (answer.status == 0) == (len(answer.fds) == 64)
        tap.check(title, good and answer.status is not None, answer)
        answer.close()
        tap.end(title)

    def soft(_fd):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    tap.begin()
    answer = world.ask("br0", "--queues=100", prepare=soft)
    tap.check("limit: a soft limit on descriptors is raised", len(answer.fds) == 100, answer)
    answer.close()
    tap.end("limit: soft")


def check_ports(tap, world):
    """What only a full bridge does: the last step but one fails, and everything goes."""
    tap.begin()
    world.acl("allow br0\nmtu br0 0-65535\n")
    # The longest frame of a tap is 65535 bytes, with 14 of header (linux/if_ether.h, ETH_MAX_MTU).
    answer = world.ask("br0", "--mtu=65521")
    tap.check("the largest MTU", answer.status == 0 and len(answer.fds) == 1, answer)
    answer.close()
    tap.end("largest MTU")
    tap.begin()
    answer = world.ask("br0", "--mtu=65522")
    tap.check("a later step that fails leaves nothing", answer.status == 1 and not answer.fds, answer)
    answer.close()
    tap.end("later step")
    ip("link", "set", "br0", "mtu", "1400")


def traced(world, *options):
    """A run as seen by strace, and the system calls in their order."""
    log = "/run/trace"
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    done = harness.run(["strace", "-u", "alice", "-o", log, *options, world.helper,
                        "--fd=%d" % theirs.fileno(), "--br=br0"], close_fds=False)
    theirs.close()
    ours.close()
    with open(log, encoding="utf-8", errors="replace") as file:
        return done, file.read()


def check_order(tap, world):
    world.acl("allow br0")
    tap.begin()
    done, log = traced(world)
    steps = [r"setresuid\(3001, 3001, 3001\)", r"prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE\)",
             r"prctl\(PR_SET_NO_NEW_PRIVS, 1,", r"close_range\(", r"prctl\(PR_SET_SECCOMP",
             r'openat\(AT_FDCWD, ("/etc/qemu/bridge.conf"|0x)', r"socket\(AF_NETLINK",
             r"ioctl\(\d+, TUNSETIFF", r"sendmsg\(\d+"]
    places = [(re.search(step, log) or re.search("$", log)).start() for step in steps]
    tap.check("the steps come in the order that keeps them safe",
              done.status == 0 and places == sorted(places) and len(set(places)) == len(steps),
              "%s %s\n%s" % (places, done, log))
    tap.end("order")


def check_state(tap, world):
    """What the kernel says of the process while it works: held at the moment of its answer."""
    world.acl("allow br0")
    tap.begin()
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    process = subprocess.Popen(
        ["strace", "-u", "alice", "-o", "/dev/null", "-e", "inject=sendmsg:delay_enter=1500000",
         world.helper, "--fd=%d" % theirs.fileno(), "--br=br0"], close_fds=False)
    theirs.close()

    def state():
        try:
            with open("/proc/%d/task/%d/children" % (process.pid, process.pid),
                      encoding="ascii") as file:
                child = file.read().split()[0]
            with open("/proc/%s/status" % child, encoding="ascii") as file:
                found = dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.M))
            found["owner"] = os.stat("/proc/%s/mem" % child).st_uid   # root: not dumpable
            found["fds"] = len(os.listdir("/proc/%s/fd" % child))
            return found if found.get("Seccomp") == "2" and found["fds"] == 6 else None
        except (OSError, IndexError):
            return None
    found = harness.wait_until(state, 5) or {}
    process.wait(20)
    ours.close()
    tap.equal("state: ids are the caller's, CAP_NET_ADMIN is all there is, for good",
              [found.get(key) for key in ("Uid", "Gid", "CapPrm", "CapEff", "CapInh", "CapBnd",
                                          "CapAmb", "NoNewPrivs", "Seccomp", "owner")],
              ["3001\t3001\t3001\t3001"] * 2 + ["%016x" % (1 << 12)] * 2 + ["%016x" % 0] * 3
              + ["1", "2", 0])
    tap.end("state")


def check_binary(tap, helper):
    def readelf(*flags):
        return subprocess.run(["readelf", "-W", *flags, helper], capture_output=True, text=True,
                              check=True, timeout=10).stdout
    dynamic, segments, symbols = readelf("-d"), readelf("-l"), readelf("--dyn-syms")
    tap.equal("binary: what it loads", sorted(re.findall(r"NEEDED.*\[(.*)\]", dynamic)),
              ["libc.so.6", "libcap-ng.so.0", "libmnl.so.0"])
    tap.check("binary: PIE", "Position-Independent Executable" in readelf("-h")
              or "Type:                              DYN" in readelf("-h"))
    tap.check("binary: full RELRO", "GNU_RELRO" in segments and "BIND_NOW" in dynamic)
    tap.check("binary: no executable stack", re.search(r"GNU_STACK.* RW ", segments))
    tap.check("binary: no path for libraries", not re.search("RPATH|RUNPATH", dynamic), dynamic)
    tap.check("binary: stack protector", "__stack_chk_fail" in symbols)
    tap.check("binary: fortified", re.search(r"__\w+_chk@", symbols))
    size = os.path.getsize(helper)
    tap.check("binary: below 200 KB, as installed", size < 200000, size)
    tap.note("%d bytes" % size)


def main():
    helper, acl_path = sys.argv[2:4]
    if acl_path != ACL:
        harness.skip_all("built with another access file: " + acl_path)
    world = World(helper, acl_path)
    tap = Checker()
    check_binary(tap, helper)
    check_arguments(tap, world)
    check_descriptors(tap, world)
    check_environment(tap, world)
    check_files(tap, world)
    check_names(tap, world)
    check_strangers(tap, world)
    check_signals(tap, world)
    check_limits(tap, world)
    check_ports(tap, world)
    check_order(tap, world)
    check_state(tap, world)
    tap.done()


if __name__ == "__main__":
    main()
