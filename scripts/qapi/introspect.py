# SPDX-License-Identifier: MIT
"""Introspection data: what a client can learn about commands, events and their types."""

import json

from .conditions import holds
from .cpp import Writer, header_text, string_lines
from .model import ArrayType, BuiltinType, Command, EnumType, Event, ObjectType

_LONGEST_STANDARD_LITERAL = 65536


def schema_info(schema, unmasked, defined):
    """The data as a list of JSON objects. `defined` are the symbols that `if` can rely on."""
    return _Introspection(schema, unmasked, defined).run()


def json_text(info):
    """One entry per line."""
    return '[\n  ' + ',\n  '.join(json.dumps(entry) for entry in info) + '\n]\n'


def cpp_header(info, module):
    """A C++ header that holds the data as JSON."""
    text = json.dumps(info)
    out = Writer()
    if len(text) > _LONGEST_STANDARD_LITERAL:
        out.add('#pragma GCC diagnostic push',
                '#pragma GCC diagnostic ignored "-Woverlength-strings"')
    out.add('/// What query-qmp-schema returns, as JSON.',
            'inline constexpr std::string_view kIntrospection =')
    out.add(*('    ' + line for line in string_lines(text, 4)))
    out.lines[-1] += ';'
    if len(text) > _LONGEST_STANDARD_LITERAL:
        out.add('#pragma GCC diagnostic pop')
    return header_text(module, [], out, unformatted=True)


class _Introspection:
    def __init__(self, schema, unmasked, defined):
        self._schema = schema
        self._unmasked = unmasked
        self._defined = defined
        self._used = {}  # types in order of first use
        self._numbers = {}
        self._int = schema.builtins['int']

    def run(self):
        entries = [self._message(entity)
                   for module in self._schema.modules
                   for entity in self._schema.entities.values()
                   if entity.module is module and isinstance(entity, (Command, Event))
                   and self._present(entity)]
        pending = list(self._used)
        while pending:
            known = len(self._used)
            entries += [self._type(type_) for type_ in pending]
            pending = list(self._used)[known:]
        return entries

    def _present(self, item):
        return holds(item.condition, self._defined)

    def _use(self, type_):
        """Notes that a type is needed and returns the name it goes by."""
        if isinstance(type_, BuiltinType) and type_.json_type == 'int':
            type_ = self._int
        elif isinstance(type_, ArrayType) and type_.element.json_type == 'int':
            type_ = self._schema.find_type(['int'])
        self._used.setdefault(type_)
        if isinstance(type_, BuiltinType):
            return type_.name
        if isinstance(type_, ArrayType):
            return f'[{self._use(type_.element)}]'
        if self._unmasked:
            return type_.name
        return self._numbers.setdefault(type_, str(len(self._numbers)))

    def _message(self, entity):
        entry = {'name': entity.name, 'meta-type': entity.kind,
                 'arg-type': self._use(entity.arguments or self._schema.empty)}
        if isinstance(entity, Command):
            entry['ret-type'] = self._use(entity.returns or self._schema.empty)
            if entity.allow_oob:
                entry['allow-oob'] = True
        return self._with_features(entry, entity)

    def _type(self, type_):
        entry = {'name': self._use(type_)}
        if isinstance(type_, BuiltinType):
            entry.update({'meta-type': 'builtin', 'json-type': type_.json_type})
        elif isinstance(type_, ArrayType):
            entry.update({'meta-type': 'array', 'element-type': self._use(type_.element)})
        elif isinstance(type_, EnumType):
            values = [value for value in type_.values if self._present(value)]
            entry['meta-type'] = 'enum'
            entry['members'] = [self._with_features({'name': v.name}, v) for v in values]
            entry['values'] = [value.name for value in values]
        elif isinstance(type_, ObjectType):
            self._add_object(entry, type_)
        else:
            entry['meta-type'] = 'alternate'
            entry['members'] = [{'type': self._use(branch.type)}
                                for branch in type_.branches if self._present(branch)]
        return self._with_features(entry, type_)

    def _add_object(self, entry, type_):
        entry['meta-type'] = 'object'
        entry['members'] = []
        for member in type_.all_members():
            if self._present(member):
                item = {'name': member.name, 'type': self._use(member.type)}
                if member.optional:
                    item['default'] = None
                entry['members'].append(self._with_features(item, member))
        if type_.branches is not None:
            entry['tag'] = type_.tag.name
            entry['variants'] = [{'case': branch.name, 'type': self._use(branch.type)}
                                 for branch in type_.branches if self._present(branch)]

    def _with_features(self, entry, owner):
        features = [f.name for f in getattr(owner, 'features', ()) if self._present(f)]
        if features:
            entry['features'] = features
        return entry
