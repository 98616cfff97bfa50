#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the fuzz targets with Clang and lets each run for a while.

Every target first reads its folder of the corpus: inputs that broke something
once, or are at the limits of what is allowed. Then it runs twice: FUZZ_SECONDS
(8 unless set) with small inputs, where most of the branches are, and a few
seconds with inputs up to 1 MiB, where time and memory are limited. Objects stay
in the work folder, so that only what has changed is compiled again. The seed is
always the same unless FUZZ_SEED is set; scripts/fuzz runs longer, and with
another one each time.

An input that breaks a target is printed in base64 and kept in the work folder;
run the target with its name to see it again, and put it into the corpus.
"""
import argparse
import base64
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import harness  # noqa: E402
import qmp_transcript_test  # noqa: E402

JOBS = 2
LARGE = 1 << 20
LARGE_SEED = 1 << 16  # what takes quadratic time does so here already; worst_case.cc has 1 MiB
LARGE_SECONDS = 4
# Of the wall clock, which on a busy machine runs many times faster than the target.
TIMEOUT = 60
SANITIZERS = "address,undefined"
FLAGS = ["-std=c++20", "-O1", "-gline-tables-only", "-fno-omit-frame-pointer",
         "-fno-sanitize-recover=all", "-D_GLIBCXX_ASSERTIONS", "-Wno-gnu-statement-expression"]
ENVIRONMENT = {
    "ASAN_OPTIONS": "quarantine_size_mb=16:malloc_context_size=5:abort_on_error=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}

# Repeated up to LARGE_SEED, between a beginning and an end: where readers may become slow or deep.
LARGE_SHAPES = [
    ("tap,id=a,ifname=", ",", ""),
    ("user,id=a", ",hostfwd=tcp::1-:2", ""),
    ("user,id=a", ",hostfwd.0.str=x", ""),
    ("user,id=a,", "a.", "b=1"),
    ("dgram,id=a,", "a.0=,", ""),
    ("stream,id=a", ",a.0.1=,a.1=", ""),
    ("tap,id=a,fds=", "1:", "1"),
    ("{\"a\":", "[", ""),
    ("", "{\"a\":", ""),
    ("{\"id\":\"a\",\"type\":\"tap\",\"ifname\":\"", "\\u00e9\\n", "\"}"),
    ("{\"id\":\"a\",\"type\":\"user\",\"hostfwd\":[", "{\"str\":\"\"},", "{\"str\":\"\"}]}"),
    ("[", "1,", "1]"),
]


# Access files of the bridge helper.
ACL_SEEDS = [
    "# comment\n\nallow br0\ndeny\tbr1\ninclude more.conf\n",
    "allow all\ndeny-user 0 br1\nallow-group 0 br0\nifname br0 vm* tap?\nmax-queues all 8\n",
    "allow-user 0 br0\nmac br0 52:54:*\nmtu-user 0 br0 1280-9000\nifname-group 0 all *\n",
    "allow abcdefghijklmnop\nallowbr0\npermit br0\n",
]
ACL_WORDS = ["allow ", "deny ", "include ", "allow-user ", "deny-group ", "ifname ", "mac ", "mtu ",
             "max-queues ", "-user ", "-group ", "all", "br0", "vm*", "\\x0a"]


class Build:
    """Compiles and links with one compiler into one folder, only what has changed."""

    def __init__(self, compiler, folder, includes):
        self.command = [compiler, *FLAGS, *("-I" + path for path in includes)]
        self.folder = folder

    @staticmethod
    def _newest(paths):
        return max(os.stat(path).st_mtime_ns for path in paths)

    def _is_current(self, output, command, inputs=None):
        """Made by that command from those files, or from those that the compiler has noted."""
        try:
            with open(output + ".cmd", encoding="utf-8") as file:
                if file.read() != "\n".join(command):
                    return False
            if inputs is None:
                with open(output + ".d", encoding="utf-8") as file:
                    inputs = file.read().replace("\\\n", " ").split()[1:]
            return self._newest(inputs) <= os.stat(output).st_mtime_ns
        except FileNotFoundError:
            return False

    def _run(self, output, command):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError("%s\n%s" % (" ".join(command), made.stderr))
        with open(output + ".cmd", "w", encoding="utf-8") as file:
            file.write("\n".join(command))

    def compile(self, source):
        output = os.path.join(self.folder, re.sub(r"\W+", "_", os.path.realpath(source)) + ".o")
        command = [*self.command, "-fsanitize=fuzzer-no-link," + SANITIZERS, "-MD", "-MF",
                   output + ".d", "-c", source, "-o", output]
        if not self._is_current(output, command):
            self._run(output, command)
        return output

    def link(self, name, objects):
        output = os.path.join(self.folder, name)
        command = [self.command[0], "-fsanitize=fuzzer," + SANITIZERS, *objects, "-o", output]
        if not self._is_current(output, command, objects):
            self._run(output, command)
        return output


def find_compiler():
    """A Clang that has libFuzzer; skips everything if there is none."""
    compiler = shutil.which("clang++") or shutil.which("clang++-14")
    if not compiler:
        harness.skip_all("needs clang++")
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.cc")
        with open(source, "w", encoding="utf-8") as file:
            file.write('extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) '
                       "{ return 0; }\n")
        made = subprocess.run([compiler, "-fsanitize=fuzzer," + SANITIZERS, source, "-o",
                               os.path.join(folder, "probe")], capture_output=True, check=False)
    if made.returncode != 0:
        harness.skip_all("clang++ has no libFuzzer (Debian: libclang-rt-14-dev)")
    return compiler


def sources_of(build_root, libraries):
    """The files that meson compiles into those libraries."""
    with open(os.path.join(build_root, "meson-info", "intro-targets.json"), encoding="utf-8") as f:
        targets = {target["name"]: target for target in json.load(f)}
    return [source for library in libraries for part in targets[library]["target_sources"]
            for source in part.get("sources", []) + part.get("generated_sources", [])
            if source.endswith(".cc")]


def write_seeds(sample, folder):
    """The arguments of the sample, its monitor commands, and a session of a monitor."""
    seeds = set()
    with open(sample, encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            seeds.add(case["arg"])
            if case["form"] == "qmp":
                try:
                    seeds.add(json.dumps(json.loads(case["arg"])["arguments"]))
                except (ValueError, KeyError, TypeError):
                    pass  # meant to be broken
    seeds.update(ACL_SEEDS)
    seeds.update(sent.decode("utf-8", "replace") for sent, _, _ in qmp_transcript_test.exchanges()
                 if sent)
    for number, seed in enumerate(sorted(seeds)):
        with open(os.path.join(folder, "%04d" % number), "wb") as file:
            file.write(seed.encode("utf-8", "surrogatepass"))
    return len(seeds)


def write_large_seeds(folder):
    for number, (head, part, tail) in enumerate(LARGE_SHAPES):
        count = (LARGE_SEED - len(head) - len(tail)) // len(part)
        with open(os.path.join(folder, "large%02d" % number), "w", encoding="ascii") as file:
            file.write(head + part * count + tail)


def write_dictionary(introspect, path):
    """Every name and enumerator of the schema, for the fuzzer to put into its inputs."""
    words = set()

    def collect(node):
        if isinstance(node, dict):
            words.update(node[key] for key in ("name", "case", "default")
                         if isinstance(node.get(key), str))
            words.update(word for word in node.get("values", []) if isinstance(word, str))
            node = list(node.values())
        if isinstance(node, list):
            for inner in node:
                collect(inner)

    with open(introspect, encoding="utf-8") as file:
        collect(json.load(file))
    words = {word for word in words if re.fullmatch(r"[A-Za-z][\w.-]+", word)}
    with open(path, "w", encoding="ascii") as file:
        for word in sorted(words):
            file.write('"%s"\n",%s="\n",%s."\n"\\"%s\\":"\n' % (word, word, word, word))
        for word in ACL_WORDS:
            file.write('"%s"\n' % word)
    return len(words)


def seed():
    """What libFuzzer's choices begin with; 0 would let it choose that as well."""
    return str(int(os.environ.get("FUZZ_SEED", "0")) or 1)


