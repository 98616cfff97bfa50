#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev` as a user types it: what it prints, how it ends, what it leaves.

    try_test.py QNETDEV
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import harness

PLAIN = "script=no,downscript=no"
COLUMNS = ["id", "ifname", "queue", "fd", "multi_queue", "vnet_hdr", "hdr_len", "offload",
           "offered", "sndbuf", "script", "downscript", "vhost"]
TYPES = ["user", "tap", "l2tpv3", "socket", "stream", "dgram", "vde", "bridge", "hubport",
         "netmap", "vhost-user", "vhost-vdpa"]
QUICK = 15.0    # seconds, on a busy machine: a quarter of what nothing below waits for


class Tool:
    """Runs the tool; a test is a method that starts with test_."""

    def __init__(self, tap, path, folder):
        self.tap = tap
        self.path = path
        self.folder = folder

    def run(self, *words, stdin=b"", **options):
        return harness.run([self.path, *words], stdin=stdin, **options)

    def clean(self, name):
        self.tap.equal(name + ": leaves nothing", harness.leftovers(), [])

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        harness.write_program(path, "#!/bin/sh\n" + text + "\n")
        return path

    def fails(self, name, words, pattern, status=1, marked=""):
        """Status, nothing on stdout, one line of error like /pattern/, at most one hint.

        Between them `marked`, if given, with a caret below it."""
        outcome = self.run(*words)
        lines = outcome.err.splitlines()
        if marked and lines[1:2] == ["  " + marked] and re.fullmatch(r" +\^~*", lines[2]):
            del lines[1:3]
        elif marked:
            lines = []
        good = (outcome.status == status and not outcome.out and lines and len(lines) <= 2 and
                re.fullmatch("qnetdev: " + pattern, lines[0]) and
                all(re.match("hint: .", line) for line in lines[1:]))
        self.tap.check(name, good, "expected status %d and /%s/\n%s" % (status, pattern, outcome))

    # --- what works ---

    def test_eight_queues(self):
        outcome = self.run("try", "-netdev", "tap,id=n0,ifname=vm0,queues=8," + PLAIN)
        self.tap.check("8 queues: status 0, no message",
                       outcome.status == 0 and not outcome.err, outcome)
        rows, rest = harness.parse_table(outcome.out)
        self.tap.equal("8 queues: the head of the table",
                       outcome.out.partition("\n")[0].split(), COLUMNS)
        self.tap.equal("8 queues: a row for each", len(rows), 8)
        want = {"id": "n0", "ifname": "vm0", "multi_queue": "on", "vnet_hdr": "on",
                "hdr_len": "10", "offload": "off", "sndbuf": "unlimited", "script": "no",
                "downscript": "no", "vhost": "off"}
        for number, row in enumerate(rows):
            got = {key: row[key] for key in want}
            self.tap.equal("8 queues: row %d" % number, got, want)
            self.tap.equal("8 queues: number in row %d" % number, row["queue"], str(number))
            self.tap.check("8 queues: offloads that the kernel offers, in row %d" % number,
                           set(row["offered"].split(",")) <= {"ufo", "uso", "tunnel", "-"}, row)
        fds = [int(row["fd"]) for row in rows]
        self.tap.check("8 queues: eight different descriptors above 2",
                       len(set(fds)) == 8 and min(fds, default=0) > 2, fds)
        self.tap.equal("8 queues: it tells of the removal", rest, ["removed 1 netdev"])
        self.tap.equal("8 queues: in a namespace of its own", harness.interfaces(), [])
        self.clean("8 queues")

    def test_columns_follow_options(self):
        up = self.script("up", "exit 0")
        down = self.script("down", "exit 0")
        outcome = self.run("try", "-netdev", "tap,id=n0,ifname=vm0,queues=2,vnet_hdr=off,"
                           "sndbuf=65536,script=%s,downscript=%s" % (up, down))
        rows, _ = harness.parse_table(outcome.out)
        self.tap.check("options: works", outcome.status == 0 and len(rows) == 2, outcome)
        for row, scripts in zip(rows, ((up, down), ("no", "no"))):
            self.tap.equal("options: row %s" % row["queue"],
                           [row[key] for key in ("vnet_hdr", "hdr_len", "sndbuf", "script",
                                                 "downscript")],
                           ["off", "0", "65536", *scripts])
        outcome = self.run("try", "-netdev", "tap,id=n0," + PLAIN)
        rows, _ = harness.parse_table(outcome.out)
        self.tap.equal("one queue: the kernel names it, and it is not multi-queue",
                       [(row["ifname"], row["multi_queue"]) for row in rows], [("tap0", "off")])
        outcome = self.run("try", "-netdev", "tap,id=n0,ifname=vm%d,queues=2," + PLAIN)
        rows, _ = harness.parse_table(outcome.out)
        self.tap.equal("template: both queues are of vm0", [row["ifname"] for row in rows],
                       ["vm0", "vm0"])

    def test_several_netdevs(self):
        outcome = self.run("try", "-netdev", "tap,id=a,ifname=va," + PLAIN,
                           "-netdev", '{"type":"tap","id":"b","ifname":"vb","queues":3,'
                           '"script":"no","downscript":"no"}',
                           "-netdev", "tap,id=c,ifname=vc,queues=2," + PLAIN)
        rows, rest = harness.parse_table(outcome.out)
        self.tap.check("several: status 0", outcome.status == 0 and not outcome.err, outcome)
        # JSON first, as QEMU brings them up.
        self.tap.equal("several: rows in the order of bring-up",
                       [(row["id"], row["queue"]) for row in rows],
                       [("b", "0"), ("b", "1"), ("b", "2"), ("a", "0"), ("c", "0"), ("c", "1")])
        self.tap.equal("several: removal", rest, ["removed 3 netdevs"])
        self.clean("several")

    def test_host(self):
        outcome = self.run("try", "--host", "-netdev", "tap,id=n0,ifname=vm0,queues=8," + PLAIN)
        self.tap.check("--host: works", outcome.status == 0, outcome)
        self.clean("--host")

    def test_scripts(self):
        log = os.path.join(self.folder, "log")
        up = self.script("up2", 'echo "up $*" >> %s; ip link set "$1" up' % log)
        down = self.script("down2", 'echo "down $*" >> %s' % log)
        outcome = self.run("try", "-netdev", "tap,id=n0,ifname=vm0,queues=4,script=%s,downscript=%s"
                           % (up, down))
        with open(log) as lines:
            self.tap.equal("scripts: each runs once with the interface's name", lines.read(),
                           "up vm0\ndown vm0\n")
        self.tap.check("scripts: status 0", outcome.status == 0 and not outcome.err, outcome)
        outcome = self.run("try", "-netdev", "tap,id=n0,ifname=vm0,script=no,downscript="
                           + self.script("down3", "echo broken; exit 3"))
        self.tap.check("scripts: a failing down script is a warning with what it said",
                       outcome.status == 0 and re.fullmatch(
                           r"qnetdev: warning: downscript '.*' for vm0 exited with status 3; "
                           r"it said: broken\n", outcome.err), outcome)

    def test_json(self):
        outcome = self.run("try", "-netdev", json.dumps(
            {"type": "tap", "id": "n0", "queues": 2, "script": "no", "downscript": "no"}))
        rows, _ = harness.parse_table(outcome.out)
        self.tap.check("JSON: two rows", outcome.status == 0 and len(rows) == 2, outcome)

    # --- what fails ---

    def test_errors(self):
        unreadable = [
            ("unknown type", "tup,id=n0", r".*'type'.*"),
            ("no id", "tap", r".*'id'.*"),
            ("unknown option", "tap,id=n0,queue=2", r".*'queue'.*"),
            ("bad number", "tap,id=n0,queues=x", r".*'queues'.*"),
            ("broken JSON", '{"type":"tap",', r".*JSON.*"),
        ]
        for name, argument, pattern in unreadable:
            self.fails("error: " + name, ["try", "-netdev", argument], pattern, marked=argument)
        cases = [
            ("no queues", "tap,id=n0,queues=0", r".*'queues'.*"),
            ("long name", "tap,id=n0,ifname=0123456789abcdef", r".*'ifname'.*"),
            ("conflict", "tap,id=n0,fd=3,queues=2", r".*'?queues'?.*"),
            ("closed descriptor", "tap,id=n0,fd=90", r".*\b90\b.*"),
            ("not a tap", "tap,id=n0,fd=0", r".*\b0\b.*no open tap.*"),
            ("busy", "tap,id=n0,ifname=lo," + PLAIN, r".*'lo'.*"),
            ("missing script", "tap,id=n0,script=/nonexistent", r".*'/nonexistent'.*"),
            ("missing helper", "tap,id=n0,helper=/nonexistent", r".*'/nonexistent'.*"),
            ("other backend", "user,id=n0", r".*'user'.*"),
            ("other backend, and wrong", "user,id=n0,net=bad", r"'net' must be .*"),
        ]
        for name, argument, pattern in cases:
            self.fails("error: " + name, ["try", "-netdev", argument], pattern, marked=argument)
        self.fails("error: same id twice",
                   ["try", "-netdev", "tap,id=n0," + PLAIN, "-netdev", "tap,id=n0," + PLAIN],
                   r".*'id'.*", marked="tap,id=n0," + PLAIN)
        self.fails("error: the second fails, the first goes too",
                   ["try", "--host", "-netdev", "tap,id=n0," + PLAIN,
                    "-netdev", "tap,id=n1,script=/bin/false"],
                   r".*'/bin/false'.* exited with status 1.*",
                   marked="tap,id=n1,script=/bin/false")
        self.clean("error: the second fails")
        self.fails("error: control characters are not printed",
                   ["try", "-netdev", "tap,id=n0,\x1b[31m=\n\r"], r"'\\x1b\[31m' is .*",
                   marked="tap,id=n0, [31m=  ")
        self.fails("error: a long argument is shortened",
                   ["try", "-netdev", "tap,id=n0," + "x" * 100000], r".{0,2600}",
                   marked="tap,id=n0," + "x" * 130 + "…")

    def test_usage(self):
        tap = "tap,id=n0," + PLAIN
        for words, pattern in (
                ([], r"no command given"),
                (["tyr"], r"unknown command 'tyr'"),
                (["try"], r".*-netdev.*"),
                (["try", "-netdev"], r"option '-netdev' needs a value"),
                (["try", "--netdv", tap], r"unknown option '--netdv'"),
                (["try", "-netdev=" + tap], r"unknown option .*"),
                (["try", tap], r"unexpected word .*"),
                (["try", "--host=yes", "-netdev", tap], r"option '--host' takes no value"),
                (["try", "--timeout", "0", "-netdev", tap], r"'--timeout' must be .*"),
                (["try", "--timeout", "1x", "-netdev", tap], r"'--timeout' must be .*"),
                (["try", "--timeout=99999", "-netdev", tap], r"'--timeout' must be .*"),
                (["try", "", "-netdev", tap], r"unexpected word ''"),
                (["help", "tup"], r"no netdev type 'tup'"),
                (["help", "tap", "bridge"], r"help takes one type"),
                (["help", "nic"], r"no netdev type 'nic'")):
            self.fails("usage: qnetdev " + " ".join(words), words, pattern, status=2)

    def test_help(self):
        outcome = self.run("help")
        self.tap.check("help lists every command and type", outcome.status == 0 and
                       not outcome.err and "  try " in outcome.out and "  help " in outcome.out and
                       all("\n%s\n" % name in outcome.out for name in TYPES), outcome)
        listed = outcome.out.split("backend types:\n")[-1].split()
        for word in ("--help", "-h"):
            self.tap.equal("%s says the same" % word, self.run(word).out, outcome.out)
        for name in listed:
            outcome = self.run("help", name)
            lines = outcome.out.splitlines()
            self.tap.check("help %s tells of its options in 80 columns" % name,
                           outcome.status == 0 and not outcome.err and
                           outcome.out.startswith("-netdev %s,id=ID" % name) and
                           all(len(line) <= 80 or " " not in line.strip() for line in lines),
                           outcome)
        commands = re.findall(r"^  (\S+) +\S", self.run("help").out, re.MULTILINE)
        for name in commands:
            for words in ([name, "--help"], ["help", name], [name, "-h"]):
                outcome = self.run(*words)
                self.tap.check("qnetdev %s shows the usage" % " ".join(words),
                               outcome.status == 0 and not outcome.err and
                               outcome.out.startswith("usage: qnetdev " + name), outcome)
        outcome = self.run("--version")
        self.tap.check("--version", outcome.status == 0 and
                       re.fullmatch(r"qnetdev \d+\.\d+\.\d+\n", outcome.out), outcome)
        for argument in ("help", "?", "type=help"):
            outcome = self.run("try", "-netdev", argument)
            self.tap.check("-netdev %s lists the types" % argument, outcome.status == 0 and
                           outcome.out.startswith("Available netdev backend types:\n") and
                           "\ntap\n" in outcome.out, outcome)

    # --- --batch ---

    def batch(self, lines):
        outcome = self.run("try", "--batch", stdin=lines, timeout=30)
        answers = []
        for line in outcome.out.splitlines():
            try:
                answers.append(json.loads(line))
            except ValueError:
                answers.append(None)
        return outcome, answers

    def test_batch_robustness(self):
        good = b'{"id":1,"form":"keyval","arg":"tap,id=n0,script=no,downscript=no"}'
        cases = [
            ("broken JSON", b'{"id":1,'), ("no JSON", b"tap,id=n0"), ("empty line", b""),
            ("blanks", b"   "), ("a list", b"[]"), ("a number", b"7"), ("null", b"null"),
            ("empty object", b"{}"), ("no form", b'{"id":1,"arg":"tap"}'),
            ("no arg", b'{"id":1,"form":"keyval"}'),
            ("form of a wrong type", b'{"id":1,"form":7,"arg":"tap"}'),
            ("arg of a wrong type", b'{"id":1,"form":"keyval","arg":{"a":1}}'),
            ("unknown form", b'{"id":1,"form":"smoke","arg":"tap"}'),
            ("binary rubbish", bytes(range(11, 256)) + bytes(10)),
            ("NUL", b'{"id":1,"form":"keyval","arg":"tap\x00"}'),
            ("escaped NUL", b'{"id":1,"form":"keyval","arg":"tap\\u0000"}'),
            ("lone surrogate", b'{"id":1,"form":"keyval","arg":"\\ud800"}'),
            ("no UTF-8", b'{"id":1,"form":"keyval","arg":"\xff\xfe"}'),
            ("text behind the object", good + b" x"),
            ("1 MiB in one word", b'{"id":1,"form":"keyval","arg":"tap,id=n0,x=' +
             b"y" * (1 << 20) + b'"}'),
            ("1 MiB of commas", b'{"id":1,"form":"keyval","arg":"tap' + b"," * (1 << 20) + b'"}'),
            ("1 MiB of brackets", b"[" * (1 << 20)),
            ("JSON in JSON, deep", b'{"id":1,"form":"json","arg":"' + b"[" * 100000 + b'"}'),
            ("QMP without arguments",
             b'{"id":1,"form":"qmp","arg":"{\\"execute\\":\\"netdev_add\\"}"}'),
            ("QMP of another command", b'{"id":1,"form":"qmp","arg":"{\\"execute\\":\\"quit\\"}"}'),
            ("QMP that is a list", b'{"id":1,"form":"qmp","arg":"[]"}'),
            ("QMP that is broken", b'{"id":1,"form":"qmp","arg":"{"}'),
        ]
        # A good line behind each: the batch has to go on as if nothing had been.
        outcome, answers = self.batch(b"".join(line + b"\n" + good + b"\n" for _, line in cases))
        self.tap.check("batch: lines that are no case make it status 1, without a message",
                       outcome.status == 1 and not outcome.err, outcome)
        self.tap.equal("batch: one answer for each line", len(answers), 2 * len(cases))
        for (name, _), bad, fine in zip(cases, answers[::2], answers[1::2]):
            self.tap.check("batch: %s is refused" % name,
                           bad and bad["accept"] is False and bad["stage"] == "parse" and
                           bad["class"] in ("GenericError", "CommandNotFound") and bad["desc"] and
                           bad["info"] == [], bad)
            self.tap.check("batch: the line after %s is not" % name, fine and fine["accept"], fine)
        self.clean("batch")

    def test_batch_answers(self):
        item = '{"id":%s,"form":"keyval","arg":"tap,id=n0,script=no,downscript=no"}'
        ids = ['7', '"x"', 'null', '[1,{"a":"é"}]', '{"b":true}', '-1.5', '"\\u0001\\""']
        outcome, answers = self.batch("\n".join(item % text for text in ids).encode())
        self.tap.equal("batch: any id is echoed, the last line needs no end",
                       [answer and answer["id"] for answer in answers],
                       [json.loads(text) for text in ids])
        self.tap.equal("batch: each case stands alone",
                       [answer and answer["info"] for answer in answers],
                       [["n0: index=0,type=tap,ifname=tap0,script=no,downscript=no"]] * len(ids))
        lines = [b'{"id":1,"id":2,"form":"keyval","arg":"tap,id=n0"}',
                 b'{"form":"keyval","arg":"help"}',
                 b'{"id":3,"form":"keyval","arg":"tap,id=n0,queues=0"}',
                 b'{"id":4,"form":"keyval","arg":"tap,id=n0,fd=90"}']
        outcome, answers = self.batch(b"\n".join(lines) + b"\n")
        self.tap.check("batch: duplicate keys get one answer, which is no acceptance",
                       len(answers) == 4 and answers[0] and not answers[0]["accept"], outcome)
        self.tap.equal("batch: stages", [answer and answer["stage"] for answer in answers[1:]],
                       ["help", "validate", "host"])
        outcome, answers = self.batch(b"")
        self.tap.check("batch: no line, no answer", outcome.status == 0 and not answers, outcome)
        self.clean("batch answers")

    # --- the world outside ---

    def test_closed_output(self):
        words = [self.path, "try", "-netdev", "tap,id=n0,queues=2," + PLAIN]
        for name, redirect in (("closed", ">&-"), ("full", ">/dev/full")):
            outcome = harness.run(["sh", "-c", 'exec "$@" ' + redirect, "sh", *words])
            self.tap.check("output %s: status 1 and a message" % name, outcome.status == 1 and
                           re.match("qnetdev: .*standard output", outcome.err), outcome)
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.Popen(words, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        err = process.communicate(timeout=20)[1]
        self.tap.check("output to a pipe that nobody reads: ends, by signal or with a message",
                       process.returncode == -signal.SIGPIPE or
                       (process.returncode == 1 and b"standard output" in err),
                       (process.returncode, err))
        self.clean("closed output")

    def interrupt(self, number, netdev, started):
        process = subprocess.Popen([self.path, "try", "--host", "-netdev", netdev],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        harness.wait_until(lambda: os.path.exists(started), 10)
        begin = time.monotonic()
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=QUICK)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        os.unlink(started)
        return process.returncode, out, err.decode(), time.monotonic() - begin

    def test_signals(self):
        started = os.path.join(self.folder, "started")
        hang = self.script("hang", "touch %s; sleep 60 & wait" % started)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for name, netdev in (
                    ("up script", "tap,id=n0,queues=8,downscript=no,script=" + hang),
                    ("helper", "tap,id=n0,helper=" + hang),
                    ("bridge helper", "bridge,id=n0,helper=" + hang)):
                what = "%s while the %s hangs" % (signal.Signals(number).name, name)
                status, out, err, seconds = self.interrupt(number, netdev, started)
                self.tap.check(what + ": ends at once with an error", status == 1 and not out and
                               re.match(r"qnetdev: .*interrupted\n  \S+\n +\^", err) and
                               seconds < QUICK, (status, out, err, seconds))
                self.tap.equal(what + ": leaves nothing", harness.leftovers(), [])
        self.fails("--timeout ends a script that hangs",
                   ["try", "--host", "--timeout", "1", "-netdev",
                    "tap,id=n0,downscript=no,script=" + hang],
                   r".*did not end within 1000 ms and was killed",
                   marked="tap,id=n0,downscript=no,script=" + hang)
        self.clean("--timeout")

    def test_without_root(self):
        """As nobody: a namespace of its own, and a clear error if the device is out of reach."""
        if os.geteuid() != 0:
            self.tap.skip("without root", "becoming another user needs root")
            return
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        words = [*nobody, self.path, "try", "-netdev", "tap,id=n0,queues=8," + PLAIN]
        if harness.run([*nobody, "unshare", "--user", "--map-root-user", "--net",
                        "true"]).status != 0:
            outcome = harness.run(words)
            self.tap.check("without root: says that it gets no namespace", outcome.status == 1 and
                           re.match(r"qnetdev: cannot make a private network namespace: .*\n"
                                    r"hint: .", outcome.err), outcome)
            self.tap.skip("without root, with a device",
                          "this kernel has no user namespaces for ordinary users")
            return
        # Some hosts leave the device to root; on others udev lets everybody open it.
        for mode in (0o600, 0o666):
            node = os.path.join(self.folder, "tun-%o" % mode)
            os.mknod(node, 0o020000 | mode, os.makedev(10, 200))
            os.chmod(node, mode)
            outcome = harness.run(["unshare", "--mount", "sh", "-c",
                                   'mount --bind "$1" /dev/net/tun && shift && exec "$@"', "sh",
                                   node, *words])
            if mode == 0o600:
                self.tap.check("without root, with a device for root: refused",
                               outcome.status == 1 and not outcome.out and
                               re.match(r"qnetdev: .*cannot open /dev/net/tun: "
                                        r"Permission denied\n  .*\n +\^~*\nhint: .",
                                        outcome.err), outcome)
            else:
                rows, _ = harness.parse_table(outcome.out)
                self.tap.check("without root, with a device for everybody: 8 rows",
                               outcome.status == 0 and len(rows) == 8, outcome)


def main():
    path = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool = Tool(tap, path, folder)
        for name in sorted(dir(tool)):
            if name.startswith("test_") and (len(sys.argv) < 3 or name in sys.argv[2:]):
                getattr(tool, name)()
    tap.done()


if __name__ == "__main__":
    main()
