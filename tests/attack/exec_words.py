#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Words of a command that `qnetdev exec` runs, written by somebody it does not trust.

    exec_words.py QNETDEV...
"""
import os
import re

import attack_path  # noqa: F401
import exec_world
from exec_world import GROUP, PLAIN, USER

VMM = ["--user", "%d:%d" % (USER, GROUP)]
OWN = ["-netdev", "tap,id=own,ifname=own0," + PLAIN]


class Attacks(exec_world.Exec):
    def ran(self):
        """Who ran one of our scripts, and as whom."""
        return self.log() if os.path.exists(os.path.join(self.folder, "log")) else []

    def programs(self):
        """Words that name a program, each with what it is refused as."""
        script = self.script("hostile", "echo $(id -u) >>%s/log; exit 1" % self.folder)
        return [(option, word.replace("PROGRAM", script), param) for option, word, param in (
            ("-netdev", "tap,id=a,script=PROGRAM,downscript=no", "script"),
            ("-netdev", "tap,id=a,script=no,downscript=PROGRAM", "downscript"),
            ("-netdev", '{"type":"tap","id":"a","script":"PROGRAM"}', "script"),
            ("-nic", "tap,script=PROGRAM", "script"),
            ("-net", "tap,downscript=PROGRAM", "downscript"),
            ("-netdev", "tap,id=a,helper=PROGRAM", "helper"),
            ("-netdev", "bridge,id=a,helper=PROGRAM", "helper"))]

    def test_own_netdevs_are_all_there_is(self):
        """Whoever says what to open has said all of it: the words are the command's alone."""
        for option, word, _ in self.programs():
            found = self.child("own: " + word, [*VMM, *OWN],
                               [option, word, "%{own.fd}"])
            self.tap.equal("own: nothing was run by " + word, self.ran(), [])
            self.tap.equal("own: is left as it is: " + word, found.get("argv"),
                           [option, word, "3"])
            self.clean("own: " + word)

    def test_own_netdevs_keep_descriptors_in(self):
        for word in ("tap,id=a,fd=9", "socket,id=a,fd=9", "vhost-vdpa,id=a,vhostfd=9"):
            found = self.child("own: " + word, [*VMM, *OWN], ["-netdev", word, "%{own.fd}"],
                               inherited=(9,))
            self.tap.equal("own: descriptor 9 stays here: " + word,
                           sorted(map(int, found.get("fds", {}))), [0, 1, 2, 3])

    def test_also_command(self):
        """For those who want both."""
        found = self.child("also", ["--also-command", *VMM, *OWN],
                           ["-netdev", "tap,id=a,ifname=va," + PLAIN, "%{own.fd}"])
        self.tap.equal("also: both are opened", {fd: what and what[0] for fd, what
                                                 in self.taps(found).items()},
                       {3: "own0", 4: "va"})
        self.tap.equal("also: the words", found.get("argv"), ["-netdev", "tap,id=a,fd=4", "3"])

    def test_no_scripts(self):
        for before in ([], ["--also-command", *OWN]):
            for option, word, param in self.programs():
                self.fails("no scripts: %s %s" % (word, before[:1]),
                           ["--no-scripts", *before, "--", "echo", "%{own.fd}", option, word],
                           "--no-scripts forbids '%s' in the command" % param,
                           "name it in -netdev before '--', or drop --no-scripts",
                           marked=(word, re.search('"?%s"?[=:][^,}]*' % param, word)[0]))
                self.tap.equal("no scripts: nothing was run by " + word, self.ran(), [])

    def test_no_scripts_and_no_default_ones(self):
        """A tap of the command without script= has a default one, which is a script as well."""
        outcome = self.run("--no-scripts", "--lifetime=exec", "--", "echo", "-netdev", "tap,id=a")
        self.tap.check("no scripts: no default ones either", outcome.status == 0 and
                       outcome.out == "-netdev tap,id=a,fd=3\n" and not outcome.err, outcome)
        own = "tap,id=own,script=%s,downscript=no" % self.script(
            "trusted", "echo trusted >>%s/log" % self.folder)
        outcome = self.run("--no-scripts", "-netdev", own, "--", "echo", "%{own.fd}")
        self.tap.equal("no scripts: one's own is run",
                       [outcome.status, outcome.out, self.ran()], [0, "3\n", ["trusted"]])
        self.clean("no scripts")


if __name__ == "__main__":
    exec_world.main(Attacks)
