# SPDX-License-Identifier: MIT
"""`qnetdev monitor` against `qnetdev run` and, if there is one, a real QEMU."""
import json
import os
import signal
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qemu"))
import harness  # noqa: E402
import monitor  # noqa: E402
import qemu  # noqa: E402


class Client:
    """Runs the client on a monitor's socket."""

    def __init__(self, qnetdev, path):
        self.argv = [qnetdev, "monitor", path]

    def run(self, *lines, stdin=b"", options=(), **more):
        words = [word for line in lines for word in ("--exec", line)]
        return harness.run([*self.argv, *options, *words], stdin, **more)


def test_scripts(tap, who, client):
    """What any QMP monitor does."""
    outcome = client.run("query-version", '{"execute": "query-status"}')
    tap.check(who + ": a command and a message", outcome.status == 0 and
              '"qemu": {' in outcome.out and '"status": ' in outcome.out, outcome)
    outcome = client.run(stdin=b"# a comment\n\nquery-name\nexit\nbogus\n")
    tap.check(who + ": lines from standard input, up to exit",
              outcome.status == 0 and outcome.out == "{}\n", outcome)
    outcome = client.run(stdin=b"query-name\nbogus\nquery-name\n")
    tap.check(who + ": the first line that fails is the last",
              outcome.status == 1 and outcome.out == "{}\n" and
              outcome.err.startswith("qnetdev: bogus: "), outcome)
    outcome = client.run("stop", "query-status", "cont")
    tap.check(who + ": switches", '"running": false' in outcome.out, outcome)
    tap.check(who + ": events apart from answers", '"STOP"' in outcome.err and
              '"event"' not in outcome.out, outcome)
    outcome = client.run("help set_link", "help")
    lines = outcome.out.splitlines()
    tap.equal(who + ": help of a command", lines[:3], ["set_link", "  name=string", "  up=on|off"])
    tap.check(who + ": help of all", "set_link" in lines[3:] and "netdev_add" in lines[3:] and
              lines[-1] == "help COMMAND lists a command's arguments; exit or ^D leaves.", outcome)
    outcome = client.run("help netdev_add")
    tap.check(who + ": help of one with variants", outcome.out.startswith("netdev_add\n") and
              "  id=string\n  type=none|nic|user|tap|" in outcome.out and
              outcome.out.endswith("  and what belongs to the value of type\n"), outcome)
    outcome = client.run("help bogus")
    tap.equal(who + ": help of none", outcome.err,
              "qnetdev: the monitor has no command 'bogus'\nhint: help lists the commands\n")
    outcome = client.run('human-monitor-command command-line="info status"')
    tap.equal(who + ": a text is shown as it is", outcome.out, "VM status: running\n")


