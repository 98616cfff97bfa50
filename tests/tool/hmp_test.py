# SPDX-License-Identifier: MIT
"""Sessions of the human monitor: sockets, human-monitor-command, a terminal, a pipe."""
import fcntl
import os
import select
import signal
import stat
import statistics
import struct
import sys
import tempfile
import time

import harness
import monitor

TAP = "netdev_add tap,id=%s,ifname=%s,script=no,downscript=no"
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
KEY_TIME = 0.1      # LineEditor::kKeyTime, in seconds


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def test_socket(tap, run):
    human = monitor.Human(run.human)
    mode = stat.S_IMODE(os.stat(run.human).st_mode)
    tap.equal("socket: only its owner can connect", mode, 0o600)
    tap.check("socket: it greets", human.banner.startswith("qnetdev ") and
              human.banner.endswith(" monitor - type 'help' for more information\r\n"),
              human.banner)
    tap.equal("socket: adds a tap", human.run(TAP % ("s0", "hmps0")), "")
    tap.equal("socket: lists it", human.run("info network"),
              "s0: index=0,type=tap,ifname=hmps0,script=no,downscript=no\r\n")
    tap.equal("socket: the interface is there", harness.interfaces(), ["hmps0"])
    other = monitor.Human(run.human)
    tap.equal("socket: another client removes it", other.run("netdev_del s0"), "")
    tap.equal("socket: lines of one write are all executed",
              human.run("info status\ninfo name") + human.read(), "VM status: running\r\n")
    human.close()
    other.close()


def test_descriptors(tap, run):
    human = monitor.Human(run.human)
    fd = open_tap("hmpf0")
    before = run.idle_fds()
    tap.check("descriptor: without one, getfd fails",
              human.run("getfd a").startswith("Error: "))
    tap.equal("descriptor: getfd takes the one sent along", human.run("getfd a", [fd]), "")
    tap.equal("descriptor: netdev_add uses it", human.run("netdev_add tap,id=f0,fd=a"), "")
    tap.check("descriptor: its name is used up",
              human.run("closefd a").startswith("Error: "))
    tap.check("descriptor: it is listed", human.run("info network").startswith(
        "f0: index=0,type=tap,fd="))
    human.run("netdev_del f0")
    tap.equal("descriptor: one that is not used", human.run("getfd b", [fd]), "")
    tap.equal("descriptor: and is closed", human.run("closefd b"), "")
    tap.check("descriptor: none is left", harness.wait_until(lambda: run.fds() == before, 5),
              "%d, was %d" % (run.fds(), before))
    human.run("info name", [fd, fd])
    human.close()
    tap.check("descriptor: a client that is gone leaves none",
              harness.wait_until(lambda: run.fds() == before - 1, 5), run.fds())
    os.close(fd)


def test_waiting(tap, run, folder):
    """A script holds up the client that waits for it, and nobody else: it ends when all others have
    been served."""
    script = harness.HeldScript(os.path.join(folder, "slow"))
    line = "netdev_add tap,id=%s,ifname=%s,script=" + script.path + ",downscript=no"
    human, other, qmp, second = (monitor.Human(run.human), monitor.Human(run.human),
                                 monitor.Qmp(run.qmp), monitor.Qmp(run.qmp))
    human.socket.sendall((line % ("w0", "hmpw0") + "\ninfo network\n").encode())
    qmp.send("human-monitor-command", **{"command-line": line % ("w1", "hmpw1")})
    tap.equal("waiting: another human is served", other.run("info status"),
              "VM status: running\r\n")
    tap.equal("waiting: another QMP client is served", second.human("info network"), "")
    tap.check("waiting: the id is taken meanwhile",
              other.run(TAP % ("w0", "x")).startswith("Error: "))
    tap.equal("waiting: neither client has its answer",
              select.select([human.socket, qmp.socket], [], [], 0)[0], [])
    script.release()
    tap.equal("waiting: netdev_add is done with its script", human.read(), "")
    tap.check("waiting: the next line comes after it", "w0: " in human.read())
    tap.equal("waiting: QMP is answered then, too", qmp.answer(), {"return": ""})
    for id_ in ("w0", "w1"):
        tap.equal("waiting: %s was added" % id_, second.human("netdev_del " + id_), "")
    tap.check("human-monitor-command: there is no processor", "error" in qmp.execute(
        "human-monitor-command", **{"command-line": "info name", "cpu-index": 0}))
    for client in (human, other, qmp, second):
        client.close()


