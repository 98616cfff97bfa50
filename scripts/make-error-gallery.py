#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/errors.md: typical mistakes, and what qnetdev says about them.

    make-error-gallery.py BUILD_DIR

A test runs the commands of `check` again and compares the page; those of `try`
depend on the kernel.
"""
import os
import re
import shlex
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "errors.md")

HEAD = """\
# What errors look like

Typical mistakes and the real answer to each. The page is made by
`scripts/make-error-gallery.py BUILD_DIR`; a test compares it with what the tool says today.

`check` marks the bytes at fault, touches nothing, and knows every rule that needs no look at the
host. `--all` reports every broken rule instead of the first; `--json` does so for programs.
"""

# Section: (what went wrong, the words behind "qnetdev").
CHECKS = {
    "Spelling": (
        ("A typo in a key", "tap,id=n0,ifnmae=tap0"),
        ("A typo in the type", "tpa,id=n0"),
        ("A dash where QEMU has an underscore", "tap,id=n0,vnet-hdr=on"),
        ("An option of another type", "tap,id=n0,hostfwd=tcp::2222-:22"),
        ("An option that went away", "user,id=n0,bootp=pxe.0"),
        ("A blank behind a comma", "tap, id=n0"),
        ("No id", "tap,ifname=tap0"),
        ("An id that is no identifier", "tap,id=0net"),
        ("The type is missing", "id=n0,ifname=tap0"),
        ("A flag in short form", "tap,id=n0,novhost"),
        ("Options without their type", "user,id=n0,ifname=tap0,script=no,queues=2"),
        ("An option on its way out",
         "stream,id=n0,addr.type=unix,addr.path=/run/net.sock,reconnect=5"),
    ),
    "Values": (
        ("A word that is not on or off", "tap,id=n0,vhost=enabled"),
        ("A number that is none", "tap,id=n0,queues=four"),
        ("A number out of range", "tap,id=n0,queues=300"),
        ("No queue at all", "tap,id=n0,queues=0"),
        ("A size with an unknown suffix", "tap,id=n0,sndbuf=1MB"),
        ("A value that is none of a few", "af-xdp,id=n0,ifname=eth0,mode=sbk"),
        ("A name that is too long for an interface", "tap,id=n0,ifname=my-long-tap-name0"),
    ),
    "JSON": (
        ("A comma too many", '{"type":"tap","id":"n0",}'),
        ("Quotes that the shell took away", "{type:tap,id:n0}"),
        ("A brace that is not closed", '{"type":"tap","id":"n0"'),
        ("A string for a number", '{"type":"tap","id":"n0","queues":"8"}'),
        ("A string for a boolean", '{"type":"tap","id":"n0","vhost":"on"}'),
        ("A number for a string", '{"type":"tap","id":"n0","fd":7}'),
        ("A list where a text is expected", '{"type":"tap","id":"n0","fds":["7","8"]}'),
        ("Texts where objects are expected",
         '{"type":"user","id":"n0","hostfwd":["tcp::2222-:22"]}'),
    ),
    "Nested keys": (
        ("A typo in a nested key", "stream,id=n0,addr.type=inet,addr.host=::1,addr.prot=4000"),
        ("A nested member is missing", "stream,id=n0,addr.type=inet,addr.host=localhost"),
        ("A value for what has members", "stream,id=n0,addr=localhost:4000"),
        ("A gap in a list",
         "user,id=n0,hostfwd.0.str=tcp::2222-:22,hostfwd.2.str=tcp::8080-:80"),
        ("A key without a value", "stream,id=n0,server,addr.type=unix,addr.path=/run/net.sock"),
    ),
    "Options that exclude each other": (
        ("A descriptor and a name", "tap,id=n0,fd=7,ifname=tap0,script=no"),
        ("A helper and a name", "tap,id=n0,helper=/usr/lib/qemu/qemu-bridge-helper,ifname=t0"),
        ("The same descriptor twice", "tap,id=n0,fds=7:8:7"),
        ("A descriptor's name outside a monitor", "tap,id=n0,fd=mytap"),
        ("A vhost descriptor without vhost", "tap,id=n0,vhost=off,vhostfd=9"),
        ("Two ends of a socket", "socket,id=n0,listen=:4000,connect=localhost:4000"),
    ),
    "User networking": (
        ("A rule without the guest's side", "user,id=n0,hostfwd=tcp::2222"),
        ("One bad rule of several",
         "user,id=n0,hostfwd=tcp::2222-:22,hostfwd=tpc::8080-:80,hostfwd=udp::53-:53"),
        ("A port out of range", "user,id=n0,hostfwd=tcp::70000-:22"),
        ("A guest server outside the network", "user,id=n0,guestfwd=tcp:10.1.0.5:80-cmd:cat"),
        ("An address outside the network", "user,id=n0,net=192.168.76.0/24,dhcpstart=10.0.2.15"),
        ("An option of a protocol that is off", "user,id=n0,ipv6=on,net=10.0.2.0/24"),
    ),
    "Addresses": (
        ("No port", "socket,id=n0,connect=localhost"),
        ("A port that is no number", "socket,id=n0,listen=:http"),
        ("An IPv6 address where only IPv4 works", "socket,id=n0,connect=[::1]:4000"),
        ("A group that is not multicast", "socket,id=n0,mcast=192.168.0.1:4000"),
        ("Datagrams without an end", "dgram,id=n0"),
    ),
    "More than one netdev": (
        ("The same id twice", ("tap,id=n0", "user,id=n0")),
        ("An id that nothing has", "hubport,id=h0,hubid=1,netdev=n0"),
    ),
}

TRY_HEAD = """\
## On the host

