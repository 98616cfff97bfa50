#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--trace and QNETDEV_TRACE: every system call on taps, over netlink and for children, in a line.

    trace_test.py QNETDEV
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

import harness

PLAIN = "script=no,downscript=no"
LINE = re.compile(r"trace: (?P<netdev>[^ /]+)(?:/(?P<queue>\d+))? (?P<call>\w+)\((?P<args>.*)\) = "
                  r"(?P<result>.*) \((?P<us>\d+) us\)")
# A helper that opens a tap, with as many queues as it is asked for, and sends it.
HELPER = """#!%s
import array, fcntl, os, socket, struct, sys
options = dict(word[2:].split("=") for word in sys.argv[1:] if "=" in word)
fds = []
for _ in range(int(options.get("queues", 1))):
    fds.append(os.open("/dev/net/tun", os.O_RDWR))
    flags = 0x5002 | (0x100 if "queues" in options else 0)
    fcntl.ioctl(fds[-1], 0x400454ca, struct.pack("16sH22x", b"given", flags))
peer = socket.socket(fileno=int(options["fd"]))
peer.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
""" % sys.executable
# The trace of a traced process would be that of LeakSanitizer as well, which cannot work there.
QUIET = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def environment(**variables):
    plain = {name: value for name, value in QUIET.items() if name != "QNETDEV_TRACE"}
    return dict(plain, **variables)


def trace_lines(text):
    return [line for line in text.splitlines() if line.startswith("trace: ")]


def calls(text):
    """What was called, without numbers that differ between runs."""
    return [re.sub(r"\(\d+ us\)$", "", line) for line in trace_lines(text)]


def joined(log):
    """Lines of strace -f: (thread, call), those cut in two by another thread made one."""
    begun, lines = {}, []
    for line in log.splitlines():
        thread, _, text = line.partition(" ")
        text = text.strip()
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>").rstrip()
            continue
        lines.append((thread, begun.pop(thread, "") + resumed.group(1) if resumed else text))
    return lines


def tun_calls_of_strace(log):
    """For each descriptor, in order: its tun ioctls, each with the errno's name or ""."""
    found = collections.defaultdict(list)
    for _, text in joined(log):
        match = re.match(r"ioctl\((\d+), (TUN\w+).*\)\s+= (-?\d+)(?: (E\w+))?", text)
        if match:
            found[int(match[1])].append((match[2], match[4] or ""))
    return found


def tun_calls_of_trace(lines):
    """The same of the trace, and which queue a descriptor was."""
    found, queues = collections.defaultdict(list), collections.defaultdict(set)
    for line in lines:
        match = LINE.fullmatch(line)
        request = re.match(r"(\d+), (TUN\w+)", match["args"]) if match else None
        if request and match["call"] == "ioctl":
            errno = re.match(r"-1 (E\w+)", match["result"])
            found[int(request[1])].append((request[2], errno[1] if errno else ""))
            if match["queue"]:
                queues[int(request[1])].add((match["netdev"], int(match["queue"])))
    return found, queues


