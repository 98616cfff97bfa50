# SPDX-License-Identifier: MIT
"""The same lines for QEMU's human monitor and for ours.

Where QEMU's answer is a fact that scripts rely on, ours is equal to the byte.
Where it is the text of an error, or help, only the kind of each line is
compared: the words are ours.
"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qemu"))
import harness  # noqa: E402
import monitor  # noqa: E402
import qemu  # noqa: E402

TAP = "netdev_add tap,id=t0,ifname=%s,script=no,downscript=no"

EQUAL = """

info bogus
   info    bogus
info network
info network x
info status
info status x
   info    network   x
bogus
bogus x y
 quitx
netdev_add a b
netdev_del
   netdev_del
netdev_del a b
netdev_del "a
netdev_del "a\\qb"
set_link
set_link t0
set_link t0 maybe
set_link t0 On
set_link t0 onn
set_link t0 off x
getfd
closefd
announce_self
announce_self a,b c
announce_self x y z
hostfwd_add
hostfwd_add tcp::1-:1
hostfwd_add nope tcp::1-:1
hostfwd_add a b c
hostfwd_remove
hostfwd_remove tcp::1
hostfwd_remove nope tcp::1
info usernet
info name
help bogus
help info bogus
help a b c
stop
info status
stop x
c
info status
quit x
info sta
"""

SAME_KIND = """
netdev_add
netdev_add user
netdev_add tap,id=t9,bogus=1
netdev_add tap,id=9
netdev_add tap,id=t9,fd=nope
netdev_add help
netdev_add ?
netdev_del zz
netdev_del "a\\"b"
set_link zz on
getfd a
closefd a
help netdev_del
? set_link
help quit
help info network
"""


def kinds(text):
    """What kind of line each is, without the words. A text that QEMU sends to its standard error
    instead is left out of ours, too."""
    found = []
    for line in text.split("\r\n"):
        if line.startswith("Error: "):
            found.append("error")
        elif " -- " in line:
            found.append("help of " + line.split()[0])
        elif re.fullmatch(r"[a-z0-9-]+", line):
            found.append("type")
        else:
            found.append(line)
    if any(line.startswith("Try ") for line in found):
        found = [line for line in found if line != "error"]
    return found


def without_repeats(items):
    return [x for i, x in enumerate(items) if i == 0 or items[i - 1] != x]


def main():
    harness.need_program(sys.argv[2], "qemu-system-x86_64")
    tap = harness.Tap()
    harness.need_tun()
    with tempfile.TemporaryDirectory() as folder:
        theirs = qemu.Qemu(sys.argv[2], folder)
        inside = os.path.join(folder, "ours")
        os.mkdir(inside)
        run = monitor.Run(os.path.abspath(sys.argv[1]), inside)
        ours = monitor.Qmp(run.qmp)

        def ask(line):
            answer = theirs.execute("human-monitor-command", **{"command-line": line})
            return answer, ours.human(line)

        try:
            for line in EQUAL.split("\n"):
                want, got = ask(line)
                tap.equal("equal: %r" % line, got, want)
            for line in SAME_KIND.split("\n"):
                want, got = ask(line)
                tap.equal("kind: %r" % line, without_repeats(kinds(got)),
                          without_repeats(kinds(want)))
            theirs.execute("human-monitor-command", **{"command-line": TAP % "hmp0"})
            tap.equal("add a tap", ours.human(TAP % "hmp1"), "")
            want, got = ask("info network")
            tap.equal("info network of a tap", got, want.replace("hmp0", "hmp1"))
            want, got = ask(TAP % "hmp2")
            tap.equal("an id that is taken", kinds(got), kinds(want))
            for line in ("set_link t0 off", "set_link \"t0\" on", "hostfwd_add t0 tcp::1-:1",
                         "hostfwd_remove t0 bad", "netdev_del t0 ", "info network"):
                want, got = ask(line)
                tap.equal("with a tap: %r" % line, got, want)
        finally:
            ours.close()
            run.end()
            theirs.end()
    tap.equal("nothing is left", harness.leftovers(), [])
    tap.done()


if __name__ == "__main__":
    main()
