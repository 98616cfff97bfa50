# SPDX-License-Identifier: MIT
"""What a checked schema consists of. Plain data; nothing here checks or prints."""


class Feature:
    """A named property of a definition, member or enum value."""

    def __init__(self, name, condition):
        self.name = name
        self.condition = condition


class Member:
    """A member of an object, or an argument."""

    def __init__(self, name, optional, written_type, condition, features):
        self.name = name
        self.optional = optional
        self.written_type = written_type  # as in the schema
        self.type = None  # set when the types are resolved
        self.condition = condition
        self.features = features
        self.doc = None  # a doc.Section


class EnumValue:
    def __init__(self, name, condition=None, features=()):
        self.name = name
        self.condition = condition
        self.features = features
        self.doc = None


class Branch:
    """A branch of a union or alternate. `explicit` is false if the schema does not mention it."""

    def __init__(self, name, written_type, condition, explicit=True):
        self.name = name
        self.written_type = written_type
        self.type = None
        self.condition = condition
        self.explicit = explicit
        self.doc = None


class Type:
    """What all types have. `json_type` is how values look on the wire."""

    json_type = None

    def __init__(self, name):
        self.name = name

    @property
    def spelling(self):
        """The type as a schema writes it."""
        return self.name


class BuiltinType(Type):
    def __init__(self, name, json_type):
        super().__init__(name)
        self.json_type = json_type


class ArrayType(Type):
    json_type = 'array'

    def __init__(self, element):
        super().__init__(element.name + 'List')
        self.element = element

    @property
    def spelling(self):
        return f'[{self.element.spelling}]'


class Entity:
    """What all definitions have. Mixed into types, commands and events."""

    def define(self, definition):
        """Takes over what does not depend on the kind."""
        self.kind = definition.kind
        self.location = definition.location
        self.module = definition.module
        self.doc = definition.doc
        self.condition = definition.value.get('if')
        self.features = []
        return self


class EnumType(Type, Entity):
    json_type = 'string'

    def __init__(self, name, values):
        super().__init__(name)
        self.values = values
        self.module = None


class ObjectType(Type, Entity):
    """A struct, a union, or the arguments of a command or event.

    A union has a `tag`, which is a member of its base, and `branches`.
    """

    json_type = 'object'

    def __init__(self, name, members=()):
        super().__init__(name)
        self.written_base = None
        self.base = None
        self.members = list(members)
        self.written_tag = None
        self.tag = None
        self.branches = None
        self.module = None
        self.implicit = False

    def all_members(self):
        """Inherited members, then own ones."""
        types = []
        current = self
        while current:
            types.append(current)
            current = current.base
        return [member for owner in reversed(types) for member in owner.members]

    def is_empty(self):
        return self.branches is None and not self.all_members()


class AlternateType(Type, Entity):
    json_type = None  # it depends on the value

    def __init__(self, name, branches):
        super().__init__(name)
        self.branches = branches


class Command(Entity):
    def __init__(self, name, value):
        self.name = name
        self.written_arguments = value.get('data')
        self.arguments = None  # an ObjectType, or None
        self.boxed = value.get('boxed', False)
        self.written_returns = value.get('returns')
        self.returns = None
        self.gen = value.get('gen', True)
        self.success_response = value.get('success-response', True)
        self.allow_oob = value.get('allow-oob', False)
        self.allow_preconfig = value.get('allow-preconfig', False)
        self.coroutine = value.get('coroutine', False)


class Event(Entity):
    def __init__(self, name, value):
        self.name = name
        self.written_arguments = value.get('data')
        self.arguments = None
        self.boxed = value.get('boxed', False)


INTEGERS = ('int', 'int8', 'int16', 'int32', 'int64',
            'uint8', 'uint16', 'uint32', 'uint64', 'size')


def builtin_types():
    """The types that every schema has, by name."""
    types = [BuiltinType('str', 'string'), BuiltinType('number', 'number'),
             BuiltinType('bool', 'boolean'), BuiltinType('null', 'null'),
             BuiltinType('any', 'value')]
    types += [BuiltinType(name, 'int') for name in INTEGERS]
    values = ('none', 'qnull', 'qnum', 'qstring', 'qdict', 'qlist', 'qbool')
    types.append(EnumType('QType', [EnumValue(value) for value in values]))
    return {type_.name: type_ for type_ in types}
