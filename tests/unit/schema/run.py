#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the schema compiler; prints TAP.

usage: run.py [--compiler COMMAND...]

The golden tests are in tests/golden/qapi: NAME.json is compiled, and its header must be NAME.h, or
its diagnostic NAME.err; further outputs are compared as FURTHER_GOLDENS says. With ACCEPT=1 in the
environment what the compiler says becomes the expectation; a test that rewrites a file fails.
"""

import contextlib
import io
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
GOLDEN = os.path.join(ROOT, 'tests', 'golden', 'qapi')
SCRIPT = os.path.join(ROOT, 'scripts', 'qapi-gen.py')
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, 'scripts'))
sys.path.insert(0, HERE)

import big_schema  # noqa: E402
from qapi.main import main as compile_schema  # noqa: E402

ACCEPT = os.environ.get('ACCEPT') == '1'
ALL_KINDS = 'types,sources,commands,events,docs,introspect,markdown,nlohmann'
# Suffix of the golden file -> file that the compiler writes.
FURTHER_OUTPUT = {
    '.tables.h': '{}_tables.h', '.commands.h': '{}_commands.h', '.events.h': '{}_events.h',
    '.docs.h': '{}_docs.h', '.types.cc': '{}_types.cc', '.introspect.json': 'introspect.json', '.md': 'reference.md',
    '.nlohmann.h': '{}_nlohmann.h', '.nlohmann.cc': '{}_nlohmann.cc',
}
# What is compared beside NAME.h and NAME.tables.h, and who has no tables.
FURTHER_GOLDENS = {
    'commands': ('.commands.h', '.events.h', '.introspect.json', '.md'),
    'conditions': ('.commands.h', '.docs.h', '.nlohmann.cc', '.nlohmann.h', '.types.cc'),
    'doc-indent-four': ('.commands.h', '.md'),
    'docs': ('.docs.h', '.md'),
    'union': ('.introspect.json', '.nlohmann.cc', '.nlohmann.h', '.types.cc'),
}
WITHOUT_TABLES = ('doc-indent-four', 'option-union')
# Compared by test_options().
OPTION_GOLDENS = ('option-union.roff',)
# Compared by test_json_schema(): the golden, and the types that it is about.
JSON_SCHEMAS = (('option-union', 'Drive'), ('alternate', 'Many,Numbers,Enums'),
                ('conditions', None), ('commands', None))


class Tap:
    """Counts and prints results."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def result(self, name, problem=None):
        self.count += 1
        if problem:
            self.failures += 1
        print(f'{"not ok" if problem else "ok"} {self.count} - {name}')
        for line in (problem or '').split('\n'):
            if line:
                print('# ' + line)

    def skip(self, name, reason):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {reason}')

    def run(self, name, test, *args):
        """The test returns None, or what is wrong."""
        try:
            self.result(name, test(*args))
        except Exception:  # a defect of the compiler or of the test: report, and go on
            self.result(name, traceback.format_exc())


def run_compiler(*arguments):
    """Exit status and standard error of the compiler, called in this process."""
    stderr = io.StringIO()
    with contextlib.redirect_stderr(stderr):
        try:
            status = compile_schema(list(arguments))
        except SystemExit as exit_:
            status = exit_.code
    return status, stderr.getvalue()


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode('utf-8'))


def compare(path, actual):
    """Compares with a golden file, or makes it one."""
    expected = read(path) if os.path.exists(path) else None
    if actual == expected:
        return None
    if ACCEPT:
        write(path, actual)
        return f'{os.path.relpath(path, ROOT)} is rewritten: run the test again without ACCEPT'
    if expected is None:
        return f'{os.path.relpath(path, ROOT)} does not exist; the compiler says:\n{actual}'
    return f'{os.path.relpath(path, ROOT)} differs\n-- expected\n{expected}-- actual\n{actual}'


def goldens_of(name):
    """Suffixes of all that is compared with the output for a good schema, '.h' apart."""
    tables = () if name in WITHOUT_TABLES else ('.tables.h',)
    return tables + FURTHER_GOLDENS.get(name, ())


