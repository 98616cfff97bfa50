# SPDX-License-Identifier: MIT
"""The command line of the schema compiler."""

import argparse
import os
import re
import sys

from . import cpp, cpp_docs, cpp_messages, cpp_nlohmann, docs_md, introspect, json_schema, man
from .error import SchemaError
from .layout import Layout
from .model import ObjectType
from .output import write_if_changed
from .schema import Schema

_BY_DEFAULT = ('types', 'sources', 'commands', 'events', 'docs', 'introspect', 'markdown')
_FOR_OPTIONS = ('man',)
_ON_REQUEST = ('nlohmann', 'json-schema', *_FOR_OPTIONS)
_RECURSION = 100000  # chains of base structs may be long


def main(argv):
    """Compiles a schema. Returns the exit status: 0 done, 1 failed (2, by argparse: usage)."""
    arguments = _parse_arguments(argv)
    sys.setrecursionlimit(_RECURSION)
    try:
        schema = Schema(arguments.schema)
        generated = dict(_generate(schema, arguments))
        for path, text in generated.items():
            write_if_changed(os.path.join(arguments.output_dir, path), text)
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot write '{error.filename}': {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parse_arguments(argv):
    parser = argparse.ArgumentParser(prog='qapi-gen.py', description='Compiles a QAPI schema.')
    parser.add_argument('-b', '--builtins', action='store_true',
                        help='write the builtin types even if the schema uses none')
    parser.add_argument('-o', '--output-dir', metavar='DIR', default='.',
                        help='where to write (default: the current directory)')
    parser.add_argument('-p', '--prefix', default='', help='put before all file names')
    parser.add_argument('-u', '--unmask-non-abi-names', dest='unmask', action='store_true',
                        help='show the names of types in the introspection data')
    parser.add_argument('-D', dest='defined', metavar='SYMBOL', action='append', default=[],
                        help="take SYMBOL in 'if' as defined in the introspection data")
    parser.add_argument('--suppress-tracing', action='store_true',
                        help='accepted for compatibility; there is no tracing')
    parser.add_argument('--emit', metavar='KIND[,KIND]', default=','.join(_BY_DEFAULT),
                        help=f'what to write: {", ".join(_BY_DEFAULT + _ON_REQUEST)} '
                        f'(default: all but {", ".join(_ON_REQUEST)})')
    parser.add_argument('--option', metavar='NAME=UNION', action='append', default=[],
                        help='for man: UNION describes the option -NAME')
    parser.add_argument('--root', metavar='NAME=TYPE[,TYPE]', action='append', default=[],
                        help='for json-schema: a further file, NAME.schema.json, says what values '
                        'of these types are')
    parser.add_argument('schema', metavar='SCHEMA', help='the main schema file')
    arguments = parser.parse_args(argv)
    arguments.emit = arguments.emit.split(',')
    for kind in arguments.emit:
        if kind not in _BY_DEFAULT + _ON_REQUEST:
            parser.error(f"--emit: there is no '{kind}'")
    if not re.fullmatch(r'([A-Za-z_.-][A-Za-z0-9_.-]*)?', arguments.prefix):
        parser.error(f"prefix '{arguments.prefix}' must be made of letters, digits, '_', '-', "
                     "'.', and not start with a digit")
    if set(arguments.emit) & set(_FOR_OPTIONS) and not arguments.option:
        parser.error("--emit man needs an '--option'")
    return arguments


def _generate(schema, arguments):
    """Yields (path, text) for each file to write."""
    prefix = arguments.prefix
    main_module = schema.modules[0]
    yield from _generate_cpp(schema, arguments)
    if 'introspect' in arguments.emit:
        info = introspect.schema_info(schema, arguments.unmask, set(arguments.defined))
        yield f'{prefix}introspect.json', introspect.json_text(info)
        yield f'{prefix}introspect.h', introspect.cpp_header(info, main_module)
    if 'markdown' in arguments.emit:
        yield f'{prefix}reference.md', docs_md.reference(schema)
    options = [_find_option(schema, option) for option in arguments.option]
    if 'json-schema' in arguments.emit:
        yield from _generate_json_schema(schema, arguments)
    if 'man' in arguments.emit:
        yield f'{prefix}options.roff', man.man_section(options)


def _generate_cpp(schema, arguments):
    emit = arguments.emit
    prefix = arguments.prefix
    if not set(emit) & {'types', 'sources', 'commands', 'events', 'docs', 'nlohmann'}:
        return
    layout = Layout(schema)
    for module, header in layout.headers.items():
        if module.name.startswith('..'):
            continue  # the schema of another project, which writes its own headers
        texts = {}
        if 'types' in emit:
            texts['types'] = cpp.types_header(header, prefix)
            texts['tables'] = cpp.tables_header(header, prefix)
        if 'docs' in emit:
            texts['docs'] = cpp_docs.docs_header(header, prefix)
        if 'commands' in emit:
            texts['commands'] = cpp_messages.commands_header(layout, module, prefix)
        if 'events' in emit:
            texts['events'] = cpp_messages.events_header(layout, module, prefix)
        if 'nlohmann' in emit:
            texts['nlohmann'] = cpp_nlohmann.nlohmann_header(header, prefix)
        for kind, text in texts.items():
            if text is not None:
                yield cpp.header_name(module, prefix, kind), text
        sources = {}
        if 'sources' in emit:
            sources['types'] = cpp.types_source(header, prefix)
        if 'nlohmann' in emit:
            sources['nlohmann'] = cpp_nlohmann.nlohmann_source(header, prefix)
        for kind, text in sources.items():
            if text is not None:
                yield cpp.source_path(module, prefix, kind), text
    if 'types' in emit and (arguments.builtins or layout.uses_builtin_header()):
        yield (cpp.header_name(None, prefix, 'types'),
               cpp.types_header(layout.builtin_header, prefix))


def _generate_json_schema(schema, arguments):
    defined = set(arguments.defined)
    yield f'{arguments.prefix}qmp.schema.json', json_schema.messages_schema(schema, defined)
    for root in arguments.root:
        name, _, type_names = root.partition('=')
        types = [schema.find_type(type_name) for type_name in type_names.split(',')]
        if None in types:
            raise SchemaError(None, f"--root {root}: there is no such type")
        yield (f'{arguments.prefix}{name}.schema.json',
               json_schema.types_schema(schema, types, defined))


def _find_option(schema, option):
    """("netdev", the union Netdev) for "netdev=Netdev"."""
    name, _, type_name = option.partition('=')
    type_ = schema.find_type(type_name)
    if not isinstance(type_, ObjectType) or type_.branches is None:
        raise SchemaError(None, f"--option {option}: there is no union '{type_name}'")
    return name, type_
