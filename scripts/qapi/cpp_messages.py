# SPDX-License-Identifier: MIT
"""Prints C++ headers with descriptors of commands and events: data for a dispatcher."""

from . import prose
from .cpp import (WIDTH, Writer, header_name, header_text, print_struct, print_table,
                  string_lines)
from .model import Command, Event
from .names import camel_case


def commands_header(layout, module, prefix):
    """The text of the header with a module's commands, or None if it has none."""
    messages = [m for m in layout.messages(module, Command, 'Arguments') if m.entity.gen]
    return _header(layout, module, prefix, messages, 'Commands', _print_command)


def events_header(layout, module, prefix):
    """The text of the header with a module's events, or None if it has none."""
    messages = layout.messages(module, Event, 'Data')
    return _header(layout, module, prefix, messages, 'Events', _print_event)


def _header(layout, module, prefix, messages, what, print_descriptor):
    if not messages:
        return None
    out = Writer()
    for message in messages:
        if message.struct:
            out.paragraph()
            out.begin_if(message.entity.condition)
            print_struct(out, message.struct, [[f'{what[:-1]} {message.entity.name}: its '
                                                f'{"data" if what == "Events" else "arguments"}.']])
            out.add('')
            print_table(out, message.struct)
            out.end_if(message.entity.condition)
    out.paragraph()
    out.add(f'namespace {what.lower()} {{')
    for message in messages:
        out.add('')
        out.begin_if(message.entity.condition)
        out.comment(prose.definition_paragraphs(message.entity.doc))
        out.add(f'struct {message.name} {{')
        print_descriptor(out, message)
        out.add('};')
        out.end_if(message.entity.condition)
    out.add('', f'}}  // namespace {what.lower()}')
    _print_list(out, module, messages, what)
    modules = [module] + [m for message in messages for m in message.modules]
    headers = dict.fromkeys(layout.header_of(m) for m in modules)
    # With the tables: who sends or receives a message walks them.
    includes = ['qapi/' + header_name(h.module, prefix, 'tables' if h.module else 'types')
                for h in headers]
    return header_text(module, includes, out)


def _print_command(out, message):
    command = message.entity
    _print_names(out, message)
    out.add(f'    using Arguments = {message.arguments};', f'    using Returns = {message.returns};')
    for name, value in (('AllowOob', command.allow_oob),
                        ('AllowPreconfig', command.allow_preconfig),
                        ('Coroutine', command.coroutine),
                        ('SuccessResponse', command.success_response)):
        out.add(f'    static constexpr bool k{name} = {str(value).lower()};')


def _print_event(out, message):
    _print_names(out, message)
    out.add(f'    using Data = {message.arguments};')


def _print_names(out, message):
    entity = message.entity
    out.add(f'    static constexpr std::string_view kName = "{entity.name}";')
    summary = entity.doc.summary if entity.doc else ''
    start = '    static constexpr std::string_view kSummary ='
    lines = string_lines(summary, 8)
    if len(start) + len(lines[0]) + 2 <= WIDTH and len(lines) == 1:
        out.add(f'{start} {lines[0]};')
    else:
        out.add(start, *(f'        {line}' for line in lines))
        out.lines[-1] += ';'
    for name in ('deprecated', 'unstable'):
        value = any(feature.name == name for feature in entity.features)
        out.add(f'    static constexpr bool k{name.title()} = {str(value).lower()};')


def _print_list(out, module, messages, what):
    """A tuple type of all descriptors, for iteration."""
    name = camel_case(module.name.rsplit('/', 1)[-1]) + what
    out.add('', f'/// All {what.lower()} of this header.')
    types = [f'{what.lower()}::{message.name}' for message in messages]
    if any(message.entity.condition is not None for message in messages):
        out.add(f'using {name} = decltype(std::tuple{{')
        for message, type_ in zip(messages, types):
            out.begin_if(message.entity.condition)
            out.add(f'    {type_}{{}},')
            out.end_if(message.entity.condition)
        out.add('});')
        return
    start = f'using {name} = std::tuple<'
    lines = prose.wrap(', '.join(types) + '>;', WIDTH - len(start))
    out.add(start + lines[0], *(' ' * len(start) + line for line in lines[1:]))