class Tool:
    """Runs the tool; a test is a method that starts with test_."""

    def __init__(self, tap, path, folder):
        self.tap = tap
        self.path = path
        self.folder = folder

    def run(self, *words, variables=None, **options):
        return harness.run([self.path, *words], env=environment(**(variables or {})), **options)

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        harness.write_program(path, "#!/bin/sh\n" + text + "\n")
        return path

    def clean(self, name):
        self.tap.equal(name + ": leaves nothing", harness.leftovers(), [])

    def has(self, name, outcome, *patterns):
        """Each pattern matches a line, behind that of the one before."""
        lines = iter(trace_lines(outcome.err))
        for pattern in patterns:
            found = any(re.fullmatch("trace: " + pattern + r" \(\d+ us\)", line) for line in lines)
            if not self.tap.check("%s: %s" % (name, pattern), found, outcome):
                return

    # --- on and off ---

    def test_off(self):
        words = ("try", "-netdev", "tap,id=a,queues=2," + PLAIN)
        for value in (None, "", "0", "yes", "10"):
            variables = {} if value is None else {"QNETDEV_TRACE": value}
            outcome = self.run(*words, variables=variables)
            self.tap.check("off: nothing on standard error, QNETDEV_TRACE %r" % value,
                           outcome.status == 0 and not outcome.err, outcome)
        plain = self.run(*words).out
        for outcome in (self.run(*words, "--trace"),
                        self.run(*words, variables={"QNETDEV_TRACE": "1"})):
            self.tap.equal("on: standard output is as without", outcome.out, plain)

    def test_both_ways(self):
        words = ("try", "-netdev", "tap,id=a,ifname=t0,queues=2," + PLAIN)
        by_option = self.run(*words, "--trace")
        by_variable = self.run(*words, variables={"QNETDEV_TRACE": "1"})
        self.tap.check("on: by the option", len(calls(by_option.err)) > 15, by_option)
        index = re.compile(r"index \d+")
        self.tap.equal("on: the variable does what the option does",
                       sorted(index.sub("", line) for line in calls(by_variable.err)),
                       sorted(index.sub("", line) for line in calls(by_option.err)))
        self.has("on", by_option,
                 r"a/0 open\(/dev/net/tun, O_RDWR\|O_NONBLOCK\|O_CLOEXEC\) = \d+",
                 r"a/0 ioctl\(\d+, TUNSETIFF, t0 IFF_TAP\|IFF_NO_PI\|IFF_ONE_QUEUE\|IFF_VNET_HDR\|"
                 r"IFF_MULTI_QUEUE\|IFF_TUN_EXCL\) = 0 t0",
                 r"a/0 netlink\(RTM_GETLINK t0\) = 0 t0 index \d+ kind tun mtu 1500 down tap "
                 r"multi_queue queues 1 owner 0",
                 r"a/1 ioctl\(\d+, TUNSETIFF, t0 .*\) = 0 t0",
                 r"a close\(\d+\) = 0")
        outcome = self.run("try", "--trace=1", *words[1:])
        self.tap.check("on: the option takes no value", outcome.status == 2, outcome)

    def test_lines(self):
        """Whatever is in a name, a line is a line, of at most 512 printable bytes."""
        odd = os.path.join(self.folder, "a b\n\x1b[31m\\" + "x" * 200)
        deep = os.path.join(odd, "y" * 200, "z" * 200)
        os.makedirs(deep)
        path = os.path.join(deep, "up")
        harness.write_program(path, "#!/bin/sh\nexit 0\n")
        outcome = self.run("try", "--trace", "-netdev",
                           "tap,id=a,downscript=no,script=" + path)
        lines = outcome.err.splitlines()
        self.tap.check("lines: every one has the form", outcome.status == 0 and lines and
                       all(LINE.fullmatch(line) for line in lines), outcome)
        self.tap.check("lines: none is too long, the longest is cut",
                       480 < max(map(len, lines)) < 512, outcome)
        self.tap.check("lines: all is printable", all(re.fullmatch("[ -~]+", line)
                                                      for line in lines), outcome)
        self.tap.check("lines: blanks and control characters are escaped",
                       "/a\\x20b\\x0a\\x1b[31m\\x5cxxx" in outcome.err and "... = " not in
                       outcome.err and "...) = " in outcome.err, outcome)

    def test_help(self):
        for command in ("try", "check", "run", "exec"):
            outcome = self.run(command, "--help")
            self.tap.check("help: of " + command, "  --trace " in outcome.out, outcome)
        outcome = self.run("check", "--trace", "-netdev", "tap,id=a",
                           variables={"QNETDEV_TRACE": "1"})
        self.tap.check("check: takes it, and has nothing to show",
                       outcome.status == 0 and not outcome.err, outcome)

    def test_reader_that_does_not_read(self):
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        try:
            while True:
                os.write(write_end, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(write_end, True)
        process = subprocess.Popen([self.path, "try", "--trace", "-netdev",
                                    "tap,id=a,queues=8," + PLAIN], stderr=write_end,
                                   stdout=subprocess.DEVNULL, env=environment())
        os.close(write_end)
        try:
            status = process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        os.close(read_end)
        self.tap.equal("a reader that does not read: holds nobody up", status, 0)
        self.clean("a reader that does not read")

    # --- what is shown ---

    def compare(self, name, *netdevs, status=0):
        """The trace has the tun calls that strace sees, for each queue in their order."""
        log = os.path.join(self.folder, "strace")
        words = [word for netdev in netdevs for word in ("-netdev", netdev)]
        outcome = harness.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=ioctl,openat",
                               self.path, "try", "--host", "--trace", *words], env=environment())
        with open(log, encoding="utf-8") as file:
            text = file.read()
        lines = trace_lines(outcome.err)
        shown, queues = tun_calls_of_trace(lines)
        seen = tun_calls_of_strace(text)
        self.tap.check(name + ": ends as expected, and there are calls",
                       outcome.status == status and sum(map(len, seen.values())) >= 3, outcome)
        self.tap.equal(name + ": tun calls", dict(shown), dict(seen))
        self.tap.equal(name + ": openings", sum("open(/dev/net/tun" in line for line in lines),
                       sum('"/dev/net/tun"' in call for _, call in joined(text)))
        self.tap.equal(name + ": SIOCGIFINDEX",
                       sum("ioctl(SIOCGIFINDEX" in line for line in lines),
                       sum("SIOCGIFINDEX" in call for _, call in joined(text)))
        return queues

    def test_strace(self):
        if shutil.which("strace") is None:
            self.tap.skip("strace: the same calls", "strace is not installed")
            return
        queues = self.compare("one queue", "tap,id=a,sndbuf=4096," + PLAIN)
        self.tap.equal("one queue: is the first", list(queues.values()), [{("a", 0)}])
        queues = self.compare("three queues", "tap,id=a,ifname=t0,queues=3," + PLAIN)
        self.tap.equal("three queues: a descriptor each", sorted(queues.values(), key=str),
                       [{("a", 0)}, {("a", 1)}, {("a", 2)}])
        self.compare("two netdevs", "tap,id=a,queues=2," + PLAIN, "tap,id=b,vnet_hdr=off," + PLAIN)
        subprocess.run(["ip", "tuntap", "add", "t0", "mode", "tap"], check=True, timeout=10)
        self.compare("an interface that exists", "tap,id=a,ifname=t0," + PLAIN)
        self.compare("a refusal", "tap,id=a,ifname=t0,queues=2," + PLAIN, status=1)
        subprocess.run(["ip", "link", "del", "t0"], check=True, timeout=10)
        subprocess.run(["ip", "tuntap", "add", "t0", "mode", "tap", "multi_queue"], check=True,
                       timeout=10)
        self.compare("one with several queues that exists", "tap,id=a,ifname=t0,queues=2," + PLAIN)
        subprocess.run(["ip", "link", "del", "t0"], check=True, timeout=10)
        self.clean("strace")

    def test_refusal(self):
        subprocess.run(["ip", "tuntap", "add", "t0", "mode", "tap"], check=True, timeout=10)
        outcome = self.run("try", "--host", "--trace", "-netdev",
                           "tap,id=a,ifname=t0,queues=2," + PLAIN)
        subprocess.run(["ip", "link", "del", "t0"], check=True, timeout=10)
        self.has("refusal", outcome, r"a/0 ioctl\(\d+, TUNSETIFF, t0 .*IFF_TUN_EXCL\) = -1 EBUSY",
                 r"a/0 ioctl\(SIOCGIFINDEX, t0\) = 0 \d+",
                 r"a/0 ioctl\(\d+, TUNSETIFF, t0 .*IFF_MULTI_QUEUE\) = -1 EINVAL",
                 r"a/0 netlink\(RTM_GETLINK t0\) = 0 t0 index .*")
        self.tap.check("refusal: the message is there as well",
                       "\nqnetdev: queue 0: cannot open tap 't0'" in outcome.err, outcome)

    def test_bridge(self):
        for words in ("add br0 type bridge", "set br0 up"):
            subprocess.run(["ip", "link", *words.split()], check=True, timeout=10)
        outcome = self.run("try", "--host", "--trace", "-netdev",
                           "tap,id=a,ifname=t0,br=br0," + PLAIN)
        self.has("bridge", outcome,
                 r"a/0 netlink\(RTM_GETLINK br0\) = 0 br0 index \d+ kind bridge mtu 1500 up",
                 r"a/0 netlink\(RTM_GETLINK t0\) = 0 t0 index .*",
                 r"a/0 netlink\(RTM_NEWLINK t0 address fe:[0-9a-f:]{14} master br0 up\) = 0",
                 r"a netlink\(join RTNLGRP_LINK\) = 0",
                 r"a netlink\(RTM_GETLINK t0\) = 0 t0 .* up master index \d+ port forwarding tap.*")
        outcome = self.run("try", "--host", "--trace", "-netdev",
                           "tap,id=a,ifname=t0,br=br1," + PLAIN)
        self.has("no bridge", outcome, r"a/0 netlink\(RTM_GETLINK br1\) = -1 ENODEV")
        subprocess.run(["ip", "link", "del", "br0"], check=True, timeout=10)
        self.clean("bridge")

    def test_removal_of_many(self):
        words = [word for i in range(3) for word in ("-netdev", "tap,id=n%d,%s" % (i, PLAIN))]
        outcome = self.run("try", "--host", "--trace", *words)
        self.has("many", outcome, r"\* netlink\(RTM_GETLINK all\) = 0 \d+ interfaces",
                 r"\* netlink\(RTM_SETLINK tap\d group \d+\) = 0",
                 r"\* netlink\(RTM_DELLINK group \d+\) = 0", r"n\d close\(\d+\) = 0")
        self.clean("many")

    def test_scripts(self):
        up, down = self.script("up", "exit 0"), self.script("down", "kill -TERM $$")
        outcome = self.run("try", "--trace", "-netdev",
                           "tap,id=a,ifname=t0,script=%s,downscript=%s" % (up, down))
        self.has("scripts", outcome, r"a/0 spawn\(%s t0, fd \d+\) = \d+" % up,
                 r"a/0 wait\(\d+\) = 0 exit status 0",
                 r"a/0 spawn\(%s t0, fd \d+\) = \d+" % down,
                 r"a/0 wait\(\d+\) = 0 killed by SIGTERM")
        fails = self.script("fails", "exit 3")
        outcome = self.run("try", "--trace", "-netdev", "tap,id=a,downscript=no,script=" + fails)
        self.has("a script that fails", outcome, r"a/0 wait\(\d+\) = 0 exit status 3")
        gone = os.path.join(self.folder, "gone")
        outcome = self.run("try", "--trace", "-netdev", "tap,id=a,downscript=no,script=" + gone)
        self.has("no script", outcome, r"a/0 spawn\(%s tap0, fd \d+\) = -1 ENOENT" % gone)
        slow = self.script("slow", "sleep 60")
        outcome = self.run("try", "--trace", "--timeout=1", "-netdev",
                           "tap,id=a,downscript=no,script=" + slow)
        self.has("a script that does not end", outcome, r"a/0 wait\(\d+\) = timed out",
                 r"a/0 kill\(-\d+, SIGKILL\) = 0 was killed")
        self.clean("scripts")

    def test_helper(self):
        helper = os.path.join(self.folder, "helper")
        harness.write_program(helper, HELPER)
        outcome = self.run("try", "--host", "--trace", "-netdev",
                           "tap,id=a,queues=2,helper=" + helper)
        self.has("helper", outcome,
                 r"a spawn\(%s --use-vnet --fd=\d+ --br=br0 --queues=2, fd \d+\) = \d+" % helper,
                 r"a recvmsg\(\d+\) = 1 with fd \d+ \d+", r"a wait\(\d+\) = 0 exit status 0",
                 r"a/0 ioctl\(\d+, TUNGETIFF\) = 0 given IFF_TAP\|IFF_NO_PI\|IFF_VNET_HDR\|"
                 r"IFF_MULTI_QUEUE", r"a/1 ioctl\(\d+, TUNGETIFF\) = 0 given .*")
        self.clean("helper")

    def test_run(self):
        """By a monitor, with a script: on a thread."""
        up = self.script("up", "exit 0")
        commands = ('{"execute":"qmp_capabilities"}{"execute":"netdev_add","arguments":{'
                    '"type":"tap","id":"m","script":"%s","downscript":"no"}}'
                    '{"execute":"netdev_del","arguments":{"id":"m"}}{"execute":"quit"}' % up)
        for words, variables in ((["--trace"], {}), ([], {"QNETDEV_TRACE": "1"})):
            outcome = self.run("run", *words, "-qmp", "stdio", "-netdev",
                               "tap,id=a,ifname=t0," + PLAIN, stdin=commands.encode(),
                               variables=variables)
            self.has("run", outcome, r"a/0 ioctl\(\d+, TUNSETIFF, t0 .*\) = 0 t0",
                     r"m/0 open\(/dev/net/tun, .*", r"m/0 spawn\(%s tap0, fd \d+\) = \d+" % up,
                     r"m close\(\d+\) = 0")
            self.tap.check("run: QMP is not disturbed", outcome.status == 0 and
                           outcome.out.count('"return"') == 4 and "trace" not in outcome.out,
                           outcome)
        self.clean("run")

    # --- exec ---

    def test_exec(self):
        command = ["sh", "-c", "echo running >&2; env", "sh", "-netdev", "tap,id=a," + PLAIN]
        outcome = self.run("exec", "--trace", "--lifetime=exec", "--", *command)
        before, _, behind = outcome.err.partition("running\n")
        self.tap.check("exec: shows what is opened, and nothing when the command runs",
                       outcome.status == 0 and len(calls(before)) > 3 and not behind, outcome)
        self.tap.check("exec: the option is no variable", "QNETDEV_TRACE" not in outcome.out,
                       outcome)
        outcome = self.run("exec", "--", *command, variables={"QNETDEV_TRACE": "1"})
        self.tap.check("exec: the variable is passed on as any other", outcome.status == 0 and
                       calls(outcome.err) and "QNETDEV_TRACE=1\n" in outcome.out, outcome)
        down = self.script("down", "exit 0")
        outcome = self.run("exec", "--trace", "--", *command[:-1],
                           "tap,id=a,ifname=t0,script=no,downscript=" + down)
        before, _, behind = outcome.err.partition("running\n")
        self.tap.check("exec: a supervisor shows what it does when the command has ended",
                       calls(before) and "trace: a/0 spawn(%s t0" % down in behind and
                       "trace: a/0 spawn" not in before, outcome)
        self.clean("exec")

    def test_exec_writes_to_standard_error_only(self):
        if shutil.which("strace") is None:
            self.tap.skip("exec: where it writes to", "strace is not installed")
            return
        log = os.path.join(self.folder, "strace")
        for lifetime in ("exec", "supervise"):
            outcome = harness.run(
                ["strace", "-f", "-qq", "-s", "20", "-o", log, "-e", "trace=write,writev,execve",
                 self.path, "exec", "--trace", "--lifetime", lifetime, "--", "true", "-netdev",
                 "tap,id=a,queues=2," + PLAIN], env=environment())
            with open(log, encoding="utf-8") as file:
                lines = joined(file.read())
            writes = [(thread, text) for thread, text in lines if '"trace: ' in text]
            self.tap.check("exec, %s: writes each line, to standard error" % lifetime,
                           outcome.status == 0 and len(writes) == len(calls(outcome.err)) > 3 and
                           all(text.startswith("write(2, ") for _, text in writes), outcome)
            executed = max(i for i, (_, text) in enumerate(lines) if text.startswith("execve("))
            child = lines[executed][0]
            first = min(i for i, (thread, _) in enumerate(lines) if thread == child)
            wrote = [text for thread, text in lines[executed if lifetime == "exec" else first:]
                     if thread == child and '"trace: ' in text]
            self.tap.equal("exec, %s: the command's process writes none" % lifetime, wrote, [])
        self.clean("exec, standard error")


def main():
    path = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        wanted = sys.argv[2:] or [name for name in dir(Tool) if name.startswith("test_")]
        for name in wanted:
            getattr(Tool(tap, path, folder), name)()
    tap.done()


if __name__ == "__main__":
    main()