def test_typing(tap, who, client):
    outcome = client.run("netdev_add type=tap id=c0 ifname=cl0 queues=2 script=no downscript=no",
                         "set_link name=c0 up=off", "netdev_del id=c0")
    tap.check(who + ": numbers and switches are typed by the schema",
              (outcome.status, outcome.out) == (0, "{}\n" * 3), outcome)
    outcome = client.run("announce-self initial=50 max=550 rounds=5 step=100 interfaces=a "
                         "interfaces=b id=\"x y\"",
                         "announce-self initial=50 max=550 rounds=0 step=100 id='x y'",
                         'announce-self initial=5 max=5 rounds=1 step=1 interfaces=["a","b"]')
    tap.check(who + ": lists and quotes",
              (outcome.status, outcome.out) == (0, "{}\n" * 3), outcome)
    for line, message in (
            ("netdev_add type=tap id=c1 queues=x", "'queues' must be an integer, not 'x'"),
            ("netdev_add type=tap id=c1 vhost=x", "'vhost' must be on or off, not 'x'"),
            ("netdev_add type=tap id=c1 vhots=on", "netdev_add has no argument 'vhots'"),
            ("netdev_add type=user id=c1 br=x", "netdev_add has no argument 'br'"),
            ("set_link c1", "'c1' is no KEY=VALUE\nhint: did you mean 'name=c1'?"),
            ("netdev_del id=a b", "'b' is no KEY=VALUE\nhint: help netdev_del lists the arguments"),
            ("netdev_del =b", "'=b' is no KEY=VALUE"),
            ("netdev_add tap,id=c1", "netdev_add has no argument 'tap,id'\n"
             "hint: blanks stand between arguments, not commas"),
            ("netdev_del id=a id=b", "'id' is given twice"),
            ('netdev_del id={"a"', 'the JSON value is not complete: {"a"'),
            ("getfd fdname=a @x", "'@x' names no descriptor"),
            ("getfd fdname=a @99", "descriptor 99: Bad file descriptor"),
            ("getfd fdname=a @/no/such", "cannot open /no/such: No such file or directory")):
        outcome = client.run(line)
        said = outcome.err if "\n" in message else outcome.err.partition("\n")[0]
        tap.check("%s: refuses %s" % (who, line), outcome.status == 1 and outcome.out == "" and
                  said.strip().lower() == ("qnetdev: " + message).lower(), outcome)
    outcome = client.run("netdev_add type=tap id=c0 ifname=cl0 script=no downscript=no",
                         "set_link c0 up=off", "netdev_del c0")
    tap.check(who + ": the one thing that a command needs may stand alone",
              (outcome.status, outcome.out) == (0, "{}\n" * 3), outcome)
    outcome = client.run('human-monitor-command "info status"')
    tap.equal(who + ": also in quotes", outcome.out, "VM status: running\n")
    outcome = client.run("netdev_dle id=c0")
    tap.check(who + ": a command that is not known", outcome.status == 1 and
              outcome.err.endswith("\nhint: did you mean 'netdev_del'?\n"), outcome)


def test_descriptors(tap, who, client):
    read_end, write_end = os.pipe()
    outcome = client.run("getfd fdname=a @%d" % read_end, "closefd fdname=a",
                         "getfd fdname=b @/dev/null", "closefd fdname=b",
                         "add-fd fdset-id=7 @/etc", "remove-fd fdset-id=7",
                         '{"execute": "getfd", "arguments": {"fdname": "c"}} @/dev/null',
                         "closefd fdname=c", pass_fds=[read_end])
    tap.check(who + ": descriptors are sent along",
              outcome.status == 0 and outcome.out.count("{}\n") == 7 and
              '"fdset-id": 7' in outcome.out, outcome)
    os.close(read_end)
    os.close(write_end)


def test_interactive(tap, who, client):
    screen = monitor.Terminal(client.argv)
    tap.check(who + ": prompts", screen.expect("(qmp) ") is not None, screen.seen)
    screen.type("query-na\t\r")
    tap.check(who + ": completes a command", screen.expect("{}\r\n(qmp) ") is not None,
              screen.seen)
    screen.type("netdev_add type=ta\tid=i0 ifn\t")
    tap.check(who + ": completes values, and arguments of the type chosen",
              screen.expect("ame=") is not None, screen.seen)
    screen.type("cl1 scr\tno downs\tno\r")
    tap.check(who + ": executes it", screen.expect("{}\r\n(qmp) ") is not None, screen.seen)
    tap.equal(who + ": the tap is there", harness.interfaces(), ["cl1"])
    screen.type("half a li")
    other = client.run("netdev_del id=i0", "stop", "cont")
    tap.equal(who + ": others go on", other.status, 0)
    tap.check(who + ": events come while a line is typed", screen.expect('"RESUME"') is not None
              and screen.expect("half a li") is not None, screen.seen)
    screen.type("\x15exit\r")
    tap.equal(who + ": exit ends it", screen.wait(), 0)
    tap.check(who + ": and gives the terminal back", screen.is_restored())
    screen.close()
    screen = monitor.Terminal(client.argv)
    screen.expect("(qmp) ")
    screen.type("\x04")
    tap.equal(who + ": ^D ends it", screen.wait(), 0)
    tap.check(who + ": ^D gives the terminal back", screen.is_restored())
    screen.close()


