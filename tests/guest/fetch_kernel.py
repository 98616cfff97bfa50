#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unpacks Debian's smallest stock kernel into a folder, for guests to boot.

    fetch_kernel.py FOLDER

Nothing is installed. Does nothing if the folder has a kernel already, and on
machines that are no x86-64.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PACKAGE = "linux-image-cloud-amd64"


def run(*words, cwd=None):
    return subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=600)


def versioned_package():
    """The package that PACKAGE, an empty one, depends on."""
    for attempt in range(2):
        listing = run("apt-cache", "depends", PACKAGE).stdout
        match = re.search(r"Depends: (linux-image-\d\S+)", listing)
        if match:
            return match[1]
        if attempt == 0:
            run("apt-get", "update", "-qq")
    sys.exit("fetch_kernel.py: there is no package %s here; 'apt-get update' may help" % PACKAGE)


def download(package, folder):
    outcome = run("apt-get", "download", "-qq", package, cwd=folder)
    if outcome.returncode != 0:
        run("apt-get", "update", "-qq")
        outcome = run("apt-get", "download", "-qq", package, cwd=folder)
    found = list(pathlib.Path(folder).glob("*.deb"))
    if not found:
        sys.exit("fetch_kernel.py: cannot download %s: %s" % (package, outcome.stderr.strip()))
    return found[0]


def main():
    target = pathlib.Path(sys.argv[1])
    if os.uname().machine != "x86_64" or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    package = versioned_package()
    print("fetch_kernel.py: unpacking %s into %s" % (package, target), file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = download(package, folder)
        unpacked = os.path.join(folder, "files")
        outcome = run("dpkg-deb", "-x", str(archive), unpacked)
        if outcome.returncode != 0:
            sys.exit("fetch_kernel.py: cannot unpack %s: %s" % (package, outcome.stderr.strip()))
        os.rename(unpacked, target)     # whole or not at all


if __name__ == "__main__":
    main()
