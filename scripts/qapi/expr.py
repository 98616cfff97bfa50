# SPDX-License-Identifier: MIT
"""Checks each definition on its own: keys, names, and the shapes of values.

Afterwards members, branches, enum values and features all have the long form {'type': ...} or
{'name': ...}, and nothing that later steps read has an unexpected JSON type.
"""

from . import names
from .conditions import ConditionProblem, check_condition
from .error import SchemaError

KINDS = ('enum', 'struct', 'union', 'alternate', 'command', 'event')

_REQUIRED = {
    'enum': ('data',), 'struct': ('data',), 'union': ('base', 'discriminator', 'data'),
    'alternate': ('data',), 'command': (), 'event': (),
}
_OPTIONAL = {
    'enum': ('prefix',), 'struct': ('base',), 'union': (), 'alternate': (),
    'command': ('data', 'returns', 'boxed', 'gen', 'success-response', 'allow-oob',
                'allow-preconfig', 'coroutine'),
    'event': ('data', 'boxed'),
}
_ONLY_FALSE = ('gen', 'success-response')
_ONLY_TRUE = ('boxed', 'allow-oob', 'allow-preconfig', 'coroutine')


class Definition:
    """A checked definition."""

    def __init__(self, kind, name, expression, location):
        self.kind = kind
        self.name = name
        self.value = expression.value
        self.doc = expression.doc
        self.module = expression.module
        self.location = location


def check_expressions(expressions, pragmas):
    """Checks expressions in order. Returns their Definitions."""
    return [_Checker(expression, pragmas).run() for expression in expressions]


