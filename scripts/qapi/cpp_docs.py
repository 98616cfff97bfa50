# SPDX-License-Identifier: MIT
"""Prints C++ headers with documentation as data, for help output."""

from . import prose
from .conditions import either
from .cpp import Writer, header_name, header_text, string_lines
from .layout import CppEnum


def docs_header(header, prefix):
    """The text of the header that documents a module's types, or None if it has none."""
    if not header.definitions:
        return None
    out = Writer()
    for node in header.definitions:
        out.paragraph()
        out.begin_if(node.condition)
        _print_type(out, node)
        _print_members(out, node)
        out.end_if(node.condition)
    includes = ['qapi/' + header_name(header.module, prefix, 'types')]
    return header_text(header.module, includes, out, unformatted=True)


def _print_type(out, node):
    doc = getattr(node.entity, 'doc', None)
    paragraphs = []
    if doc:
        for section in doc.tagged(None):
            paragraphs += prose.paragraphs(section.text)
    out.add('template <>', f'inline constexpr TypeDoc type_docs<{node.name}>{{')
    out.add(f'    "{node.name if node.entity.name == "q_empty" else node.entity.name}",')
    examples = [section.text for section in doc.tagged('Example')] if doc else []
    for text in (_joined(paragraphs), doc.since if doc else '', '\n'.join(examples)):
        out.add(*('    ' + line for line in string_lines(text, 4)))
        out.lines[-1] += ','
    out.add('};', '')


def _print_members(out, node):
    rows = list(_enum_rows(node) if isinstance(node, CppEnum) else _struct_rows(node))
    out.add('template <>')
    guard = None
    if any(condition is not None for condition, *_ in rows):
        guard = either([condition for condition, *_ in rows])
        out.begin_if(guard, before='template <>')
        out.add(f'inline constexpr auto member_docs<{node.name}> = std::to_array<MemberDoc>({{')
        closing = '});'
    else:
        out.add(f'inline constexpr std::array<MemberDoc, {len(rows)}> member_docs<{node.name}>{{{{')
        closing = '}};'
    if not rows:
        out.lines[-1] = out.lines[-1][:-1] + '};'
        return
    for condition, name, type_, section, optional in rows:
        out.begin_if(condition)
        text = _joined(prose.paragraphs(section.text_without_since)) if section else ''
        last = f'"{section.since if section else ""}", {str(optional).lower()}}},'
        out.add(f'    {{"{name}", "{type_}",')
        if text:
            out.add(*(f'     {line}' for line in string_lines(text, 5)))
            out.lines[-1] += ','
            out.add('     ' + last)
        else:
            out.lines[-1] += ' "", ' + last
        out.end_if(condition)
    out.add(closing)
    out.end_if(guard)


def _enum_rows(enum):
    for _, value in enum.values:
        yield value.condition, value.name, '', value.doc, False


def _struct_rows(struct):
    for field in struct.table:
        if field.entry == 'Alternate':
            for branch in struct.entity.branches:
                yield branch.condition, branch.name, branch.type.spelling, branch.doc, False
        else:
            member = field.source
            yield (field.condition, member.name, member.type.spelling, member.doc,
                   member.optional)


def _joined(paragraphs):
    return '\n\n'.join('\n'.join(lines) for lines in paragraphs)
