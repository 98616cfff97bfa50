#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The set-uid bridge helper, called by ordinary users: access rules, options, the matrix.

    bridge_helper_test.py HELPER QNETDEV QEMU ACL_PATH
"""
import os
import subprocess
import sys

from bridge_world import (BOB, LAB, QEMU_HELPER, STAFF, Checker, World, harness, ip, link,
                          run_as_user)

OK = None
ACL = "/etc/qemu/bridge.conf"
D = "access to bridge 'br0' is denied: "
NONE = "no rule allows bridge 'br0' to user 3001"

# Name, access file, what is asked, who asks, the reason of the refusal or OK.
ALICE_IN_STAFF = {"groups": (STAFF,)}
AS_BOB = {"user": BOB}
RULES = [
    # QEMU's own grammar, as its helper was observed to take it.
    ("allow the bridge", "allow br0", (), {}, OK),
    ("allow all", "allow all", (), {}, OK),
    ("allow another bridge", "allow br1", (), {}, NONE),
    ("an empty file", "", (), {}, NONE),
    ("allow all, deny another", "allow all\ndeny br1\n", (), {}, OK),
    ("deny, then allow", "deny br0\nallow br0\n", (), {}, D + ACL + ":1: deny br0"),
    ("allow, then deny", "allow br0\ndeny br0\n", (), {}, D + ACL + ":2: deny br0"),
    ("allow all, deny the bridge", "allow all\ndeny br0", (), {}, D + ACL + ":2: deny br0"),
    ("deny all, allow the bridge", "deny all\nallow br0", (), {}, D + ACL + ":1: deny all"),
    ("a tab for a blank", "allow\tbr0", (), {}, OK),
    ("CR LF, blanks, comments", "# x\r\n\r\n   allow   br0  \r\n", (), {}, OK),
    ("text behind the name", "allow br0 # mine", (), {}, NONE),
    ("ALL is a name", "allow ALL", (), {}, NONE),
    ("no separator", "allow br0\nallowbr0\n", (), {},
     ACL + ":2: expected a keyword and a blank behind it: 'allowbr0'"),
    ("an unknown keyword", "allow br0\npermit br0\n", (), {}, ACL + ":2: unknown keyword 'permit'"),
    ("keywords are in lower case", "Allow br0", (), {}, ACL + ":1: unknown keyword 'Allow'"),
    ("a tab and a later blank", "allow\tbr0 x", (), {},
     ACL + ":1: unknown keyword 'allow?br0'"),
    ("a bridge's name too long", "allow br0\ndeny abcdefghijklmnop\n", (), {},
     ACL + ":2: the name of a bridge must have at most 15 bytes: 'abcdefghijklmnop'"),
    # Users and groups.
    ("allow-user", "allow-user alice br0", (), {}, OK),
    ("allow-user for another", "allow-user alice br0", (), AS_BOB,
     "no rule allows bridge 'br0' to user 3002"),
    ("allow-user by number", "allow-user 3001 br0", (), {}, OK),
    ("allow-user, all bridges", "allow-user alice all", (), {}, OK),
    ("allow-user, another bridge", "allow-user alice br1", (), {}, NONE),
    ("allow-user for nobody known", "allow-user eve br0\nallow br0", (), {}, OK),
    ("deny-user", "allow br0\ndeny-user alice br0", (), {},
     D + ACL + ":2: deny-user alice br0"),
    ("deny-user for another", "allow br0\ndeny-user alice br0", (), AS_BOB, OK),
    ("deny-user for nobody known", "allow br0\ndeny-user eve br0", (), {},
     ACL + ":2: unknown user 'eve'\nnames are looked up in /etc/passwd only; write the number "
     "instead"),
    ("allow-group", "allow-group staff2 br0", (), ALICE_IN_STAFF, OK),
    ("allow-group for others", "allow-group staff2 br0", (), {"groups": (LAB,)}, NONE),
    ("allow-group by the main group's number", "allow-group 3001 br0", (), {}, OK),
    ("deny-group", "allow br0\ndeny-group staff2 all", (), ALICE_IN_STAFF,
     D + ACL + ":2: deny-group staff2 all"),
    ("a rule that lacks words", "allow-user alice", (), {},
     ACL + ":1: expected 'allow-user USER BRIDGE'"),
    ("a rule with a word too many", "allow-user alice br0 br1", (), {},
     ACL + ":1: expected 'allow-user USER BRIDGE'"),
    # What may be asked for.
    ("ifname without a rule", "allow br0", ("--ifname=vm0",), {},
     "no rule allows '--ifname=vm0' on bridge 'br0'\n"
     "the administrator can add: ifname br0 PATTERN"),
    ("ifname by a pattern", "allow br0\nifname br0 x* vm*\n", ("--ifname=vm0",), {}, OK),
    ("ifname template by a pattern", "allow br0\nifname br0 vm*\n", ("--ifname=vm%d",), {}, OK),
    ("ifname template against a digit", "allow br0\nifname br0 vm0\n", ("--ifname=vm%d",), {},
     "no rule allows '--ifname=vm%d' on bridge 'br0'\n"
     "the administrator can add: ifname br0 PATTERN"),
    ("the default name needs no rule", "allow br0", ("--ifname=tap%d",), {}, OK),
    ("ifname of another user", "allow br0\nifname-user bob br0 *\n", ("--ifname=vm0",), {},
     "no rule allows '--ifname=vm0' on bridge 'br0'\n"
     "the administrator can add: ifname br0 PATTERN"),
    ("ifname of a group", "allow br0\nifname-group lab br0 vm?\n", ("--ifname=vm7",),
     {"groups": (LAB,)}, OK),
    ("queues without a rule", "allow br0", ("--queues=2",), {},
     "no rule allows '--queues=2' on bridge 'br0'\n"
     "the administrator can add: max-queues br0 NUMBER"),
    ("one queue needs no rule", "allow br0", ("--queues=1",), {}, OK),
    ("queues of another user", "allow br0\nmax-queues-user bob br0 8\n", ("--queues=2",), {},
     "no rule allows '--queues=2' on bridge 'br0'\n"
     "the administrator can add: max-queues br0 NUMBER"),
    ("a number of ports", "allow br0\nmax-ports br0 1\n", (), {}, OK),
    ("more ports than a bridge has", "allow br0\nmax-ports br0 1024\n", (), {},
     ACL + ":2: expected 'max-ports BRIDGE NUMBER'"),
    ("max-queues", "allow br0\nmax-queues br0 4\n", ("--queues=5",), {},
     "'--queues=5' is above the limit: " + ACL + ":2: max-queues br0 4"),
    ("max-queues is the last that passes", "allow br0\nmax-queues br0 4\n", ("--queues=4",), {},
     OK),
    ("the largest max-queues counts", "allow br0\nmax-queues all 2\nmax-queues-user alice br0 8\n",
     ("--queues=8",), {}, OK),
    ("mac without a rule", "allow br0", ("--mac=52:54:00:12:34:56",), {},
     "no rule allows '--mac=52:54:00:12:34:56' on bridge 'br0'\n"
     "the administrator can add: mac br0 PATTERN"),
    ("mac by a pattern", "allow br0\nmac br0 52:54:00:*\n", ("--mac=52:54:00:AB:34:56",), {}, OK),
    ("the bridge's mtu needs no rule", "allow br0", ("--mtu=1400",), {}, OK),
    ("mtu without a rule", "allow br0", ("--mtu=1300",), {},
     "no rule allows '--mtu=1300' on bridge 'br0', whose MTU is 1400\n"
     "the administrator can add: mtu br0 MIN-MAX"),
    ("mtu in a range", "allow br0\nmtu br0 1280-1400\n", ("--mtu=1300",), {}, OK),
    ("mtu outside a range", "allow br0\nmtu br0 1280-1299\n", ("--mtu=1300",), {},
     "no rule allows '--mtu=1300' on bridge 'br0', whose MTU is 1400\n"
     "the administrator can add: mtu br0 MIN-MAX"),
    ("a range that is none", "allow br0\nmtu br0 9-1\n", (), {},
     ACL + ":2: expected 'mtu BRIDGE MIN-MAX'"),
]


def check_rules(tap, world):
    for name, acl, options, who, reason in RULES:
        tap.begin()
        world.acl(acl)
        answer = world.ask("br0", *options, **who)
        if reason is OK:
            good = answer.status == 0 and answer.fds and answer.text == ""
        else:
            # The same on standard error, with the program's name, and the hint on its own line.
            head = "qnetdev-bridge-helper: "
            said = head + reason.replace("\n", "\n%shint: " % head) + "\n"
            good = (answer.status == 1 and not answer.fds and answer.reason == reason
                    and answer.text == said)
        tap.check("rule: " + name, good, answer)
        answer.close()
        tap.end("rule: " + name)


def check_includes(tap, world):
    include = "/etc/qemu/more.conf"
    cases = [
        ("missing", None, OK), ("absolute", "allow br1\ndeny br0\n",
                                D + include + ":2: deny br0"),
        ("with a bad line, which ends the run", "allow br1\njunk\ndeny br0\n",
         ACL + ":1: " + include + ":2: expected a keyword and a blank behind it: 'junk'")]
    for name, text, reason in cases:
        tap.begin()
        if text is not None:
            world.file(include, text)
        world.acl("include %s\nallow br0\n" % include)
        answer = world.ask()
        tap.equal("include: " + name, answer.reason, reason)
        answer.close()
        os.path.exists(include) and os.unlink(include)
        tap.end("include: " + name)

    tap.begin()
    world.file(include, "allow br0\n", 0o640, 0, STAFF)
    world.acl("include more.conf\n")
    allowed, refused = world.ask(groups=(STAFF,)), world.ask()
    tap.check("include: the file's mode decides who is allowed",
              allowed.status == 0 and refused.reason == NONE, "%s\n%s" % (allowed, refused))
    tap.check("include: an unreadable file is no fault", refused.text.count("\n") == 1, refused)
    allowed.close()
    os.unlink(include)
    tap.end("include: by mode")


def check_device(tap, world):
    tap.begin()
    world.acl("allow br0\nifname br0 *\nmac br0 *\nmtu br0 68-9000\n"
              "max-queues br0 8\n")
    answer = world.ask()
    found = link(answer.ifname())
    tap.equal("device: MTU, bridge, address and state are the bridge's and QEMU's",
              (found["mtu"], found["master"], found["address"][:3], "UP" in found["flags"]),
              (1400, "br0", "fe:", True))
    tap.equal("device: flags", answer.flags(), 0x5002)
    answer.close()
    answer = world.call("--fd=FD", "--br=br0")
    tap.equal("device: no header unless asked for", answer.flags(), 0x1002)
    answer.close()
    answer = world.ask("br0", "--ifname=vm%d", "--mtu=1280", "--mac=52:54:00:00:00:01",
                       "--queues=3")
    found = link("vm0") or {}
    tap.equal("device: as asked for",
              (found.get("mtu"), found.get("address"),
               found.get("linkinfo", {}).get("info_data", {}).get("numqueues")),
              (1280, "52:54:00:00:00:01", 3))
    answer.close()
    answer = world.ask("br0", "--br=nosuch", "--br=br0")
    tap.check("device: of a repeated option the last counts", answer.status == 0, answer)
    answer.close()
    tap.end("device")
    tap.begin()
    ip("tuntap", "add", "vm9", "mode", "tap", "multi_queue")
    answer = world.ask("br0", "--ifname=vm9", "--queues=2")
    tap.check("device: never attaches to an interface that exists",
              answer.status == 1 and answer.reason.startswith("cannot make tap 'vm9': "), answer)
    ip("link", "del", "vm9")
    tap.end("device: existing")
    for bridge, acl, reason in (
            ("nosuch", "allow all", "bridge 'nosuch': No such device\nmake it: ip link add nosuch "
             "type bridge && ip link set nosuch up"),
            ("lo", "allow all", "'lo' is no bridge")):
        tap.begin()
        world.acl(acl)
        tap.equal("device: bridge " + bridge, world.ask(bridge).reason, reason)
        tap.end("device: bridge " + bridge)


def check_queues(tap, world):
    world.acl("allow br0\nmax-queues br0 256\n")
    for queues in (1, 2, 8, 64, 253, 254, 256):
        tap.begin()
        answer = world.ask("br0", "--queues=%d" % queues)
        sizes = [len(fds) for _, fds in answer.messages]
        data = {part for part, _ in answer.messages}
        tap.check("queues: %d in messages of one zero byte and at most 253" % queues,
                  answer.status == 0 and sum(sizes) == queues and max(sizes) <= 253
                  and data == {b"\0"} and len({os.fstat(fd).st_ino for fd in answer.fds}) >= 1,
                  answer)
        answer.close()
        tap.end("queues: %d" % queues)


def check_trace_variable(tap, world):
    """The variable is the tool's: it is nothing to a program that has more rights than its caller."""
    tap.begin()
    world.acl("allow br0\n")
    for bridge in ("br0", "nosuch"):
        plain = world.ask(bridge)
        traced = world.ask(bridge, environment={"QNETDEV_TRACE": "1"})
        tap.equal("QNETDEV_TRACE changes nothing: " + bridge,
                  (traced.status, traced.text, traced.reason, len(traced.fds)),
                  (plain.status, plain.text, plain.reason, len(plain.fds)))
        plain.close()
        traced.close()
    with open(world.helper, "rb") as program:
        tap.check("QNETDEV_TRACE is not known to the helper",
                  b"QNETDEV_TRACE" not in program.read())
    tap.end("QNETDEV_TRACE")


