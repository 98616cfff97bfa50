#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev exec`: what reaches the command, as whom it runs, and what is left.

    exec_test.py QNETDEV
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess

import harness
import exec_world
from exec_world import GROUP, IFF_MULTI_QUEUE, IGNORED, NO_CAPS, PLAIN, PYTHON, USER

# A bridge helper: makes a tap called vh and hands it over. Leaves the bridge alone.
HELPER = """#!/usr/bin/python3
import fcntl, os, socket, struct, sys
number = int([word for word in sys.argv if word.startswith("--fd=")][0][5:])
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"vh", 0x5002))
socket.send_fds(socket.socket(fileno=number), [b"x"], [tun])
"""


class Tests(exec_world.Exec):
    # --- what reaches the command ---

    def test_every_form(self):
        found = self.child("forms", [], [
            "-name", "x, y", "-netdev", "tap,id=a,ifname=va,queues=3," + PLAIN,
            "--netdev", '{"type":"tap","id":"b","ifname":"vb","script":"no","downscript":"no"}',
            "-nic", "tap,model=virtio-net-pci,mac=52:54:00:00:00:01,ifname=vc," + PLAIN,
            "-net", "tap,ifname=vd," + PLAIN,
            "-netdev", "user,id=u,hostfwd=tcp::1-:2", "-device", "virtio-net-pci,netdev=a,mq=on", ""])
        self.tap.equal("forms: the words", found.get("argv"), [
            "-name", "x, y", "-netdev", "tap,id=a,fds=3:4:5",
            "--netdev", '{"id":"b","type":"tap","fd":"6"}',
            "-nic", "tap,model=virtio-net-pci,mac=52:54:00:00:00:01,fd=7",
            "-net", "tap,fd=8",
            "-netdev", "user,id=u,hostfwd=tcp::1-:2", "-device", "virtio-net-pci,netdev=a,mq=on", ""])
        taps = self.taps(found)
        self.tap.equal("forms: each descriptor is a queue of the right interface",
                       {fd: what and what[0] for fd, what in taps.items()},
                       {3: "va", 4: "va", 5: "va", 6: "vb", 7: "vc", 8: "vd"})
        self.tap.check("forms: several queues are multi-queue, one is not", taps and
                       taps[3][1] & IFF_MULTI_QUEUE and not taps[6][1] & IFF_MULTI_QUEUE, taps)
        self.clean("forms")

    def test_helper(self):
        helper = os.path.join(self.folder, "helper")
        harness.write_program(helper, HELPER)
        for option, text, want in (
                ("-netdev", "bridge,id=b,br=br9,helper=" + helper, "tap,id=b,fd=3"),
                ("-netdev", "tap,id=b,br=br9,vhost=off,helper=" + helper, "tap,id=b,vhost=off,fd=3"),
                ("-nic", "bridge,model=virtio,helper=" + helper, "tap,model=virtio,fd=3")):
            found = self.child("helper", [], [option, text])
            self.tap.equal("helper: has been run, and is gone from " + want, found.get("argv"),
                           [option, want])
            self.tap.equal("helper: its tap reaches the command for " + want,
                           [what and what[0] for what in self.taps(found).values()], ["vh"])
            self.clean("helper, " + want)

    def test_nothing_else_is_passed(self):
        netdev = ["-netdev", "tap,id=a,queues=2," + PLAIN]
        named = ["-netdev", "socket,id=s,fd=9", *netdev]
        for name, before, behind, want in (
                ("closed: not where ours were", [], netdev, [0, 1, 2, 4, 5]),
                ("kept", ["--keep-fd", "9"], netdev, [0, 1, 2, 4, 5, 9]),
                ("all kept", ["--keep-fd=all"], netdev, [0, 1, 2, 3, 4, 5, 9]),
                ("named by a netdev", [], named, [0, 1, 2, 4, 5, 9])):
            found = self.child(name, before, behind, inherited=(3, 9))
            self.tap.equal(name + ": the descriptors", sorted(map(int, found.get("fds", {}))), want)
            self.tap.equal(name + ": the words", found.get("argv", [])[-2:],
                           ["-netdev", "tap,id=a,fds=4:5"])
            self.tap.equal(name + ": the words before", found.get("argv", [])[:-2], behind[:-2])

    def test_closed_standard_descriptors(self):
        words = [self.path, "exec", "--", PYTHON, self.program, "-netdev", "tap,id=a," + PLAIN]
        outcome = harness.run(["sh", "-c", 'exec "$@" <&- 2>&-', "sh", *words])
        found = json.loads(outcome.out or "{}")
        self.tap.equal("closed stdin: /dev/null takes its place, not a tap",
                       found.get("fds", {}).get("0", [""])[0], "/dev/null")
        self.tap.equal("closed stdin: the tap comes behind", list(self.taps(found)), [3])

    def test_surroundings(self):
        before = ["--lifetime", "supervise"]
        for name, options in (("exec", []), ("supervise", before)):
            found = self.child(name, options, ["-netdev", "tap,id=a," + PLAIN])
            self.tap.equal(name + ": no signal is blocked", found.get("blocked"), [])
            self.tap.check(name + ": none is ignored but those that were",
                           set(found.get("ignored", [0])) <= IGNORED, found.get("ignored"))
            self.tap.equal(name + ": set-uid programs gain nothing",
                           found.get("status", {}).get("NoNewPrivs"), "1")
        found = self.child("allowed", ["--allow-new-privileges"], [])
        self.tap.equal("allowed: they do", found.get("status", {}).get("NoNewPrivs"), "0")

    def test_fd_names(self):
        found = self.child("names", ["--fd-names"], ["-netdev", "tap,id=hn0,queues=2," + PLAIN,
                                                     "-nic", "tap," + PLAIN])
        self.tap.equal("names", found.get("listen"), {
            "LISTEN_FDS": "3", "LISTEN_FDNAMES": "hn0.0:hn0.1:nic1.0",
            "LISTEN_PID": str(found.get("pid"))})
        stale = dict(os.environ, LISTEN_FDS="2", LISTEN_FDNAMES="a:b", LISTEN_PID="1")
        found = self.child("stale names", [], ["-netdev", "tap,id=a," + PLAIN], env=stale)
        self.tap.equal("stale names: are taken away", found.get("listen"), {})
        found = self.child("names over ours", ["--fd-names", "--lifetime=supervise"],
                           ["-netdev", "tap,id=hn0,queues=3," + PLAIN], inherited=(4,))
        self.tap.equal("names over ours: start at 3 without a gap", sorted(self.taps(found)),
                       [3, 4, 5])
        self.tap.equal("names over ours: the process id is the command's",
                       found.get("listen", {}).get("LISTEN_PID"), str(found.get("pid")))
        outcome = self.run("--fd-names", "--keep-fd", "4", "--", "true", "-netdev",
                           "tap,id=hn0,queues=3," + PLAIN, inherited=(4,))
        self.tap.check("names and kept: are told apart", outcome.status == 1 and
                       "descriptors 3 to 5, but 4 is to be kept" in outcome.err, outcome)

    def test_templates(self):
        found = self.child("templates", ["-netdev", "tap,id=hn0,ifname=va,queues=2," + PLAIN], [
            "--net", "%{hn0.cloud-hypervisor},mac=12:34:56:78:90:ab", "%{hn0.fds}", "100%%{}"])
        self.tap.equal("templates: the words", found.get("argv"), [
            "--net", "fd=[3,4],num_queues=4,mac=12:34:56:78:90:ab", "3:4", "100%{}"])
        self.tap.equal("templates: the descriptors",
                       {fd: what and what[0] for fd, what in self.taps(found).items()},
                       {3: "va", 4: "va"})
        self.fails("unused", ["-netdev", "tap,id=hn0," + PLAIN, "--", "true"],
                   "nothing tells the command of this netdev",
                   "write %{hn0.fds} in the command, or use --fd-names",
                   marked=("tap,id=hn0," + PLAIN, "tap,id=hn0," + PLAIN))
        self.fails("not ours", ["-netdev", "user,id=u", "--", "true"],
                   "exec opens tap and bridge, and this is neither, or has its descriptors already",
                   marked=("user,id=u", "user,id=u"))

    def test_vhost(self):
        """A stand-in for /dev/vhost-net, seen by this test alone."""
        device = "/dev/vhost-net"
        harness.mount("tmpfs", "/dev", "tmpfs", 0, b"size=1m")
        os.mkdir("/dev/net")
        os.mknod("/dev/net/tun", 0o20666, os.makedev(10, 200))
        os.mknod("/dev/null", 0o20666, os.makedev(1, 3))
        self.fails("no vhost", ["--", "true", "-netdev", "tap,id=a,vhost=on," + PLAIN],
                   "vhost: cannot open /dev/vhost-net: No such file or directory",
                   "load the kernel module vhost_net, or drop 'vhost'",
                   marked=("tap,id=a,vhost=on," + PLAIN, "vhost=on"))
        os.mknod(device, 0o20666, os.makedev(1, 3))
        found = self.child("vhost", [], ["-netdev", "tap,id=a,queues=2,vhost=on,poll-us=5," + PLAIN])
        self.tap.equal("vhost: one for each queue", found.get("argv"),
                       ["-netdev", "tap,id=a,vhost=on,poll-us=5,fds=3:4,vhostfds=5:6"])
        self.tap.equal("vhost: they are behind the queues",
                       [found.get("fds", {}).get(fd, [""])[0] for fd in "3456"],
                       ["/dev/net/tun"] * 2 + [device] * 2)
        self.clean("vhost")

    # --- as whom ---

    def test_user(self):
        found = self.child("user", ["--user", "%d:%d" % (USER, GROUP)],
                           ["-netdev", "tap,id=a,ifname=va,queues=2," + PLAIN])
        facts = found.get("status", {})
        self.tap.equal("user: uids", facts.get("Uid"), "\t".join([str(USER)] * 4))
        self.tap.equal("user: gids", facts.get("Gid"), "\t".join([str(GROUP)] * 4))
        self.tap.equal("user: groups", facts.get("Groups", "").split(), [str(GROUP)])
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.tap.equal("user: " + name, facts.get(name), NO_CAPS)
        self.tap.equal("user: its taps work",
                       {fd: what and what[0] for fd, what in self.taps(found).items()},
                       {3: "va", 4: "va"})
        found = self.child("user, supervised", ["--user", "%d:%d" % (USER, GROUP),
                                                "--lifetime=supervise"], [])
        self.tap.equal("user, supervised: uids", found.get("status", {}).get("Uid"),
                       "\t".join([str(USER)] * 4))

    def test_groups_of_a_user(self):
        # A database in which the user has further groups, seen by this test alone.
        database = os.path.join(self.folder, "group")
        shutil.copy("/etc/group", database)
        with open(database, "a", encoding="ascii") as out:
            out.write("further1:x:4801:nobody\nfurther2:x:4802:root,nobody\nother:x:4803:root\n")
        harness.mount(database, "/etc/group", None, 4096)     # MS_BIND
        wanted = subprocess.run(["id", "-G", "nobody"], capture_output=True, text=True,
                                check=True, timeout=10).stdout.split()
        self.tap.check("by name: the user has further groups", {"4801", "4802"} < set(wanted), wanted)
        found = self.child("by name", ["--user", "nobody"], [])
        self.tap.equal("by name: the groups of the database",
                       sorted(found.get("status", {}).get("Groups", "").split()), sorted(wanted))
        found = self.child("group", ["--group", str(GROUP)], [])
        facts = found.get("status", {})
        self.tap.equal("group: only the group changes",
                       [facts.get("Uid"), facts.get("Gid"), facts.get("Groups", "").split()],
                       ["\t".join("0000"), "\t".join([str(GROUP)] * 4), [str(GROUP)]])

    def test_capabilities(self):
        want = "%016x" % (1 << 12 | 1 << 23)   # CAP_NET_ADMIN, CAP_SYS_NICE
        for name, user in (("of a user", ["--user", "%d:%d" % (USER, GROUP)]), ("of root", [])):
            found = self.child("capabilities " + name,
                               [*user, "--keep-caps", "net_admin,CAP_SYS_NICE"], [])
            facts = found.get("status", {})
            for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.tap.equal("capabilities %s: %s" % (name, kind), facts.get(kind), want)

    def test_ambient_capabilities_of_a_service(self):
        """As systemd runs a service that may configure networks, and nothing else."""
        service = ["setpriv", "--reuid=%d" % USER, "--regid=%d" % GROUP, "--clear-groups",
                   "--inh-caps=-all,+net_admin", "--ambient-caps=+net_admin"]
        for name, options, want in (("left", [], "%016x" % (1 << 12)),
                                    ("none", ["--keep-caps", "none"], NO_CAPS)):
            outcome = harness.run([*service, self.path, "exec", *options, "--", PYTHON,
                                   self.program])
            if not self.tap.check("service, %s: the command runs" % name, outcome.status == 0,
                                  outcome):
                continue
            facts = json.loads(outcome.out)["status"]
            self.tap.equal("service, %s: capabilities" % name,
                           [facts["CapEff"], facts["CapPrm"], facts["CapAmb"]], [want] * 3)

    def test_many_queues(self):
        found = self.child("256 queues", [], ["-netdev", "tap,id=a,ifname=va,queues=256," + PLAIN])
        self.tap.equal("256 queues: all reach the command",
                       {fd: what and what[0] for fd, what in self.taps(found).items()},
                       {fd: "va" for fd in range(3, 259)})
        outcome = harness.run(["prlimit", "--nofile=300:300", self.path, "exec", "--", "true",
                               "-netdev", "tap,id=a,queues=256," + PLAIN])
        self.tap.check("256 queues and few descriptors: an error with a hint",
                       outcome.status == 1 and
                       outcome.err.endswith("hint: raise the limit of open files (ulimit -n)\n"),
                       outcome)
        self.clean("256 queues")

    def test_no_right_to_drop(self):
        """Somebody who may open a tap, but not become somebody else."""
        outcome = harness.run(["setpriv", "--bounding-set=-setuid,-setgid,-setpcap",
                               "--inh-caps=-all", self.path, "exec", "--user", "nobody", "--",
                               "true", "-netdev", "tap,id=a," + PLAIN])
        self.tap.check("no right: is an error with a hint", outcome.status == 1 and
                       "cannot drop privileges: " in outcome.err and
                       "Operation not permitted\nhint: run qnetdev as root" in outcome.err, outcome)
        self.clean("no right")

    def test_failing_system_calls(self):
        """Whether a call says that it failed or only does nothing: the command must not run."""
        # Under a tracer LeakSanitizer cannot look for leaks, and ends the process.
        quiet = dict(os.environ,
                     ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        for lifetime in ("exec", "supervise"):
            for call, said, message in (
                    ("setgroups", "error=EPERM", "setgroups: Operation not permitted"),
                    ("setgroups", "retval=0", "the list of groups did not become"),
                    ("setresgid", "error=EPERM", "setresgid %d: Operation" % GROUP),
                    ("setresgid", "retval=0", "the group did not become"),
                    ("setresuid", "error=EAGAIN", "setresuid %d: Resource" % USER),
                    ("setresuid", "retval=0", "the user did not become"),
                    ("capset", "error=EPERM", "capabilities: Operation"),
                    ("capset", "retval=0", "capability .* did not become"),
                    ("close_range", "error=ENOSYS", "close_range: Function not implemented"),
                    ("dup2", "error=EMFILE", "cannot pass on descriptor"),
                    ("execve", "error=ENOEXEC:when=2+", "cannot run 'echo': Exec format error")):
                outcome = harness.run([
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call,
                    "-e", "inject=%s:%s" % (call, said), self.path, "exec", "--lifetime",
                    lifetime, "--user", "%d:%d" % (USER, GROUP), "--", "echo", "ran",
                    "-netdev", "tap,id=a,queues=2," + PLAIN], env=quiet)
                name = "%s %s, %s" % (call, said, lifetime)
                self.tap.check(name + ": an error, and the command has not run",
                               outcome.status in (1, 126) and not outcome.out and
                               re.search(message, outcome.err), outcome)
                self.clean(name)

    # --- how long ---

    def test_exec_replaces_the_process(self):
        process = subprocess.Popen([self.path, "exec", "--", PYTHON, self.program, "-netdev",
                                    "tap,id=a," + PLAIN], stdout=subprocess.PIPE)
        found = json.loads(process.communicate(timeout=20)[0])
        self.tap.equal("exec: the command is the process", found["pid"], process.pid)

    def test_status(self):
        for lifetime in ("exec", "supervise"):
            outcome = self.run("--lifetime", lifetime, "--", "sh", "-c", "exit 7")
            self.tap.equal("status: of a command under " + lifetime, outcome.status, 7)
        outcome = self.run("--lifetime=supervise", "--", "sh", "-c", "kill -KILL $$")
        self.tap.equal("status: 128 and the signal", outcome.status, 128 + signal.SIGKILL)

    def test_down_script(self):
        log = os.path.join(self.folder, "log")
        down = self.script("down", "echo down $1 $(ip -o link show $1 | wc -l) >>" + log)
        up = self.script("up", "echo up $1 >>" + log)
        netdev = "tap,id=a,ifname=va,queues=2,script=%s,downscript=%s" % (up, down)
        outcome = self.run("--user", "%d:%d" % (USER, GROUP), "--", "sh", "-c", "exit 3", "sh",
                           "-netdev", netdev)
        self.tap.equal("down script: the command's status", outcome.status, 3)
        self.tap.equal("down script: ran afterwards, with the interface still there", self.log(),
                       ["up va", "down va 1"])
        self.clean("down script")
        self.fails("down script nobody would run",
                   ["--lifetime", "exec", "--", "true", "-netdev", netdev],
                   "with --lifetime exec nobody would run the down script '%s' of 'a'" % down,
                   "add downscript=no, or drop --lifetime exec")
        self.tap.equal("down script nobody would run: ran at once", self.log(),
                       ["up va", "down va 1"])

    def supervised(self, text, *options):
        """A supervised shell that has said it is ready."""
        process = subprocess.Popen([self.path, "exec", "--lifetime=supervise", *options, "--",
                                    "sh", "-c", "trap 'echo got TERM; exit 5' TERM; "
                                    "trap 'echo got USR1' USR1; echo ready; " + text,
                                    "sh", "-netdev", "tap,id=a,ifname=va," + PLAIN],
                                   stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        self.tap.equal("supervised: comes up", line, "ready\n")
        return process

    def test_signals_are_passed_on(self):
        process = self.supervised("while :; do sleep 0.05; done")
        process.send_signal(signal.SIGUSR1)
        self.tap.equal("signals: USR1 reaches the command", process.stdout.readline(),
                       "got USR1\n")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        self.tap.equal("signals: TERM does, and its status comes back",
                       [out, process.returncode], ["got TERM\n", 5])
        self.clean("signals")

    def test_die_with_parent(self):
        process = self.supervised("while :; do sleep 0.05; done", "--die-with-parent")
        process.kill()
        process.wait()
        self.clean("die with parent, supervised")
        process.stdout.close()
        # A parent that dies at once: the shell in the middle.
        pid_file = os.path.join(self.folder, "pid")
        child = "echo $$ >%s; exec sleep 60" % pid_file
        words = " ".join(map(shlex.quote, [
            self.path, "exec", "--die-with-parent", "--", "sh", "-c", child, "sh", "-netdev",
            "tap,id=a,ifname=va," + PLAIN]))
        middle = subprocess.Popen(["sh", "-c", words + " & wait"])
        came = harness.wait_until(lambda: os.path.exists(pid_file) and harness.interfaces(), 10)
        self.tap.check("die with parent: comes up", came)
        middle.kill()
        middle.wait()
        self.clean("die with parent, exec")

    # --- what goes wrong ---

    def test_program(self):
        netdev = ["-netdev", "tap,id=a," + PLAIN]
        self.fails("not found", ["--", "no-such-program", *netdev],
                   "cannot run 'no-such-program': No such file or directory", status=127)
        self.fails("not found as a path", ["--", "/no/such", *netdev],
                   "cannot run '/no/such': No such file or directory", status=127)
        self.fails("empty", ["--", "", *netdev], "cannot run '': No such file or directory",
                   status=127)
        text = os.path.join(self.folder, "text")
        with open(text, "w"):
            pass
        self.fails("not executable", ["--", text, *netdev],
                   "cannot run '%s': Permission denied" % text, status=126)
        self.fails("folder", ["--", "/tmp", *netdev], "cannot run '/tmp': Permission denied",
                   status=126)
        secret = os.path.join(self.folder, "secret")
        os.mkdir(secret, 0o700)
        harness.write_program(os.path.join(secret, "program"), "#!/bin/sh\n")
        for lifetime in ("exec", "supervise"):
            self.fails("not executable for the user, " + lifetime,
                       ["--lifetime", lifetime, "--user", "%d:%d" % (USER, GROUP), "--",
                        secret + "/program", *netdev],
                       "cannot run '%s/program': Permission denied" % secret, status=126)

    def test_interrupted(self):
        """A signal while a script runs: everything is undone, and the command never starts."""
        started = os.path.join(self.folder, "started")
        up = self.script("slow", ": > %s; sleep 30" % started)
        process = subprocess.Popen([self.path, "exec", "--", "echo", "ran", "-netdev",
                                    "tap,id=a,ifname=va,script=%s,downscript=no" % up],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.tap.check("interrupted: the script runs",
                       harness.wait_until(lambda: os.path.exists(started), 10))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        self.tap.check("interrupted: fails, and the command has not run",
                       process.returncode == 1 and not out and re.search("script", err),
                       "%s %r %r" % (process.returncode, out, err))
        self.clean("interrupted")


if __name__ == "__main__":
    exec_world.main(Tests)
