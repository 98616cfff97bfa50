#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the compiled tap pipeline against its drawing in the documentation.

    check-pipeline.py BUILD_FOLDER [DOCUMENT]

The drawing is the fenced block whose first line starts with
"net_client_init()". Every word `name()` in it is a pipeline function:

  first paragraph   a tree. A function is called by the one it hangs from, and
                    what stands behind "─▶" is called by what stands before it.
  second paragraph  one line for each caller: the function it starts with calls
                    every other one that the line names.

The code's side is read from the object files in BUILD_FOLDER: every call and
every address taken counts, and so does a path through functions that are no
pipeline functions. Lambdas and the pieces that compilers split off belong to
the function around them. Both graphs must be the same.
"""
import collections
import glob
import os
import re
import subprocess
import sys

ENTRY = "net_client_init"
NAME = r"([a-z_][a-z0-9_]*)\(\)"


class Failure(Exception):
    """A message for the user."""


# --- the drawing ---

def drawing_lines(path):
    """(line number, text) of the fenced block with the drawing."""
    with open(path, encoding="utf-8") as document:
        lines = document.read().splitlines()
    block = None
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            if block and block[0][1].startswith(ENTRY + "()"):
                return block
            block = None if block is not None else []
        elif block is not None:
            block.append((number, line))
    raise Failure("%s: no fenced block that starts with %s()" % (path, ENTRY))


def split_branch(path, number, line):
    """Depth and text of a row of the tree."""
    found = re.fullmatch(r"((?:│  |   )*)(?:├─|└─) (\S.*)", line)
    if not found:
        raise Failure("%s:%d: not a branch of the tree: %s" % (path, number, line))
    return len(found.group(1)) // 3 + 1, found.group(2)


def parse_tree(path, lines, edges):
    number, first = lines[0]
    if re.findall(NAME, first) != [ENTRY]:
        raise Failure("%s:%d: the root names %s() and nothing else" % (path, number, ENTRY))
    stack = [ENTRY]
    for number, line in lines[1:]:
        depth, text = split_branch(path, number, line)
        if depth > len(stack):
            raise Failure("%s:%d: hangs from nothing: %s" % (path, number, line))
        names = re.findall(NAME, text)
        if not names or text.count("─▶") != len(names) - 1:
            raise Failure("%s:%d: expected FUNCTION() [─▶ FUNCTION()]…: %s"
                          % (path, number, line))
        del stack[depth:]
        for caller, callee in zip([stack[-1]] + names, names):
            edges.setdefault((caller, callee), number)
        stack.append(names[0])


def parse_callers(path, lines, edges):
    for number, line in lines:
        names = re.findall(NAME, line)
        if not line.startswith("".join(names[:1]) + "()") or len(names) < 2:
            raise Failure("%s:%d: expected CALLER() … FUNCTION() …: %s" % (path, number, line))
        for callee in names[1:]:
            edges.setdefault((names[0], callee), number)


def read_drawing(path):
    """(caller, callee) → line number."""
    lines = drawing_lines(path)
    blank = [i for i, (_, text) in enumerate(lines) if not text.strip()]
    if len(blank) != 1:
        raise Failure("%s:%d: expected two paragraphs: tree and callers" % (path, lines[0][0]))
    edges = {}
    parse_tree(path, lines[:blank[0]], edges)
    parse_callers(path, lines[blank[0] + 1:], edges)
    return edges


# --- the code ---

def objdump(flags, objects):
    command = ["objdump", *flags, *objects]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LC_ALL="C"), check=False)
    if done.returncode != 0:
        raise Failure("objdump: " + done.stderr.decode(errors="replace").strip())
    return done.stdout.decode(errors="replace").splitlines()


class Symbols:
    """Where everything is: of one object file, names by section and offset."""

    def __init__(self):
        self.local = set()
        self.ranges = collections.defaultdict(list)

    def add(self, binding, section, offset, size, name):
        if binding == "l":
            self.local.add(name)
        self.ranges[section].append((offset, size, name))

    def at(self, section, offset):
        """Name of what encloses the place, or None."""
        for start, size, name in self.ranges.get(section, ()):
            if start <= offset < start + max(size, 1):
                return name
        return None


class Graph:
    """Who refers to whom, over all object files.

    A node is (file, name) for a local symbol and ("", name) for any other, so
    that functions of anonymous namespaces do not mix.
    """

    SYMBOL = re.compile(r"([0-9a-f]+) (.)....(.)(.) (\S+)\t([0-9a-f]+)\s+(?:\.hidden |\.internal "
                        r"|\.protected )?(\S+)")
    HEADING = re.compile(r"[0-9a-f]+ <(.+)>:")
    RELOCATION = re.compile(r"([0-9a-f]+)\s+(R_\w+)\s+(\S+)")
    BRANCH = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
    FILE = re.compile(r"(\S.*):\s+file format ")
    SECTIONS = (".text", ".data", ".rodata", ".init_array", ".tdata")
    SHARED = re.compile(r"\.text(\.(unlikely|hot|startup|exit))?")

    def __init__(self, objects):
        self.edges = collections.defaultdict(set)
        self.symbols = collections.defaultdict(Symbols)
        self.read_symbols(objects)
        self.read_relocations(objects)
        self.read_branches(objects)

    def read_symbols(self, objects):
        current = ""
        for line in objdump(["-t"], objects):
            head = self.FILE.match(line)
            if head:
                current = head.group(1)
                continue
            found = self.SYMBOL.match(line)
            if found and found.group(4) in "FO":
                offset, binding, _, _, section, size, name = found.groups()
                self.symbols[current].add(binding, section, int(offset, 16), int(size, 16), name)

    def node(self, file, name):
        return (file if name in self.symbols[file].local else "", name)

    def target(self, file, kind, text):
        """The node that a relocation's "symbol+addend" means."""
        found = re.fullmatch(r"(.+?)([+-]0x[0-9a-f]+)?", text)
        name, addend = found.group(1), int(found.group(2) or "0", 16)
        symbols = self.symbols[file]
        if name in symbols.ranges or name.startswith(".text"):
            # x86 counts from the end of the four bytes that it patches.
            name = symbols.at(name, addend + (4 if "PC32" in kind or "PLT32" in kind else 0))
        return self.node(file, name) if name else None

    def connect(self, source, target):
        if source and target and source != target:
            self.edges[source].add(target)

    def read_relocations(self, objects):
        """Calls, addresses taken, tables of function pointers: what the linker resolves."""
        file = section = ""
        for line in objdump(["-r"], objects):
            found = self.RELOCATION.match(line)
            if found and section.startswith(self.SECTIONS):
                owner = self.symbols[file].at(section, int(found[1], 16))
                if owner:
                    self.connect(self.node(file, owner), self.target(file, found[2], found[3]))
            elif line.startswith("RELOCATION RECORDS FOR ["):
                section = line[24:-2]
            elif self.FILE.match(line):
                file = self.FILE.match(line)[1]

    def read_branches(self, objects):
        """What the assembler resolved: branches to another function of the same section. Only
        sections that can hold several functions are worth disassembling."""
        shared = {section for symbols in self.symbols.values() for section in symbols.ranges
                  if self.SHARED.fullmatch(section)}
        flags = ["-d", "-r", "--no-show-raw-insn"] + ["--section=" + name for name in shared]
        file = ""
        source = pending = None
        for line in objdump(flags, objects):
            if ": R_" in line:
                pending = None  # the relocation says where it really goes
                continue
            self.connect(source, pending)
            pending = None
            if line.endswith(">:"):
                source = self.node(file, self.HEADING.match(line)[1])
            elif line.endswith(">"):
                pending = self.node(file, self.BRANCH.search(line)[1])
            elif self.FILE.match(line):
                file, source = self.FILE.match(line)[1], None


