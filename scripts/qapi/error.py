# SPDX-License-Identifier: MIT
"""Where in the schema something is, and the one error that ends a compilation."""


class Source:
    """A schema file, and the directive that included it (None for the main file)."""

    def __init__(self, path, included_at=None):
        self.path = path
        self.included_at = included_at


class Location:
    """A line of a schema file, possibly a column, possibly inside a named definition."""

    __slots__ = ('source', 'line', 'column', 'definition')

    def __init__(self, source, line, column=None, definition=None):
        self.source = source
        self.line = line
        self.column = column
        self.definition = definition

    def within(self, kind, name):
        """The same place, known to belong to the definition of `name`."""
        return Location(self.source, self.line, self.column, f"{kind} '{name}'")

    def __str__(self):
        text = f'{self.source.path}:{self.line}'
        return text if self.column is None else f'{text}:{self.column}'

    def report(self, message):
        """The message in full: how the file was included, in which definition, where, what."""
        lines = []
        outer = self.source.included_at
        while outer:
            lines.insert(0, f'In file included from {outer}:')
            outer = outer.source.included_at
        if self.definition:
            lines.append(f'{self.source.path}: In {self.definition}:')
        lines.append(f'{self}: {message}')
        return '\n'.join(lines)


class SchemaError(Exception):
    """What is wrong with the schema. Only the first error of a compilation is reported."""

    def __init__(self, location, message, related=None):
        super().__init__(message)
        self.location = location
        self.message = message
        self.related = related  # another (location, message), reported after this one

    def __str__(self):
        if self.location is None:
            return self.message
        text = self.location.report(self.message)
        if self.related:
            location, message = self.related
            text += '\n' + location.report(message)
        return text