def test_names(tap, who, client):
    """Tab knows what exists."""
    client.run("netdev_add type=tap id=hn1 ifname=cl1 script=no downscript=no",
               "netdev_add type=tap id=hn2 ifname=cl2 script=no downscript=no")
    screen = monitor.Terminal(client.argv)
    screen.expect("(qmp) ")
    screen.type("netdev_del \t")
    tap.check(who + ": Tab completes what ids have in common", screen.expect("hn") is not None,
              screen.seen)
    screen.type("\t")
    tap.check(who + ": and lists them", screen.expect("hn1  hn2") is not None, screen.seen)
    screen.type("1\r")
    tap.check(who + ": an id alone is understood", screen.expect("{}\r\n(qmp) ") is not None,
              screen.seen)
    screen.type("set_link name=h\tup=of\t\r")
    tap.check(who + ": Tab completes a name behind its key",
              screen.expect("{}\r\n(qmp) ") is not None, screen.seen)
    screen.type("netdev_del i\th\t\r")
    tap.check(who + ": the key of an id can still be typed",
              screen.expect("n2 \r\n{}\r\n(qmp) ") is not None, screen.seen)
    screen.type("add-fd fdset-id=7 @/dev/null\r")
    screen.expect("(qmp) ")
    screen.type("remove-fd \t\r")
    tap.check(who + ": Tab completes the number of a set",
              screen.expect("7 \r\n{}\r\n(qmp) ") is not None, screen.seen)
    screen.type("exit\r")
    screen.wait()
    screen.close()


def test_interrupt(tap, who, client):
    """^C gives up the line, and nothing else."""
    screen = monitor.Terminal(client.argv)
    screen.expect("(qmp) ")
    screen.type("no such thing\x03query-name\r")
    tap.check(who + ": ^C clears the line", screen.expect("^C\r\n") is not None and
              screen.expect("{}\r\n(qmp) ") is not None, screen.seen)
    screen.type("half\x1b[D\x1b[D\x03")
    tap.check(who + ": also in the middle of it", screen.expect("^C\r\n(qmp) ") is not None,
              screen.seen)
    screen.type("\x03")
    tap.check(who + ": on an empty line it tells how to leave",
              screen.expect("^C\r\nexit or ^D leaves\r\n(qmp) ") is not None, screen.seen)
    screen.process.send_signal(signal.SIGINT)
    tap.equal(who + ": SIGINT ends it", screen.wait(), 0)
    tap.check(who + ": SIGINT gives the terminal back", screen.is_restored())
    screen.close()


def type_lines(client, state, *lines):
    """A session in which the lines are typed; what was printed behind each, up to the prompt."""
    screen = monitor.Terminal(client.argv, state)
    screen.expect("(qmp) ")
    printed = []
    for line in lines:
        screen.type(line + "\r")
        screen.expect("\r\n")
        printed.append(screen.expect("(qmp) "))
    screen.type("\x04")
    screen.wait()
    screen.close()
    return printed