def seconds_of(human):
    """The usual time that a command takes."""
    times = []
    for _ in range(9):
        start = time.monotonic()
        human.run("info status")
        times.append(time.monotonic() - start)
    return statistics.median(times)


def test_slow_client(tap, run):
    """A client that does not read its output is not executed for, and delays nobody."""
    slow, other = monitor.Human(run.human), monitor.Human(run.human)
    slow.socket.setblocking(False)
    sent = 0
    idle = seconds_of(other)
    while sent < 20 << 20 and select.select([], [slow.socket], [], 1)[1]:
        sent += slow.socket.send(b"help\n" * 1000)
    busy = seconds_of(other)
    tap.check("slow client: others are served", busy < 10 * idle + 0.05, (idle, busy))
    tap.check("slow client: it is not read from", sent < 2 << 20, "%d bytes" % sent)
    if "ASAN_OPTIONS" not in os.environ:  # which keeps freed memory
        with open("/proc/%d/status" % run.process.pid) as status:
            resident = int(next(x for x in status if x.startswith("VmRSS")).split()[1])
        tap.check("slow client: its output is bounded", resident < 64 << 10, "%d KiB" % resident)
    slow.close()
    other.close()


def test_terminal(tap, qnetdev, folder):
    qmp_path = os.path.join(folder, "terminal-qmp")
    argv = [qnetdev, "run", "-monitor", "stdio",
            "-qmp", "unix:%s,server=on,wait=off" % qmp_path]
    screen = monitor.Terminal(argv)
    tap.check("terminal: banner and prompt",
              screen.expect("type 'help' for more information\r\n") is not None and
              screen.expect("(qemu) ") is not None, screen.seen)
    tap.check("terminal: it is in raw mode", not screen.is_restored())
    screen.type("info stat\b\b\b\bstatus\r")
    tap.check("terminal: lines can be edited",
              screen.expect("VM status: running\r\n(qemu) ") is not None, screen.seen)
    screen.type("netdev_a\t")
    tap.check("terminal: Tab completes a command", screen.expect("dd ") is not None, screen.seen)
    screen.type((TAP % ("p0", "hmpp0"))[len("netdev_add "):] + "\r")
    screen.expect("(qemu) ")
    tap.equal("terminal: the tap is there", harness.interfaces(), ["hmpp0"])
    screen.type("\x1b[A\x1b[A\r")
    tap.check("terminal: history brings lines back",
              screen.expect("VM status: running\r\n(qemu) ") is not None, screen.seen)
    screen.type("netdev_del \t\r")
    tap.check("terminal: Tab completes an id", screen.expect("(qemu) ") is not None and
              harness.wait_until(lambda: not harness.interfaces(), 5), screen.seen)
    qmp = monitor.Qmp(qmp_path)
    screen.type("\x1b")
    # The second answer comes after the key was read, the third after its time is over.
    tap.check("terminal: half a key holds up nobody",
              all("status" in qmp.execute("query-status")["return"] for _ in range(2)))
    time.sleep(3 * KEY_TIME)    # it is time that ends half a key
    qmp.execute("query-status")
    # Behind half a key, the first letter would be its end, and the command "nfo".
    screen.type("info version\r")
    tap.check("terminal: half a key is forgotten",
              screen.expect("7.2.0 (qnetdev ") is not None, screen.seen)
    tap.check("terminal: a character may come in pieces", in_pieces(screen, qmp), screen.seen)
    screen.type("quit\r")
    tap.equal("terminal: quit ends the program", screen.wait(), 0)
    tap.check("terminal: quit gives the terminal back", screen.is_restored())
    qmp.close()
    screen.close()


