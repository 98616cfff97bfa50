#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`qnetdev run` as a user or service manager starts it, and how it ends.

    run_test.py QNETDEV
"""
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import harness
import monitor
import qmp

PLAIN = "tap,id=%s,ifname=%s,script=no,downscript=no"


def script(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def clean(tap, name, folder, *files):
    """Whether neither interfaces nor processes nor those files are left."""
    found = harness.leftovers() + [path for path in files
                                   if os.path.lexists(os.path.join(folder, path))]
    tap.equal(name + ": nothing is left", found, [])


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError as problem:
        return str(problem)


def check_ends(tap, program, folder):
    """Signals and quit: down scripts run, interfaces and files go."""
    note = os.path.join(folder, "note")
    up = script(folder, "up", "echo up $1 >> %s\n" % note)
    down = script(folder, "down", "echo down $1 >> %s\n" % note)
    netdev = "tap,id=n0,ifname=rt0,script=%s,downscript=%s" % (up, down)
    for name, end in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM),
                      ("SIGHUP", signal.SIGHUP), ("quit", None)):
        pidfile = os.path.join(folder, "pid")
        with qmp.Run(program, folder, "-netdev", netdev, "-netdev", PLAIN % ("n1", "rt1"),
                     "-pidfile", pidfile) as run:
            client = run.client()
            tap.check(name + ": the netdevs are there once QMP answers",
                      [info["id"] for info in client.execute("query-netdev")] == ["n0", "n1"] and
                      harness.interfaces() == ["rt0", "rt1"], harness.interfaces())
            tap.equal(name + ": pid file", read(pidfile), "%d\n" % run.process.pid)
            if end is None:
                tap.equal("quit is answered", client.execute("quit"), {})
            else:
                run.signal(end)
            tap.check(name + ": the client sees the end", client.end_of_stream())
            reasons = [event["data"]["reason"] for event in client.events
                       if event["event"] == "SHUTDOWN"]
            tap.equal(name + ": SHUTDOWN", reasons,
                      ["host-signal" if end else "host-qmp-quit"])
            status = run.end()
            tap.check(name + ": ends with status 0", status == 0 and not run.err,
                      "%s: %s" % (status, run.err))
            tap.check(name + ": `info network` was printed",
                      run.out.startswith("n0: index=0,type=tap,ifname=rt0"), run.out)
        tap.equal(name + ": scripts ran", read(note), "up rt0\ndown rt0\n")
        os.unlink(note)
        clean(tap, name, folder, "qmp", "pid")


def check_end_while_starting(tap, program, folder):
    """A signal during an up script at the start is not waited for."""
    slow = script(folder, "slow", "touch %s/started\nsleep 60\n" % folder)
    started = os.path.join(folder, "started")
    netdev = "tap,id=n0,ifname=rt0,downscript=no,script=" + slow
    with qmp.Run(program, folder, "-netdev", PLAIN % ("n1", "rt1"), "-netdev", netdev) as run:
        tap.check("the script hangs", harness.wait_until(lambda: os.path.exists(started), 10))
        begin = time.monotonic()
        run.signal(signal.SIGTERM)
        status = run.end()
        seconds = time.monotonic() - begin
        tap.check("SIGTERM during a script at the start ends it at once",
                  status == 0 and seconds < 5, "%s after %.1f s: %s" % (status, seconds, run.err))
    os.unlink(started)
    clean(tap, "SIGTERM during a script", folder, "qmp")
    with qmp.Run(program, folder) as run:
        client, other = run.client(), run.client()
        client.send(b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n0","ifname":"rt0",'
                    b'"downscript":"no","script":"%s"}}' % slow.encode())
        tap.check("the script hangs", harness.wait_until(lambda: os.path.exists(started), 10))
        stage = other.execute("query-netdev", id="n0")
        tap.check("query-netdev shows it starting", stage[0]["stage"] == "starting", stage)
        tap.check("its id is taken", "error" in other.execute(
            "netdev_add", type="tap", id="n0", script="no", downscript="no"))
        answer = other.execute("netdev_del", id="n0")
        tap.check("it cannot be deleted yet", "being set up" in answer["error"]["desc"], answer)
        begin = time.monotonic()
        other.execute("quit")
        status = run.end()
        seconds = time.monotonic() - begin
        tap.check("quit during a script ends it at once", status == 0 and seconds < 5,
                  "%s after %.1f s: %s" % (status, seconds, run.err))
    os.unlink(started)
    clean(tap, "quit during a script", folder, "qmp")


def check_errors(tap, program, folder):
    """What cannot be set up leaves nothing, and says why."""
    missing = os.path.join(folder, "missing", "qmp")
    inherited = socket.socketpair()
    os.set_inheritable(inherited[0].fileno(), True)
    number = inherited[0].fileno()
    cases = [
        ("a second netdev fails", ["-netdev", PLAIN % ("n0", "rt0"),
                                   "-netdev", PLAIN % ("n1", "a-name-too-long-for-it")], 1),
        ("same id", ["-netdev", PLAIN % ("n0", "rt0"), "-netdev", PLAIN % ("n0", "rt1")], 1),
        ("bad netdev", ["-netdev", "tap,bogus=1,id=n0"], 1),
        ("no such option", ["-frob"], 2),
        ("bad address", ["-qmp", "pipe:x"], 2),
        ("bad address option", ["-qmp", "unix:x,frob=on"], 2),
        ("bad mode", ["-qmp", "unix:x,server=on,mode=888"], 2),
        ("no such group", ["-qmp", "unix:x,server=on,group=no-such-group"], 2),
        ("group of a tcp address", ["-qmp", "tcp:127.0.0.1:0,server=on,group=0"], 2),
        ("folder missing", ["-qmp", "unix:%s,server=on,wait=off" % missing], 1),
        ("path too long", ["-qmp", "unix:%s,server=on,wait=off" % ("x" * 200)], 1),
        ("nobody to connect to", ["-qmp", "unix:%s/nobody" % folder], 1),
        ("connection refused", ["-qmp", "tcp:127.0.0.1:1"], 1),
        ("descriptor that is not open", ["-qmp", "fd:%d" % 999], 1),
        ("descriptor that is no socket", ["-qmp", "fd:0"], 1),
        ("standard stream", ["-qmp", "fd:2"], 1),
        ("the same descriptor twice", ["-qmp", "fd:%d" % number, "-qmp", "fd:%d" % number], 1),
        ("-add-fd of none", ["-add-fd", "fd=999,set=1"], 1),
        ("-add-fd of a standard stream", ["-add-fd", "fd=1,set=1"], 2),
        ("two monitors on stdio", ["-qmp", "stdio", "-monitor", "stdio"], 2),
        ("stdio in the background", ["-qmp", "stdio", "-daemonize"], 2),
        ("pid file in no folder", ["-pidfile", missing], 1),
        ("-daemonize tells of errors", ["-daemonize", "-netdev", PLAIN % ("n1", "x" * 20)], 1),
    ]
    for name, arguments, status in cases:
        outcome = harness.run([program, "run", *arguments, "-pidfile", folder + "/pid"]
                              if "-pidfile" not in arguments else [program, "run", *arguments],
                              pass_fds=[number], cwd=folder)
        tap.check("%s: an error" % name, outcome.status == status and outcome.err.strip(), outcome)
        clean(tap, name, folder, "pid", "x")
    for end in inherited:
        end.close()
    # Numbers that the program itself uses are not taken over, whatever they are.
    bad = []
    for number in range(3, 20):
        for arguments in (["-qmp", "fd:%d" % number], ["-add-fd", "fd=%d,set=1" % number]):
            outcome = harness.run([program, "run", "-qmp",
                                   "unix:%s/qmp,server=on,wait=off" % folder, *arguments])
            if outcome.status != 1 or not outcome.err:
                bad.append("%s: %s" % (arguments, outcome))
    tap.equal("no descriptor of its own is adopted", bad, [])
    clean(tap, "own descriptors", folder, "qmp")


def check_socket_files(tap, program, folder):
    path = os.path.join(folder, "qmp")

    def mode():
        status = os.stat(path)
        return stat.S_IMODE(status.st_mode), status.st_gid

    with qmp.Run(program, folder) as run:
        run.client()
        tap.equal("a socket is for its owner alone", mode(), (0o600, os.getegid()))
        outcome = harness.run([program, "run", "-qmp", "unix:%s,server=on,wait=off" % path])
        tap.check("a second one on the same path is refused",
                  outcome.status == 1 and path in outcome.err, outcome)
        tap.check("and the first still serves", run.client().execute("query-name") == {})
        run.process.kill()
        run.process.communicate()
    tap.check("a killed one leaves its socket", os.path.exists(path))
    with qmp.Run(program, folder) as run:
        tap.equal("which the next replaces", run.client().execute("query-name"), {})
        run.stop()
    with open(path, "w") as file:
        file.write("mine")
    outcome = harness.run([program, "run", "-qmp", "unix:%s,server=on,wait=off" % path])
    tap.check("a file that is no socket stays",
              outcome.status == 1 and read(path) == "mine", outcome)
    os.unlink(path)
    arguments = ["-qmp", "unix:%s,server=on,wait=off,mode=0660,group=1,uid=%d"]
    with qmp.Run(program, folder, arguments[0], arguments[1] % (path, os.geteuid()),
                 serve=False) as run:
        run.client()
        tap.equal("mode and group", mode(), (0o660, 1))
        run.stop()
    with qmp.Run(program, folder, arguments[0], arguments[1] % (path, os.geteuid() + 4711),
                 serve=False) as run:
        harness.wait_until(lambda: os.path.exists(path), 10)
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        harness.wait_until(lambda: client.connect_ex(path) == 0, 10)
        tap.equal("another user hears nothing", client.recv(100), b"")
        run.stop()
        tap.check("the log says who was refused", "user %d" % os.geteuid() in run.err, run.err)
    clean(tap, "socket files", folder, "qmp")


def check_daemonize(tap, program, folder):
    outcome = harness.run([program, "run", "-daemonize", "-pidfile", "pid", "-netdev",
                           PLAIN % ("n0", "rt0"), "-qmp", "unix:qmp,server=on,wait=off"],
                          cwd=folder)
    tap.check("-daemonize returns once all is set up",
              outcome.status == 0 and harness.interfaces() == ["rt0"], outcome)
    pid = int(read(os.path.join(folder, "pid")))
    tap.check("in the background", os.getsid(pid) == pid and
              os.readlink("/proc/%d/cwd" % pid) == "/" and
              os.readlink("/proc/%d/fd/1" % pid) == "/dev/null")
    client = qmp.Client(os.path.join(folder, "qmp"))
    tap.equal("it serves", client.execute("query-name"), {})
    outcome = harness.run([program, "run", "-pidfile", os.path.join(folder, "pid")])
    tap.check("its pid file is locked", outcome.status == 1 and
              read(os.path.join(folder, "pid")) == "%d\n" % pid, outcome)
    client.execute("quit")
    tap.check("quit ends it", client.end_of_stream())
    clean(tap, "-daemonize with relative paths", folder, "qmp", "pid")


def check_options(tap, program, folder):
    with qmp.Run(program, folder, "-S", "-name", "guest=vm,debug-threads=on",
                 "-nic", "none") as run:
        client = run.client()
        tap.equal("-name", client.execute("query-name"), {"name": "vm"})
        tap.equal("-S", client.execute("query-status"), {"running": False, "status": "prelaunch"})
        client.execute("cont")
        tap.equal("cont", client.execute("query-status")["status"], "running")
        tap.equal("its event", [event["event"] for event in client.events], ["RESUME"])
        run.stop()
    null = os.open("/dev/null", os.O_RDWR)
    with qmp.Run(program, folder, "-add-fd", "fd=%d,set=7,opaque=a,,b" % null, "-add-fd",
                 "fd=%d,set=7" % null, pass_fds=[null]) as run:
        sets = run.client().execute("query-fdsets")
        tap.check("-add-fd", len(sets) == 1 and sets[0]["fdset-id"] == 7 and
                  [fd.get("opaque") for fd in sets[0]["fds"]] == ["a,b", None], sets)
        run.stop()
    os.close(null)
    with qmp.Run(program, folder, "-chardev",
                 "socket,id=mon0,path=%s/qmp,server=on,wait=off" % folder, "-mon", "chardev=mon0,mode=control,pretty=on", serve=False) as run:
        client = socket.socket(socket.AF_UNIX)
        harness.wait_until(lambda: client.connect_ex(run.path) == 0, 10)
        client.settimeout(10)
        client.sendall(qmp.NEGOTIATE + b'{"execute":"stop"}')
        text = b""
        while text.count(b"return") < 2:
            text += client.recv(65536)
        tap.check("-chardev and -mon, pretty, events as well",
                  b'\r\n    "event": "STOP"\r\n}' in text and b'{\r\n    "QMP": {' in text, text)
        run.stop()


def check_wait(tap, program, folder):
    path = os.path.join(folder, "qmp")
    with qmp.Run(program, folder, "-qmp", "unix:%s,server=on" % path, "-netdev",
                 PLAIN % ("n0", "rt0"), serve=False) as run:
        harness.wait_until(lambda: os.path.exists(path), 10)
        time.sleep(0.2)     # time to set up what must not be
        tap.equal("wait=on is the default: nothing is set up yet", harness.interfaces(), [])
        client = run.client()
        tap.equal("with a client everything is", len(client.execute("query-netdev")), 1)
        run.stop()
    with qmp.Run(program, folder, "-qmp", "unix:%s,server=on" % path, serve=False) as run:
        harness.wait_until(lambda: os.path.exists(path), 10)
        tap.check("SIGTERM while nobody has connected", run.stop() == 0, run.err)
    clean(tap, "wait=on", folder, "qmp")
    address = "unix:%s,server=on" % path
    for option, hint in (("-qmp", "; qnetdev monitor %s is one" % path), ("-monitor", "")):
        screen = monitor.Terminal([program, "run", option, address, "-S"])
        tap.check("on a terminal it says that it waits, and for what: " + option, screen.expect(
            "qnetdev: %s %s: waiting for a client, and setting nothing up before\r\n"
            "hint: wait=off in the address goes on without one%s\r\n" % (option, address, hint))
            is not None, screen.seen)
        screen.close()
    clean(tap, "waiting on a terminal", folder, "qmp")


def check_hint_at_server(tap, program, folder):
    """An address without server=on connects; whoever meant to listen is told how."""
    stale = os.path.join(folder, "stale")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(stale)
    for address, problem in (
            ("unix:%s/none" % folder, "cannot connect to %s/none: No such file or directory" % folder),
            ("unix:" + stale, "cannot connect to %s: Connection refused" % stale),
            ("tcp:127.0.0.1:1", "127.0.0.1:1: connect: Connection refused")):
        outcome = harness.run([program, "run", "-qmp", address])
        tap.equal("server=on is missing: " + address.replace(folder, ""),
                  (outcome.status, outcome.err), (1, (
                      "qnetdev: -qmp {0}: {1}\nhint: to listen there: {0},server=on,wait=off\n"
                  ).format(address, problem)))
    os.unlink(stale)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_transports(tap, program, folder):
    port = free_port()
    with qmp.Run(program, folder, "-qmp", "tcp:127.0.0.1:%d,server,nowait" % port,
                 serve=False) as run:
        connected = socket.socket()
        harness.wait_until(lambda: connected.connect_ex(("127.0.0.1", port)) == 0, 10)
        client = qmp.Client(sock=connected)
        tap.equal("tcp", client.execute("query-name"), {})
        tap.check("no descriptors come over tcp", "error" in client.execute("getfd", fdname="a"))
        run.stop()
    # Answers come although the input ended long before.
    text = qmp.NEGOTIATE + b'{"execute":"query-name","id":1}' * 2000 + b'{"execute":"quit"}'
    outcome = harness.run([program, "run", "-qmp", "stdio"], stdin=text)
    lines = outcome.out.splitlines()
    tap.check("stdio", outcome.status == 0 and len(lines) == 2004 and
              lines[0].startswith('{"QMP"'), outcome)
    ours, theirs = socket.socketpair()
    with qmp.Run(program, folder, "-qmp", "fd:%d" % theirs.fileno(), serve=False,
                 pass_fds=[theirs.fileno()]) as run:
        theirs.close()
        client = qmp.Client(sock=ours)
        tap.equal("fd: of a connected socket", client.execute("query-name"), {})
        before = run.fds()
        null = os.open("/dev/null", os.O_RDWR)
        for name in "abc":
            client.execute("getfd", [null], fdname=name)
        os.close(null)
        tap.equal("it holds three descriptors", run.fds(), before + 3)
        client.close()
        tap.check("which are closed with their client, as nobody can come after it",
                  harness.wait_until(lambda: run.fds() == before - 1, 5), run.fds())
        run.stop()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(folder, "inherited"))
        listener.listen()
        with qmp.Run(program, folder, "-qmp", "fd:%d" % listener.fileno(), serve=False,
                     pass_fds=[listener.fileno()]) as run:
            client = qmp.Client(os.path.join(folder, "inherited"))
            tap.equal("fd: of a listening socket", client.execute("query-name"), {})
            tap.check("a script does not inherit it", client.execute(
                "netdev_add", type="tap", id="n0", ifname="rt0", downscript="no",
                script=script(folder, "fds", "ls -l /proc/$$/fd > %s/list\n" % folder)) == {} and
                "socket" not in read(folder + "/list"), read(folder + "/list"))
            run.stop()
    clean(tap, "transports", folder)


def check_half_close(tap, program, folder):
    slow = harness.HeldScript(os.path.join(folder, "slow"))
    with qmp.Run(program, folder) as run:
        client = run.client()
        client.send(b'{"execute":"query-version","id":1}' * 5000)
        client.send(b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n0","ifname":"rt0",'
                    b'"downscript":"no","script":"%s"}}' % slow.path.encode())
        client.socket.shutdown(socket.SHUT_WR)
        slow.await_start()
        slow.release()
        count = 0
        while client.receive():
            count += 1
        tap.equal("a client that only stops sending gets all its answers", count, 5001)
        tap.equal("and its netdev", harness.interfaces(), ["rt0"])
        run.stop()
    clean(tap, "half-closed", folder)


class Manager:
    """A service manager: a notification socket, and sockets that it passes."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.path)
        self.notify.settimeout(10)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(folder, "activated"))
        self.listener.listen()

    def start(self, program, *arguments, count=1):
        """Through a shell that tells its own number, which the program keeps."""
        number = self.listener.fileno()
        text = "exec 3<&%d; test %d = 3 || exec %d<&-; export LISTEN_PID=$$; exec \"$@\"" % (
            number, number, number)
        environment = {**os.environ, "LISTEN_FDS": str(count), "LISTEN_FDNAMES": "qmp",
                       "NOTIFY_SOCKET": self.path}
        return subprocess.Popen(["/bin/sh", "-c", text, "sh", program, "run", *arguments],
                                env=environment, pass_fds=[number], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_service(tap, program, folder):
    manager = Manager(folder)
    process = manager.start(program, "-netdev", PLAIN % ("n0", "rt0"))
    tap.equal("READY", manager.notify.recv(1000), b"READY=1\nSTATUS=1 netdev")
    client = qmp.Client(os.path.join(folder, "activated"))
    tap.equal("socket activation", client.execute("query-name"), {})
    process.send_signal(signal.SIGTERM)
    tap.equal("STOPPING", manager.notify.recv(1000), b"STOPPING=1")
    process.communicate(timeout=10)
    tap.equal("ended", process.returncode, 0)
    tap.check("the manager's socket file stays", os.path.exists(os.path.join(folder, "activated")))
    process = manager.start(program, count=4)
    out, err = process.communicate(timeout=10)
    tap.check("a passed descriptor that is not open is an error",
              process.returncode == 1 and b"LISTEN_FDS" in err, (process.returncode, err))
    process = manager.start(program, "-qmp", "fd:3")
    out, err = process.communicate(timeout=10)
    tap.check("a passed descriptor is not adopted twice",
              process.returncode == 1 and b"descriptor 3" in err, (process.returncode, err))
    clean(tap, "service", folder)


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    for check in (check_ends, check_end_while_starting, check_errors, check_socket_files,
                  check_daemonize, check_options, check_wait,
                  check_hint_at_server, check_transports, check_half_close,
                  check_service):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            check(tap, program, folder)
            tap.note("%s: %.1f s" % (check.__name__, time.monotonic() - begin))
    tap.done()


if __name__ == "__main__":
    main()
