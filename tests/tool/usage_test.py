#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the tool takes its words: options of one and two dashes, and what it says of wrong ones.

    usage_test.py QNETDEV
"""
import os
import subprocess
import sys

import harness

PLAIN = "script=no,downscript=no"
OPTIONS = "-netdev, -nic, -net, --json, --all, --batch, --trace and -chardev"

# Words, status, what is printed on standard output, and its lines on standard error.
CASES = (
    (["check", "--netdev", "tap,id=a"], 0, "a: tap, valid\n", []),
    (["check", "--netdev=tap,id=a"], 0, "a: tap, valid\n", []),
    (["check", "-all", "-netdev", "tap,id=a"], 0, "a: tap, valid\n", []),
    (["check", "--chardev", "socket,id=c", "-netdev", "vhost-user,id=a,chardev=c"], 0,
     "a: vhost-user, valid\n", []),
    (["convert", "-to", "json", "--netdev", "user,id=a"], 0, '{"id":"a","type":"user"}\n', []),
    (["exec", "-print", "--netdev", "tap,id=a", "-fd-names", "--", "true"], 0, "true\n", []),
    (["check", "-netdev", "tap,id=a,id=b"], 0, "a: tap, valid\n",
     ["qnetdev: -netdev tap,id=a,id=b: warning: 'id' is given twice: 'a' counts"]),
    (["check", "--", "qemu", "-netdev", "tap,id=a,queues=2", "-device", "virtio-net-pci,netdev=a"],
     0, "a: tap, valid\n",
     ["qnetdev: warning: 'a' has 2 queues, of which a card without mq=on uses one",
      "  virtio-net-pci,netdev=a", "                         ^",
      "hint: use -device virtio-net-pci,netdev=a,mq=on,vectors=6"]),
    (["check", "--all", "--", "qemu", "-name", "-netdev", "-nic", "user,id=u", "-chardev",
      "socket,id=c", "--netdev", "vhost-user,id=a,chardev=c", "-device", "e1000,netdev=u"],
     0, "u: user, valid\na: vhost-user, valid\n", []),
    (["check", "--", "qemu", "-m", "1G", "-netdev", "tap,id=a,queus=2"], 1, "",
     ["qnetdev: 'queus' is not an option of tap", *harness.caret_lines("tap,id=a,queus=2", "queus"),
      "hint: did you mean 'queues'?"]),
    (["check", "--json", "--", "qemu", "-device", "e1000,netdev=a"], 0,
     '{"option":"-device","arg":"e1000,netdev=a","valid":true,"warnings":["the command has no '
     'netdev with the id \'a\': add -netdev tap,id=a"],"findings":[]}\n', []),
    (["check", "-nic", "user"], 0, "-nic user: user, valid\n", []),
    (["check", "--nic", "tap,id=a,model=e1000,mac=52:54:00:12:34:56"], 0, "a: tap, valid\n", []),
    (["check", "-nic", "none"], 0, "-nic none: none, valid\n", []),
    (["check", "-net", "nic", "-net", "user,id=b"], 0, "-net nic: nic, valid\nb: user, valid\n", []),
    (["check", "-nic", "user", "-nic", "user"], 0, "-nic user: user, valid\n" * 2, []),
    (["check", "-nic", "tap,mac=zz"], 1, "",
     ["qnetdev: 'mac' must be an Ethernet address, not 'zz'",
      *harness.caret_lines("tap,mac=zz", "mac=zz"),
      "hint: write six groups of hexadecimal digits, such as 52:54:00:12:34:56"]),
    (["try", "-nic", "tap,mac=zz"], 1, "",
     ["qnetdev: 'mac' must be an Ethernet address, not 'zz'",
      *harness.caret_lines("tap,mac=zz", "mac=zz"),
      "hint: write six groups of hexadecimal digits, such as 52:54:00:12:34:56"]),
    (["check", "-net", "nic,netdev=n0"], 1, "",
     ["qnetdev: 'netdev' must name an existing netdev, not 'n0'",
      *harness.caret_lines("nic,netdev=n0", "netdev=n0"),
      "hint: create it first, with a -netdev of its own"]),
    (["check", "-netdev", "user,id=a", "-nic", "user,id=a"], 1, "a: user, valid\n",
     ["qnetdev: 'id' must be unique, but 'a' is used twice",
      *harness.caret_lines("user,id=a", "id=a"), "hint: use another, such as id=a-2"]),
    (["check", "-josn", "-netdev", "tap,id=a"], 2, "",
     ["qnetdev: unknown option '-josn'", "hint: did you mean '--json'?"]),
    (["check", "--netdv", "tap,id=a"], 2, "",
     ["qnetdev: unknown option '--netdv'", "hint: did you mean '-netdev'?"]),
    (["check", "--foo"], 2, "",
     ["qnetdev: unknown option '--foo'", "hint: the options are " + OPTIONS]),
    (["check", "-netdev=tap,id=a"], 2, "",
     ["qnetdev: unknown option '-netdev=tap,id=a'",
      "hint: the value is a word of its own: -netdev tap,id=a"]),
    (["check", "--json=on"], 2, "",
     ["qnetdev: option '--json' takes no value", "hint: write --json"]),
    (["check", "-netdev"], 2, "",
     ["qnetdev: option '-netdev' needs a value", "hint: for example -netdev tap,id=hn0"]),
    (["check", "tap,id=a,ifname=a b"], 2, "",
     ["qnetdev: unexpected word 'tap,id=a,ifname=a b'", "hint: write -netdev 'tap,id=a,ifname=a b'"]),
    (["try"], 2, "",
     ["qnetdev: try needs at least one -netdev, -nic or -net, or --batch",
      "hint: for example -netdev tap,id=hn0,script=no,downscript=no"]),
    (["try", "--timeout", "x"], 2, "",
     ["qnetdev: '--timeout' must be a number of seconds from 1 to 3600, not 'x'",
      "hint: for example --timeout 60"]),
    (["convert", "--to", "jsn", "-netdev", "tap,id=a"], 2, "",
     ["qnetdev: '--to' must be json or text, not 'jsn'", "hint: did you mean 'json'?"]),
    (["--trace", "try"], 2, "",
     ["qnetdev: unknown command '--trace'",
      "hint: a command comes first, for example qnetdev try --trace; qnetdev help lists them"]),
    (["help", "chekc"], 2, "",
     ["qnetdev: no netdev type 'chekc'", "hint: did you mean 'check'?"]),
    (["help", "nic"], 2, "",
     ["qnetdev: no netdev type 'nic'",
      "hint: a card is an option of -nic, or a -device; qnetdev help lists the types"]),
    (["help", "zzz"], 2, "",
     ["qnetdev: no netdev type 'zzz'", "hint: qnetdev help lists the commands and the types"]),
)


class UsageTest:
    """A test is a method that starts with test_."""

    def __init__(self, tool):
        self.tool = os.path.abspath(tool)
        self.tap = harness.Tap()

    def run(self, *words, **options):
        return harness.run([self.tool, *words], **options)

    def test_cases(self):
        for words, status, out, err in CASES:
            outcome = self.run(*words)
            self.tap.equal("qnetdev " + " ".join(words),
                           (outcome.status, outcome.out, outcome.err.splitlines()),
                           (status, out, err))

    def test_same_answers(self):
        for words, others in ((["--version"], ["-version"]), (["--help"], ["-help"]),
                              (["check", "--help"], ["check", "-help"]),
                              (["check", "--help"], ["check", "--h"]),
                              (["try", "-netdev", "help"], ["check", "-netdev", "help"]),
                              (["try", "-netdev", "help"], ["check", "--netdev", "?"])):
            want, got = self.run(*words), self.run(*others)
            self.tap.check("%s is %s" % (" ".join(others), " ".join(words)),
                           want.status == 0 and want.out and
                           (got.status, got.out, got.err) == (0, want.out, ""), got)

    def test_try(self):
        for option in ("-nic", "--nic"):
            outcome = self.run("try", option, "tap,ifname=vm0,model=virtio," + PLAIN)
            rows, _ = harness.parse_table(outcome.out)
            self.tap.check("try %s" % option, outcome.status == 0 and
                           [row["ifname"] for row in rows] == ["vm0"], outcome)
        outcome = self.run("try", "-nic", "none")
        self.tap.check("try -nic none", outcome.status == 0 and
                       outcome.out.endswith("\nremoved 0 netdevs\n"), outcome)


    def test_hint_is_a_command(self):
        """A single-queue tap, also of another user and with a name that a shell reads otherwise."""
        for name, user in (("t0", None), ("t;$x", "65534")):
            words = ["ip", "tuntap", "add", name, "mode", "tap", *(["user", user] if user else [])]
            subprocess.run(words, check=True, timeout=10)
            arguments = ["try", "--host", "-netdev", "tap,id=a,ifname=%s,queues=8,%s" % (name, PLAIN)]
            outcome = self.run(*arguments)
            hint = outcome.err.splitlines()[-1].partition("make it anew: ")[2]
            self.tap.check("the hint ends with a command: " + name,
                           outcome.status == 1 and hint.startswith("ip tuntap del "), outcome)
            self.tap.equal("it names who owns the tap", user and hint.endswith(" user " + user),
                           user and True)
            subprocess.run(["sh", "-c", hint], check=False, timeout=10)
            outcome = self.run(*arguments)
            self.tap.check("which mends it: " + name, outcome.status == 0, outcome)
            subprocess.run(["ip", "link", "del", name], check=True, timeout=10)


def main():
    harness.need_tun()
    test = UsageTest(sys.argv[1])
    for name in dir(test):
        if name.startswith("test_"):
            getattr(test, name)()
    test.tap.equal("nothing is left", harness.leftovers(), [])
    test.tap.done()


if __name__ == "__main__":
    main()