def test_all_goldens_are_used(names):
    """A golden file that no schema asks for, or a schema of the table that is gone."""
    gone = sorted({*FURTHER_GOLDENS, *WITHOUT_TABLES} - set(names))
    used = {name + suffix for name in names
            for suffix in ('.json', '.h', '.err', *goldens_of(name))} | set(OPTION_GOLDENS) | {
                name + '.schema.json' for name, _ in JSON_SCHEMAS}
    unused = sorted(file for file in os.listdir(GOLDEN) if file not in used and file != 'include')
    return '\n'.join([f'{name}.json does not exist' for name in gone]
                     + [f'{file} is compared with nothing' for file in unused]) or None


def test_golden(name, directory):
    out = os.path.join(directory, name)
    status, stderr = run_compiler('-o', out, '--emit', ALL_KINDS, name + '.json')
    base = os.path.join(GOLDEN, name)
    if status == 0:
        if not ACCEPT and os.path.exists(base + '.err'):
            return 'the compiler accepts this'
        problem = compare(base + '.h', read(f'{out}/{name.replace("-", "_")}_types.h'))
        for suffix in goldens_of(name):
            produced = FURTHER_OUTPUT[suffix].format(name.replace('-', '_'))
            problem = problem or compare(base + suffix, read(f'{out}/{produced}'))
        return problem
    if status != 1:
        return f'exit status {status}'
    if os.path.exists(out):
        return 'files were written in spite of the error'
    return compare(base + '.err', stderr)


def test_options(directory):
    """The manual of a union that describes a command line option."""
    out = os.path.join(directory, 'options')
    status, stderr = run_compiler('-o', out, '--emit', 'man', '--option', 'drive=Drive',
                                  os.path.join(GOLDEN, 'option-union.json'))
    if status:
        return stderr
    return compare(os.path.join(GOLDEN, 'option-union.roff'), read(f'{out}/options.roff'))


def test_json_schema(directory, name, types):
    """Values of types, or, without types, messages of a monitor."""
    out = os.path.join(directory, 'json-schema-' + name)
    roots = ['--root', 'root=' + types] if types else []
    status, stderr = run_compiler('-o', out, '--emit', 'json-schema', *roots,
                                  os.path.join(GOLDEN, name + '.json'))
    if status:
        return stderr
    produced = f'{out}/{"root" if types else "qmp"}.schema.json'
    return compare(os.path.join(GOLDEN, name + '.schema.json'), read(produced))


def test_compiles(compiler, directory, sources, *flags):
    """C++ that includes all these headers compiles without a warning."""
    include = os.path.join(directory, 'include')
    os.makedirs(include, exist_ok=True)
    for header in ('schema.h', 'any.h', 'box.h'):
        shutil.copy(os.path.join(ROOT, 'qapi', header), os.path.join(directory, 'qapi', header))
    os.makedirs(os.path.join(directory, 'net'), exist_ok=True)
    shutil.copy(os.path.join(ROOT, 'include', 'net', 'api.h'), os.path.join(directory, 'net'))
    source = os.path.join(directory, 'all.cc')
    write(source, ''.join(f'#include "qapi/{name}"\n' for name in sources))
    command = [*compiler, '-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic',
               '-Wconversion', '-Werror', *flags, '-I', directory, source]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.stderr[:4000] if result.returncode else None


def compile_golden(compiler, directory, name, *flags):
    """Compiles all headers of a golden schema."""
    work = os.path.join(directory, 'compile-' + name)
    out = os.path.join(work, 'qapi')
    status, stderr = run_compiler('-o', out, os.path.join(GOLDEN, name + '.json'))
    if status:
        return stderr
    # Sources beside headers, whose guards let each be included once more.
    files = sorted(f for f in os.listdir(out) if f.endswith(('.cc', '.h')))
    return test_compiles(compiler, work, files, *flags)


def test_clang_format(headers):
    result = subprocess.run(['clang-format', '--dry-run', '-Werror', *headers], cwd=ROOT,
                            capture_output=True, text=True)
    return result.stderr[:4000] if result.returncode else None


def test_unchanged_files_stay(directory):
    out = os.path.join(directory, 'unchanged')
    schema = os.path.join(GOLDEN, 'commands.json')
    run_compiler('-o', out, schema)
    path = os.path.join(out, 'commands_types.h')
    other = os.path.join(out, 'commands_commands.h')
    os.utime(path, (1, 1))
    write(other, 'something else')
    run_compiler('-o', out, schema)
    if os.stat(path).st_mtime != 1:
        return 'an unchanged file was written'
    if read(other) == 'something else':
        return 'a changed file was not written'
    return None