def pipeline_name(symbol, names):
    """The pipeline function that a mangled name, or part of one, belongs to."""
    found = re.match(r"_ZZ*N3net(\d+)(.*)", symbol)
    if not found:
        return None
    name = found.group(2)[:int(found.group(1))]
    return name if name in names and len(found.group(2)) > len(name) and \
        found.group(2)[len(name)] in "EBI" else None


def paths_from(graph, starts, names):
    """Pipeline functions reached from `starts` through others: name → path."""
    queue = collections.deque((start, ()) for start in starts)
    seen = set(starts)
    found = {}
    while queue:
        node, path = queue.popleft()
        for target in sorted(graph.edges.get(node, ())):
            if target in seen:
                continue
            seen.add(target)
            name = pipeline_name(target[1], names)
            if name is None or target in starts:
                queue.append((target, path + (target[1],)))
            else:
                found.setdefault(name, path)
    return found, seen


def read_code(objects, names):
    """(caller, callee) → helpers in between, and the functions not found."""
    graph = Graph(objects)
    nodes = collections.defaultdict(list)
    everything = set(graph.edges).union(*graph.edges.values())
    for symbols_of in graph.symbols.items():
        for ranges in symbols_of[1].ranges.values():
            everything.update(graph.node(symbols_of[0], entry[2]) for entry in ranges)
    for node in everything:
        name = pipeline_name(node[1], names)
        if name:
            nodes[name].append(node)
    defined = {entry[2] for symbols in graph.symbols.values()
               for ranges in symbols.ranges.values() for entry in ranges}
    absent = [name for name in names if not any(node[1] in defined for node in nodes[name])]
    edges, inside = {}, set()
    for caller in names:
        found, seen = paths_from(graph, nodes[caller], names)
        inside |= seen
        for callee, path in found.items():
            if callee != caller:
                edges[(caller, callee)] = path
    for node in everything - inside:
        for target in graph.edges.get(node, ()):
            name = pipeline_name(target[1], names)
            if name and name != ENTRY:
                edges[(demangle([node[1]])[0], name)] = ()
    return edges, absent


