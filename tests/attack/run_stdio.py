#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A monitor on standard input and output: the end of either loses no command that was sent and no
answer that somebody can read, and never keeps the program from doing its work.

    run_stdio.py QNETDEV BRIDGE_HELPER BRIDGE_CONF
"""
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import attack_path  # noqa: F401
import harness
import qmp

ADD = (b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n%d","ifname":"rt%d",'
       b'"downscript":"no","script":"/bin/true"},"id":%d}')
QUIT = b'{"execute":"quit"}'


def start(program, *arguments, **options):
    options.setdefault("stdin", subprocess.PIPE)
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.Popen([program, "run", *arguments], stderr=subprocess.PIPE, **options)


def finish(process, stdin=None, timeout=15):
    """Exit status, standard output; None for a time-out."""
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return None, out
    return process.returncode, out


def end_input(process, text):
    process.stdin.write(text)
    process.stdin.close()
    process.stdin = None


def unread(pipe):
    """How many bytes wait in it."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def messages(out):
    return [json.loads(line) for line in (out or b"").splitlines()]


def read_until(process, text, timeout=10):
    """What was written to standard output until the text came."""
    data = b""
    while text not in data and select.select([process.stdout], [], [], timeout)[0]:
        more = os.read(process.stdout.fileno(), 1 << 16)
        if not more:
            break
        data += more
    return data


def check_end_of_input(tap, program, folder):
    """Everything was sent, and the input ended, before the first command is done."""
    slow = harness.HeldScript(os.path.join(folder, "slow"))
    add = ADD.replace(b"/bin/true", slow.path.encode())
    for name, commands, wanted in (
            ("a script", [ADD % (0, 0, 0)], 1),
            ("a slow script", [add % (0, 0, 0)], 1),
            ("queues=0", [b'{"execute":"netdev_add","arguments":{"type":"tap","id":"n0",'
                          b'"queues":0}}'], 1),
            ("several", [add % (i, i, i) for i in range(3)], 3)):
        text = qmp.NEGOTIATE + b"".join(commands) + b'{"execute":"query-name"}' + QUIT
        slow.hold()
        process = start(program, "-qmp", "stdio")
        end_input(process, text)
        if slow.path.encode() in text:
            slow.await_start()
        slow.release()
        status, out = finish(process)
        answers = [message for message in messages(out)[1:] if "event" not in message]
        tap.check("%s, then the end of the input: all is answered, and it ends" % name,
                  status == 0 and len(answers) == wanted + 3, (status, out))
        tap.equal(name + ": SHUTDOWN", [message["data"]["reason"] for message in messages(out)
                                        if message.get("event") == "SHUTDOWN"],
                  ["host-qmp-quit"])
        tap.equal(name + ": nothing is left", harness.leftovers(), [])
    text = qmp.NEGOTIATE.join([b"", b" "]) + add % (0, 0, 0) + b'{"execute":"query-ver'
    slow.hold()
    process = start(program, "-qmp", "stdio")
    end_input(process, text)
    slow.await_start()
    slow.release()
    out = read_until(process, b'"id": 0')
    tap.equal("without quit it goes on", (process.poll(), harness.interfaces()), (None, ["rt0"]))
    process.send_signal(signal.SIGTERM)
    status, rest = finish(process)
    tap.check("and tells that SIGTERM ends it", status == 0 and b"host-signal" in rest,
              (status, out, rest))
    tap.equal("the end of the input: nothing is left", harness.leftovers(), [])
    line = b"netdev_add tap,id=n0,ifname=rt0,downscript=no,script=%s\n" % slow.path.encode()
    slow.hold()
    process = start(program, "-monitor", "stdio")
    end_input(process, line + b"info network\nquit\n")
    slow.await_start()
    slow.release()
    status, out = finish(process)
    tap.check("for humans, too", status == 0 and b"n0: index=0,type=tap,ifname=rt0" in out,
              (status, out))
    status, out = finish(start(program, "-qmp", "stdio", stdin=subprocess.DEVNULL), timeout=0.5)
    tap.check("an input with nothing in it is no reason to end", status is None and out, out)