def test_command_line(directory):
    """The script itself: status, streams, prefix, new directories."""
    schema = os.path.join(GOLDEN, 'include-twice.json')
    out = os.path.join(directory, 'new', 'deep')
    cases = [(['-o', out, '-p', 'my-', '-b', '-u', schema], 0), ([], 2), (['--emit', 'x', schema], 2),
             (['-p', '9', schema], 2), ([os.path.join(GOLDEN, 'no-such-schema.json')], 1),
             (['-o', os.path.join(schema, 'x'), schema], 1),
             (['-o', out, '--emit', 'man', '--option', 'x=Foo', schema], 1),
             (['-o', out, '--emit', 'json-schema', '--root', 'x=NoSuch', schema], 1)]
    for arguments, expected in cases:
        result = subprocess.run([sys.executable, '-B', SCRIPT, *arguments], capture_output=True,
                                text=True)
        if result.returncode != expected or 'Traceback' in result.stderr:
            return f'{arguments}: status {result.returncode}\n{result.stderr}'
        if bool(result.stderr) != bool(expected) or result.stdout:
            return f'{arguments}: wrong output\n{result.stdout}{result.stderr}'
    files = sorted(os.listdir(out))
    if 'builtin_types.h' not in files or 'my-include_twice_types.h' not in files:
        return f'files: {files}'
    if '"qapi/include/my-ok_types.h"' not in read(f'{out}/my-include_twice_types.h'):
        return 'the included header has the wrong name'
    return None


def test_unreadable(directory):
    path = os.path.join(directory, 'no-such-file.json')
    status, stderr = run_compiler(path)
    expected = f"cannot read '{path}': No such file or directory\n"
    return None if (status, stderr) == (1, expected) else stderr


def test_survives(directory, data):
    """Whatever the input: success, or a diagnostic."""
    path = os.path.join(directory, 'input.json')
    write(path, data)
    status, stderr = run_compiler('-o', os.path.join(directory, 'survives'), path)
    if status == 0:
        return None
    return None if status == 1 and 'input.json:' in stderr else f'status {status}: {stderr[:500]}'


HOSTILE = {
    'thousands of open brackets': "{ 'struct': 'A', 'data': " + '[' * 50000,
    'thousands of open braces': "{ 'a': " * 50000,
    'thousands of nested conditions': "{ 'struct': 'A', 'data': {}, 'if': " + "{ 'not': " * 20000,
    'a chain of 5000 bases': ''.join(
        f"{{ 'struct': 'A{i}b', 'data': {{}}, 'base': 'A{i + 1}b' }}\n" for i in range(5000))
    + "{ 'struct': 'A5000b', 'data': {} }",
    'a chain of 5000 members': ''.join(
        f"{{ 'struct': 'A{i}b', 'data': {{ 'm': 'A{i + 1}b' }} }}\n" for i in range(5000))
    + "{ 'struct': 'A5000b', 'data': { '*m': 'A0b' } }",
    'a string of a megabyte': "{ 'struct': '" + 'A' * 1000000 + "'",
    'a doc comment without end': '##\n' + '# text\n' * 10000,
    'bad UTF-8': b"{ 'struct': 'A\xff' }",
    'a NUL byte': b"{ 'struct': \0 }",
    'UTF-16': "{ 'struct': 'Foo' }".encode('utf-16'),
    'control characters': bytes(range(1, 32)),
    'a byte order mark': "\ufeff{ 'struct': 'Foo', 'data': {} }",
}


def mutations(seconds):
    """Golden inputs with random damage, the same ones in each run, as many as time permits."""
    rng = random.Random(20)
    names = sorted(f for f in os.listdir(GOLDEN) if f.endswith('.json') and f.count('.') == 1)
    inputs = []
    for name in names:
        with open(os.path.join(GOLDEN, name), 'rb') as file:
            data = file.read()
        if len(data) < 4000 and b'include' not in data:
            inputs.append(data)
    words = [b"'", b'{', b'}', b'[', b']', b':', b',', b'true', b'##', b'\n', b'#', b"''", b"'*'",
             b"'data'", b"'int'", b'{}', b'[]', b'\xff', b'@', b"'if'", b"'features'", b"'base'"]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(rng.choice(inputs))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data) + 1)
            size = rng.choice((0, 0, 1, 5, 20))
            data[at:at + size] = rng.choice(words + [b'', rng.choice(inputs)[at:at + 20]])
        yield bytes(data)