`try` brings the netdevs up in a network namespace of its own and takes them down again. These
answers depend on the kernel and on who asks; here root did.
"""

TRIES = (
    ("The interface exists and is no tap", "tap,id=n0,ifname=lo,script=no,downscript=no"),
    ("A script that does not exist", "tap,id=n0,script=/no/such/script,downscript=no"),
    ("A script that fails", "tap,id=n0,script=/bin/false,downscript=no"),
    ("A descriptor that is not open", "tap,id=n0,fd=77"),
    ("A descriptor that is no tap", "tap,id=n0,fd=0"),
    ("A helper that does not exist", "bridge,id=n0,helper=/no/such/helper"),
    ("A helper that sends nothing", "bridge,id=n0,helper=/bin/true"),
)


def words_of(command, arguments):
    arguments = (arguments,) if isinstance(arguments, str) else arguments
    words = [command]
    for argument in arguments:
        words += ["-netdev", argument]
    return words


def run(tool, words):
    """What a user sees, standard output and standard error in one."""
    outcome = subprocess.run([tool, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=60, check=False)
    return outcome.stdout.decode("utf-8", "backslashreplace")


def entry(title, words, output):
    return "### %s\n\n```console\n$ qnetdev %s\n%s```\n" % (title, shlex.join(words), output)


def check_part(tool):
    """The page up to what depends on the host, as (section or title, text) pairs."""
    yield "head", HEAD
    for section, mistakes in CHECKS.items():
        yield section, "## %s\n" % section
        for title, arguments in mistakes:
            words = words_of("check", arguments)
            yield title, entry(title, words, run(tool, words))


def try_part(tool):
    yield TRY_HEAD
    for title, arguments in TRIES:
        words = words_of("try", arguments)
        output = run(tool, words)
        yield entry(title, words, re.sub(r"\bprocess \d+\b", "process 4711", output))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tool = os.path.join(sys.argv[1], "net", "cli", "qnetdev")
    parts = [text for _, text in check_part(tool)] + list(try_part(tool))
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write("\n".join(parts))


if __name__ == "__main__":
    main()
