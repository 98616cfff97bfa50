# SPDX-License-Identifier: MIT
"""Builds the model of a schema: resolves names, and checks what spans definitions."""

from .documented import check_documentation
from .error import SchemaError
from .expr import check_expressions
from .model import (AlternateType, ArrayType, Branch, BuiltinType, Command, EnumType, EnumValue,
                    Event, Feature, Member, ObjectType, builtin_types)
from .names import mangle
from .parser import SchemaText

_SPECIAL_FEATURES = ('deprecated', 'unstable')


class Schema:
    """A checked schema. Building one raises SchemaError at the first mistake."""

    def __init__(self, path):
        text = SchemaText(path)
        self.path = path
        self.modules = text.modules
        self.pragmas = text.pragmas
        self.builtins = builtin_types()
        self.empty = ObjectType('q_empty')
        self.entities = {}  # by name, in order of definition
        self._arrays = {}
        for definition in check_expressions(text.expressions, text.pragmas):
            self._add(definition)
        checker = _Checker(self)
        for entity in self.entities.values():
            checker.check(entity)

    def types(self):
        """The named types."""
        return [e for e in self.entities.values() if not isinstance(e, (Command, Event))]

    def commands(self):
        return [e for e in self.entities.values() if isinstance(e, Command)]

    def events(self):
        return [e for e in self.entities.values() if isinstance(e, Event)]

    def find_type(self, written):
        """The type that a schema calls `written` (a name, or an array of one), or None."""
        if isinstance(written, list):
            element = self.find_type(written[0])
            if element is None:
                return None
            return self._arrays.setdefault(element.name, ArrayType(element))
        found = self.builtins.get(written) or self.entities.get(written)
        return None if isinstance(found, (Command, Event)) else found

    def _add(self, definition):
        name = definition.name
        if name in self.builtins:
            raise SchemaError(definition.location, f"'{name}' is a builtin type")
        if name in self.entities:
            raise SchemaError(definition.location, f"'{name}' is already defined",
                              (self.entities[name].location, 'the earlier definition is here'))
        entity = _BUILD[definition.kind](definition.name, definition.value).define(definition)
        entity.features = _features(definition.value)
        for part in ('arguments', 'base'):
            implicit = getattr(entity, 'written_' + part, None)
            if isinstance(implicit, dict):
                short = part.removesuffix('uments')
                type_ = ObjectType(f'q_obj_{name}-{short}', _members(implicit))
                type_.define(definition)
                type_.implicit = True
                setattr(entity, part, type_)
        self.entities[name] = entity


def _features(value):
    return [Feature(f['name'], f.get('if')) for f in value.get('features', [])]


def _members(members):
    return [Member(name.removeprefix('*'), name.startswith('*'), value['type'], value.get('if'),
                   _features(value))
            for name, value in members.items()]


def _branches(value):
    return [Branch(name, branch['type'], branch.get('if'))
            for name, branch in value['data'].items()]


def _build_enum(name, value):
    return EnumType(name, [EnumValue(v['name'], v.get('if'), _features(v))
                           for v in value['data']])


def _build_struct(name, value):
    struct = ObjectType(name, _members(value['data']))
    struct.written_base = value.get('base')
    return struct


def _build_union(name, value):
    union = ObjectType(name)
    union.written_base = value['base']
    union.written_tag = value['discriminator']
    union.branches = _branches(value)
    return union


def _build_alternate(name, value):
    return AlternateType(name, _branches(value))


_BUILD = {'enum': _build_enum, 'struct': _build_struct, 'union': _build_union,
          'alternate': _build_alternate, 'command': Command, 'event': Event}