def test_mutations(directory):
    count = 0
    for data in mutations(4):
        try:
            problem = test_survives(directory, data)
        except Exception:
            problem = traceback.format_exc()
        if problem:
            return f'{data!r}\n{problem}'
        count += 1
    print(f'# {count} mutations')
    return None


def cpu_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_big_schema(directory):
    """The time follows the size: a machine may be slow, and others may keep it busy."""
    schemas = {}
    for files in (5, 50):
        folder = os.path.join(directory, f'{files}-files')
        os.mkdir(folder)
        schemas[files] = os.path.join(folder, 'big.json')
        lines = big_schema.write(schemas[files], files)
    best = dict.fromkeys(schemas, math.inf)
    for _ in range(3):
        for files, schema in schemas.items():
            start = cpu_seconds_of_children()
            result = subprocess.run([sys.executable, '-B', SCRIPT, '-o',
                                     os.path.join(directory, f'{files}-files', 'qapi'), schema],
                                    capture_output=True, text=True)
            best[files] = min(best[files], cpu_seconds_of_children() - start)
            if result.returncode:
                return result.stderr
        if best[50] < 15 * best[5]:
            break
    print(f'# {lines} lines compiled in {best[50]:.2f} s, a tenth in {best[5]:.2f} s')
    return None if best[50] < 15 * best[5] else 'ten times the schema takes too much more time'


def run_compiler_tests(tap, compiler, directory):
    for name in ('recursive', 'commands', 'alternate', 'keyword-names', 'builtin-types',
                 'union', 'long-names', 'docs'):
        tap.run(f'C++ of {name} compiles', compile_golden, compiler, directory, name)
    tap.run('C++ of conditions compiles', compile_golden, compiler, directory, 'conditions')
    tap.run('C++ of conditions compiles with all symbols', compile_golden, compiler,
            directory, 'conditions', *(f'-D{symbol}' for symbol in
                                       ('HAVE_B', 'HAVE_X', 'A', 'FOO', 'N', 'X', 'BAR')))
    # A part of it: compilers take long for hundreds of tables.
    tap.run('C++ of the big schema compiles', test_compiles, compiler,
            os.path.join(directory, '50-files'),
            [f'big_{module}_{kind}.h' for module in (0, 1)
             for kind in ('types', 'tables', 'commands', 'events', 'docs')])


def main(arguments):
    compiler = arguments[1:] if arguments[:1] == ['--compiler'] else ['c++']
    tap = Tap()
    os.chdir(GOLDEN)
    names = sorted(f.removesuffix('.json') for f in os.listdir(GOLDEN)
                   if f.endswith('.json') and f.count('.') == 1)
    with tempfile.TemporaryDirectory() as directory:
        for name in names:
            tap.run(name, test_golden, name, directory)
        tap.run('every golden file is compared with something', test_all_goldens_are_used, names)
        tap.run('an unreadable file is reported without a line', test_unreadable, directory)
        tap.run('unchanged files stay untouched', test_unchanged_files_stay, directory)
        tap.run('the command line', test_command_line, directory)
        tap.run('manual of an option', test_options, directory)
        for name, types in JSON_SCHEMAS:
            tap.run(f'JSON Schema of {name}.json', test_json_schema, directory, name, types)
        for name, data in HOSTILE.items():
            tap.run('survives ' + name, test_survives, directory, data)
        tap.run('survives random damage', test_mutations, directory)
        tap.run('the time for 20000 lines is linear', test_big_schema, directory)
        run_compiler_tests(tap, compiler, directory)
        if shutil.which('clang-format'):
            headers = [os.path.join(GOLDEN, f) for f in sorted(os.listdir(GOLDEN))
                       if f.endswith('.h')]
            tap.run('headers are stable under clang-format', test_clang_format, headers)
        else:
            tap.skip('headers are stable under clang-format', 'clang-format is not installed')
    print(f'1..{tap.count}')
    return 1 if tap.failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
