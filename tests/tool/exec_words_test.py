#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev exec`: what its own words and those of the command may be, and --print.

    exec_words_test.py QNETDEV
"""
import shlex

import exec_world
import harness
from exec_world import PLAIN


class Tests(exec_world.Exec):
    def test_bad_netdevs(self):
        self.fails("typing mistake", ["--", "true", "-netdev", "tap,id=a,queus=2"],
                   "'queus' is not an option of tap", "did you mean 'queues'?",
                   marked=("tap,id=a,queus=2", "queus"))
        self.fails("same id", ["--", "true", "-netdev", "tap,id=a," + PLAIN, "-netdev",
                               "tap,id=a," + PLAIN],
                   "'id' a is in use by another netdev", marked=("tap,id=a," + PLAIN, "id=a"))
        self.fails("descriptor that is not there", ["--", "true", "-netdev", "tap,id=a,fd=77"],
                   "descriptor 77 is not open",
                   "open it for qnetdev, for example with 77<>FILE in a shell",
                   marked=("tap,id=a,fd=77", "fd=77"))
        outcome = self.run("--", "true", "-netdev", "tap,id=a,queues=3,ifname=va," + PLAIN,
                           "-netdev", "tap,id=b,ifname=lo," + PLAIN)
        self.tap.check("second netdev fails: it is named", outcome.status == 1 and
                       "\n  tap,id=b," in outcome.err, outcome)
        self.clean("second netdev fails")

    def test_usage(self):
        for words, message, hint in (
                ([], "exec needs a command", "put it behind '--'"),
                (["true"], "unexpected word 'true'", "put '--' before the command"),
                (["--usr", "x", "--", "true"], "unknown option '--usr'", "did you mean '--user'?"),
                (["--lifetime", "long", "--", "true"],
                 "'--lifetime' must be exec or supervise, not 'long'", None),
                (["--lifetime", "excec", "--", "true"],
                 "'--lifetime' must be exec or supervise, not 'excec'", "did you mean 'exec'?"),
                (["--new-session", "auot", "--", "true"],
                 "'--new-session' must be on, off or auto, not 'auot'", "did you mean 'auto'?"),
                (["--keep-fd", "-1", "--", "true"],
                 "'--keep-fd' must be a descriptor's number or all, not '-1'", None),
                (["--user", "", "--", "true"], "'--user' must be a name or number, not ''", None)):
            self.fails("usage: " + " ".join(words), words, message, hint, status=2)
        self.fails("unknown capability", ["--keep-caps", "net_admn", "--", "true"],
                   "'--keep-caps': there is no capability 'net_admn'", "did you mean 'net_admin'?")
        self.fails("keep a closed one", ["--keep-fd", "77", "--", "true"],
                   "--keep-fd 77: this descriptor is not open")
        self.fails("unknown user", ["--user", "no-one", "--", "true", "-netdev", "tap,id=a"],
                   "'--user': there is no user 'no-one'",
                   "getent passwd lists them; useradd --system no-one makes it")
        outcome = self.run("--", "sh", "-c", "echo $1", "sh", "--help")
        self.tap.equal("the command's --help is the command's", outcome.out, "--help\n")

    def test_devices(self):
        netdev = "tap,id=a,queues=3," + PLAIN
        device = "virtio-net-pci,netdev=a"
        for words, argument, part, message, hint in (
                (["-netdev", netdev, "-device", device + ",mq=on,vectors=4"],
                 device + ",mq=on,vectors=4", "vectors=4",
                 "'a' has 3 queues, for which 'vectors' must be at least 8, but is 4",
                 "use -device virtio-net-pci,netdev=a,mq=on,vectors=8"),
                (["-netdev", netdev, "-device", "e1000,netdev=b"], "e1000,netdev=b", "netdev=b",
                 "the command has no netdev with the id 'b'", "use -device e1000,netdev=a")):
            outcome = self.run("--", "true", *words)
            self.tap.equal("device: a warning, and the command runs: " + argument,
                           (outcome.status, outcome.err.splitlines()),
                           (0, ["qnetdev: warning: " + message,
                                *harness.caret_lines(argument, part), "hint: " + hint]))
        outcome = self.run("--print", "-netdev", netdev, "--", "qemu", "-netdev", "%{a.qemu}",
                           "-device", device)
        self.tap.check("device: of a netdev before the '--' as well", outcome.status == 0 and
                       "\nhint: use -device %s,mq=on,vectors=8\n" % device in outcome.err, outcome)
        for words in (["-netdev", netdev, "-device", device + ",mq=on"],
                      ["-netdev", "tap,id=a," + PLAIN, "-device", device]):
            outcome = self.run("--", "true", *words)
            self.tap.check("device: nothing to say of what is right",
                           (outcome.status, outcome.err) == (0, ""), outcome)
        self.clean("device")

    def test_print(self):
        words = ["-netdev", "tap,id=a,queues=3,ifname=va", "-name", "it's", "-nic",
                 "bridge,br=br0,model=virtio"]
        outcome = self.run("--print", "--device", "--user", "no-one", "--", "no-such-qemu", *words)
        lines = outcome.out.splitlines()
        self.tap.check("print: status 0", outcome.status == 0 and len(lines) == 2, outcome)
        self.tap.equal("print: words for a shell, with the numbers to come", shlex.split(lines[0]),
                       ["no-such-qemu", "-netdev", "tap,id=a,fds=3:4:5", "-name", "it's", "-nic",
                        "tap,model=virtio,fd=6"])
        self.tap.equal("print: the device for it", lines[1],
                       "-device virtio-net-pci,netdev=a,mq=on,vectors=8")
        found = self.child("as printed", [], ["-netdev", "tap,id=a,queues=3," + PLAIN])
        self.tap.equal("as printed: are the real numbers", sorted(self.taps(found)), [3, 4, 5])
        outcome = self.run("--device", "-netdev", "tap,id=h,queues=2", "--")
        self.tap.equal("device: needs no command", outcome.out,
                       "-device virtio-net-pci,netdev=h,mq=on,vectors=6\n")
        self.clean("print")


if __name__ == "__main__":
    exec_world.main(Tests)
