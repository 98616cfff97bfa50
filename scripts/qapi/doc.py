# SPDX-License-Identifier: MIT
"""Documentation comments: from the lines between two `##` to sections."""

import re

from .error import SchemaError

_TAGS = {
    'Returns:': 'Returns', 'Errors:': 'Errors', 'Since:': 'Since', 'TODO:': 'TODO',
    'Note:': 'Note', 'Notes:': 'Note', 'Example:': 'Example', 'Examples:': 'Example',
}
_INDENT = 4  # of continuation lines in newer schemas, whatever the name's length
_ONLY_ONCE = ('Returns', 'Since')
_SINCE = re.compile(r'\s*\(\s*[Ss]ince:?\s+([^()]*?)\s*\)')


class Section:
    """Some lines of a doc comment: the body, a member, a feature or a tagged section.

    `tag` is None for text without a heading, 'member' or 'feature' (then `name` is set), or the
    name of the tag.
    """

    def __init__(self, tag, name=None, heading=None):
        self.tag = tag
        self.name = name
        self.heading = heading  # how the source spells it, for error messages
        self.indent = 0
        self.lines = []

    def adopt_indent(self, line):
        """The first further line may be indented by four spaces instead of to the text above."""
        first = line and not any(self.lines[1:])
        if first and self.indent > _INDENT and line[:_INDENT + 1].lstrip() == line[_INDENT:][:1]:
            self.indent = _INDENT

    def finish(self):
        """Drops blank lines around the text."""
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        while self.lines and not self.lines[0]:
            self.lines.pop(0)

    @property
    def text(self):
        return '\n'.join(self.lines)

    @property
    def since(self):
        """The version in a "(since 1.2)" note, or ''."""
        match = _SINCE.search(' '.join(self.lines))
        return match[1] if match else ''

    @property
    def text_without_since(self):
        return _SINCE.sub('', self.text).strip()


class Doc:
    """A doc comment. `symbol` is None if it is free-form, i.e. describes no definition."""

    def __init__(self, location):
        self.location = location
        self.symbol = None
        self.sections = [Section(None)]

    @property
    def members(self):
        return {s.name: s for s in self.sections if s.tag == 'member'}

    @property
    def features(self):
        return {s.name: s for s in self.sections if s.tag == 'feature'}

    def tagged(self, tag):
        """The sections with that tag; None gives the text without a heading."""
        return [s for s in self.sections if s.tag == tag]

    @property
    def since(self):
        sections = self.tagged('Since')
        return ' '.join(sections[0].lines) if sections else ''

    @property
    def summary(self):
        """The first paragraph as one line."""
        lines = []
        for line in self.sections[0].lines:
            if not line:
                break
            lines.append(line.strip())
        return ' '.join(lines)


class DocParser:
    """Fed line by line, builds a Doc."""

    def __init__(self, location):
        self.doc = Doc(location)
        self._line = self._first_line
        self._current = self.doc.sections[0]

    def add_line(self, text, location):
        """`text` is what follows the '#'."""
        text = text.rstrip()
        if text and not text.startswith(' '):
            raise SchemaError(location, "a space must follow the '#' of a documentation line")
        self._location = location
        self._line(text[1:])

    def finish(self, location):
        self._location = location
        self._end_section()
        return self.doc

    def _first_line(self, text):
        if not text.startswith('@'):
            self._line = self._free_form_line
            self._line(text)
            return
        if not text.endswith(':'):
            self._fail("a line that names what is documented must end with ':'")
        if text == '@:':
            self._fail("a name must follow the '@'")
        self.doc.symbol = text[1:-1]
        self._line = self._body_line

    def _free_form_line(self, text):
        match = re.match(r'@\S+:', text)
        if match:
            self._fail(f"'{match[0]}' is not allowed in a comment that documents no definition")
        self._append(text)

    def _body_line(self, text):
        """Before the first member, feature or tag."""
        if text == 'Features:':
            self._line = self._features_line
        elif text.startswith('='):
            self._fail('a heading is not allowed in the documentation of a definition')
        elif not self._starts_section(text, 'member'):
            self._append(text)
        elif self._current.tag == 'member':
            self._line = self._members_line

    def _members_line(self, text):
        if self._starts_section(text, 'member'):
            return
        if text == 'Features:' and self._starts_paragraph(text):
            self._line = self._features_line
            return
        self._append_or_open_text(text)

    def _features_line(self, text):
        if not self._starts_section(text, 'feature'):
            self._append_or_open_text(text)

    def _append_or_open_text(self, text):
        """After members and features, an unindented paragraph is text without a heading."""
        if self._starts_paragraph(text):
            self._open_section(Section(None))
            self._line = self._tagged_line
        self._append(text)

    def _starts_paragraph(self, text):
        lines = self._current.lines
        return text and not text[0].isspace() and lines and not lines[-1]

    def _tagged_line(self, text):
        word = text.split(' ', 1)[0]
        if word.startswith('@') and word.endswith(':'):
            before = self._current.heading or 'text'
            self._fail(f"'{word}' cannot follow the section '{before}'")
        if self._starts_section(text, None):
            return
        if text.startswith('.. ') and self._starts_paragraph(text):
            self._open_section(Section(None))  # an rST directive belongs to no tag
        self._append(text)

    def _starts_section(self, text, named):
        """Opens a section if the line starts one; `named` is what '@name:' stands for here."""
        word, _, rest = text.partition(' ')
        if named and word.startswith('@') and word.endswith(':'):
            section = Section(named, self._new_name(word[1:-1]), word)
        elif word in _TAGS:
            section = Section(_TAGS[word], None, word)
            if section.tag in _ONLY_ONCE and self.doc.tagged(section.tag):
                self._fail(f"there is already a '{word}' section")
            self._line = self._tagged_line
        else:
            return False
        self._open_section(section)
        if rest.strip():
            section.indent = len(text) - len(rest.lstrip())
            section.lines.append(rest.lstrip())
        return True

    def _new_name(self, name):
        if not name:
            self._fail("a name must follow the '@'")
        if name in self.doc.members or name in self.doc.features:
            self._fail(f"'@{name}:' is already documented")
        return name

    def _open_section(self, section):
        self._end_section()
        self.doc.sections.append(section)
        self._current = section

    def _end_section(self):
        section = self._current
        section.finish()
        if section.tag and not section.lines:
            self._fail(f"the section '{section.heading}' is empty")

    def _append(self, text):
        self._current.adopt_indent(text)
        indent = self._current.indent
        if text and text[:indent].strip():
            self._fail(f'the line must be indented by {indent} spaces or more, '
                       f"like the text after '{self._current.heading}'")
        self._current.lines.append(text[indent:])

    def _fail(self, message):
        raise SchemaError(self._location, message)