def demangle(symbols):
    try:
        done = subprocess.run(["c++filt"], input="\n".join(symbols), stdout=subprocess.PIPE,
                              text=True, check=True)
        return done.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return list(symbols)


def shorten(text, limit=100):
    return text if len(text) <= limit else text[:limit - 1] + "…"


def find_objects(build):
    """The objects of the library: of every static library, those that it was made of."""
    pattern = os.path.join(build, "net", "**", "libnet_*.a.p", "*.o")
    objects = sorted(glob.glob(pattern, recursive=True))
    if not objects:
        raise Failure("%s: no object files of the library; build it first" % build)
    return objects


# --- the comparison ---

def compare(drawn, coded, absent, document):
    """What differs, a line for each; empty if nothing."""
    problems = ["no such function in the code: %s()" % name for name in absent]
    for edge in sorted(set(drawn) - set(coded)):
        problems.append("missing edge: %s() → %s() is drawn at %s:%d, but not in the code"
                        % (*edge, document, drawn[edge]))
    for edge in sorted(set(coded) - set(drawn)):
        problems.append("extra edge: %s → %s() is in the code, but not drawn"
                        % (edge[0] + "()" if edge[0].isidentifier() else shorten(edge[0]), edge[1]))
        problems += ["    through " + shorten(text) for text in demangle(coded[edge])]
    return problems


def default_document():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(root, "docs", "ARCHITECTURE.md")


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    document = arguments[1] if len(arguments) == 2 else default_document()
    try:
        drawn = read_drawing(document)
        names = sorted({name for edge in drawn for name in edge})
        coded, absent = read_code(find_objects(arguments[0]), names)
    except (Failure, OSError) as failure:
        print("check-pipeline: %s" % failure, file=sys.stderr)
        return 1
    problems = compare(drawn, coded, absent, document)
    for problem in problems:
        print("check-pipeline: " + problem, file=sys.stderr)
    if not problems:
        print("%s: %d functions and %d calls as drawn" % (document, len(names), len(drawn)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