def corpus_of(corpora, binary):
    """The committed inputs of a target, by name."""
    folder = os.path.join(corpora, os.path.basename(binary).removesuffix("_fuzzer"))
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


class Runner:
    def __init__(self, work, corpora, seeds, large_seeds, dictionary):
        self.work, self.seeds, self.large_seeds = work, seeds, large_seeds
        self.corpora, self.dictionary = corpora, dictionary

    def _fuzz(self, binary, corpus, options, seconds):
        prefix = os.path.join(self.work, os.path.basename(binary) + "-")
        run = subprocess.run(
            [binary, *options, "-max_total_time=%d" % seconds, "-dict=" + self.dictionary,
             "-seed=" + seed(), "-print_final_stats=1",
             "-artifact_prefix=" + prefix, *corpus],
            capture_output=True, check=False, timeout=seconds + 150,
            env={**os.environ, **ENVIRONMENT})
        return run.returncode, run.stderr.decode("utf-8", "replace")

    @staticmethod
    def _explain(log):
        """The end of the log, and the input if it is small enough."""
        lines = log.splitlines()
        start = next((i for i, line in enumerate(lines)
                      if "does not hold" in line or "ERROR:" in line or "runtime error" in line),
                     max(0, len(lines) - 40))
        text = "\n".join(line[:200] for line in lines[start:start + 40])
        found = re.search(r"Test unit written to (\S+)", log)
        if found and os.path.exists(found.group(1)):
            with open(found.group(1), "rb") as file:
                data = file.read()
            text += "\n%s\n%s" % (found.group(1), base64.b64encode(data[:2048]).decode())
        return text

    @staticmethod
    def _stats(log):
        found = dict(re.findall(r"stat::(\w+):\s+(\d+)", log))
        coverage = re.findall(r"cov: (\d+)", log)
        return "%s inputs, %s edges, %s MiB" % (
            found.get("number_of_executed_units", "?"), coverage[-1] if coverage else "?",
            found.get("peak_rss_mb", "?"))

    def replay(self, binary):
        """Whether no input of the corpus breaks the target."""
        inputs = corpus_of(self.corpora, binary)
        run = subprocess.run([binary, "-timeout=%d" % TIMEOUT, *inputs], capture_output=True,
                             check=False, timeout=300, env={**os.environ, **ENVIRONMENT})
        log = run.stderr.decode("utf-8", "replace")
        read = len(re.findall(r"^Executed ", log, re.M))
        good = run.returncode == 0 and read == len(inputs) > 0
        return good, "%d inputs" % read if good else self._explain(log)

    def small(self, binary, seconds):
        folder = os.path.dirname(corpus_of(self.corpora, binary)[0])
        with tempfile.TemporaryDirectory() as found:
            status, log = self._fuzz(binary, [found, self.seeds, folder],
                                     ["-max_len=4096", "-timeout=%d" % TIMEOUT], seconds)
        return status == 0, self._stats(log) if status == 0 else self._explain(log)

    def large(self, binary):
        with tempfile.TemporaryDirectory() as found:
            status, log = self._fuzz(binary, [found, self.large_seeds],
                                     ["-max_len=%d" % LARGE, "-len_control=0", "-rss_limit_mb=512",
                                      "-timeout=%d" % TIMEOUT], LARGE_SECONDS)
        return status == 0, self._stats(log) if status == 0 else self._explain(log)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--source-root", "--build-root", "--work", "--introspect", "--seeds",
                 "--corpora"):
        parser.add_argument(name, required=True)
    for name in ("--libraries", "--sources", "--targets"):
        parser.add_argument(name, nargs="+", required=True)
    return parser.parse_args()


