#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the tool's reports look like, on a terminal and off it.

    terminal_test.py QNETDEV
"""
import os
import sys

import harness

PLAIN = "script=no,downscript=no"
ESCAPE = b"\x1b"


class TerminalTest:
    """A test is a method that starts with test_."""

    def __init__(self, tool):
        self.tool = os.path.abspath(tool)
        self.tap = harness.Tap()

    def run(self, *words, **options):
        return harness.run([self.tool, *words], **options)

    def marks(self, name, words, argument, part):
        """The second and third line of the report."""
        outcome = self.run(*words)
        self.tap.equal(name, outcome.err.splitlines()[1:3], harness.caret_lines(argument, part))

    def test_caret(self):
        for argument, part in (
                ("tap,id=n0,fd=3,ifname=t0,queues=2", "fd=3"),
                ("tap,id=n0,queues=300", "queues=300"),
                ('{"type":"tap","id":"n0","queues":300}', '"queues":300'),
                ("user,id=n0", "user"),
                ("tap,id=n0,ifname=lo,queues=2," + PLAIN, "ifname=lo"),
                ("tap,id=n0,ifname=vm0,script=/bin/false,downscript=no", "script=/bin/false"),
                ("tap,id=n0,fd=90", "fd=90"),
                ('{"type":"tap","id":"n0","ifname":"lo","script":"no"}', '"ifname":"lo"'),
                ("bridge,id=n0,helper=/no/such/helper", "helper=/no/such/helper")):
            self.marks("try marks the option of " + argument, ["try", "-netdev", argument],
                       argument, part)
        argument = "tap,id=n0,ifname=lo," + PLAIN
        self.marks("run marks it", ["run", "-netdev", argument], argument, "ifname=lo")
        self.marks("exec marks it", ["exec", "--", "true", "-netdev", argument], argument,
                   "ifname=lo")
        self.marks("convert marks it",
                   ["convert", "--to", "text", "-netdev", '{"type":"tap","id":"a,b"}'],
                   '{"type":"tap","id":"a,b"}', '"id":"a,b"')

    def test_foreign_bytes(self):
        """Neither in a report nor in a table: 0x9b starts a command on some terminals."""
        for words in (["check", "-netdev", b"tap,id=n0,ifname=\x9b1m\xff,queus=1"],
                      ["try", "-netdev", b"tap,id=n0,ifname=\x9b1m\xff,fd=3"],
                      ["try", "-netdev", b"tap,id=\x9b1m\xff"], [b"\x9b1mtry\xff"],
                      ["check", b"--\x9b1m\xff"], ["help", b"\x9b1m\xff"],
                      ["run", "-qmp", b"unix:/no/\x9b1m\xff"],
                      ["check", "-netdev", b"stream,id=\x9b1m\xff,addr.type=inet,addr.port=1,"
                       b"addr.host=h"],
                      ["exec", "--print", "--", b"\x9b1m\xff", "-netdev", "tap,id=a"],
                      ["convert", "-netdev", '{"type":"user","id":"\\u009b1m"}'],
                      ["try", "-netdev", b"tap,id=a,ifname=v\xff,%s" % PLAIN.encode()]):
            out, err, _ = harness.run_on_terminal([self.tool, *words], NO_COLOR="1")
            seen = out + err
            try:
                broken = "\x9b" in seen.decode()
            except UnicodeDecodeError:
                broken = True
            self.tap.check("bytes of others on a terminal: %r" % (words,),
                           seen and not broken and ESCAPE not in seen, seen)
        outcome = self.run("check", "-netdev", b"tap,id=n0,ifname=\xffa\xe2\x82,queus=1")
        self.tap.equal("the caret stands right behind such bytes", outcome.err.splitlines()[1:3],
                       harness.caret_lines("tap,id=n0,ifname=?a??,queus=1", "queus"))
        outcome = harness.run([self.tool, "convert", "-netdev",
                               '{"type":"user","id":"n","hostname":"\u009b"}'])
        self.tap.check("a program gets the bytes as they are", "\u009b" in outcome.out, outcome)

    def test_colour(self):
        words = [self.tool, "check", "-netdev", "tap,id=n0,novhost", "-netdev", "tap,id=n1,queus=2"]
        _, plain, _ = harness.run_on_terminal(words, NO_COLOR="1")
        _, colour, _ = harness.run_on_terminal(words)
        for text in (b"\x1b[1mqnetdev:\x1b[0m", b"\x1b[1;33mwarning:\x1b[0m",
                     b"\x1b[1;31m^~~~~\x1b[0m", b"\x1b[36mhint:\x1b[0m"):
            self.tap.check("on a terminal: %r" % text, text in colour, colour)
        stripped = colour
        for code in (b"1", b"1;33", b"1;31", b"36", b"0"):
            stripped = stripped.replace(b"\x1b[" + code + b"m", b"")
        self.tap.equal("the text is the same without", stripped, plain)
        for name, variables in (("NO_COLOR", {"NO_COLOR": "1"}), ("a dumb one", {"TERM": "dumb"})):
            _, err, _ = harness.run_on_terminal(words, **variables)
            self.tap.check("no colour: " + name, err and ESCAPE not in err, err)
        _, err, _ = harness.run_on_terminal(words, NO_COLOR="")
        self.tap.check("an empty NO_COLOR says nothing", ESCAPE in err, err)
        outcome = harness.run(words, env=dict(os.environ, TERM="xterm"))
        self.tap.check("none where standard error is no terminal",
                       outcome.err and "\x1b" not in outcome.err, outcome)


    def table(self, columns, *words):
        """What try prints of these netdevs on a terminal of that width."""
        out, err, status = harness.run_on_terminal([self.tool, "try", *words], columns)
        self.tap.check("a table in %d columns" % columns, status == 0 and not err, (out, err))
        return out.decode().splitlines()

    def test_table(self):
        one = ["-netdev", "tap,id=hn0,ifname=vm0,queues=2," + PLAIN]
        lines = self.table(80, *one)
        self.tap.equal("what is the same for all stands below",
                       [line.split() for line in lines[:3]],
                       [["id", "ifname", "queue", "fd"], ["hn0", "vm0", "0", "6"],
                        ["hn0", "vm0", "1", "7"]])
        told = dict(word.split("=") for line in lines[3:-1] for word in line.split() if
                    word != "each:")
        wide = self.table(80, "--wide", *one)
        rows, rest = harness.parse_table("\n".join(wide))
        self.tap.equal("nothing of the columns is lost",
                       {**told, "id": "hn0", "ifname": "vm0", "queue": "0", "fd": "6"}, rows[0])
        self.tap.equal("--wide is what a pipe gets",
                       wide, harness.run([self.tool, "try", *one]).out.splitlines())
        self.tap.equal("the line about the removal is the last in both",
                       (lines[-1], rest), ("removed 1 netdev", ["removed 1 netdev"]))
        script = "/bin/" + "./" * 15 + "true"
        two = [*one, "-netdev", "tap,id=other,ifname=vm1,script=%s,downscript=no" % script]
        for columns in (60, 80, 100, 200):
            lines = self.table(columns, *two)
            self.tap.check("each line fits %d columns" % columns,
                           max(map(len, lines)) <= columns, "\n".join(lines))
            self.tap.check("columns that differ stay, in a further table if need be",
                           any(line.split()[-1] in ("script", "vhost") or "script" in line.split()
                               for line in lines) and script in "\n".join(lines), lines)
        self.tap.equal("a further table repeats id and queue",
                       [line.split()[:2] for line in self.table(60, *two) if line[:3] == "id "][1:],
                       [["id", "queue"]])
        lines = self.table(80, "-nic", "none")
        self.tap.equal("no netdev", lines[-1], "removed 0 netdevs")


def main():
    harness.need_tun()
    test = TerminalTest(sys.argv[1])
    for name in dir(test):
        if name.startswith("test_"):
            getattr(test, name)()
    test.tap.equal("nothing is left", harness.leftovers(), [])
    test.tap.done()


if __name__ == "__main__":
    main()