def test_history(tap, who, client):
    """What was typed can be had again in the next session."""
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, "state")
        path = os.path.join(state, "qnetdev", "monitor_history")
        type_lines(client, state, "query-status", " query-version", "query-name")
        tap.check(who + ": lines are kept, for their owner only",
                  read(path) == "query-status\nquery-name\n" and
                  os.stat(path).st_mode & 0o7777 == 0o600, path)
        printed = type_lines(client, state, "\x1b[A\x1b[A")
        tap.check(who + ": and brought back", '"running": true' in (printed[0] or ""), printed)
        with open(path, "w", encoding="utf-8") as lines:
            lines.write("x" * (2 << 20) + "\n" + "".join("stop %d\n" % i for i in range(3000)))
        printed = type_lines(client, state, "\x1b[A")
        kept = read(path).splitlines()
        tap.check(who + ": of many lines the last are kept", "2999" in (printed[0] or "") and
                  kept == ["stop %d" % i for i in range(2000, 3000)] + ["stop 2999"],
                  (printed, len(kept), kept[:2]))
        victim = os.path.join(folder, "victim")
        os.unlink(path)
        os.symlink(victim, path)
        type_lines(client, state, "query-name")
        tap.check(who + ": through no link", not os.path.lexists(victim))
        os.unlink(path)
        os.mkfifo(path)
        tap.equal(who + ": and only in a file", type_lines(client, state, "query-name"), ["{}\r\n"])
        if os.geteuid() == 0:
            foreign = os.path.join(folder, "foreign")
            os.mkdir(foreign)
            os.chown(foreign, 65534, 65534)
            tap.equal(who + ": without a folder of one's own it works as well",
                      type_lines(client, foreign, "query-name"), ["{}\r\n"])
            tap.equal(who + ": and nothing is written", os.listdir(foreign), [])


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def test_order(tap, client):
    program, path = client.argv[0], client.argv[2]
    for words in (["--exec", "query-name", path], ["--exec=query-name", path, "--timeout", "3"],
                  ["--timeout", "3", path, "--exec", "query-name"]):
        outcome = harness.run([program, "monitor", *words])
        tap.equal("words in any order: " + " ".join(words).replace(path, "PATH"),
                  (outcome.status, outcome.out, outcome.err), (0, "{}\n", ""))
    outcome = harness.run([program, "monitor", path, "other", "--exec", "query-name"])
    tap.equal("two paths are one too many", (outcome.status, outcome.err),
              (2, "qnetdev: unexpected word 'other'\n"))


def test_end(tap, who, client):
    screen = monitor.Terminal(client.argv)
    screen.expect("(qmp) ")
    outcome = client.run("quit")
    tap.check(who + ": quit is answered", outcome.status == 0 and "SHUTDOWN" in outcome.err,
              outcome)
    tap.check(who + ": the end of the monitor is told",
              screen.expect("the monitor has closed the connection") is not None, screen.seen)
    tap.equal(who + ": and is a failure", screen.wait(), 1)
    tap.check(who + ": the terminal is given back", screen.is_restored())
    screen.close()
    outcome = client.run("quit")
    tap.check(who + ": without a monitor it says so", outcome.status == 1 and
              "cannot connect" in outcome.err, outcome)


def serve_once(listener, *answers):
    """A monitor that greets, then gives these answers, one for each read, and falls silent."""
    connection, _ = listener.accept()
    connection.settimeout(monitor.WAIT)
    for answer in answers:
        connection.sendall(answer)
        if not connection.recv(65536):
            break
    while connection.recv(65536):   # until the client gives up
        pass
    connection.close()


def test_odd_monitors(tap, qnetdev, folder):
    greeting = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'
    ok = b'{"return": {}}\r\n'
    schema = b'{"error": {"class": "CommandNotFound", "desc": "none"}}\r\n'
    for name, answers, message in (
            ("a silent one", [greeting, ok, schema], "has not answered within 1 s"),
            ("one that does not greet", [b'{"return": {}}'], "no QMP monitor is there"),
            ("one for humans", [b"QEMU 7.2.0 monitor - type 'help'\r\n(qemu) "],
             "no QMP monitor is there"),
            ("one that breaks off", [b'{"QMP": '], "has not answered within 1 s"),
            ("one whose schema is a number, and an error no text",
             [greeting, ok, b'{"return": 7}\r\n', b'{"error": {"desc": 7}}\r\n'],
             'qnetdev: x: {"error":{"desc":7}}\n'),
            ("one whose answer is no object", [greeting, ok, schema, b"[1]\r\n"],
             "qnetdev: the monitor's answer cannot be read\n"),
            ("one whose answer is no JSON", [greeting, ok, schema, b'{"return" 7}\r\n'],
             "qnetdev: the monitor's answer cannot be read\n"),
            ("one that says a thing twice",
             [greeting, ok, schema, b'{"return": 7, "return": 8}\r\n'],
             "qnetdev: the monitor's answer cannot be read\n")):
        path = os.path.join(folder, "odd")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            thread = threading.Thread(target=serve_once, args=(listener, *answers), daemon=True)
            thread.start()
            outcome = Client(qnetdev, path).run("x a=1 b=on", options=("--timeout", "1"))
            tap.check("odd monitor: " + name, outcome.status == 1 and
                      message in outcome.err, outcome)
            thread.join(monitor.WAIT)
        os.unlink(path)


