#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The JSON that the tool reads and prints is what the JSON Schema says.

    json_test.py QNETDEV SCHEMA_FOLDER DATA_FOLDER
"""
import json
import os
import re
import sys
import tempfile

import harness
import qmp

try:
    import jsonschema
except ImportError:
    harness.skip_all("python3-jsonschema is not installed")

PLAIN = "script=no,downscript=no"


class JsonTest:
    """A test is a method that starts with test_."""

    def __init__(self, tool, schemas, data, folder):
        self.tool = os.path.abspath(tool)
        self.data = data
        self.folder = folder
        self.tap = harness.Tap()
        self.documents = {}
        for name in ("netdev", "qmp", "reports"):
            with open(os.path.join(schemas, name + ".schema.json"), encoding="utf-8") as text:
                self.documents[name] = json.load(text)

    def problem(self, value, document, definition=None):
        """Why the value is not what the document, or one of its definitions, says; None if it is."""
        schema = self.documents[document]
        if definition:
            schema = {"$ref": "#/$defs/" + definition, "$defs": schema["$defs"]}
        problem = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(schema).iter_errors(value))
        return problem and problem.message

    def run(self, *words, **options):
        return harness.run([self.tool, *words], **options)

    def lines(self, name, outcome, definition):
        """The values of standard output, each of which has to be of that type."""
        values = [harness.read_json(line) for line in outcome.out.splitlines()]
        problems = [self.problem(value, "reports", definition) for value in values]
        self.tap.check("%s: prints a %s on each line" % (name, definition),
                       values and not any(problems), (problems, outcome))
        return values

    def test_documents(self):
        for name, document in self.documents.items():
            jsonschema.Draft202012Validator.check_schema(document)
            self.tap.check("%s.schema.json is a JSON Schema" % name, document["$defs"])

    def test_netdev(self):
        """Of what is JSON, the schema refuses what cannot be read, and nothing else. But that it
        goes by value: it takes 1e2 for an integer."""
        cases = []
        with open(os.path.join(self.data, "golden-sample.jsonl"), encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                try:
                    value = harness.read_json(row["arg"]) if row["form"] == "json" else None
                except ValueError:
                    continue
                if isinstance(value, dict) and not re.search(r"\d[.eE]", row["arg"]):
                    cases.append((row["arg"], value))
        for options in ({"queues": 8}, {"queues": "8"}, {"queues": -1}, {"queues": 1 << 32},
                        {"queus": 8}, {"vhost": "on"}, {"fds": ["3"]}, {"type": "tpa"}, {"id": 7},
                        {"type": "user", "hostfwd": [{"str": "x"}]},
                        {"type": "user", "hostfwd": ["x"]},
                        {"type": "stream", "addr": {"type": "unix", "path": "/x"}},
                        {"type": "stream", "addr": {"type": "unix", "port": "1"}}):
            value = {"type": "tap", "id": "n0", **options}
            cases.append((json.dumps(value), value))
        batch = [json.dumps({"id": number, "form": "json", "arg": text})
                 for number, (text, _) in enumerate(cases)]
        outcome = self.run("check", "--batch", stdin="\n".join(batch).encode(), timeout=60)
        differ = [text for (text, value), line in zip(cases, outcome.out.splitlines())
                  if (json.loads(line)["stage"] != "parse") !=
                  (self.problem(value, "netdev") is None)]
        self.tap.check("there are enough cases", len(cases) > 60, len(cases))
        self.tap.equal("the schema agrees with the parser", differ, [])

    def test_check(self):
        outcome = self.run("check", "--json", "--all", "-netdev", "tap,id=a,novhost,id=b",
                           "-netdev", "tap,id=c,fd=3,ifname=x,queues=0", "-netdev", "tap,id=d,x=y",
                           "-nic", "none", "-nic", "tap,mac=zz")
        values = self.lines("check", outcome, "NetdevReport")
        self.tap.equal("check: verdicts", [(v["option"], v["valid"], len(v["warnings"]))
                                           for v in values],
                       [("-netdev", True, 2), ("-netdev", False, 0), ("-netdev", False, 0),
                        ("-nic", True, 0), ("-nic", False, 0)])
        self.tap.check("check --all: all findings", len(values[1]["findings"]) > 1, values[1])

    def test_try(self):
        argument = "tap,id=a,ifname=vm0,queues=2," + PLAIN
        outcome = self.run("try", "--json", "-netdev", argument, "-nic", "none")
        values = self.lines("try", outcome, "NetdevReport")
        self.tap.check("try --json: status 0, nothing else is said",
                       outcome.status == 0 and not outcome.err, outcome)
        told = values[0].get("netdev", {})
        self.tap.equal("try --json: tells what exists as query-netdev does",
                       [told.get("id"), told.get("stage"), told.get("interface", {}).get("ifname"),
                        len(told.get("interface", {}).get("queues", []))],
                       ["a", "ready", "vm0", 2])
        self.tap.check("try --json: nothing of none", "netdev" not in values[1], values[1])
        outcome = self.run("try", "--json", "-netdev", argument, "-netdev",
                           "tap,id=b,ifname=lo," + PLAIN, "-netdev", "tap,id=c," + PLAIN)
        values = self.lines("try, host", outcome, "NetdevReport")
        self.tap.equal("try --json: one that fails, with those before and behind it",
                       (outcome.status, outcome.err, [(v["valid"], "netdev" in v) for v in values],
                        [(f["stage"], f["span"]) for f in values[1]["findings"]]),
                       (1, "", [(True, True), (False, False), (True, False)],
                        [("host", {"offset": 9, "length": 9})]))
        outcome = self.run("try", "--json", "-netdev", argument, "-netdev", "tap,id=b,queus=2")
        values = self.lines("try, parse", outcome, "NetdevReport")
        self.tap.equal("try --json: one that cannot be read, and nothing is set up",
                       (outcome.status, outcome.err, [(v["valid"], "netdev" in v) for v in values]),
                       (1, "", [(True, False), (False, False)]))
        self.tap.equal("try --json: nothing is left", harness.leftovers(), [])

    def test_batch(self):
        good = {"id": [1], "form": "keyval", "arg": "tap,id=a,novhost," + PLAIN}
        bad = [b"", b"x", b"[]", b'{"id":1,"form":"keyvla","arg":"tap"}', b'{"id":1,"form":"json"}',
               b'{"id":1,"form":"keyval","arg":7}']
        for command in ("check", "try"):
            lines = [json.dumps(case).encode() for case in (
                good, {"form": "nic", "arg": "none"}, {"form": "keyval", "arg": "help"},
                {"form": "keyval", "arg": "tap,id=a,queues=0,ifname=" + "x" * 20},
                {"form": "qmp", "arg": '{"execute":"stop"}'}, {"form": "qmp", "arg": "{"})]
            outcome = self.run(command, "--batch", stdin=b"\n".join(lines))
            values = self.lines(command + " --batch", outcome, "NetdevBatchAnswer")
            self.tap.equal("%s --batch: status 0, whatever the answers" % command,
                           (outcome.status, [v["stage"] for v in values]),
                           (0, [None, None, "help", "validate", None, "parse"]))
            self.tap.equal("%s --batch: warnings and findings as with --json" % command,
                           [(len(v["warnings"]), [f["desc"] for f in v["findings"]][:1])
                            for v in values[:4]],
                           [(1, []), (0, []), (0, []), (0, [values[3]["desc"]])])
            problems = [self.problem(json.loads(line), "reports", "NetdevBatchCase")
                        for line in lines]
            self.tap.equal("the cases are of their type", problems, [None] * len(lines))
            for line in bad:
                outcome = self.run(command, "--batch", stdin=b"\n".join((line, lines[0])))
                values = self.lines("%s --batch %r" % (command, line), outcome, "NetdevBatchAnswer")
                self.tap.equal("%s --batch: a line that is no case makes it 1, and the next is "
                               "answered: %r" % (command, line),
                               (outcome.status, [v["accept"] for v in values],
                                ["hint" in v for v in values]), (1, [False, True], [True, False]))
        outcome = self.run("check", "--batch", "-netdev", "tap,id=a")
        self.tap.check("--batch refuses arguments that it would not look at",
                       outcome.status == 2 and not outcome.out and
                       "--batch reads its arguments from standard input" in outcome.err, outcome)

    def test_help(self):
        outcome = self.run("help", "json")
        self.tap.check("help json names the types and every form", outcome.status == 0 and all(
            word in outcome.out for word in (
                "NetdevReport", "NetdevBatchCase", "NetdevBatchAnswer",
                *self.documents["reports"]["$defs"]["NetdevBatchForm"]["enum"])), outcome)
        examples = [line.strip() for line in outcome.out.split("\n\n") if
                    line.strip().startswith("{")]
        for example in examples:
            value = harness.read_json(example)
            self.tap.equal("the example is of its type: " + example[:40],
                           self.problem(value, "reports"), None)
        self.tap.equal("there are three examples", len(examples), 3)
        for command in ("check", "try"):
            outcome = self.run(command, "--help")
            self.tap.check("%s --help tells the format of --batch" % command,
                           '{"id":ANY,"form":FORM,"arg":TEXT}' in outcome.out and
                           "NetdevReport" in outcome.out, outcome)

    def test_qmp(self):
        netdev = "tap,id=a,queues=2," + PLAIN
        with qmp.Run(self.tool, self.folder, "-netdev", netdev) as run:
            client = run.client(negotiate=False)
            seen = [client.greeting]
            for text in ('{"execute":"qmp_capabilities"}', '{"execute":"query-netdev","id":1}',
                         '{"execute":"query-qmp-schema"}', '{"execute":"no-such"}',
                         '{"execute":"query-version"}', '{"execute":"stop"}'):
                client.send(text.encode())
                seen.append(client.receive())
            seen.append(client.receive())
        self.tap.equal("what a monitor sends is of the schema",
                       [self.problem(message, "qmp") for message in seen], [None] * len(seen))
        self.tap.equal("query-netdev returns what its definition says",
                       self.problem(seen[2]["return"], "qmp", "query-netdev.return"), None)
        self.tap.check("and nothing else does", self.problem([{"id": "a"}], "qmp",
                                                             "query-netdev.return"))


def main():
    harness.need_tun()
    with tempfile.TemporaryDirectory() as folder:
        test = JsonTest(*sys.argv[1:4], folder)
        for name in dir(test):
            if name.startswith("test_"):
                getattr(test, name)()
    test.tap.equal("nothing is left", harness.leftovers(), [])
    test.tap.done()


if __name__ == "__main__":
    main()