def check_matrix(tap, world, qnetdev, qemu):
    theirs = world.install(QEMU_HELPER, "qemu-helper", 0o4755)
    tool = world.install(qnetdev, "qnetdev", 0o755)
    world.acl("allow br0\nmax-queues br0 256\n")
    netdev = "tap,id=n0,br=%s,helper=%s%s"
    for queues in (1, 8, 64, 256):
        tap.begin()
        run = run_as_user([tool, "try", "--host", "-netdev",
                       netdev % ("br0", world.helper, ",queues=%d" % queues)])
        rows, _ = harness.parse_table(run.out)
        tap.equal("matrix: our parent, our helper, %d queues" % queues,
                  (run.status, len(rows), {row["multi_queue"] for row in rows}),
                  (0, queues, {"off" if queues == 1 else "on"}))
        tap.end("matrix: ours and ours, %d" % queues)
    tap.begin()
    world.acl("allow br0")          # QEMU's helper knows no other rules
    run = run_as_user([tool, "try", "--host", "-netdev", netdev % ("br0", theirs, "")])
    tap.check("matrix: our parent, QEMU's helper", run.status == 0, run)
    run = run_as_user([tool, "try", "--host", "-netdev", "bridge,id=n0,helper=" + world.helper])
    tap.check("matrix: our parent's bridge netdev, our helper", run.status == 0, run)
    run = run_as_user([tool, "try", "--host", "-netdev", netdev % ("br0", theirs, ",queues=2")])
    tap.check("matrix: our parent, QEMU's helper, 2 queues: says what is wrong",
              run.status == 1 and "exited with status 1; it said: Usage" in run.err
              and "hint: 'queues' above 1 needs a helper that knows --queues=N" in run.err, run)
    run = run_as_user([tool, "try", "--host", "-netdev", netdev % ("br1", world.helper, "")])
    tap.check("matrix: our parent tells our helper's reason",
              run.status == 1 and "refused: no rule allows bridge 'br1' to user 3001" in run.err,
              run)
    tap.end("matrix: our parent")
    if not qemu:
        tap.skip("matrix: QEMU", "qemu-system-x86_64 is not installed")
        return
    for form in ("bridge,id=n0,br=%s,helper=%s", "tap,id=n0,br=%s,helper=%s"):
        tap.begin()
        run = run_qemu(qemu, form, "br0", world)
        tap.check("matrix: QEMU, our helper, %s" % form.split(",", maxsplit=1)[0],
                  run.status == 0 and "type=tap,helper=" + world.helper in run.out, run)
        run = run_qemu(qemu, form, "br1", world)
        tap.check("matrix: QEMU reports that our helper refused",
                  run.status == 1 and "bridge helper failed" in run.err
                  and "no rule allows bridge 'br1' to user 3001" in run.err, run)
        tap.end("matrix: QEMU")
    check_qemu_monitor(tap, world, qemu)


