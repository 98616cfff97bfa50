# SPDX-License-Identifier: MIT
"""Reads schema files: expressions, their doc comments, and directives."""

import os

from .doc import DocParser
from .error import Location, SchemaError, Source
from .lexer import BOOL, COMMENT, END, STRING, Lexer

MAX_DEPTH = 100  # of brackets; real schemas need half a dozen


class Pragmas:
    """Settings of a schema; they hold for all of its files."""

    def __init__(self):
        self.doc_required = False
        self.command_name_exceptions = []
        self.command_returns_exceptions = []
        self.member_name_exceptions = []
        self.documentation_exceptions = []

    def set(self, name, value, location):
        """Changes the setting with that name in the schema."""
        attribute = name.replace('-', '_')
        if '_' in name or attribute not in vars(self):
            known = ', '.join(a.replace('_', '-') for a in vars(self))
            raise SchemaError(location, f"unknown pragma '{name}'; there are {known}")
        if name == 'doc-required':
            if not isinstance(value, bool):
                raise SchemaError(location, "pragma 'doc-required' must be true or false")
        elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SchemaError(location, f"pragma '{name}' must be an array of strings")
        setattr(self, attribute, value)


class Expression:
    """A definition as written: its JSON value, where it is, and its doc comment if any."""

    def __init__(self, value, location, doc, module):
        self.value = value
        self.location = location
        self.doc = doc
        self.module = module


class Module:
    """A schema file: what it includes, and its free-form doc comments."""

    def __init__(self, path, name):
        self.path = path
        self.name = name  # relative to the main file's directory, without '.json'
        self.includes = []
        self.parts = []  # in order: free-form Doc, or Expression


class SchemaText:
    """All files of a schema, parsed: modules (main first) and expressions in order of inclusion."""

    def __init__(self, path):
        self.pragmas = Pragmas()
        self.modules = []
        self.expressions = []
        self._by_path = {}
        self._open = []
        self._root = os.path.dirname(os.path.abspath(path))
        self._read_file(path, None)

    def _read_file(self, path, included_at):
        """Parses a file and what it includes. Returns its Module."""
        key = os.path.abspath(path)
        text = _load(path, included_at)
        name = os.path.splitext(os.path.relpath(key, self._root))[0]
        module = Module(path, name)
        self._by_path[key] = module
        self.modules.append(module)
        self._open.append(key)
        _FileParser(self, module, Source(path, included_at), text).run()
        self._open.pop()
        return module

    def include(self, path, location):
        """The module in `path`, read now unless that happened before."""
        key = os.path.abspath(path)
        if key in self._open:
            raise SchemaError(location, f"file '{path}' includes itself")
        if key in self._by_path:
            return self._by_path[key]
        return self._read_file(path, location)


def _load(path, included_at):
    """The text of a file with every kind of line end turned into a newline."""
    try:
        with open(path, 'rb') as file:
            data = file.read()
    except OSError as error:
        message = f"cannot read '{path}': {error.strerror}"
        raise SchemaError(included_at, message) from None
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError as error:
        before = data[:error.start].decode('utf-8').replace('\r\n', '\n').replace('\r', '\n')
        column = len(before) - before.rfind('\n')
        location = Location(Source(path, included_at), before.count('\n') + 1, column)
        raise SchemaError(location, f'byte 0x{data[error.start]:02x} is not UTF-8') from None
    return text.replace('\r\n', '\n').replace('\r', '\n')