class _Checker:
    """Checks one definition."""

    def __init__(self, expression, pragmas):
        self._expression = expression
        self._value = expression.value
        self._pragmas = pragmas
        self._location = expression.location

    def run(self):
        kinds = [kind for kind in KINDS if kind in self._value]
        if len(kinds) != 1:
            problem = 'has none of the keys' if not kinds else 'has more than one of the keys'
            self._fail(f"the definition {problem} {_listed(KINDS)}")
        kind = kinds[0]
        name = self._value[kind]
        if not isinstance(name, str):
            self._fail(f"the value of '{kind}', the name of the definition, must be a string")
        self._location = self._location.within(kind, name)
        self._name = name
        self._permissive = name in self._pragmas.member_name_exceptions
        self._check_definition_name(kind, name)
        self._check_doc_name(name)
        self._check_keys(self._value, 'the definition', (kind,) + _REQUIRED[kind],
                         _OPTIONAL[kind] + ('if', 'features'))
        getattr(self, '_check_' + kind)()
        self._check_if(self._value, f"{kind} '{name}'")
        self._check_features(self._value, f"{kind} '{name}'")
        self._check_flags()
        return Definition(kind, name, self._expression, self._location)

    def _fail(self, message):
        raise SchemaError(self._location, message)

    def _check_name(self, what, name, check, *args):
        try:
            check(name, *args)
        except names.NameProblem as problem:
            shown = f" '{name}'" if isinstance(name, str) else ''
            self._fail(f'the {what}{shown} {problem}')

    def _check_definition_name(self, kind, name):
        if kind == 'event':
            self._check_name('event name', name, names.check_event)
        elif kind == 'command':
            underscore = name in self._pragmas.command_name_exceptions
            self._check_name('command name', name, names.check_lower, False, underscore)
        else:
            self._check_name('type name', name, names.check_type)

    def _check_doc_name(self, name):
        doc = self._expression.doc
        if doc and doc.symbol != name:
            self._fail(f"the documentation before it is of '{doc.symbol}'")
        if not doc and self._pragmas.doc_required:
            self._fail("documentation is missing, and pragma 'doc-required' demands it")

    def _check_keys(self, value, what, required, optional=()):
        for key in required:
            if key not in value:
                self._fail(f"{what} lacks the key '{key}'\n{_valid_keys(required, optional)}")
        for key in value:
            if key not in required and key not in optional:
                self._fail(f"{what} has the unknown key '{key}'\n"
                           f'{_valid_keys(required, optional)}')

    def _check_enum(self):
        values = self._value['data']
        if not isinstance(values, list):
            self._fail("'data' must be an array of the enum's values")
        if not isinstance(self._value.get('prefix', ''), str):
            self._fail("'prefix' must be a string")
        for index, value in enumerate(values):
            if isinstance(value, str):
                value = values[index] = {'name': value}
            if not isinstance(value, dict):
                self._fail('an enum value must be a string or an object')
            self._check_keys(value, 'an enum value', ('name',), ('if', 'features'))
            name = value['name']
            self._check_name('enum value', name, names.check_enum_value, self._permissive)
            self._check_if(value, f"enum value '{name}'")
            self._check_features(value, f"enum value '{name}'")

    def _check_struct(self):
        self._check_members(self._value['data'], 'data', 'member')
        if not isinstance(self._value.get('base', ''), str):
            self._fail("'base' must be the name of a struct")

    def _check_union(self):
        base = self._value['base']
        if isinstance(base, dict):
            self._check_members(base, 'base', 'member')
        elif not isinstance(base, str):
            self._fail("'base' must be the name of a struct, or an object of members")
        if not isinstance(self._value['discriminator'], str):
            self._fail("'discriminator' must be a string")
        self._check_branches(arrays=False)

    def _check_alternate(self):
        branches = self._value['data']
        if isinstance(branches, dict):
            if not branches:
                self._fail("'data' must have at least one branch")
            for name in branches:
                self._check_name('branch name', name, names.check_lower)
        self._check_branches(arrays=True)

    def _check_command(self):
        self._check_arguments()
        if 'returns' in self._value:
            self._check_type(self._value['returns'], "'returns'")

    def _check_event(self):
        self._check_arguments()

    def _check_arguments(self):
        arguments = self._value.get('data')
        if self._value.get('boxed') is True:
            if 'data' not in self._value:
                self._fail("'boxed' needs 'data'")
            if not isinstance(arguments, str):
                self._fail("with 'boxed', 'data' must be the name of a type")
        elif 'data' in self._value and not isinstance(arguments, str):
            self._check_members(arguments, 'data', 'argument')

    def _check_members(self, members, key, what):
        """Checks an object of members and brings it into the long form."""
        if not isinstance(members, dict):
            self._fail(f"'{key}' must be an object of {what}s"
                       + (', or the name of a type' if what == 'argument' else ''))
        for written, value in members.items():
            name = written.removeprefix('*')
            self._check_name(f'{what} name', name, names.check_member, self._permissive)
            if not isinstance(value, dict):
                value = members[written] = {'type': value}
            if 'type' not in value and value.keys() - {'if', 'features'}:
                self._fail(f"{what} '{name}' must name a type; an object cannot be nested here")
            owner = f"{what} '{name}'"
            self._check_keys(value, owner, ('type',), ('if', 'features'))
            self._check_if(value, owner)
            self._check_features(value, owner)
            self._check_type(value['type'], f'the type of {owner}')

    def _check_branches(self, arrays):
        branches = self._value['data']
        if not isinstance(branches, dict):
            self._fail("'data' must be an object of branches")
        for name, value in branches.items():
            if not isinstance(value, dict):
                value = branches[name] = {'type': value}
            self._check_keys(value, f"branch '{name}'", ('type',), ('if',))
            self._check_if(value, f"branch '{name}'")
            if not arrays and not isinstance(value['type'], str):
                self._fail(f"the type of branch '{name}' must be the name of a struct")
            self._check_type(value['type'], f"the type of branch '{name}'")

    def _check_type(self, value, what):
        """Checks a type name, or an array of one."""
        if isinstance(value, str):
            return
        if not isinstance(value, list):
            self._fail(f'{what} must be a type name, or an array of one type name')
        if len(value) != 1 or not isinstance(value[0], str):
            self._fail(f'{what}: an array must have one element, a type name')

    def _check_if(self, value, owner):
        if 'if' not in value:
            return
        try:
            check_condition(value['if'])
        except ConditionProblem as problem:
            self._fail(f'{owner}: {problem}')

    def _check_features(self, value, owner):
        features = value.get('features', [])
        if not isinstance(features, list):
            self._fail(f"'features' of {owner} must be an array")
        for index, feature in enumerate(features):
            if isinstance(feature, str):
                feature = features[index] = {'name': feature}
            if not isinstance(feature, dict):
                self._fail(f'a feature of {owner} must be a string or an object')
            self._check_keys(feature, f'a feature of {owner}', ('name',), ('if',))
            self._check_name('feature', feature['name'], names.check_lower)
            self._check_if(feature, f"feature '{feature['name']}'")

    def _check_flags(self):
        for flag in _ONLY_FALSE:
            if self._value.get(flag, False) is not False:
                self._fail(f"'{flag}' can only be false")
        for flag in _ONLY_TRUE:
            if self._value.get(flag, True) is not True:
                self._fail(f"'{flag}' can only be true")
        if 'allow-oob' in self._value and 'coroutine' in self._value:
            self._fail("'allow-oob' and 'coroutine' exclude each other")


def _listed(words):
    return ', '.join(f"'{word}'" for word in words)


def _valid_keys(required, optional):
    return 'valid keys are ' + _listed(required + optional)
