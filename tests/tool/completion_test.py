#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion of the command line, in the shells themselves.

    completion_test.py QNETDEV SOURCE_ROOT BASH ZSH FISH
"""
import os
import re
import subprocess
import sys
import tempfile

import harness
import monitor

OTHER = "zzz-vmm"   # a program with a completion of its own
START = {
    "bash": """PS1='$ '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'
for common in /usr/share/bash-completion/bash_completion; do . $common; done
. {source}/qnetdev.bash
complete -W hello-word zzz-vmm
""",
    "zsh": """PS1='$ '; unsetopt zle_bracketed_paste prompt_sp beep; fpath=({source} $fpath)
autoload -Uz compinit; compinit -D -u; bindkey -e
_zzz() {{ compadd hello-word }}; compdef _zzz zzz-vmm
""",
    "fish": """source {source}/qnetdev.fish
complete -c zzz-vmm -f -a hello-word
""",
}


def cases(folder):
    """What is typed, and what Tab makes of its last word."""
    return (
        ("mon", "monitor"), ("conv", "convert"), ("--ver", "--version"), ("help stre", "stream"),
        ("run -pidf", "-pidfile"), ("run -qmp-p", "-qmp-pretty"), ("run --verb", "--verbose"),
        ("try -netdev ta", "tap,"), ("run -nic bri", "bridge,"), ("run -net no", "none"),
        ("try -netdev tap,id=x,vhostfor", "tap,id=x,vhostforce="),
        ("try -netdev tap,vhost=of", "tap,vhost=off"),
        ("try -netdev stream,addr.ty", "stream,addr.type="),
        ("try -netdev stream,addr.type=vs", "stream,addr.type=vsock"),
        ("try -netdev tap,script=%s/on" % folder, "tap,script=%s/only-file" % folder),
        ("try -netdev tap,ifname=cmpt", "tap,ifname=cmptap"),
        ("try -netdev bridge,br=cm", "bridge,br=cmbr"),
        ("run -qmp uni", "unix:"), ("run -monitor std", "stdio"),
        ("run -qmp unix:%s/on" % folder, "unix:%s/only-file" % folder),
        ("run -qmp unix:/x,serv", "unix:/x,server=on"),
        ("run -qmp unix:/x,server=on,wa", "unix:/x,server=on,wait=off"),
        ("run -pidfile %s/on" % folder, folder + "/only-file"),
        ("monitor %s/on" % folder, folder + "/only-file"),
        ("exec --lifetime sup", "supervise"), ("exec --user nobo", "nobody"),
        ("exec --group nogr", "nogroup"), ("convert --to js", "json"),
        ("exec -- zzz-v", OTHER), ("exec --print -- zzz-vmm hel", "hello-word"),
        ("exec -- zzz-vmm -netdev tap,queu", "tap,queues="),
    )


class Interactive:
    """bash or zsh on a terminal."""

    def __init__(self, argv, commands):
        self.screen = monitor.Terminal(argv)
        self.screen.type("print_line() { echo \"<$*>\"; }\r" + commands.replace("\n", "\r") +
                         "print_line re''ady\r")
        if self.screen.expect("<ready>\r\n") is None:
            raise RuntimeError("the shell says %r" % self.screen.seen)

    def complete(self, line):
        """The line after Tab: its beginning becomes a function that prints the rest."""
        self.screen.type(line + "\t")
        self.screen.type("\x01print_line \r")
        before = self.screen.expect(">\r\n", 10)
        return before.rpartition("<")[2].strip() if before is not None else self.screen.seen

    def close(self):
        self.screen.close()


class Fish:
    """fish tells what Tab would offer."""

    def __init__(self, argv, commands):
        self.argv = [*argv, "--no-config", "-c", commands + "complete -C $argv"]

    def complete(self, line):
        outcome = subprocess.run([*self.argv, line], capture_output=True, text=True, timeout=30,
                                 check=False)
        words = [offer.partition("\t")[0] for offer in outcome.stdout.splitlines()]
        return line.rpartition(" ")[0] + " " + os.path.commonprefix(words) if words else outcome

    def close(self):
        pass


def check_shell(tap, name, path, source, folder):
    argv = {"bash": [path, "--noprofile", "--norc", "-i"], "zsh": [path, "-f", "-i"],
            "fish": [path]}[name]
    shell = (Fish if name == "fish" else Interactive)(argv, START[name].format(source=source))
    for typed, completed in cases(folder):
        line = "qnetdev " + typed
        tap.equal("%s: %s" % (name, typed.replace(folder, "")), shell.complete(line),
                  (line.rpartition(" ")[0] + " " + completed).strip())
    shell.close()


def offers(qnetdev, *words):
    outcome = harness.run([qnetdev, "__complete", *words])
    return [line.partition("\t")[0] for line in outcome.out.splitlines()]


def check_options(tap, qnetdev):
    """Every option that a usage line shows is offered."""
    for command in offers(qnetdev, ""):
        if command.startswith("-"):
            continue
        usage = harness.run([qnetdev, "help", command]).out.partition("\n\n")[0]
        shown = set(re.findall(r"(?<=[\[ |])--?[a-z][-a-z]*", usage))
        offered = set(offers(qnetdev, command, "-"))
        tap.check("%s: every option of its usage is offered" % command,
                  shown <= offered and (shown or command == "help"), (shown, offered))


def check_answers(tap, qnetdev, folder):
    """What no shell shows: that odd names and places are left alone."""
    for name in ("with blank", "esc\x1b[31m", "quote'", "comma,", "sub/"):
        path = os.path.join(folder, "odd", name)
        os.makedirs(path if name.endswith("/") else os.path.dirname(path), exist_ok=True)
        if not name.endswith("/"):
            with open(path, "w"):
                pass
    odd = os.path.join(folder, "odd")
    tap.equal("files with names that would need quotes are left out",
              offers(qnetdev, "try", "-netdev", "tap,script=%s/" % odd),
              [":nospace", "tap,script=%s/comma,," % odd, "tap,script=%s/sub/" % odd])
    tap.equal("a key that was given is not offered again", "tap,vhost=on,vhost=" in
              offers(qnetdev, "try", "-netdev", "tap,vhost=on,vhos"), False)
    for words in ((), ("bogus", ""), ("try", "-netdev", "bogus,x"), ("try", "-netdev", "{"),
                  ("try", "-netdev", "tap,bogus="), ("run", "--timeout", "")):
        outcome = harness.run([qnetdev, "__complete", *words])
        found = [line for line in outcome.out.splitlines() if line != ":nospace"]
        tap.check("nothing to offer: " + " ".join(words), not found and not outcome.err, outcome)


def main():
    qnetdev, root = os.path.abspath(sys.argv[1]), sys.argv[2]
    harness.need_tun()
    tap = harness.Tap()
    for words in (("tuntap", "add", "cmptap", "mode", "tap"),
                  ("link", "add", "cmbr", "type", "bridge")):
        subprocess.run(["ip", *words], check=True, timeout=10)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/bin")
        for name in (folder + "/only-file", folder + "/bin/" + OTHER):
            with open(name, "w", encoding="utf-8") as script:
                script.write("#!/bin/sh\n")
            os.chmod(name, 0o755)
        os.environ.update(HOME=folder, ZDOTDIR=folder, XDG_CONFIG_HOME=folder, PATH=":".join(
            (os.path.dirname(qnetdev), folder + "/bin", os.environ["PATH"])))
        check_options(tap, qnetdev)
        check_answers(tap, qnetdev, folder)
        for name, path in zip(START, sys.argv[3:]):
            if path:
                check_shell(tap, name, path, os.path.join(root, "scripts", "completion"), folder)
            else:
                tap.skip(name, name + " is not installed")
    tap.done()


if __name__ == "__main__":
    main()
