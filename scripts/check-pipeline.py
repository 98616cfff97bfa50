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
the function around them; a call that was inlined counts as the call that it
was, which needs debug information (-g1; of Clang's, -gdwarf-4). Both graphs
must be the same.
"""
import collections
import glob
import os
import re
import struct
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

def run_tool(command, text=None):
    """The lines that a program of binutils prints."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", errors="replace", env=dict(os.environ, LC_ALL="C"),
                          check=False)
    if done.returncode != 0:
        raise Failure("%s: %s" % (command[0], done.stderr.strip()))
    return done.stdout.splitlines()


class ObjectFile:
    """Symbols and relocations of a 64-bit ELF object file.

    Read here and not by objdump, which would print those of debug information too: nine of ten.
    """

    SYMBOLS, RELOCATIONS = 2, 4  # SHT_SYMTAB, SHT_RELA
    OBJECT, FUNCTION, SECTION = 1, 2, 3  # STT_*
    LOADED = (".text", ".data", ".rodata", ".init_array", ".tdata")
    # Types of x86-64 that count from the end of the four bytes that they patch: PC32 and PLT32.
    X86_64, FROM_END = 62, (2, 4)

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:5] != b"\x7fELF\x02":
            raise Failure("%s: not a 64-bit ELF file" % path)
        self.order = "<" if self.data[5] == 1 else ">"
        self.local = set()
        self.ranges = collections.defaultdict(list)  # section → (offset, size, name)
        self.relocations = []  # (section, offset, target's name)
        machine, = self.unpack("H", 18)
        sections = self.read_sections()
        self.has_debug = any(section[0] == ".debug_info" for section in sections)
        for section in sections:
            if section[2] == self.SYMBOLS:
                symbols = self.read_symbols(sections, section)
        for section in sections:
            target = sections[section[8]][0] if section[2] == self.RELOCATIONS else ""
            if target.startswith(self.LOADED):
                self.read_relocations(section, target, symbols, machine)
        del self.data

    def unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)

    def string(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def read_sections(self):
        """(name, and then the fields of Elf64_Shdr) of each."""
        start, = self.unpack("Q", 40)
        size, count, names = self.unpack("HHH", 58)
        if count == 0:  # there are more than the field can count
            count, = self.unpack("Q", start + 32)
        if names == 0xffff:
            names, = self.unpack("I", start + 40)
        headers = [self.unpack("IIQQQQIIQQ", start + i * size) for i in range(count)]
        strings = headers[names][4]
        return [(self.string(strings + header[0]),) + header for header in headers]

    def read_symbols(self, sections, table):
        """(name, section's name, value) of each; a section's own symbol has no name."""
        strings = sections[table[7]][5]
        wide = next((s[5] for s in sections if s[2] == 18), None)  # SHT_SYMTAB_SHNDX
        symbols = []
        for i in range(table[6] // 24):
            name, info, _, index, value, size = self.unpack("IBBHQQ", table[5] + i * 24)
            if index == 0xffff:
                index, = self.unpack("I", wide + i * 4)
            section = sections[index][0] if 0 < index < len(sections) else ""
            text = self.string(strings + name)
            if section and info & 15 in (self.OBJECT, self.FUNCTION):
                self.ranges[section].append((value, size, text))
                if info >> 4 == 0:
                    self.local.add(text)
            symbols.append(("" if info & 15 == self.SECTION else text, section, value))
        return symbols

    def read_relocations(self, table, section, symbols, machine):
        for i in range(table[6] // 24):
            offset, info, addend = self.unpack("QQq", table[5] + i * 24)
            name, where, value = symbols[info >> 32]
            if where and (not name or name.startswith(".L")):
                from_end = machine == self.X86_64 and info & 0xffffffff in self.FROM_END
                name = self.at(where, value + addend + (4 if from_end else 0))
            if name:
                self.relocations.append((section, offset, name))

    def at(self, section, offset):
        """Name of what encloses the place, or None."""
        for start, size, name in self.ranges.get(section, ()):
            if start <= offset < start + max(size, 1):
                return name
        return None

    def node(self, name):
        return (self.path if name in self.local else "", name)


class Graph:
    """Who refers to whom, over all object files.

    A node is (file, name) for a local symbol and ("", name) for any other, so
    that functions of anonymous namespaces do not mix. `names` are those of
    pipeline functions: where one was inlined, what it refers to is told by the
    debug information.
    """

    HEADING = re.compile(r"[0-9a-f]+ <(.+)>:")
    BRANCH = re.compile(r"\s*([0-9a-f]+):.*<([^>+]+)(?:\+0x[0-9a-f]+)?>")
    FILE = re.compile(r"(\S.*):\s+file format ")
    SECTION = "Disassembly of section "
    SHARED = re.compile(r"\.text(\.(unlikely|hot|startup|exit))?")

    def __init__(self, objects, names):
        self.edges = collections.defaultdict(set)
        self.files = {path: ObjectFile(path) for path in objects}
        self.without_debug = []
        references = {path: list(file.relocations) for path, file in self.files.items()}
        self.add_branches(references)
        for path, file in self.files.items():
            inlined = self.inlined(file, references[path], names)
            for reference in references[path]:
                self.connect(file, reference, inlined.get(reference[:2], ()))

    def nodes(self):
        """Every function and variable that is defined."""
        return {file.node(entry[2]) for file in self.files.values()
                for ranges in file.ranges.values() for entry in ranges}

    def connect(self, file, reference, inlined):
        """Adds the path from the enclosing function through inlined ones to what is referred to."""
        section, offset, target = reference
        owner = file.at(section, offset)
        if owner:
            path = [file.node(name) for name in (owner, *inlined, target)]
            for source, callee in zip(path, path[1:]):
                if source != callee:
                    self.edges[source].add(callee)

    def add_branches(self, references):
        """What the assembler resolved: branches to another function of the same section. Only
        sections that can hold several functions are worth disassembling."""
        shared = {section for file in self.files.values() for section in file.ranges
                  if self.SHARED.fullmatch(section)}
        flags = ["-d", "-r", "--no-show-raw-insn"] + ["--section=" + name for name in shared]
        path = section = source = inside = ""
        pending = None
        for line in run_tool(["objdump", *flags, *self.files]):
            if ": R_" in line:
                pending = None  # the relocation says where it really goes
                continue
            if pending:
                references[path].append(pending)
            pending = None
            if line.endswith(">:"):
                source = self.HEADING.match(line)[1]
                inside = "<%s+" % source
            elif line.endswith(">") and inside not in line:
                found = self.BRANCH.match(line)
                pending = (section, int(found[1], 16), found[2])
            elif line.startswith(self.SECTION):
                section = line[len(self.SECTION):-1]
            elif self.FILE.match(line):
                path = self.FILE.match(line)[1]

    def inlined(self, file, references, names):
        """(section, offset) of references → symbols of the pipeline functions that were inlined
        around them, from the outside. Those can only be in the file that defines the function."""
        symbols = {}
        for entry in (entry for ranges in file.ranges.values() for entry in ranges):
            symbols.setdefault(pipeline_name(entry[2], names), entry[2])
        if set(symbols) <= {None}:
            return {}
        if not file.has_debug:
            self.without_debug.append(file.path)
            return {}
        places = collections.defaultdict(set)
        for section, offset, _ in references:
            if section.startswith(".text"):
                places[section].add(offset)
        found = {}
        for section, offsets in places.items():
            place = None
            for line in run_tool(["addr2line", "-a", "-f", "-i", "-j", section, "-e", file.path],
                                 "".join("%x\n" % offset for offset in sorted(offsets))):
                if line.startswith("0x"):
                    place = found[(section, int(line, 16))] = []
                elif pipeline_name(line, names):
                    place.insert(0, line)
                elif line in names and line in symbols:  # all that Clang's -g1 tells
                    place.insert(0, symbols[line])
        return found


def pipeline_name(symbol, names):
    """The pipeline function that a mangled name, or part of one, belongs to."""
    found = re.match(r"_ZZ*N7qnetdev(\d+)(.*)", symbol)
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
    """(caller, callee) → helpers in between, the functions not found, and the files in which
    inlined calls cannot be told."""
    graph = Graph(objects, names)
    nodes = collections.defaultdict(list)
    defined = graph.nodes()
    everything = defined.union(graph.edges, *graph.edges.values())
    for node in everything:
        name = pipeline_name(node[1], names)
        if name:
            nodes[name].append(node)
    absent = [name for name in names if defined.isdisjoint(nodes[name])]
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
    return edges, absent, graph.without_debug


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
        coded, absent, without_debug = read_code(find_objects(arguments[0]), names)
    except (Failure, OSError) as failure:
        print("check-pipeline: %s" % failure, file=sys.stderr)
        return 1
    problems = compare(drawn, coded, absent, document)
    if problems and without_debug:
        problems.append("inlined calls cannot be told without debug information, as in "
                        + without_debug[0])
    for problem in problems:
        print("check-pipeline: " + problem, file=sys.stderr)
    if not problems:
        print("%s: %d functions and %d calls as drawn" % (document, len(names), len(drawn)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