MACHINE = ["-M", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"]


def run_qemu(qemu, form, bridge, world):
    return run_as_user([qemu, *MACHINE, "-netdev", form % (bridge, world.helper)],
                       stdin=b"info network\nquit\n")


def check_qemu_monitor(tap, world, qemu):
    """A refusal in a running QEMU costs it nothing: no descriptor, and the next try works."""
    script = ("netdev_add bridge,id=n0,br=br1,helper=%s\nnetdev_add bridge,id=n1,br=br0,helper=%s\n"
              "info network\nquit\n" % (world.helper, world.helper)).encode()
    tap.begin()
    run = run_as_user([qemu, *MACHINE], stdin=script)
    tap.check("matrix: a refused netdev_add leaves QEMU's monitor alive",
              run.status == 0 and "bridge helper failed" in run.out + run.err
              and "n1: index=0,type=tap" in run.out and "n0: " not in run.out, run)
    tap.end("matrix: QEMU's monitor")


def check_report(tap, world):
    def report(*options, **who):
        return world.call("--check", "--br=br0", *options, **who)
    tap.begin()
    world.acl("allow br0\ninclude none.conf\n")
    answer = report()
    tap.equal("check: everything is right", (answer.status, answer.text), (0, (
        "        caller: user 3001, group 3001\n"
        "note    skipped: /etc/qemu/bridge.conf:2: cannot open /etc/qemu/none.conf: No such file "
        "or directory\n"
        "ok      allowed: /etc/qemu/bridge.conf:1: allow br0\n"
        "ok      bridge 'br0' exists, MTU 1400, up\n"
        "ok      /dev/net/tun can be opened by this caller\n"
        "ok      CAP_NET_ADMIN is there\n")))
    tap.check("check: sends and makes nothing", not answer.messages and not answer.reason, answer)
    world.acl("allow br0\ndeny-user alice br0\n")
    answer = report()
    tap.check("check: names the line that decides",
              answer.status == 1 and "no      access to bridge 'br0' is denied: "
              "/etc/qemu/bridge.conf:2: deny-user alice br0\n" in answer.text, answer)
    world.acl("allow br0")
    plain = world.install(world.helper, "plain", 0o755)
    answer = report(helper=plain)
    tap.check("check: a missing capability", answer.status == 1 and
              "no      CAP_NET_ADMIN is missing\nhint    install the helper set-uid root" in
              answer.text, answer)
    os.chmod("/run/tun", 0o600)
    answer = report()
    run = world.ask()
    os.chmod("/run/tun", 0o666)
    tap.check("check: the node's mode", answer.status == 1 and
              "no      cannot open /dev/net/tun: Permission denied\n" in answer.text, answer)
    tap.check("the node is opened with the caller's rights", run.status == 1 and
              run.reason.startswith("cannot open /dev/net/tun: Permission denied\n"), run)
    answer = world.call("--check", "--br=br9")
    tap.check("check: a missing bridge", answer.status == 1 and
              "no      bridge 'br9': No such device\n" in answer.text, answer)
    os.unlink(world.acl_path)
    answer = report()
    tap.check("check: a missing file", answer.status == 1 and "no      cannot open "
              "/etc/qemu/bridge.conf: No such file or directory\n" in answer.text, answer)
    tap.end("check")


def check_file_capability(tap, world):
    tap.begin()
    world.acl("allow br0")
    program = world.install(world.helper, "capable", 0o755)
    done = subprocess.run(["setcap", "cap_net_admin+ep", program], check=False, timeout=10)
    tap.equal("setcap", done.returncode, 0)
    answer = world.ask(helper=program)
    tap.check("a file capability is enough", answer.status == 0 and len(answer.fds) == 1, answer)
    answer.close()
    plain = world.install(world.helper, "plain", 0o755)
    answer = world.ask(helper=plain)
    tap.check("no privilege at all: says how to install it", answer.status == 1 and
              answer.reason == "cannot make a tap: Operation not permitted\nthe helper needs "
              "CAP_NET_ADMIN: install it set-uid root, or with setcap cap_net_admin+ep", answer)
    tap.end("file capability")


def main():
    helper, qnetdev, qemu, acl_path = sys.argv[1:5]
    if acl_path != ACL:
        harness.skip_all("built with another access file: " + acl_path)
    world = World(helper, acl_path)
    tap = Checker()
    check_rules(tap, world)
    check_includes(tap, world)
    check_device(tap, world)
    check_queues(tap, world)
    check_report(tap, world)
    check_file_capability(tap, world)
    check_trace_variable(tap, world)
    check_matrix(tap, world, qnetdev, qemu)
    tap.done()


if __name__ == "__main__":
    main()
