#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every system call of a bring-up fails in turn, in the real binary.

    fault_test.py QNETDEV [SCENARIO]...

Each scenario runs once under strace to learn which calls the main thread makes
from the start of its work on (its first one is signalfd()), and then once for
each call and error with that call failing. Expected each time: status 1, one
line of error that names what failed and why, perhaps a hint, nothing on
standard output, no interface and no process left, a bridge without port. What
may fail without failing the run is listed in TOLERATED, each with its reason.

SCENARIO is the name of one, or "scripts" or "time-outs"; without, all are run.
"""
import concurrent.futures
import errno
import fcntl
import json
import os
import re
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402

JOBS = 3
QUEUES = 8
TUNSETIFF = 0x400454CA
TUN_FLAGS = 0x2 | 0x1000 | 0x100 | 0x4000  # IFF_TAP, NO_PI, MULTI_QUEUE, VNET_HDR

# system call: (errors to inject, what the message has to name)
CALLS = {
    "ioctl": (("EIO", "ENOMEM"), r"\b%(ioctl)s\b"),
    "openat": (("EIO", "ENOMEM", "EMFILE"), r"cannot open /dev/net/tun"),
    "socket": (("ENOMEM", "EMFILE"), r"socket"),
    "socketpair": (("ENOMEM", "EMFILE"), r"helper '.*': socketpair"),
    "clone": (("EAGAIN", "ENOMEM", "EMFILE"), r"cannot run '/"),
    "clone3": (("EAGAIN", "ENOMEM"), r"cannot run '/"),
    "pipe2": (("EMFILE", "ENFILE"), r"cannot run '/.*: pipe"),
    "poll": (("ENOMEM",), r"\bpoll\b"),
    "recvmsg": (("EIO", "ENOMEM"),
                r"helper '.*': recvmsg|cannot look up interface|bridge 'br7'"),
    "setsockopt": (("ENOMEM",), r"cannot watch interfaces"),
    "epoll_create1": (("EMFILE", "ENOMEM"), r"epoll"),
    "epoll_ctl": (("ENOMEM", "ENOSPC"), r"cannot watch descriptor \d+"),
    "fcntl": (("EIO",), r"\bdescriptor \d+\b"),
    "signalfd4": (("EMFILE", "ENOMEM"), r"signalfd"),
    "write": (("EIO",), r"standard output"),
    "bind": (("ENOMEM",), ""),
    "getsockname": (("ENOMEM",), ""),
    "sendto": (("ENOMEM",), ""),
    "getrandom": (("EIO",), ""),
    "close": (("EIO",), ""),
    "read": (("EIO",), ""),
    "waitid": (("ECHILD",), r"exit status was taken"),
    "wait4": (("ECHILD",), r"exit status was taken"),
}
# Calls whose message tells the consequence instead of the error's text.
NO_ERRNO = ("write", "wait4", "waitid")
# How often these come depends on how fast a child or thread is.
TIMING = ("poll", "read", "clone3", "epoll_ctl")

# (system call, arguments): why the run succeeds although the call failed
TOLERATED = [
    ("clone3?", r"CLONE_THREAD", "without a thread the reaper closes in the caller"),
    ("epoll_ctl", r"EPOLL_CTL_DEL", "the descriptor is closed right after"),
    ("close", r"", "what cannot be closed is gone anyway, or goes with the process"),
    ("socket|bind|getsockname|sendto|recvmsg|getrandom",
     r"(NETLINK|RTM_|nl_pid|getrandom).* in removal",
     "removal in bulk is a short cut; closing removes the interfaces as well"),
    ("sendto", r'"\\5", 1,', "only asks a helper to tell its reasons"),
    ("ioctl", r"TUNGETIFF.* in removal", "the same: what is not known to be ours is only closed"),
    ("ioctl|socket|bind|getsockname|sendto|recvmsg", r" in look for packet information",
     "of an interface that cannot be looked up this is not known, so it is not refused"),
    ("ioctl", r"TUNGETVNETHDRSZ.* after fcntl\(\d+, F_SETFD", "the length is then set, not asked"),
    ("fcntl", r"F_GETFD\).* after fcntl\(\d+, F_GETFL",
     "fails only where F_GETFL has failed already"),
    ("fcntl", r"^fcntl\(\d+, F_SETFL, O_RDONLY\)", "a script's output stays non-blocking"),
    ("poll", r"\}\], 1, 0\)", "looks for a signal once more after the next netdev"),
    ("waitid", r", WEXITED\|WNOWAIT, NULL",
     "only tells whether to end what a failed script has left running"),
    ("read", r"", "what a script says is only quoted in errors"),
    ("openat", r"/dev/tap\d+", "no macvtap: the interface is opened as a tap"),
]


def open_queue(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), TUN_FLAGS))
    return fd


def ip(*words):
    return harness.run(["ip", *words])


class Scenario:
    """One command line, with what has to exist before it runs."""

    def __init__(self, name, netdevs, inherited=0, persistent=None, bridge=False, flags=()):
        self.name = name
        self.netdevs = netdevs
        self.inherited = inherited      # queues of an interface to hand over
        self.persistent = persistent    # interface to make beforehand
        self.bridge = bridge            # whether to make br7, which has another MTU than taps
        self.flags = flags              # of strace in every run

    def owes_leaving(self):
        """Whether the removal takes the interface out of the bridge, and in the main thread."""
        return bool(self.bridge and self.persistent and self.flags)

    def is_about(self, call):
        """What another scenario has as well need not fail again."""
        leaving = ("socket", "bind", "getsockname", "sendto", "recvmsg")
        return not self.owes_leaving() or (" in removal" in call.text and call.name in leaving)

    def queues(self):
        """Descriptors 60, 61, … of one interface."""
        for index in range(self.inherited):
            fd = open_queue("given0")
            os.dup2(fd, 60 + index, inheritable=True)
            os.close(fd)
        return range(60, 60 + self.inherited)

    def set_up(self):
        if self.bridge:
            ip("link", "add", "br7", "type", "bridge")
            ip("link", "set", "br7", "mtu", "1400", "up")
        if self.persistent:
            ip("tuntap", "add", "mode", "tap", "multi_queue", self.persistent)

    def tear_down(self):
        """Takes away what set_up() made; what was no longer as it had been."""
        links = {link["ifname"]: link for link in json.loads(ip("-j", "link").out)}
        left = []
        if self.persistent and self.persistent not in links:
            left.append("persistent interface gone")
        for name, link in links.items():
            if link.get("master"):
                left.append("port of the bridge: " + name)
            if name == self.persistent and (link["mtu"] != 1500 or "UP" in link["flags"]):
                left.append("as the bridge's ports are: " + name)
        for name in (self.persistent, "br7" if self.bridge else None):
            if name in links:
                ip("link", "del", name)
        return left

    def run(self, tool, flags, log):
        """Outcome of a run under strace, and what it left behind."""
        self.set_up()
        queues = self.queues()
        argv = ["strace", "-qq", "-o", log, *self.flags, *flags, tool, "try", "--host"]
        for netdev in self.netdevs:
            argv += ["-netdev", netdev]
        outcome = harness.run(argv, timeout=30, pass_fds=queues)
        left = []
        if outcome.status == 1 and ": -netdev " in outcome.err:
            left += ["descriptor %d non-blocking" % fd for fd in queues if not os.get_blocking(fd)]
        for fd in queues:
            os.close(fd)
        # Whatever else there was is gone once leftovers() has waited for it.
        own = [name for name in (self.persistent, "br7" if self.bridge else None) if name]
        left += harness.leftovers(ignore=own)
        return outcome, left + self.tear_down()


class BlockedPort(Scenario):
    """A bridge that does not forward for the tap, which is a port of it already."""

    def __init__(self, netdevs):
        super().__init__("", netdevs, persistent="old0", bridge=True)
        self.holder = -1

    def set_up(self):
        super().set_up()
        self.holder = open_queue("old0")    # or the port has no carrier, and no state
        ip("link", "set", "old0", "mtu", "1400", "master", "br7", "up")
        harness.wait_until(lambda: harness.run(
            ["bridge", "link", "set", "dev", "old0", "state", "1"]).status == 0, 5)

    def tear_down(self):
        os.close(self.holder)
        left = super().tear_down()
        as_before = ["port of the bridge: old0", "as the bridge's ports are: old0"]
        return [] if left == as_before else ["old0 was taken out of the bridge", *left]


def scenarios(folder):
    script = os.path.join(folder, "script")
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helper")
    plain = "script=no,downscript=no"
    fds = ":".join(str(60 + index) for index in range(QUEUES))
    return [
        Scenario("by name", ["tap,id=n0,ifname=new0,queues=%d,script=%s,downscript=%s"
                             % (QUEUES, script, script)]),
        Scenario("by template", ["tap,id=n0,ifname=new%%d,queues=2,sndbuf=1M,%s" % plain]),
        Scenario("by fds", ["tap,id=n0,fds=" + fds], inherited=QUEUES),
        Scenario("by fd", ["tap,id=n0,fd=60,sndbuf=1M"], inherited=1),
        Scenario("by helper", ["tap,id=n0,helper=" + helper]),
        Scenario("bridge", ["bridge,id=n0,br=br7,helper=" + helper]),
        Scenario("existing", ["tap,id=n0,ifname=old0,queues=2," + plain], persistent="old0"),
        Scenario("three netdevs", ["tap,id=n%d,%s" % (index, plain) for index in range(3)]),
        Scenario("join bridge", ["tap,id=n0,ifname=new0,queues=2,br=br7,downscript=no"], bridge=True),
        Scenario("join bridge, existing", ["tap,id=n0,ifname=old0,queues=2,br=br7,downscript=no"],
                 persistent="old0", bridge=True),
        # Without a thread, so that leaving is among the calls that are seen.
        Scenario("leave bridge", ["tap,id=n0,ifname=old0,queues=2,br=br7,downscript=no"],
                 persistent="old0", bridge=True,
                 flags=("-e", "inject=clone3:error=EAGAIN:when=1+")),
    ]


class Call:
    """A system call of the main thread: the Nth of its name, and the one before it."""

    def __init__(self, name, number, text):
        self.name = name
        self.number = number
        self.text = text

    def tolerated(self):
        for name, arguments, reason in TOLERATED:
            if re.fullmatch(name, self.name) and re.search(arguments, self.text):
                return reason
        return None

    def named(self):
        """What the message must contain, as a regular expression."""
        words = re.search(r"\b((?:TUN|SIOC)[A-Z]+)\b", self.text)
        return CALLS[self.name][1].replace("%(ioctl)s", words.group(1) if words else "")


def read_calls(log):
    """The calls from signalfd() on, with their numbers among those of the name."""
    calls, counts, started, previous, looking = [], {}, False, "", False
    with open(log, errors="replace") as lines:
        for line in lines:
            found = re.match(r"(\w+)\(", line)
            if not found or found.group(1) not in CALLS:
                continue
            name = found.group(1)
            counts[name] = counts.get(name, 0) + 1
            started = started or name == "signalfd4"
            if started and not (name == "write" and not line.startswith("write(1,")):
                text = line.strip() + " after " + previous
                if name == "ioctl":     # and what follows, up to the next one
                    looking = bool(re.search(r"TUNGETDEVNETNS|_IOC\(_IOC_NONE, 0x54, 0xe3", line))
                text += " in look for packet information" if looking else ""
                # What follows, until the socket that asks is closed.
                looking = (looking or "TUNGETIFF" in line) and not (
                    name == "close" and previous.startswith("recvmsg"))
                calls.append(Call(name, counts[name], text))
                previous = line.split(" = ")[0]
    # The table is complete with the last send buffer: what follows is the removal.
    last = max((index for index, call in enumerate(calls)
                if re.match(r"ioctl\(\d+, TUNGETSNDBUF", call.text)), default=len(calls))
    for call in calls[last + 1:]:
        call.text += " in removal"
    return calls


def judge(scenario, call, error, outcome, left, log):
    """What is wrong, as text; empty if all is as it should be."""
    with open(log, errors="replace") as lines:
        injected = [line for line in lines
                    if "(INJECTED)" in line and line.startswith(call.name + "(")]
    problems = list(left)
    if not injected:
        if call.name not in TIMING or outcome.status != 0:
            problems.append("the fault was never injected")
        return "\n".join(problems)
    if call.name in TIMING:
        call = Call(call.name, call.number, injected[0])
    if call.tolerated():
        if scenario.owes_leaving():
            # Nobody is left to be told but the log; the interface may then stay where it is.
            problems = [problem for problem in problems if "bridge" not in problem]
            if not re.match(r"qnetdev: warning: (cannot take 'old0' out of bridge 'br7'|"
                            r"cannot open a netlink socket): ", outcome.err):
                problems.append("expected a warning")
        if outcome.status != 0 or "removed" not in outcome.out:
            problems.append("expected success: " + call.tolerated())
        return "\n".join(problems)
    lines = [line for line in outcome.err.splitlines() if not line.startswith("  ")]
    reason = os.strerror(getattr(errno, error))
    if outcome.status != 1:
        problems.append("expected status 1")
    if outcome.out:
        problems.append("expected nothing on standard output")
    if not lines or not lines[0].startswith("qnetdev: ") or len(lines) > 2 or \
            (len(lines) == 2 and not lines[1].startswith("hint: ")):
        problems.append("expected one line of error and perhaps a hint")
    elif not re.search(call.named(), lines[0]):
        problems.append("expected the error to name /%s/" % call.named())
    elif reason not in lines[0] and call.name not in NO_ERRNO:
        problems.append("expected the error to say '%s'" % reason)
    return "\n".join(problems)


def inject(job):
    tool, folder, scenario, call, error = job
    log = os.path.join(folder, "log-%d" % os.getpid())
    # What the scenario itself injects has to be traced as well.
    flags = ["-e", "trace=" + ",".join([call.name] + ["clone3"] * bool(scenario.flags)),
             "-e", "inject=%s:error=%s:when=%d" % (call.name, error, call.number)]
    outcome, left = scenario.run(tool, flags, log)
    problem = judge(scenario, call, error, outcome, left, log)
    return problem and "%s\nwith %s\n%s" % (problem, call.text, outcome)


def discover(job):
    tool, folder, scenario = job
    log = os.path.join(folder, "log-%d" % os.getpid())
    outcome, left = scenario.run(tool, ["-e", "trace=" + ",".join("?" + name for name in CALLS)],
                                 log)
    problem = "" if outcome.status == 0 and not left else "%s\n%s" % (left, outcome)
    return problem, read_calls(log)


def script_cases(folder):
    """Netdev, options of strace, status, and a pattern for the line of error; None: no line."""
    script = os.path.join(folder, "script")
    # The down script runs on a thread of its own: its trouble is a warning.
    netdev = "tap,id=n0,ifname=new0,queues=2,script=no,downscript=" + script
    for name, error, what in (("pipe2", "ENOMEM", "pipe"), ("clone", "ENOMEM", "cannot run"),
                              ("wait4", "ECHILD", "ended")):
        yield netdev, ["-f", "-e", "inject=%s:error=%s:when=1" % (name, error)], 0, \
            r"qnetdev: warning: downscript.*" + what
    # It is owed: where there is no room for it now, it is tried again.
    for name in ("pipe2", "clone"):
        yield netdev, ["-f", "-e", "inject=%s:error=EMFILE:when=1" % name], 0, None
    netdev = "tap,id=n0,ifname=new0,queues=2,downscript=no,script=" + script
    # What the child does between clone and exec is reported by the parent.
    for flags, what in ((["-f", "-P", "/dev/null", "-e", "inject=openat:error=EIO:when=1"],
                         "cannot run '/.*: Input/output error"),
                        (["-f", "-P", script, "-e", "inject=execve:error=ENOEXEC:when=1"],
                         "cannot run '/.*: Exec format error"),
                        (["-f", "-P", script, "-e", "inject=execve:error=ENOMEM:when=1"],
                         "cannot run '/.*: Cannot allocate memory")):
        yield netdev, flags, 1, r"qnetdev: .*script.*" + what


def time_out_cases():
    """Netdev, options of strace, status, and a pattern for the line of error."""
    # A second is the bound of a bridge without spanning tree, also for who cannot wait, or hears
    # of no change.
    netdev = "tap,id=n0,ifname=old0,queues=2,br=br7,downscript=no"
    for flags in ([], ["-e", "inject=poll:error=ENOMEM:when=1+"],
                  ["-e", "inject=recvfrom:error=ENOBUFS:when=1+"]):
        yield netdev, flags, 1, \
            r"qnetdev: .*bridge 'br7' does not forward for 'old0' after 1000 ms: listening"


def run_special(job):
    kind, tool, folder, netdev, flags, status, pattern = job
    log = os.path.join(folder, "log-%d" % os.getpid())
    scenario = BlockedPort([netdev]) if kind == "time-outs" else Scenario("", [netdev])
    outcome, left = scenario.run(tool, flags, log)
    problems = list(left)
    if outcome.status != status:
        problems.append("expected status %d" % status)
    # The one who holds the blocked port's carrier up has a queue, too.
    expected = r"hint: |  |qnetdev: warning: .* has queues that are not" if kind == "time-outs" \
        else "hint: |  "
    lines = [line for line in outcome.err.splitlines() if not re.match(expected, line)]
    if pattern is None:
        with open(log, errors="replace") as calls:
            ran = any(re.search(r'execve\("[^"]*/script",', line) for line in calls)
        if lines or not ran:
            problems.append("expected the script to run, and no error")
    elif len(lines) != 1 or not re.match(pattern, lines[0]):
        problems.append("expected one line of error like /%s/" % pattern)
    return problems and "%s\n%s" % ("\n".join(problems), outcome)


def need_strace():
    if shutil.which("strace") is None:
        harness.skip_all("strace is not installed")
    probe = harness.run(["strace", "-qq", "-o", "/dev/null", "-e", "inject=chdir:error=EIO",
                         "true"])
    if probe.status != 0:
        harness.skip_all("strace cannot trace here: " + probe.err.strip())


def main():
    tool = os.path.abspath(sys.argv[1])
    need_strace()
    tap = harness.Tap()
    workers = concurrent.futures.ProcessPoolExecutor(JOBS, initializer=harness.enter_namespace)
    with tempfile.TemporaryDirectory() as folder, workers as pool:
        harness.write_program(os.path.join(folder, "script"), "#!/bin/sh\nexit 0\n")
        wanted = sys.argv[2:]
        plans = [plan for plan in scenarios(folder) if not wanted or plan.name in wanted]
        jobs = []
        for plan, (problem, calls) in zip(plans, pool.map(
                discover, [(tool, folder, plan) for plan in plans])):
            tap.check("%s: works without a fault, in %d calls" % (plan.name, len(calls)),
                      not problem and calls, problem)
            jobs += [(tool, folder, plan, call, error)
                     for call in calls for error in CALLS[call.name][0]
                     if plan.is_about(call)]
        for job, problem in zip(jobs, pool.map(inject, jobs)):
            _, _, plan, call, error = job
            tap.check("%s: %s %s %d%s" % (
                plan.name, error, call.name, call.number,
                " is survived" if call.tolerated() else ""), not problem, problem)
        jobs = [(kind, tool, folder, *case)
                for kind, cases in (("scripts", script_cases(folder)),
                                    ("time-outs", time_out_cases()))
                if not wanted or kind in wanted for case in cases]
        for job, problem in zip(jobs, pool.map(run_special, jobs)):
            tap.check(job[0] + ": " + " ".join(job[4]).replace(folder, ""), not problem, problem)
    tap.done()


if __name__ == "__main__":
    main()
