#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian packages: built, looked at by lintian, installed, used and purged in a fresh system.

    package_test.py SOURCE_ROOT BUILD_ROOT
"""
import glob
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import fresh_root  # noqa: E402
import harness  # noqa: E402

BUILDING = 1500     # if all of it is compiled anew
PACKAGES = ("libqnetdev-dev", "libqnetdev0", "qnetdev", "qnetdev-bridge-helper")
HELPER = "/usr/libexec/qnetdev-bridge-helper"
# The project has no mail address. A .changes file, which is looked at as well, has no overrides.
SUPPRESSED = ("bogus-mail-host", "bogus-mail-host-in-debian-changelog")
# As the project's own build folder has them, so that its objects can be taken over; otherwise the
# packages are built as Debian builds them.
SAME_FLAGS = {"DEB_BUILD_OPTIONS": "noautodbgsym parallel=2",
              **{"DEB_%s_SET" % name: "" for name in ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")}}

# Runs under systemd. Each line of its output is one answer, NAME=VALUE.
SCRIPT = r"""
tell() { name=$1; shift; echo "$name=$("$@" 2>&1 | tr '\n' ' ' | sed 's/ *$//')"; }
ask() { qnetdev monitor /run/qnetdev/vm7.qmp "$@"; }
chmod 666 /dev/net/tun  # as udev does, which a container has not
tap='tap,id=hn0,ifname=vm7,queues=2,script=no,downscript=no'
echo "QNETDEV_OPTIONS=-netdev $tap" > /etc/qnetdev/vm7.conf
echo "QNETDEV_OPTIONS=-netdev $tap,queues=x" > /etc/qnetdev/bad.conf
tell start systemctl start qnetdev@vm7.service
tell state systemctl is-active qnetdev@vm7.service qnetdev@vm7.socket
tell status systemctl show -p StatusText --value qnetdev@vm7.service
pid=$(systemctl show -p MainPID --value qnetdev@vm7.service)
tell user stat -c %U /proc/$pid
tell capabilities sed -n 's/^Cap\(Eff\|Bnd\):\s*//p' /proc/$pid/status
tell link ip -d link show vm7
tell socket stat -c '%U %G %a' /run/qnetdev/vm7.qmp
tell query ask --exec 'human-monitor-command "info network"'
tell stranger setpriv --reuid=nobody --regid=nogroup --clear-groups qnetdev monitor \
    /run/qnetdev/vm7.qmp --exec query-name
tell member setpriv --reuid=nobody --regid=qnetdev --clear-groups qnetdev monitor \
    /run/qnetdev/vm7.qmp --exec query-name
