#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A permitted user of the bridge helper who wants the whole bridge, and the memory of the host.

    bridge_ports.py QNETDEV HELPER ACL_PATH

Whoever has a tap can make it persistent, and let go of it: what a user may have is not what his
processes hold. Nor is it what is his: whoever has a tap can make anybody its owner.
"""
import fcntl
import os
import socket
import subprocess
import sys

import attack_path  # noqa: F401
from bridge_strangers import TUNSETOWNER, TUNSETPERSIST, as_user, attach
from bridge_world import ALICE, BOB, Checker, World, harness, ip, link

DEFAULT = 128
RUNS = 4


def full(most):
    return ("user %d has as many taps on bridge 'br0' as are allowed: %d\npersistent ones count too; "
            "the administrator can add: max-ports br0 NUMBER" % (ALICE, most))


def take(world, *options, **how):
    """A tap that stays; its name, or the reason why there is none."""
    answer = world.ask("br0", *options, **how)
    if answer.status != 0:
        return answer.reason
    name = answer.ifname()
    fcntl.ioctl(answer.fds[0], TUNSETPERSIST, 1)
    answer.close()
    return name


def note(user):
    return "qnetdev-bridge-helper uid=%d" % user


def taps():
    return [name for name in harness.interfaces() if name != "br0"]


def batch(lines):
    subprocess.run(["ip", "-batch", "-"], input="".join(lines).encode(), check=True, timeout=60)


def give_back(names):
    batch("link del %s\n" % name for name in names)


def queues_need_a_rule(tap, world):
    tap.begin()
    world.acl("allow br0\n")
    tap.equal("several queues, some MiB each tap, are not for everybody", take(world, "--queues=2"),
              "no rule allows '--queues=2' on bridge 'br0'\n"
              "the administrator can add: max-queues br0 NUMBER")
    tap.end("queues")


def persistent_taps_count(tap, world):
    tap.begin()
    world.acl("allow br0\nmax-queues br0 2\nmax-ports br0 1\nmax-ports-user alice br0 3\n")
    mine = [take(world, "--queues=2"), take(world), take(world, "--queues=2")]
    tap.check("as many taps as the rule grants", all(link(name) for name in mine), mine)
    tap.equal("and no more, persistent or not", take(world), full(3))
    report = world.call("--check", "--br=br0")
    tap.check("--check says so too", report.status == 1 and full(3).split("\n")[0] in report.text,
              report)
    tap.equal("root is not limited", link(take(world, user=0)) is not None, True)
    others = take(world, user=BOB)
    tap.check("another user has a number of his own", link(others), others)
    tap.equal("and one that is smaller", take(world, user=BOB),
              full(1).replace("user %d" % ALICE, "user %d" % BOB))
    give_back(mine[:1])
    again = take(world)
    tap.check("what is deleted can be had again", link(again), again)
    give_back(taps())
    tap.end("rule")


def there_is_a_limit_without_a_rule(tap, world):
    tap.begin()
    world.acl("allow br0\n")
    batch("tuntap add a%d mode tap\nlink set a%d alias '%s' master br0\n"
          % (number, number, note(ALICE)) for number in range(DEFAULT))
    tap.equal("a limit without any rule", take(world), full(DEFAULT))
    give_back(["a0"])
    last = take(world)
    tap.check("the last one that it leaves", link(last), last)
    ip("link", "set", "a1", "nomaster")
    tap.check("what is on no bridge takes no place on this one",
              link(take(world)) is not None and take(world) == full(DEFAULT), last)
    give_back(taps())
    tap.end("default")


def owner(name):
    return link(name)["linkinfo"]["info_data"].get("user")


def owners_do_not_count(tap, world):
    """TUNSETOWNER needs no privilege: a user could have his taps count as another's."""
    tap.begin()
    world.acl("allow br0\nmax-ports br0 2\n")
    mine = [world.ask("br0"), world.ask("br0")]
    names = [answer.ifname() for answer in mine]
    tap.equal("it is noted at a port for whom it was made",
              [link(name).get("ifalias") for name in names], [note(ALICE)] * 2)

    def give_all_to_bob():
        for answer in mine:
            fcntl.ioctl(answer.fds[0], TUNSETOWNER, BOB)
        return "given"
    tap.equal("a user makes another the owner of his taps", as_user(ALICE, give_all_to_bob), "given")
    tap.check("who has them then", all(owner(name) in ("bob", BOB) for name in names),
              [owner(name) for name in names])
    tap.equal("and gets no more of them", take(world), full(2))
    others = [take(world, user=BOB), take(world, user=BOB)]
    tap.check("nor keeps the other from having his", all(link(name) for name in others), others)
    for answer in mine:
        answer.close()
    give_back(others)
    ip("tuntap", "add", "a0", "mode", "tap", "user", "alice")
    ip("link", "set", "a0", "master", "br0")
    again = [take(world), take(world)]
    tap.check("what an administrator has made for a user takes no place of his",
              all(link(name) for name in again), again)
    give_back(taps())
    tap.end("owners")