def build_targets(compiler, arguments):
    root = arguments.source_root
    build = Build(compiler, arguments.work,
                  [os.path.join(root, "include"), root, arguments.build_root])
    sources = sources_of(arguments.build_root, arguments.libraries) + arguments.sources
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        objects = list(pool.map(build.compile, arguments.targets + sources))
        names = [os.path.splitext(os.path.basename(path))[0] for path in arguments.targets]
        count = len(names)
        return list(pool.map(lambda i: build.link(names[i], [objects[i], *objects[count:]]),
                             range(count)))


def main():
    arguments = parse_arguments()
    compiler = find_compiler()
    seconds = int(os.environ.get("FUZZ_SECONDS", "8"))
    os.makedirs(arguments.work, exist_ok=True)
    tap = harness.Tap()
    try:
        binaries = build_targets(compiler, arguments)
    except RuntimeError as problem:
        tap.check("the targets can be built", False, problem)
        tap.done()
    with tempfile.TemporaryDirectory() as temporary:
        seeds = os.path.join(temporary, "seeds")
        large_seeds = os.path.join(temporary, "large")
        os.mkdir(seeds)
        os.mkdir(large_seeds)
        dictionary = os.path.join(temporary, "dictionary")
        count = write_seeds(arguments.seeds, seeds)
        words = write_dictionary(arguments.introspect, dictionary)
        tap.note("seed %s, %d first inputs, %d words" % (seed(), count, words))
        write_large_seeds(large_seeds)
        runner = Runner(arguments.work, arguments.corpora, seeds, large_seeds, dictionary)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            runs = [("%s, the corpus" % os.path.basename(binary),
                     pool.submit(runner.replay, binary)) for binary in binaries]
            runs += [("%s, small inputs" % os.path.basename(binary),
                     pool.submit(runner.small, binary, seconds)) for binary in binaries]
            runs += [("%s, inputs up to 1 MiB" % os.path.basename(binary),
                      pool.submit(runner.large, binary)) for binary in binaries]
            for name, run in runs:
                good, text = run.result()
                tap.check(name, good, text)
                if good:
                    tap.note(text)
    tap.done()


if __name__ == "__main__":
    main()
