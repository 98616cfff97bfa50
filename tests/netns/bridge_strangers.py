# SPDX-License-Identifier: MIT
"""Other users than the one that the bridge helper made a tap for: none may get at its packets."""
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import time

from bridge_world import ALICE, BOB, TUNGETIFF, harness, ip, link

# <linux/if_tun.h>
TUNSETOFFLOAD, TUNGETVNETHDRSZ, TUNSETVNETHDRSZ = 0x400454D0, 0x800454D7, 0x400454D8
TUNSETIFF, TUNSETPERSIST, TUNSETOWNER, TUNSETQUEUE = 0x400454CA, 0x400454CB, 0x400454CC, 0x400454D9
IFF_TAP, IFF_MULTI_QUEUE, IFF_DETACH_QUEUE, IFF_NO_PI = 0x0002, 0x0100, 0x0400, 0x1000

DELAY = 0.3     # seconds

# What a stranger does who has got in.
TRICKS = ("stays", "hides", "makes it persistent", "takes it over")


def as_user(user, work):
    """What `work` says in a process of an ordinary user, or the error it ended with."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            said = work()
        except OSError as problem:
            said = errno.errorcode[problem.errno]
        os.write(write_end, said.encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(pid, 0)
    said = os.read(read_end, 4096).decode()
    os.close(read_end)
    return said


def attach(name, flags):
    """A descriptor of a tap that is there, as a stranger would get one."""
    node = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(node, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    except OSError:
        os.close(node)
        raise
    return node


def check_strangers(tap, world):
    """A tap without an owner is everybody's: the kernel then lets anyone attach a queue."""
    world.acl("allow-user alice br0\nifname-user alice br0 *\nmax-queues-user alice br0 2\n")
    tap.begin()
    answer = world.ask("br0", "--queues=2")
    name, flags = answer.ifname(), answer.flags()
    tap.equal("stranger: a queue of a tap in use",
              as_user(BOB, lambda: str(attach(name, flags))), "EPERM")
    tap.equal("stranger: the user it was made for is none",
              as_user(ALICE, lambda: str(attach(name, flags) > 2)), "True")
    answer.close()
    tap.end("stranger: in use")
    tap.begin()
    answer = world.ask("br0")
    name, flags = answer.ifname(), answer.flags()
    fcntl.ioctl(answer.fds[0], TUNSETPERSIST, 1)
    answer.close()
    tap.equal("stranger: a tap made persistent, and left",
              as_user(BOB, lambda: str(attach(name, flags))), "EPERM")
    ip("link", "del", name)
    tap.end("stranger: persistent")
    for trick in TRICKS:
        race_with_stranger(tap, world, trick)
    outrun_stranger(tap, world)
    tidy_up_after_stranger(tap, world)


def sneak(trick, name="tap0"):
    """A process of Bob's that tries until it has got in; its id."""
    pid = os.fork()
    if pid != 0:
        return pid
    os.setgroups([])
    os.setresgid(BOB, BOB, BOB)
    os.setresuid(BOB, BOB, BOB)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            taken = attach(name, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)
        except OSError:
            continue
        if trick == "hides":
            fcntl.ioctl(taken, TUNSETQUEUE, struct.pack("16sH22x", b"", IFF_DETACH_QUEUE))
        elif trick == "leaves it changed":
            fcntl.ioctl(taken, TUNSETOFFLOAD, 0xF)                  # checksums, TSO
            fcntl.ioctl(taken, TUNSETVNETHDRSZ, struct.pack("i", 64))
            os.close(taken)
        elif trick == "makes it persistent":
            fcntl.ioctl(taken, TUNSETPERSIST, 1)
            os.close(taken)
        elif trick == "takes it over":
            time.sleep(2 * DELAY)                   # the helper has set the owner
            fcntl.ioctl(taken, TUNSETOWNER, BOB)
            os.close(taken)
        time.sleep(10)
    os._exit(0)


