#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `meson install` puts where, and that service manager and AppArmor understand their part.

    install_test.py MESON BUILD_ROOT QNETDEV
"""
import json
import os
import re
import shutil
import sys
import tempfile

import harness

INSTALLED = (
    "bin/qnetdev", "libexec/qnetdev-bridge-helper",
    "share/bash-completion/completions/qnetdev", "share/zsh/site-functions/_qnetdev",
    "share/fish/vendor_completions.d/qnetdev.fish",
    "share/man/man1/qnetdev.1", "share/man/man8/qnetdev-bridge-helper.8",
    "share/doc/qnetdev/README.md", "share/doc/qnetdev/LICENSE",
    "share/doc/qnetdev/docs/monitor.md", "share/doc/qnetdev/netdev-reference.md",
    "share/qnetdev/query-qmp-schema.json", "share/qnetdev/qapi/net.json",
    "lib/systemd/system/qnetdev@.service", "lib/systemd/system/qnetdev@.socket",
    "lib/sysusers.d/qnetdev.conf", "lib/tmpfiles.d/qnetdev.conf",
)


def run(*words, **more):
    return harness.run(list(words), timeout=120, **more)


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


class Tree:
    """An installation below a folder."""

    def __init__(self, meson, build, folder, *options):
        self.outcome = run(meson, "install", "-C", build, "--no-rebuild", "--destdir", folder,
                           *options)
        self.files = sorted(
            os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names)
        self.folder = folder

    def find(self, end):
        found = [path for path in self.files if path.endswith("/" + end)]
        return found[0] if found else None


def is_stripped(path):
    return ".debug_info" not in run("readelf", "-SW", path).out


def check_files(tap, tree):
    tap.equal("meson install ends well", tree.outcome.status, 0)
    tap.equal("everything is there", [end for end in INSTALLED if not tree.find(end)], [])
    tap.check("the schema is JSON that programs can read",
              len(json.loads(read(tree.find("share/qnetdev/query-qmp-schema.json")))) > 100)
    mode = os.stat(tree.find("libexec/qnetdev-bridge-helper")).st_mode
    tap.equal("the helper is not set-uid", oct(mode & 0o7777), "0o755")
    for page in ("qnetdev.1", "qnetdev-bridge-helper.8"):
        text = read(tree.find(page))
        tap.check(page + ": every path is filled in",
                  not re.search(r"@[a-z_]+@", text) and "/etc/" in text, text)
        if shutil.which("man"):
            told = run("man", "--warnings", "-l", tree.find(page), env=dict(
                os.environ, LC_ALL="C.UTF-8", MANROFFOPT="-ww", MANWIDTH="80", PAGER="cat"))
            tap.check(page + ": is shown without a warning",
                      told.status == 0 and not told.err and "NAME" in told.out, told.err)


def check_links(tap, tree):
    """Nobody who reads the installed pages comes to one that is missing."""
    dead = []
    for page in (path for path in tree.files if path.endswith(".md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page)):
            if not os.path.exists(os.path.join(os.path.dirname(page), target)):
                dead.append((os.path.basename(page), target))
    tap.equal("links between installed pages lead somewhere", dead, [])


def check_service(tap, tree, qnetdev):
    """As systemd reads it, with the program that there is."""
    with tempfile.TemporaryDirectory() as units:
        service = os.path.join(units, "qnetdev@.service")
        text = read(tree.find("qnetdev@.service"))
        with open(service, "w", encoding="utf-8") as unit:
            unit.write(re.sub(r"ExecStart=\S+/bin/qnetdev", "ExecStart=" + qnetdev, text))
        shutil.copy(tree.find("qnetdev@.socket"), units)
        for name in ("qnetdev@vm7.service", "qnetdev@vm7.socket"):
            told = run("systemd-analyze", "verify", "--man=no", os.path.join(units, name))
            tap.check(name + ": systemd finds nothing to complain of",
                      told.status == 0 and not told.err, told)
        told = run("systemd-analyze", "security", "--offline=yes", "--threshold=25", service)
        tap.check("the service is confined (exposure at most 2.5)", told.status == 0, told.out[-300:])
        tap.check("where its options are", re.search(r"^EnvironmentFile=/\S*etc/qnetdev/%i.conf$",
                                                     text, re.MULTILINE))
        if os.geteuid() == 0:
            check_accounts(tap, tree, os.path.join(units, "root"))


def check_accounts(tap, tree, root):
    """What is made when the system starts."""
    os.makedirs(root + "/etc")
    told = run("systemd-sysusers", "--root=" + root, tree.find("sysusers.d/qnetdev.conf"))
    tap.check("its user is made", told.status == 0 and
              re.search(r"^qnetdev:", read(root + "/etc/passwd"), re.MULTILINE), told)
    told = run("systemd-tmpfiles", "--root=" + root, "--create",
               tree.find("tmpfiles.d/qnetdev.conf"))
    tap.check("its folder is made", told.status == 0 and os.path.isdir(root + "/run/qnetdev"),
              told)


def check_profile(tap, tree, build):
    profile = tree.find("apparmor.d/qnetdev-bridge-helper")
    helper = tree.find("libexec/qnetdev-bridge-helper")[len(tree.folder):]
    tap.check("AppArmor: the profile is the helper's",
              " %s {" % helper in read(profile), read(profile))
    compiler = os.path.join(build, "apparmor")
    if not os.path.exists(compiler):
        tap.skip("AppArmor: the profile compiles", "scripts/setup --tests unpacks the compiler")
        return
    told = run(compiler + "/sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache",
               "--base", compiler + "/etc/apparmor.d", profile)
    tap.check("AppArmor: the profile compiles", told.status == 0, told)


def main():
    meson, build, qnetdev = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    tap = harness.Tap()
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(meson, build, folder)
        check_files(tap, tree)
        check_links(tap, tree)
        check_service(tap, tree, qnetdev)
        check_profile(tap, tree, os.path.abspath(build))
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(meson, build, folder, "--strip")
        programs = [tree.find(end) for end in ("bin/qnetdev", "libexec/qnetdev-bridge-helper")] + [
            path for path in tree.files if "/libqnetdev" in path and ".so" in path]
        tap.check("--strip: no debug information is left",
                  len(programs) > 2 and all(map(is_stripped, programs)), programs)
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(meson, build, folder, "--tags", "bridge-helper")
        tap.equal("the helper can be installed alone", sorted(map(os.path.basename, tree.files)),
                  ["qnetdev-bridge-helper", "qnetdev-bridge-helper", "qnetdev-bridge-helper.8"])
    tap.done()


if __name__ == "__main__":
    main()