def in_pieces(screen, qmp):
    """Whether a character of two bytes, the second after the first was read, becomes one."""
    for _ in range(20):
        begin = time.monotonic()
        screen.type("x\u00e4".encode()[:2])
        qmp.execute("query-status")
        in_time = time.monotonic() - begin < KEY_TIME / 2
        screen.type("\u00e4\r".encode()[1:])
        found = screen.expect("unknown command: 'x", 5) is not None and \
            screen.expect("(qemu) ") == "\u00e4'\r\n"
        if found or in_time:   # on a busy machine the first byte may be given up
            return found
    return False


def test_terminal_ends(tap, qnetdev, folder):
    argv = [qnetdev, "run", "-monitor", "stdio"]
    for name, signum in (("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT)):
        screen = monitor.Terminal(argv)
        screen.expect("(qemu) ")
        screen.process.send_signal(signum)
        tap.equal("terminal: %s ends the program" % name, screen.wait(), 0)
        tap.check("terminal: %s gives the terminal back" % name, screen.is_restored())
        screen.close()
    screen = monitor.Terminal(argv)
    screen.expect("(qemu) ")
    screen.type("\x04")
    tap.check("terminal: ^D gives the terminal back", harness.wait_until(screen.is_restored, 5))
    tap.equal("terminal: ^D does not end the program", screen.wait(0.3), None)
    tap.check("terminal: ^D says that it goes on, and how to end it", screen.expect(
        "\r\nThis monitor is closed, and the program goes on: ^C or `kill %d` ends it.\r\n" %
        screen.process.pid) is not None, screen.seen)
    screen.type("\x03")
    tap.equal("terminal: as ^C does then", screen.wait(), 0)
    screen.close()
    screen = monitor.Terminal(argv)
    screen.expect("(qemu) ")
    screen.type("half a line\x03info name\x03\x03info status\r")
    tap.check("terminal: ^C clears the line, and on an empty one tells of quit",
              screen.expect("^C\r\nquit ends the program\r\n(qemu) ") is not None and
              screen.expect("VM status: running\r\n(qemu) ") is not None, screen.seen)
    screen.type("quit\r")
    tap.equal("terminal: and quit ends the program", screen.wait(), 0)
    screen.close()
    script = harness.HeldScript(os.path.join(folder, "held"))
    screen = monitor.Terminal(argv)
    screen.expect("(qemu) ")
    screen.type("netdev_add tap,id=q,ifname=hmpq0,script=%s,downscript=no\rinfo name\r"
                % script.path)
    tap.check("terminal: a script is waited for", screen.expect("(qemu) ", 0.3) is None)
    screen.process.send_signal(signal.SIGTERM)
    tap.equal("terminal: and given up at the end", screen.wait(), 0)
    tap.check("terminal: with the terminal given back", screen.is_restored())
    screen.close()


def test_pipe(tap, qnetdev):
    lines = (TAP % ("i0", "hmpi0") + "\ninfo network\nquit").encode()
    outcome = harness.run([qnetdev, "run", "-monitor", "stdio"], lines)
    tap.equal("pipe: quit ends the program", outcome.status, 0)
    tap.equal("pipe: lines are executed, the last without an end", outcome.out.split("(qemu) ")[1:],
              ["", "i0: index=0,type=tap,ifname=hmpi0,script=no,downscript=no\r\n", ""])


def main():
    tap = harness.Tap()
    harness.need_tun()
    qnetdev = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        run = monitor.Run(qnetdev, folder)
        try:
            test_socket(tap, run)
            test_descriptors(tap, run)
            test_waiting(tap, run, folder)
            test_slow_client(tap, run)
            human = monitor.Human(run.human)
            tap.equal("quit: asks for nothing more", human.run("quit"), "")
            tap.equal("quit: ends the program", run.process.wait(10), 0)
            human.close()
        finally:
            run.end()
        test_terminal(tap, qnetdev, folder)
        test_terminal_ends(tap, qnetdev, folder)
    test_pipe(tap, qnetdev)
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
