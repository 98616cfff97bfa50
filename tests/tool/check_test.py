#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev check`, `convert` and `help` as a user runs them.

    check_test.py QNETDEV
"""
import json
import os
import re
import resource
import sys

import harness

TYPES = ("user tap l2tpv3 socket stream dgram vde bridge hubport netmap vhost-user vhost-vdpa "
         "passt af-xdp vmnet-host vmnet-shared vmnet-bridged").split()


def cpu_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class CheckTest:
    def __init__(self, tool):
        self.tool = os.path.abspath(tool)
        self.tap = harness.Tap()

    def run(self, *words):
        return harness.run([self.tool, *words], timeout=30)

    def findings(self, argument, *words):
        """What --json --all says about one argument."""
        outcome = self.run("check", "--json", "--all", *words, "-netdev", argument)
        return json.loads(outcome.out.splitlines()[-1])["findings"]

    def test_references(self):
        port = "hubport,id=h,hubid=1,netdev=n0"
        self.tap.equal("an id that nothing has is refused",
                       [f["param"] for f in self.findings(port)], ["netdev"])
        self.tap.equal("one that an earlier argument has is not",
                       self.findings(port, "-netdev", "user,id=n0"), [])
        self.tap.equal("JSON is created first, wherever it stands",
                       self.run("check", "-netdev", port, "-netdev",
                                '{"type":"user","id":"n0"}').status, 0)
        self.tap.equal("a character device has to be named",
                       [f["param"] for f in self.findings("vhost-user,id=n,chardev=c")],
                       ["chardev"])
        self.tap.equal("-chardev names it",
                       self.findings("vhost-user,id=n,chardev=c", "-chardev", "socket,id=c"), [])

    def test_places(self):
        text = "user,id=n,hostfwd=tcp::1-:1,hostfwd=tcp::2,hostfwd=tcp::3-:3,hostfwd=x"
        spans = [f["span"] for f in self.findings(text)]
        self.tap.equal("each bad value of a list is marked where it stands",
                       sorted(text[s["offset"]:s["offset"] + s["length"]] for s in spans),
                       ["hostfwd=tcp::2", "hostfwd=x"])
        text = '{"type":"user","id":"n","hostfwd":[{"str":"tcp::1-:1"},{"str":"tcp::2"}]}'
        spans = [f["span"] for f in self.findings(text)]
        self.tap.equal("in JSON too",
                       [text[s["offset"]:s["offset"] + s["length"]] for s in spans], ['"tcp::2"'])
        before = cpu_seconds_of_children()
        found = self.findings("user,id=n" + ",hostfwd=x%d" * 8000 % tuple(range(8000)))
        self.tap.check("100 findings in a long argument take no time",
                       len(found) > 100 and cpu_seconds_of_children() - before < 5, len(found))

    def test_warnings(self):
        argument = "stream,id=n,addr.type=unix,addr.path=/x,reconnect=1"
        for command in ("check", "try"):
            outcome = self.run(command, "-netdev", argument)
            self.tap.check("%s warns of a deprecated option" % command,
                           "warning: 'reconnect' is deprecated: use 'reconnect-ms' instead" in
                           outcome.err, outcome)

    def test_help(self):
        for name in TYPES:
            outcome = self.run("help", name)
            example = re.search(r"\nExample:\n((?:  -.*\n)+)\Z", outcome.out)
            self.tap.check("help %s ends with an example" % name, example, outcome)
            words = [word for line in (example[1].splitlines() if example else [])
                     for word in line.split(None, 1)]
            if "netdev=net0" in outcome.out:
                words = ["-netdev", "user,id=net0", *words]
            self.tap.check("which is valid", self.run("check", *words).status == 0, words)
        outcome = self.run("help", "stream")
        self.tap.check("help shows nested options, their values and their branch",
                       "addr.type=inet|unix|vsock|fd" in outcome.out and
                       re.search(r"addr\.path=str  \(unix\)", outcome.out), outcome)

    def test_convert(self):
        for argument in ("user,id=n,hostfwd=tcp::1-:1,hostfwd=tcp::2-:2,hostname=a,,b,tftp=",
                         "tap,id=n,sndbuf=1048576,vhost=on,queues=4",
                         "stream,id=n,addr.type=inet,addr.host=::1,addr.port=1,server=on"):
            as_json = self.run("convert", "-netdev", argument).out.rstrip("\n")
            self.tap.check("%s becomes JSON" % argument, as_json.startswith("{"), as_json)
            self.tap.equal("and that the same text, with its options in order",
                           sorted(self.run("convert", "-netdev", as_json).out.strip().split(",")),
                           sorted(argument.split(",")))

    def test_convert_to(self):
        text = "tap,id=n,queues=4"
        as_json = '{"id":"n","type":"tap","queues":4}'
        for given in (text, as_json):
            for words, want in ((["--to", "json"], "json"), (["--to", "text"], "text")):
                outcome = self.run("convert", *words, "-netdev", given)
                line = outcome.out.rstrip("\n")
                if want == "json":
                    good = json.loads(line or "0") == json.loads(as_json)
                else:
                    good = sorted(line.split(",")) == sorted(text.split(","))
                self.tap.check("convert --to %s of %s" % (want, given),
                               outcome.status == 0 and not outcome.err and good, outcome)
        outcome = self.run("convert", "--to", "yaml", "-netdev", text)
        self.tap.check("convert --to something else", (outcome.status, outcome.out) == (2, "") and
                       outcome.err.startswith("qnetdev: '--to' must be json or text, not 'yaml'\n"),
                       outcome)


def main():
    test = CheckTest(sys.argv[1])
    harness.need_tun()
    for name in dir(test):
        if name.startswith("test_"):
            getattr(test, name)()
    test.tap.done()


if __name__ == "__main__":
    main()