class _FileParser:
    """Parses one file."""

    def __init__(self, schema_text, module, source, text):
        self._schema = schema_text
        self._module = module
        self._source = source
        self._lexer = Lexer(source, text)
        self._token = None
        self._doc = None  # a definition's doc comment that waits for its definition
        self._free_form = None  # a free-form comment directly before the current token

    def run(self):
        self._advance()
        while self._token.kind != END:
            if self._token.kind == COMMENT:
                self._take_doc()
            else:
                self._take_expression()
        self._reject_pending_doc()

    def _take_doc(self):
        self._reject_pending_doc()
        doc = self._parse_doc()
        if doc.symbol is None:
            self._free_form = doc
            self._module.parts.append(doc)
        else:
            self._doc = doc
            self._free_form = None

    def _take_expression(self):
        location = self._lexer.location(self._token.offset, with_column=False)
        value = self._parse_value(0)
        if not isinstance(value, dict):
            raise SchemaError(location, 'a schema is made of objects')
        if 'include' in value:
            self._reject_pending_doc()
            self._include(value, location)
        elif 'pragma' in value:
            self._reject_pending_doc()
            self._pragma(value, location)
        else:
            if self._free_form:
                raise SchemaError(self._free_form.location, 'the comment before a definition '
                                  "must start with '@NAME:' of the definition")
            expression = Expression(value, location, self._doc, self._module)
            self._module.parts.append(expression)
            self._schema.expressions.append(expression)
        self._doc = self._free_form = None

    def _include(self, value, location):
        path = value['include']
        if len(value) > 1:
            raise SchemaError(location, "an 'include' takes no other keys")
        if not isinstance(path, str):
            raise SchemaError(location, "the value of 'include' must be a string")
        path = os.path.join(os.path.dirname(self._source.path), path)
        module = self._schema.include(path, location)
        if module not in self._module.includes:
            self._module.includes.append(module)

    def _pragma(self, value, location):
        if len(value) > 1:
            raise SchemaError(location, "a 'pragma' takes no other keys")
        if not isinstance(value['pragma'], dict):
            raise SchemaError(location, "the value of 'pragma' must be an object")
        for name, setting in value['pragma'].items():
            self._schema.pragmas.set(name, setting, location)

    def _reject_pending_doc(self):
        if self._doc:
            raise SchemaError(self._doc.location, f"the definition of '{self._doc.symbol}' "
                              'must follow its documentation')

    def _advance(self):
        self._token = self._lexer.next()

    def _fail(self, expected):
        raise SchemaError(self._lexer.location(self._token.offset),
                          f'expected {expected}, not {self._token}')

    def _expect(self, kind, expected):
        if self._token.kind != kind:
            self._fail(expected)
        self._advance()

    def _parse_value(self, depth):
        """Parses the value that starts at the current token."""
        token = self._token
        if depth > MAX_DEPTH:
            raise SchemaError(self._lexer.location(token.offset),
                              f'brackets are nested more than {MAX_DEPTH} deep')
        if token.kind in (STRING, BOOL):
            self._advance()
            return token.value
        if token.kind == '{':
            self._advance()
            return self._parse_object(depth)
        if token.kind == '[':
            self._advance()
            return self._parse_array(depth)
        self._fail("'{', '[', a string, true or false")

    def _parse_object(self, depth):
        result = {}
        if self._token.kind == '}':
            self._advance()
            return result
        while True:
            key = self._token.value
            self._expect(STRING, "a string or '}'" if not result else 'a string')
            self._expect(':', "':'")
            if key in result:
                raise SchemaError(self._lexer.location(self._token.offset),
                                  f"key '{key}' occurs twice")
            result[key] = self._parse_value(depth + 1)
            if self._token.kind == '}':
                self._advance()
                return result
            self._expect(',', "',' or '}'")

    def _parse_array(self, depth):
        result = []
        if self._token.kind == ']':
            self._advance()
            return result
        while True:
            result.append(self._parse_value(depth + 1))
            if self._token.kind == ']':
                self._advance()
                return result
            self._expect(',', "',' or ']'")

    def _parse_doc(self):
        """Parses a doc comment; the current token is its first line."""
        self._check_fence('start')
        doc = DocParser(self._lexer.location(self._token.offset, with_column=False))
        while True:
            self._token = self._lexer.next_with_comments()
            location = self._lexer.location(self._token.offset)
            if self._token.kind != COMMENT:
                raise SchemaError(location, "the documentation comment must end with '##'")
            if self._token.value.startswith('##'):
                self._check_fence('end')
                self._advance()
                return doc.finish(location)
            doc.add_line(self._token.value[1:], location)

    def _check_fence(self, where):
        if self._token.value != '##':
            raise SchemaError(self._lexer.location(self._token.offset), 'nothing may follow '
                              f"the '##' at the {where} of a documentation comment")