def check_slow_reader(tap, program, _folder):
    """More answers than a pipe holds, and nobody reads before the program has been told to end."""
    process = start(program, "-qmp", "stdio")
    end_input(process, qmp.NEGOTIATE + b'{"execute":"query-qmp-schema"}' * 4 + QUIT)
    tap.check("a slow reader: the pipe fills", harness.wait_until(
        lambda: unread(process.stdout) > 60000, 10), unread(process.stdout))
    status, out = finish(process)
    tap.check("a slow reader gets all answers", status == 0 and
              out.count(b'{"return"') == 6 and len(out) > 70000, (status, len(out)))
    process = start(program, "-qmp", "stdio")
    process.stdin.write(qmp.NEGOTIATE + b'{"execute":"query-qmp-schema"}' * 4 + QUIT)
    process.stdin.flush()
    try:
        status = process.wait(15)
    except subprocess.TimeoutExpired:
        status = None
    tap.equal("but one who never reads does not keep it", status, 0)
    finish(process)


def check_end_of_output(tap, program, folder):
    """The reader of the output goes away, whoever writes the input stays."""
    path = os.path.join(folder, "qmp")
    for kind in ("-qmp", "-monitor"):
        process = start(program, kind, "stdio", "-qmp", "unix:%s,server=on,wait=off" % path)
        read_until(process, b"\n")
        process.stdout.close()
        process.stdout = None
        other = qmp.Client(path, timeout=5)
        try:
            answer = other.execute("query-name")
        except OSError as problem:
            answer = problem
        tap.equal("%s: no reader of the output: others are served" % kind, answer, {})
        add = (qmp.NEGOTIATE + ADD % (0, 0, 0) if kind == "-qmp" else
               b"netdev_add tap,id=n0,ifname=rt0,downscript=no,script=/bin/true\n")
        process.stdin.write(add)
        process.stdin.flush()
        tap.check("%s: what is written is still executed" % kind,
                  harness.wait_until(lambda: harness.interfaces() == ["rt0"], 5))
        ticks = cpu_ticks(process.pid)
        time.sleep(0.3)     # time to spin in
        tap.check("%s: it does not spin" % kind, cpu_ticks(process.pid) - ticks < 10)
        process.send_signal(signal.SIGTERM)
        status, _ = finish(process)
        tap.equal("%s: SIGTERM ends it" % kind, status, 0)
        tap.equal("%s: no reader: nothing is left" % kind, harness.leftovers(), [])


def cpu_ticks(pid):
    with open("/proc/%d/stat" % pid) as text:
        fields = text.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def check_idle_ends(tap, program, _folder):
    """Both directions are over: nothing turns, in the time that it is given to."""
    process = start(program, "-qmp", "stdio")
    end_input(process, qmp.NEGOTIATE)
    read_until(process, b'"return"')
    before = cpu_ticks(process.pid)
    time.sleep(0.3)
    tap.check("after the end of the input it does not spin", cpu_ticks(process.pid) - before < 10)
    process.stdout.close()
    process.stdout = None
    before = cpu_ticks(process.pid)
    time.sleep(0.3)
    tap.check("nor after that of the output", cpu_ticks(process.pid) - before < 10)
    process.send_signal(signal.SIGTERM)
    tap.equal("both are over: SIGTERM ends it", finish(process)[0], 0)


def check_long_lines(tap, program, folder):
    """The limit of a line holds for every way to the human monitor."""
    with qmp.Run(program, folder) as run:
        client = run.client()
        for length, wanted in ((1 << 16, b"unknown command"), ((1 << 16) + 1, b"longer than 65536"),
                               (8 << 20, b"longer than 65536")):
            # With a blank, so that the answer shows none of it.
            line = b"x " + b"a" * (length - 2)
            client.send(b'{"execute":"human-monitor-command","arguments":{"command-line":"' +
                        line + b'"}}')
            answer = client.answer()
            tap.check("human-monitor-command with a line of %d bytes" % length,
                      wanted in answer.get("return", "").encode(), str(answer)[:200])
        run.stop()


def main():
    program = os.path.abspath(sys.argv[1])
    harness.need_tun()
    tap = harness.Tap()
    for check in (check_end_of_input, check_slow_reader, check_end_of_output, check_idle_ends,
                  check_long_lines):
        with tempfile.TemporaryDirectory() as folder:
            check(tap, program, folder)
    tap.done()


if __name__ == "__main__":
    main()