def test_hostile_schema(tap, qnetdev, folder):
    """Names in a schema that would steer the terminal they are shown on."""
    path = os.path.join(folder, "hostile")
    evil = "\x1b]0;x\x07\x9b31m\x7f"
    schema = json.dumps({"return": [
        {"name": "cmd" + evil, "meta-type": "command", "arg-type": "0", "ret-type": "0"},
        {"name": "c", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
        {"name": "0", "meta-type": "object", "tag": "g" + evil, "members": [
            {"name": "m" + evil, "type": "t"}, {"name": "e", "type": "E"}]},
        {"name": "t", "meta-type": "builtin", "json-type": "s" + evil},
        {"name": "E", "meta-type": "enum", "values": ["v" + evil]}]}).encode() + b"\r\n"
    greeting = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve_once, daemon=True,
                                  args=(listener, greeting, b'{"return": {}}\r\n', schema))
        thread.start()
        outcome = Client(qnetdev, path).run("help", "help c")
        thread.join(monitor.WAIT)
    shown = outcome.out + outcome.err
    tap.check("hostile schema: names are shown, without control characters",
              "cmd?]0;x??31m?" in shown and "  m?]0;x" in shown and "  e=v?" in shown and
              not set(shown) & set("\x1b\x07\x7f\x9b"), outcome)


def test_without_schema(tap, qnetdev, folder):
    """Values are guessed where the monitor does not describe itself."""
    path = os.path.join(folder, "plain")
    got = []

    def serve(listener):
        connection, _ = listener.accept()
        connection.sendall(b'{"QMP": {}}\n')
        for answer in (b'{"return": {}}', b'{"error": {}}', b'{"return": [1, [], "x"]}'):
            got.append(connection.recv(65536))
            connection.sendall(b'{"event": "E"}' + answer)
        connection.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        outcome = Client(qnetdev, path).run("cmd a=1 b.c=x b.d=true e=[1]")
        thread.join(monitor.WAIT)
    tap.equal("no schema: values are guessed", json.loads(got[-1]) if got else None,
              {"execute": "cmd",
               "arguments": {"a": 1, "b": {"c": "x", "d": True}, "e": [1]}})
    tap.equal("no schema: an answer is laid out", outcome.out,
              '[\n    1,\n    [],\n    "x"\n]\n')


def main():
    tap = harness.Tap()
    harness.need_tun()
    qnetdev = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        run = monitor.Run(qnetdev, folder)
        try:
            client = Client(qnetdev, run.qmp)
            test_order(tap, client)
            for test in (test_scripts, test_typing, test_descriptors, test_interactive, test_names,
                         test_interrupt, test_history, test_end):
                test(tap, "ours", client)
        finally:
            run.end()
        test_odd_monitors(tap, qnetdev, folder)
        test_hostile_schema(tap, qnetdev, folder)
        test_without_schema(tap, qnetdev, folder)
    if sys.argv[2]:
        with tempfile.TemporaryDirectory() as folder:
            theirs = qemu.Qemu(sys.argv[2], folder)
            try:
                client = Client(qnetdev, theirs.other)
                for test in (test_scripts, test_typing, test_descriptors, test_names):
                    test(tap, "QEMU", client)
            finally:
                theirs.end()
    else:
        tap.skip("QEMU", "qemu-system-x86_64 is not installed")
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