def caller_is_kept_out_until_the_end(tap, world):
    """He could else make a tap persistent that the helper has not counted yet, and end the helper."""
    tap.begin()
    world.acl("allow br0\nmax-queues br0 2\n")
    trace = ["strace", "-u", "alice", "-o", "/dev/null", "-e",
             "inject=sendto:delay_enter=700000:when=3..5"]
    helper = subprocess.Popen([*trace, world.helper, "--fd=3", "--br=br0", "--queues=2"],
                              close_fds=False, stderr=subprocess.DEVNULL, preexec_fn=socket_on_3)
    said = set()
    while helper.poll() is None:
        found = link("tap0")
        if found is not None and found.get("master") is None:
            answer = as_user(ALICE, lambda: str(attach("tap0", 0x1102) > 2))
            found = link("tap0")
            # It may have been finished meanwhile.
            if answer == "EPERM" or (found is not None and found.get("master") is None):
                said.add(answer)
    tap.equal("a caller cannot attach to a tap that is not finished", said, {"EPERM"})
    tap.end("caller")


def runs_at_the_same_time_do_not_add_up(tap, world):
    """All of them see the bridge empty, before any has made its tap."""
    tap.begin()
    world.acl("allow br0\nmax-ports br0 1\n")
    trace = ["strace", "-u", "alice", "-o", "/dev/null", "-e", "inject=ioctl:delay_enter=300000"]
    pairs = [socket.socketpair() for _ in range(RUNS)]
    helpers = [subprocess.Popen([*trace, world.helper, "--fd=%d" % theirs.fileno(), "--br=br0"],
                                pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True)
               for _, theirs in pairs]
    said = [helper.communicate(timeout=60)[1] for helper in helpers]
    served = [helper.returncode for helper in helpers].count(0)
    tap.check("runs at the same time give no more taps than one after the other", served <= 1, said)
    tap.check("the others say why", all(full(1).split("\n")[0] in text for helper, text
                                        in zip(helpers, said) if helper.returncode != 0), said)
    tap.equal("and leave nothing", len(taps()), served)
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
    tap.equal("the place is free again", harness.wait_until(lambda: not taps(), 10), True)
    last = take(world)
    tap.check("for one tap", link(last), last)
    give_back(taps())
    tap.end("at the same time")


def socket_on_3():
    ours, theirs = socket.socketpair()
    os.dup2(theirs.detach(), 100)
    os.dup2(ours.detach(), 4)
    os.dup2(100, 3)
    os.set_inheritable(3, True)
    os.set_inheritable(4, True)


def main():
    _tool, helper, acl_path = sys.argv[1:4]
    tap = Checker()
    world = World(helper, acl_path)
    queues_need_a_rule(tap, world)
    persistent_taps_count(tap, world)
    there_is_a_limit_without_a_rule(tap, world)
    owners_do_not_count(tap, world)
    caller_is_kept_out_until_the_end(tap, world)
    runs_at_the_same_time_do_not_add_up(tap, world)
    tap.done()


if __name__ == "__main__":
    main()