tell stop systemctl stop --quiet qnetdev@vm7.service
tell gone ls -d /sys/class/net/vm7
tell listens systemctl is-active qnetdev@vm7.socket
tell activated ask --exec query-name
tell back ip -d link show vm7
tell quit ask --exec quit
systemctl stop qnetdev@vm7.socket
tell closed ls /run/qnetdev
tell bad systemctl start qnetdev@bad.service
tell why journalctl -q -o cat -u qnetdev@bad.service
tell failed systemctl --failed --plain --no-legend --state=failed list-units qnetdev@vm7\*
echo end=1
"""


def build(tap, root, objects, folder):
    options = harness.run(["meson", "introspect", "--buildoptions", objects])
    same = ["-D%s=%s" % (option["name"], str(option["value"]).lower())
            for option in json.loads(options.out) if option["name"] in ("b_pch", "b_ndebug")]
    outcome = harness.run([os.path.join(root, "scripts", "package"), folder], timeout=BUILDING,
                          env=dict(os.environ, QNETDEV_OBJECTS=objects,
                                   QNETDEV_MESON_OPTIONS=" ".join(same), **SAME_FLAGS))
    built = [os.path.basename(path).split("_")[0] for path in glob.glob(folder + "/*.deb")]
    return tap.equal("scripts/package builds four packages", (outcome.status, sorted(built)),
                     (0, list(PACKAGES))) or tap.note(outcome)


def check_lintian(tap, folder):
    changes, = glob.glob(folder + "/*.changes")
    outcome = harness.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit",
                           "0", "--suppress-tags", ",".join(SUPPRESSED), changes], timeout=300)
    tap.check("lintian finds no error and nothing to warn of, but for what is listed",
              outcome.status == 0, outcome.out + outcome.err)
    listed = harness.run(["dpkg-deb", "-c", glob.glob(folder + "/qnetdev-bridge-helper_*.deb")[0]])
    tap.check("the helper is packaged without set-uid",
              re.search(r"^-rwxr-xr-x root/root .* \.%s$" % HELPER, listed.out, re.MULTILINE),
              listed.out)


def check_install(tap, system, folder):
    for deb in glob.glob(folder + "/*.deb"):
        shutil.copy(deb, system.path + "/root/")
    debs = ["/root/" + os.path.basename(deb) for deb in sorted(glob.glob(folder + "/*.deb"))]
    # The headers need those of GLib, which are no part of the system.
    outcome = system.run("dpkg", "--force-depends", "--install", *debs)
    tap.check("they can be installed", outcome.status == 0, outcome)
    tap.check("nothing but GLib's headers is missing", set(re.findall(
        r"depends on (\S+?)[;:.]? ", outcome.err + outcome.out)) <= {"libglib2.0-dev"}, outcome)
    tap.check("the tool runs", system.run("qnetdev", "--version").out.startswith("qnetdev "))
    outcome = system.run("qnetdev", "try", "-netdev", "tap,id=hn0,queues=2,script=no,downscript=no")
    tap.check("and brings a tap up", outcome.status == 0 and outcome.out.count("\nhn0 ") == 2, outcome)
    outcome = system.run("stat", "-c", "%a", HELPER)
    tap.equal("the helper is not set-uid", outcome.out, "755\n")
    return debs


def check_override(tap, system, debs):
    """As README.Debian says."""
    system.run("dpkg-statoverride", "--update", "--add", "root", "root", "4755", HELPER)
    tap.equal("an administrator makes it so", system.run("stat", "-c", "%a", HELPER).out, "4755\n")
    helper = [deb for deb in debs if "bridge-helper" in deb]
    outcome = system.run("dpkg", "--install", *helper)
    tap.equal("an upgrade leaves it so", (outcome.status, system.run("stat", "-c", "%a", HELPER).out),
              (0, "4755\n"))
    system.run("dpkg-statoverride", "--remove", HELPER)


def check_service(tap, system, reason):
    """`reason` is why no system can be booted, if none can."""
    if reason:
        tap.skip("under systemd", "no systemd can be booted here: " + reason)
        return
    told, outcome = system.boot(SCRIPT)
    if not tap.check("under systemd the script comes to its end", (told or "").endswith("end=1\n"),
                     "%s\n%s" % (told, outcome)) and told is None:
        return
    answers = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    for name, wanted in (
            ("start", ""), ("state", "active active"), ("status", "1 netdev"), ("user", "qnetdev"),
            ("capabilities", "0000000000001000 0000000000001000"),
            ("socket", "root qnetdev 660"),
            ("query", "hn0: index=0,type=tap,ifname=vm7,script=no,downscript=no " * 2),
            ("member", "{}"), ("listens", "active"), ("activated", "{}"), ("closed", ""), ("failed", "")):
        tap.equal("under systemd: " + name, answers.get(name, "").strip(), wanted.strip())
    for name, part in (("stranger", "Permission denied"), ("gone", "No such file"),
                       ("link", "multi_queue"), ("back", "multi_queue"), ("quit", "SHUTDOWN"),
                       ("bad", "failed"), ("why", "'queues' must be")):
        tap.check("under systemd: " + name, part in answers.get(name, ""), answers.get(name))


def check_purge(tap, system, before):
    outcome = system.run("dpkg", "--purge", *PACKAGES)
    tap.check("they can be purged", outcome.status == 0, outcome)
    left = {name for name in system.files() - before if not name.startswith("root/")}
    # The service's configuration is the administrator's.
    tap.equal("what is left is what the administrator wrote", sorted(left),
              ["etc/qnetdev", "etc/qnetdev/bad.conf", "etc/qnetdev/vm7.conf"])
    tap.equal("and nothing of the system is missing", sorted(before - system.files()), [])


def main():
    source, build_root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    tap = harness.Tap()
    packages = os.path.join(build_root, "packages")
    cache = os.path.join(build_root, "package-root")
    os.makedirs(cache, exist_ok=True)
    if build(tap, source, build_root, packages):
        check_lintian(tap, packages)
        archive, reason = fresh_root.base_archive(cache)
        if archive is None:
            tap.skip("in a fresh system", reason)
        else:
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                system = fresh_root.Root(archive, folder)
                told, outcome = system.boot("echo up")
                reason = "" if told == "up\n" else fresh_root.last_line(outcome)
                before = system.files()
                debs = check_install(tap, system, packages)
                check_override(tap, system, debs)
                check_service(tap, system, reason)
                check_purge(tap, system, before)
    tap.done()


if __name__ == "__main__":
    main()