def sneak_always(name):
    """The same, into every new tap of the name; its id."""
    pid = os.fork()
    if pid != 0:
        return pid
    os.setgroups([])
    os.setresgid(BOB, BOB, BOB)
    os.setresuid(BOB, BOB, BOB)
    signal.alarm(60)
    taken = []
    while True:
        try:
            taken.append(attach(name, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE))
            time.sleep(0.05)        # more queues are no use to him
        except OSError:
            pass


def race(world, trick, *options):
    """The moment in which a new tap has no owner yet, made long: what the helper says, what it
    gives, and what is left of tap0."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    stranger = sneak(trick)
    # The second call is TUNSETIFF, the third TUNSETOWNER.
    delay = "inject=ioctl:delay_exit=%d:when=2..3" % (DELAY * 1000000 * 1.5)
    done = harness.run(["strace", "-u", "alice", "-o", "/dev/null", "-e", delay, world.helper,
                        "--fd=%d" % theirs.fileno(), "--br=br0", "--queues=2", *options],
                       close_fds=False)
    theirs.close()
    fds = socket.recv_fds(ours, 1, 8)[1]
    ours.close()
    left = harness.wait_until(lambda: "tap0" not in harness.interfaces(), 5)
    return done, fds, left, stranger


def end_race(fds, stranger):
    for fd in fds:
        os.close(fd)
    os.kill(stranger, signal.SIGKILL)
    os.waitpid(stranger, 0)


def race_with_stranger(tap, world, trick):
    tap.begin()
    done, fds, left, stranger = race(world, trick, "--ifname=tap0")
    tap.check("stranger: gets in at the first moment and %s" % trick,
              done.status == 1 and "the new interface was changed by somebody else" in str(done),
              done)
    tap.check("stranger: gets in, %s, and holds nothing" % trick, left and not fds,
              harness.interfaces())
    end_race(fds, stranger)
    tap.end("stranger: " + trick)


def outrun_stranger(tap, world):
    """Whoever waits for the next free number has no say in whether others get a tap."""
    tap.begin()
    done, fds, left, stranger = race(world, "stays")
    tap.check("stranger: takes the first name, and the tap gets another",
              done.status == 0 and len(fds) == 2 and left, "%s\n%s" % (done, harness.interfaces()))
    if fds:
        raw = fcntl.ioctl(fds[0], TUNGETIFF, bytes(40))
        found = link(raw[:16].rstrip(b"\0").decode())
        tap.equal("stranger: takes the first name, and has no part in the other",
                  (found["master"], found["linkinfo"]["info_data"].get("numqueues")), ("br0", 2))
    end_race(fds, stranger)
    tap.end("stranger: outrun")


def is_on(name, command):
    """An offload of the interface, asked for as ethtool(8) does."""
    value = struct.pack("II", command, 0)
    memory = ctypes.create_string_buffer(value, len(value))
    request = struct.pack("16sQ16x", name.encode(), ctypes.addressof(memory))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8946, request)                    # SIOCETHTOOL
    return struct.unpack("II", memory.raw)[1] != 0


def tidy_up_after_stranger(tap, world):
    """One who is gone again in time: the tap is given out as the kernel makes it."""
    for options in ((), ("--use-vnet",)):
        tap.begin()
        name = "stranger: gone, and %s" % (options or ("no header",))[0]
        done, fds, _left, stranger = race(world, "leaves it changed", "--ifname=tap0", *options)
        tap.check(name + ": the tap is given out", done.status == 0 and len(fds) == 2, done)
        size = struct.unpack("i", fcntl.ioctl(fds[0], TUNGETVNETHDRSZ, bytes(4)))[0]
        tap.equal(name + ": the header has its length", size, 10)
        tap.equal(name + ": checksums and TSO are off",                # ETHTOOL_GTXCSUM, GTSO
                  (is_on("tap0", 0x16), is_on("tap0", 0x1E)), (False, False))
        end_race(fds, stranger)
        tap.end(name)