class _Checker:
    """Checks entities, each once, bases and branches before what uses them."""

    def __init__(self, schema):
        self._schema = schema
        self._pragmas = schema.pragmas
        self._done = set()
        self._open = set()

    def check(self, entity):
        if entity in self._done:
            return
        self._open.add(entity)
        self._check_features(entity, f"{entity.kind} '{entity.name}'")
        if isinstance(entity, EnumType):
            self._check_enum(entity)
        elif isinstance(entity, ObjectType):
            self._check_object(entity)
        elif isinstance(entity, AlternateType):
            self._check_alternate(entity)
        else:
            self._check_arguments(entity)
            if isinstance(entity, Command):
                self._check_returns(entity)
        check_documentation(entity)
        self._open.discard(entity)
        self._done.add(entity)

    def _fail(self, entity, message):
        raise SchemaError(entity.location, message)

    def _check_features(self, entity, owner):
        _reject_duplicates(entity.location, entity.features, f'feature of {owner}')
        if isinstance(entity, (Command, Event)):
            return
        for feature in entity.features:
            if feature.name in _SPECIAL_FEATURES:
                self._fail(entity, f"feature '{feature.name}' is not allowed on types")

    def _check_enum(self, enum):
        _reject_clashes(enum.location, enum.values, 'enum value')
        for value in enum.values:
            _reject_duplicates(enum.location, value.features,
                               f"feature of enum value '{value.name}'")

    def _check_object(self, type_):
        self._check_base(type_)
        self._check_members(type_)
        if type_.branches is not None:
            self._check_union(type_)

    def _check_base(self, type_):
        if type_.base:  # implicit
            self._check_members(type_.base)
        elif type_.written_base is not None:
            base = self._resolve(type_, type_.written_base, "'base'")
            if not isinstance(base, ObjectType) or base.branches is not None:
                self._fail(type_, f"'base' must be a struct, which '{base.name}' is not")
            if base in self._open:
                self._fail(base, f"struct '{base.name}' is its own base")
            self.check(base)
            type_.base = base

    def _check_members(self, type_):
        """Resolves the own members of an object and checks all of its members."""
        for member in type_.members:
            owner = f"member '{member.name}'"
            member.type = self._resolve(type_, member.written_type, f'the type of {owner}')
            _reject_duplicates(type_.location, member.features, f'feature of {owner}')
        _reject_clashes(type_.location, type_.all_members(), 'member')

    def _resolve(self, entity, written, what):
        found = self._schema.find_type(written)
        if found is None:
            name = written[0] if isinstance(written, list) else written
            self._fail(entity, f"{what}: there is no type '{name}'")
        return found

    def _check_union(self, union):
        self._find_tag(union)
        values = {value.name: value for value in union.tag.type.values}
        for branch in union.branches:
            if branch.name not in values:
                self._fail(union, f"branch '{branch.name}' is not a value of enum "
                                  f"'{union.tag.type.name}'")
            type_ = self._resolve(union, branch.written_type, f"branch '{branch.name}'")
            if not isinstance(type_, ObjectType) or type_.branches is not None:
                self._fail(union, f"branch '{branch.name}' must be a struct, "
                                  f"which '{type_.spelling}' is not")
            self.check(type_)
            branch.type = type_
            _reject_clashes(union.location, union.base.all_members() + type_.all_members(),
                            f"branch '{branch.name}': member")
        if not values:
            self._fail(union, f"the union has no branch, as enum '{union.tag.type.name}' is empty")
        explicit = {branch.name for branch in union.branches}
        for value in values.values():
            if value.name not in explicit:
                branch = Branch(value.name, None, value.condition, explicit=False)
                branch.type = self._schema.empty
                union.branches.append(branch)

    def _find_tag(self, union):
        name = union.written_tag
        for member in union.base.all_members():
            if member.name == name:
                break
        else:
            self._fail(union, f"discriminator '{name}' is not a member of the union's base")
        if not isinstance(member.type, EnumType):
            self._fail(union, f"discriminator '{name}' must be of an enum type")
        if member.optional:
            self._fail(union, f"discriminator '{name}' must not be optional")
        if member.condition:
            self._fail(union, f"discriminator '{name}' must not be conditional")
        union.tag = member

    def _check_alternate(self, alternate):
        _reject_clashes(alternate.location, alternate.branches, 'branch')
        taken = {}
        for branch in alternate.branches:
            branch.type = self._resolve(alternate, branch.written_type,
                                        f"branch '{branch.name}'")
            forms = _json_forms(branch.type)
            if not forms:
                self._fail(alternate, f"branch '{branch.name}' cannot be of type "
                                      f"'{branch.type.spelling}', whose JSON type is open")
            for form in forms:
                if form in taken:
                    self._fail(alternate, f"branch '{branch.name}' cannot be told from "
                                          f"'{taken[form]}'")
            taken.update(dict.fromkeys(forms, branch.name))

    def _check_arguments(self, entity):
        if entity.arguments:  # implicit
            self._check_members(entity.arguments)
        elif entity.written_arguments is not None:
            type_ = self._resolve(entity, entity.written_arguments, "'data'")
            if not isinstance(type_, ObjectType):
                self._fail(entity, f"'data' must be a struct or union, which "
                                   f"'{type_.spelling}' is not")
            if type_.branches is not None and not entity.boxed:
                self._fail(entity, f"'data' is the union '{type_.name}', which needs "
                                   "'boxed': true")
            entity.arguments = type_

    def _check_returns(self, command):
        if command.written_returns is None:
            return
        type_ = self._resolve(command, command.written_returns, "'returns'")
        element = type_.element if isinstance(type_, ArrayType) else type_
        if (not isinstance(element, ObjectType)
                and command.name not in self._pragmas.command_returns_exceptions):
            self._fail(command, "'returns' must be a struct, a union, or an array of these; "
                                f"'{element.name}' is neither")
        command.returns = type_


def _reject_duplicates(location, items, what):
    seen = set()
    for item in items:
        if item.name in seen:
            raise SchemaError(location, f"{what}: '{item.name}' occurs twice")
        seen.add(item.name)


def _reject_clashes(location, items, what):
    """Refuses names that are the same once they are identifiers."""
    seen = {}
    for item in items:
        mangled = mangle(item.name)
        if mangled in seen:
            raise SchemaError(location, f"{what} '{item.name}' collides with '{seen[mangled]}'")
        seen[mangled] = item.name


def _json_forms(type_):
    """What values of the type can look like to an alternate: JSON types and kinds of string.

    Text input has no types, so that a string may stand for a boolean or a number as well.
    """
    if isinstance(type_, EnumType):
        forms = ['string']
        if any(value.name in ('on', 'off') for value in type_.values):
            forms.append('boolean')
        if any(value.name[0] in '-+.0123456789' for value in type_.values):
            forms.append('number')
        return forms
    if not isinstance(type_, BuiltinType):
        return [type_.json_type] if type_.json_type else []
    return {'string': ['string', 'boolean', 'number'], 'int': ['number'],
            'value': []}.get(type_.json_type, [type_.json_type])
