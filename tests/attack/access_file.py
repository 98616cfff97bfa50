#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Access files with faults, and name files that are hard to read: no fault opens a bridge to those
whom a rule shuts out, and none that is elsewhere shuts out those whom a rule lets in.

    access_file.py QNETDEV HELPER CONF
"""
import os
import sys

import attack_path  # noqa: F401
from bridge_world import ALICE, BOB, LAB, STAFF, World, harness

LONG_LINE = 4096        # bytes, without the newline: one more than the helper reads
UNKNOWN_USER = "unknown user 'bob'\nnames are looked up in /etc/passwd only; write the number instead"


def check_faults(tap, world, conf):
    """The rules behind a fault may be those that count: the run is refused."""
    more, last = [os.path.join(os.path.dirname(conf), name) for name in ("more.conf", "last.conf")]
    too_long = "the line is longer than 4095 bytes"
    cases = (
        ("a keyword with a slip", "dney-user bob br0\n", "1: unknown keyword 'dney-user'"),
        ("a slip before a deny rule", "allow br1\njunk\ndeny br0\n",
         "2: expected a keyword and a blank behind it: 'junk'"),
        ("a value that is none", "max-queues br0 many\ndeny br0\n",
         "1: expected 'max-queues BRIDGE NUMBER'"),
        ("a NUL byte", "allow br1\0\ndeny br0\n", "1: a NUL byte in the line"),
        ("a line too long", "#" * LONG_LINE + "\ndeny br0\n", "1: " + too_long),
        ("a line much too long", "# x\n" + "#" * 50000 + "\ndeny br0\n", "2: " + too_long))
    for name, text, reason in cases:
        world.file(more, text)
        for place, rules in (("first", "include %s\nallow br0\n" % more),
                             ("last", "allow br0\n\ninclude %s\n" % more)):
            world.acl(rules)
            line = 1 if place == "first" else 3
            answer = world.ask(user=BOB)
            tap.check("an included file with %s, included %s: nobody is let in" % (name, place),
                      answer.status == 1 and not answer.fds
                      and answer.reason == "%s:%d: %s:%s" % (conf, line, more, reason), answer)
            answer.close()
    world.acl("allow br0\ninclude %s\n" % more)
    world.file(more, "\ninclude %s\n" % last)
    world.file(last, "allow br1\nallow-users bob br0\n")
    answer = world.ask()
    tap.equal("a fault two files deep is told with its place", answer.reason,
              "%s:2: %s:2: %s:2: unknown keyword 'allow-users'" % (conf, more, last))
    answer.close()


def check_long_names(tap, world):
    """A group of very many users hides no group behind it, and is none of those behind it."""
    with open("/etc/group", encoding="ascii") as file:
        groups = file.read()
    with open("/etc/passwd", encoding="ascii") as file:
        users = file.read()
    crowd = "crowd:x:4999:" + ",".join("user%d" % number for number in range(3000)) + "\n"
    world.file("/etc/group", crowd + groups)
    world.file("/etc/passwd", "long:x:4999:4999:" + "x" * LONG_LINE + ":/:/bin/false\n" + users)
    d = "access to bridge 'br0' is denied: %s:2: " % world.acl_path
    none = "no rule allows bridge 'br0' to user %d" % ALICE
    cases = (
        ("a group that is allowed", "allow-group lab br0\n", dict(groups=(LAB,)), None),
        ("a group that is allowed, another user", "allow-group lab br0\n", {}, none),
        ("a group that is denied", "allow br0\ndeny-group lab br0\n", dict(groups=(LAB,)),
         d + "deny-group lab br0"),
        ("a group that is denied, another user", "allow br0\ndeny-group lab br0\n", {}, None),
        ("a user who is allowed", "allow-user alice br0\n", {}, None),
        ("a user who is denied", "allow br0\ndeny-user alice br0\n", {},
         d + "deny-user alice br0"))
    for name, rules, who, reason in cases:
        world.acl(rules)
        answer = world.ask(**who)
        tap.equal("behind a line that is too long: " + name, answer.reason, reason)
        answer.close()
    for size in (LONG_LINE, 2 * LONG_LINE):
        world.file("/etc/group", "m" * size + "fake:x:%d:\n" % STAFF + groups)
        world.acl("allow-group fake br0\n")
        answer = world.ask(groups=(STAFF,))
        tap.equal("the end of a line that is too long is no line, %d bytes" % size,
                  answer.reason, none)
        answer.close()
    world.file("/etc/group", groups)
    world.file("/etc/passwd", users)


def check_long_deny(tap, world):
    """A deny rule for one whose own line is too long: nobody can tell who that is."""
    with open("/etc/passwd", encoding="ascii") as file:
        users = file.read()
    world.file("/etc/passwd", users.replace("bob:x:", "bob:%s:" % ("x" * LONG_LINE)))
    world.acl("allow br0\ndeny-user bob br0\n")
    answer = world.ask(user=BOB)
    tap.equal("a deny rule for a user whose line is too long", answer.reason,
              "%s:2: %s" % (world.acl_path, UNKNOWN_USER))
    answer.close()
    world.file("/etc/passwd", users)


def main():
    helper, conf = sys.argv[2:]
    world = World(helper, conf)
    tap = harness.Tap()
    check_faults(tap, world, conf)
    check_long_names(tap, world)
    check_long_deny(tap, world)
    tap.equal("nothing is left", [name for name in harness.leftovers() if "br0" not in name], [])
    tap.done()


if __name__ == "__main__":
    main()
