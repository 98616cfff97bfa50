# SPDX-License-Identifier: MIT
"""Turns the text of a schema file into tokens."""

import re

from .error import Location, SchemaError

# Kinds of token. Punctuation is its own kind.
STRING = 'string'
BOOL = 'boolean'
COMMENT = 'comment'  # a line comment; only seen inside and at the start of doc comments
END = 'end of file'

_SKIP = re.compile(r'(?:\s+|#(?!#)[^\n]*)*')
_SPACE = re.compile(r'\s*')
_TOKEN = re.compile(r"""(?P<punctuation>[{}\[\]:,])
                       |'(?P<string>(?:[ -&(-\[\]-~]|\\\\)*)'
                       |(?P<boolean>true|false)
                       |(?P<comment>\#[^\n]*)""", re.VERBOSE)
_STRAY = re.compile(r"[^\s{}\[\]:,'#]+|.", re.DOTALL)


class Token:
    """A token and where it starts, as an offset into the text."""

    __slots__ = ('kind', 'value', 'offset')

    def __init__(self, kind, value, offset):
        self.kind = kind
        self.value = value
        self.offset = offset

    def __str__(self):
        if self.kind == STRING:
            return f"string '{self.value}'"
        if self.kind == BOOL:
            return 'true' if self.value else 'false'
        if self.kind == COMMENT:
            return 'documentation comment'
        return self.kind if self.kind == END else f"'{self.kind}'"


class Lexer:
    """Hands out the tokens of one file, one at a time."""

    def __init__(self, source, text):
        self.source = source
        self.text = text if text.endswith('\n') else text + '\n'
        self._offset = 0
        self._line_starts = [0] + [m.end() for m in re.finditer('\n', self.text)]
        self._line_hint = 0

    def location(self, offset, with_column=True):
        """Line and column of an offset. Cheap if offsets are asked for in ascending order."""
        line = self._line_hint if offset >= self._line_starts[self._line_hint] else 0
        while line + 1 < len(self._line_starts) and self._line_starts[line + 1] <= offset:
            line += 1
        self._line_hint = line
        column = offset - self._line_starts[line] + 1 if with_column else None
        return Location(self.source, line + 1, column)

    def next(self):
        """The next token; `##` starts a COMMENT, other comments are skipped."""
        self._offset = _SKIP.match(self.text, self._offset).end()
        return self._scan()

    def next_with_comments(self):
        """The next token, where every comment counts: the lines of a doc comment."""
        self._offset = _SPACE.match(self.text, self._offset).end()
        return self._scan()

    def _scan(self):
        start = self._offset
        if start >= len(self.text):
            return Token(END, None, len(self.text) - 1)
        match = _TOKEN.match(self.text, start)
        if not match:
            raise SchemaError(self.location(start), self._complaint(start))
        self._offset = match.end()
        if match['punctuation']:
            return Token(match['punctuation'], None, start)
        if match['comment'] is not None:
            return Token(COMMENT, match['comment'], start)
        if match['boolean']:
            return Token(BOOL, match['boolean'] == 'true', start)
        return Token(STRING, match['string'].replace('\\\\', '\\'), start)

    def _complaint(self, start):
        """Why no token starts here."""
        if self.text[start] != "'":
            word = _STRAY.match(self.text, start)[0]
            if word.startswith('"'):
                return 'strings are written in single quotes'
            return f'{_quote(word)} does not belong here'
        position = start + 1
        while self.text[position] != '\n':
            char = self.text[position]
            if char == '\\':
                if self.text[position + 1] != '\\':
                    return f"unknown escape {_quote(self.text[position:position + 2])} in string"
                position += 1
            elif not ' ' <= char <= '~':
                return f'character U+{ord(char):04X} in string; only printable ASCII is allowed'
            position += 1
        return "missing closing ' of string"


def _quote(word):
    shown = word if len(word) <= 40 else word[:37] + '...'
    return "'" + ''.join(c if c.isprintable() else f'\\x{ord(c):02x}' for c in shown) + "'"
