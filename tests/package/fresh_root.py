# SPDX-License-Identifier: MIT
"""A fresh Debian system in a folder, with systemd, that commands run in."""
import os
import pathlib
import shutil
import subprocess

import harness

# What the packages need of others, so that nothing has to be downloaded to install them.
INCLUDE = ("systemd", "systemd-sysv", "iproute2", "libcap-ng0", "libedit2", "libmnl0", "libseccomp2",
           "libstdc++6")
GLIB = {"bookworm": "libglib2.0-0"}  # the name of later releases: libglib2.0-0t64
FETCHING = 900
CONTAINER = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
             "--as-pid2", "--pipe")


def base_archive(folder):
    """Path of an archive of the system, made when there is none; a reason instead if it cannot be."""
    with open("/etc/os-release", encoding="utf-8") as text:
        release = dict(line.rstrip().split("=", 1) for line in text if "=" in line)
    suite = release.get("VERSION_CODENAME", "").strip('"')
    if release.get("ID") != "debian" or not suite:
        return None, "this is no Debian release"
    include = INCLUDE + (GLIB.get(suite, "libglib2.0-0t64"),)
    archive = os.path.join(folder, "base-%s-%d.tar" % (suite, hash_of(include)))
    if os.path.exists(archive):
        return archive, ""
    root = os.path.join(folder, "base")
    shutil.rmtree(root, ignore_errors=True)
    outcome = harness.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(include),
                           suite, root, "http://deb.debian.org/debian"], timeout=FETCHING)
    if outcome.status != 0:
        return None, "no Debian system can be fetched here: " + last_line(outcome)
    shutil.rmtree(root + "/var/cache/apt/archives", ignore_errors=True)
    subprocess.run(["tar", "-C", root, "-cf", archive + ".new", "."], check=True, timeout=FETCHING)
    os.rename(archive + ".new", archive)
    shutil.rmtree(root, ignore_errors=True)
    return archive, ""


def hash_of(words):
    return sum(ord(c) * (i + 1) for i, c in enumerate(" ".join(words)))


def last_line(outcome):
    lines = (outcome.out + outcome.err).strip().splitlines()
    return lines[-1] if lines else "status %s" % outcome.status


class Root:
    """The unpacked system."""

    def __init__(self, archive, folder):
        self.path = os.path.join(folder, "root")
        os.mkdir(self.path)
        subprocess.run(["tar", "-C", self.path, "-xf", archive], check=True, timeout=300)

    def run(self, *words):
        """A command in the system, which is not booted for it."""
        return harness.run([*CONTAINER, "-D", self.path, *words], timeout=120,
                           env=dict(os.environ, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive"))

    def boot(self, script):
        """Boots the system, runs the script there and switches off. (what the script wrote, how
        that went); None instead of the first if it was not even started."""
        result = os.path.join(self.path, "result")
        pathlib.Path(result).unlink(missing_ok=True)
        self.write("check.sh", script)
        self.write("etc/systemd/system/check.service", CHECK_SERVICE)
        self.write("etc/hostname", "fresh\n")
        outcome = harness.run(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
             "--console=pipe", "-D", self.path, "--boot", "systemd.unit=check.service"], timeout=180)
        try:
            with open(result, encoding="utf-8") as text:
                return text.read(), outcome
        except FileNotFoundError:
            return None, outcome

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as out:
            out.write(text)

    def files(self):
        """Everything in it but what a system writes by itself, or on behalf of dpkg."""
        found = set()
        for parent, folders, names in os.walk(self.path):
            inside = os.path.relpath(parent, self.path)
            folders[:] = [name for name in folders
                          if os.path.normpath(os.path.join(inside, name)) not in WRITTEN]
            found |= {os.path.normpath(os.path.join(inside, name)) for name in folders + names}
        return found - {name + end for name in ACCOUNTS for end in ("", "-")}


WRITTEN = ("dev", "proc", "run", "sys", "tmp", "var/cache", "var/lib/dpkg", "var/lib/systemd", "var/log",
           "etc/systemd/system", "var/tmp")
ACCOUNTS = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid")
CHECK_SERVICE = """[Unit]
Wants=basic.target
After=basic.target
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
ExecStart=/bin/sh /check.sh
StandardOutput=truncate:/result
StandardError=inherit
TimeoutStartSec=120
"""
