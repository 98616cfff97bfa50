# SPDX-License-Identifier: MIT
"""The command line of the schema compiler."""

import argparse
import os
import re
import sys

from . import cpp
from .error import SchemaError
from .layout import Layout
from .output import write_if_changed
from .schema import Schema


def main(argv):
    """Compiles a schema. Returns the exit status: 0 done, 1 failed (2, by argparse: usage)."""
    arguments = _parse_arguments(argv)
    try:
        schema = Schema(arguments.schema)
        layout = Layout(schema)
        for header in layout.headers.values():
            path = cpp.header_name(header.module, arguments.prefix, 'types')
            if not path.startswith('..'):
                write_if_changed(os.path.join(arguments.output_dir, path),
                                 cpp.types_header(header, arguments.prefix))
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f'cannot write {error.filename!r}: {error.strerror}', file=sys.stderr)
        return 1
    return 0


def _parse_arguments(argv):
    parser = argparse.ArgumentParser(prog='qapi-gen.py', description='Compiles a QAPI schema.')
    parser.add_argument('-o', '--output-dir', metavar='DIR', default='.',
                        help='where to write (default: the current directory)')
    parser.add_argument('-p', '--prefix', default='', help='put before all file names')
    parser.add_argument('schema', metavar='SCHEMA', help='the main schema file')
    arguments = parser.parse_args(argv)
    if not re.fullmatch(r'([A-Za-z_.-][A-Za-z0-9_.-]*)?', arguments.prefix):
        parser.error(f"prefix '{arguments.prefix}' must be made of letters, digits, '_', '-', "
                     "'.', and not start with a digit")
    return arguments
