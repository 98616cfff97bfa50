# SPDX-License-Identifier: MIT
"""Decides what C++ a schema becomes: headers, structs, fields, their names and their order.

The emitters print these decisions and make none of their own.
"""

from . import names
from .conditions import conjunction
from .graph import components, depth_first
from .model import AlternateType, ArrayType, EnumType, ObjectType

_BUILTIN = {
    'str': 'std::string', 'number': 'double', 'bool': 'bool', 'null': 'Null', 'any': 'Any',
    'int': 'int64_t', 'size': 'uint64_t',
    **{f'{sign}int{bits}': f'{sign}int{bits}_t' for sign in ('', 'u') for bits in (8, 16, 32, 64)},
}

_MOST_ENTRIES = 50  # bounds the work for schemas with huge cycles


class Use:
    """A place where a struct holds a value of some type.

    `boxed` puts the value on the heap, so that the struct can be defined before the type.
    """

    def __init__(self, owner, target, text, is_list=False, optional=False, in_union=False):
        self.owner = owner
        self.target = target  # a CppEnum or CppStruct, or None for a builtin
        self._text = text
        self._is_list = is_list
        self._optional = optional
        self.breakable = not in_union
        self.boxed = False

    def closes_itself(self):
        """True for a list of its own struct: that works without a box."""
        return self._is_list and self.target is self.owner

    def __str__(self):
        text = f'Box<{self._text}>' if self.boxed else self._text
        if self._is_list:
            text = f'std::vector<{text}>'
        return f'std::optional<{text}>' if self._optional else text


class Field:
    """A data member and its entry in the table of members.

    `uses` has one element, or one for each alternative of a variant.
    """

    def __init__(self, entry, name, identifier, source):
        self.entry = entry
        self.name = name
        self.identifier = identifier
        self.source = source  # the model's Member, or None
        self.condition = source.condition if source else None
        self.uses = []
        self.conditions = []  # of the alternatives
        self.class_name = None  # of the variant of a union


class CppEnum:
    def __init__(self, entity, name):
        self.entity = entity
        self.name = name
        self.condition = getattr(entity, 'condition', None)
        identifiers = names.cpp_identifiers([value.name for value in entity.values])
        self.values = [(identifiers[value.name], value) for value in entity.values]

    def identifier(self, wire_name):
        return next(i for i, value in self.values if value.name == wire_name)

    def uses(self):
        return []


class CppStruct:
    """A struct. `branch` is set if it is an alternative of the union `union`."""

    def __init__(self, entity, name):
        self.entity = entity
        self.name = name
        self.condition = getattr(entity, 'condition', None)
        self.fields = []
        self.table = []  # the fields in wire order
        self.union = None
        self.branch = None
        self.tag_enum = None
        self.tag_condition = None

    def uses(self):
        """What must be defined before, unless it is boxed."""
        uses = [use for field in self.fields for use in field.uses if use.target]
        if self.tag_enum:
            uses.append(Use(self, self.tag_enum, '', in_union=True))
        return uses


class Message:
    """A command or event: the name of its descriptor, and its types in C++."""

    def __init__(self, entity, name):
        self.entity = entity
        self.name = name
        self.struct = None  # for arguments that have no type in the schema
        self.arguments = 'Empty'
        self.returns = 'Empty'
        self.modules = []  # where the types are defined


class Header:
    """What goes into one header: definitions in order, and what it needs."""

    def __init__(self, module):
        self.module = module
        self.definitions = []
        self.forward = []  # structs to declare up front
        self.includes = []  # other Headers


class Layout:
    """The C++ of a whole schema."""

    def __init__(self, schema):
        self.schema = schema
        types = [schema.builtins['QType']] + schema.types()
        self._names = names.cpp_identifiers([type_.name for type_ in types])
        self._taken = set(self._names.values())
        self._nodes = {type_: self._make_node(type_) for type_ in types}
        module_uses = _module_uses(schema)
        groups = _module_groups(schema, module_uses)
        self._group_of = {module: group for group in groups for module in group}
        self._uses_of = _count_uses(schema)
        made = {type_: self._fill(type_) for type_ in types}
        self.headers = {module: Header(module) for module in schema.modules}
        self.builtin_header = Header(None)
        self.builtin_header.definitions = [self._nodes[types[0]]]
        by_group = {}
        for type_ in types[1:]:
            by_group.setdefault(self._group_of[type_.module][0], []).append(type_)
        for group in groups:
            self._place(group, by_group.get(group[0], []), made)
            self._add_includes(group, module_uses)

    def node(self, type_):
        """The CppEnum or CppStruct of a type of the schema."""
        return self._nodes[type_]

    def new_name(self, wanted):
        """A type name that nothing else has."""
        name = names.cpp_identifier(wanted)
        while name in self._taken:
            name += '_'
        self._taken.add(name)
        return name

    def value_type(self, type_):
        """The C++ type of a value outside of any struct."""
        return str(self._use(None, type_))

    def messages(self, module, kind, suffix):
        """Messages for a module's commands or events. The suffix is for their structs' names."""
        taken = set()
        result = []
        for entity in self.schema.entities.values():
            if isinstance(entity, kind) and entity.module is module:
                message = Message(entity, names.camel_case(entity.name))
                while message.name in taken:
                    message.name += '_'
                taken.add(message.name)
                self._set_types(message, suffix)
                result.append(message)
        return result

    def header_of(self, module):
        """The Header with the types of a module; None is for the builtin ones."""
        return self.headers[self._group_of[module][0]] if module else self.builtin_header

    def uses_builtin_header(self):
        return any(self.builtin_header in header.includes for header in self.headers.values())

    def _set_types(self, message, suffix):
        entity = message.entity
        if entity.arguments and entity.arguments.implicit:
            message.struct = CppStruct(entity.arguments, self.new_name(message.name + suffix))
            self._add_fields(message.struct, entity.arguments.members)
            message.struct.table = message.struct.fields
            message.arguments = message.struct.name
        elif entity.arguments:
            message.arguments = self.value_type(entity.arguments)
        returns = getattr(entity, 'returns', None)
        if returns:
            message.returns = self.value_type(returns)
        message.modules = [type_.module for type_ in references(entity)
                           if type_ in self._nodes]

    def _make_node(self, type_):
        kind = CppEnum if isinstance(type_, EnumType) else CppStruct
        return kind(type_, self._names[type_.name])

    def _use(self, owner, type_, optional=False, in_union=False):
        is_list = isinstance(type_, ArrayType)
        element = type_.element if is_list else type_
        target = self._nodes.get(element)
        text = target.name if target else _BUILTIN[element.name]
        return Use(owner, target, text, is_list, optional, in_union)

    def _fill(self, type_):
        """Gives a struct its fields. Returns the structs that were made up for its branches."""
        struct = self._nodes[type_]
        if isinstance(type_, AlternateType):
            field = Field('Alternate', None, 'value', None)
            field.uses = [self._use(struct, branch.type) for branch in type_.branches]
            field.conditions = [branch.condition for branch in type_.branches]
            struct.fields = struct.table = [field]
        elif isinstance(type_, ObjectType):
            if type_.branches is not None:
                return self._fill_union(struct, type_)
            self._add_fields(struct, type_.all_members())
            struct.table = struct.fields
        return []

    def _add_fields(self, struct, members):
        identifiers = names.cpp_identifiers([m.name for m in members], self._clashing(members))
        for member in members:
            entry = 'SizeMember' if _is_size(member.type) else 'Member'
            field = Field(entry, member.name, identifiers[member.name], member)
            field.uses = [self._use(struct, member.type, member.optional)]
            struct.fields.append(field)

    def _clashing(self, members):
        """Names of types that members must not hide."""
        return self._taken if any(not m.name.islower() for m in members) else ()

    def _fill_union(self, struct, union):
        members = union.base.all_members()
        self._add_fields(struct, [m for m in members if m is not union.tag])
        taken = {field.identifier for field in struct.fields}
        identifier = names.cpp_identifiers(['branch'], taken)['branch']
        field = Field('Union', union.tag.name, identifier, union.tag)
        field.class_name = names.cpp_identifiers(['Branch'], self._taken)['Branch']
        tag_enum = self._nodes[union.tag.type]
        branches = {branch.name: branch for branch in union.branches}
        made = []
        for value in union.tag.type.values:
            branch = branches[value.name]
            alternative = self._branch_struct(union, branch, value, made)
            alternative.union, alternative.branch = struct, branch
            alternative.tag_enum = tag_enum
            if alternative.condition != value.condition and alternative not in made:
                alternative.tag_condition = value.condition
            field.uses.append(Use(struct, alternative, alternative.name, in_union=True))
            field.conditions.append(conjunction(value.condition, branch.condition)
                                    if branch.explicit else value.condition)
        at = members.index(union.tag)
        struct.table = struct.fields[:at] + [field] + struct.fields[at:]
        struct.fields.append(field)
        return made

    def _branch_struct(self, union, branch, value, made):
        """The struct of a branch: the schema's own if it serves nothing else, or a copy."""
        type_ = branch.type
        if (branch.explicit and self._uses_of[type_] == 1
                and self._group_of[type_.module] is self._group_of[union.module]):
            return self._nodes[type_]
        name = self.new_name(self._nodes[union].name + names.camel_case(branch.name))
        struct = CppStruct(type_, name)
        for condition in (union.condition, value.condition, branch.condition):
            struct.condition = conjunction(struct.condition, condition)
        self._add_fields(struct, type_.all_members())
        struct.table = struct.fields
        made.append(struct)
        return struct

    def _place(self, group, types, made):
        """Puts the types of modules that need each other into one header, in order."""
        nodes = []
        for type_ in types:
            nodes += made[type_] + [self._nodes[type_]]
        inside = set(nodes)
        _break_cycles(nodes, inside)
        header = self.headers[group[0]]
        header.definitions, _ = depth_first(
            nodes, lambda node: node.uses(),
            lambda use: use.boxed or use.closes_itself() or use.target not in inside)
        header.forward = _forward_declared(header.definitions)

    def _add_includes(self, group, module_uses):
        header = self.headers[group[0]]
        for module in group:
            if module is not group[0]:
                self.headers[module].includes.append(header)
            for used in module_uses[module]:
                needed = self.header_of(used)
                if needed is not header and needed not in header.includes:
                    header.includes.append(needed)


def _is_size(type_):
    element = type_.element if isinstance(type_, ArrayType) else type_
    return element.name == 'size'


def references(entity):
    """The types that a definition mentions; a type occurs once for each mention."""
    if isinstance(entity, EnumType):
        return []
    if isinstance(entity, AlternateType):
        types = [branch.type for branch in entity.branches]
    elif isinstance(entity, ObjectType):
        types = [member.type for member in entity.members]
        if entity.branches is not None:
            types += [branch.type for branch in entity.branches if branch.explicit]
        if entity.base and entity.base.implicit:
            types += [member.type for member in entity.base.members]
    else:
        arguments = entity.arguments
        implicit = arguments and arguments.implicit
        types = [member.type for member in arguments.members] if implicit else [arguments]
        types.append(getattr(entity, 'returns', None))
    return [t.element if isinstance(t, ArrayType) else t for t in types if t]


def _count_uses(schema):
    counts = {}
    for entity in schema.entities.values():
        for type_ in references(entity):
            counts[type_] = counts.get(type_, 0) + 1
    return counts


def _module_uses(schema):
    """For each module, the modules it includes or takes types from; None is for QType."""
    uses = {module: dict.fromkeys(module.includes) for module in schema.modules}
    qtype = schema.builtins['QType']
    for type_ in schema.types():
        mentioned = references(type_)
        base = getattr(type_, 'base', None)
        if base and not base.implicit:
            mentioned.append(base)
        for used in mentioned:
            if used is qtype or used.name not in schema.builtins:
                uses[type_.module][used.module] = None
    return uses


def _module_groups(schema, uses):
    """Modules that need each other share a group; its first module is the schema's first."""
    index = {module: number for number, module in enumerate(schema.modules)}
    groups = components(schema.modules, lambda module: [m for m in uses[module] if m])
    return [sorted(group, key=index.get) for group in groups]


def _break_cycles(nodes, inside):
    """Boxes just enough uses that every struct can be defined after what it holds."""
    def uses(node):
        return [use for use in node.uses()
                if use.target in inside and not use.closes_itself()]

    for group in components(nodes, lambda node: [use.target for use in uses(node)]):
        if len(group) == 1:
            for use in uses(group[0]):
                use.boxed = use.target is group[0]
            continue
        members = set(group)
        for use in _closing_uses(group, lambda node: [u for u in uses(node)
                                                      if u.target in members]):
            use.boxed = True


def _closing_uses(group, uses):
    """The fewest uses whose boxing breaks all cycles of the group.

    Which ones close a cycle depends on where one enters it. Uses that hold a branch of a union
    stay as they are.
    """
    best = None
    for root in group[:_MOST_ENTRIES]:
        _, closing = depth_first([root], uses)
        if all(use.breakable for use in closing) and (best is None or len(closing) < len(best)):
            best = closing
    if best is None:
        best = [use for node in group for use in uses(node) if use.breakable]
    return best


def _forward_declared(definitions):
    """Structs that are in a box before they are defined."""
    defined = set()
    result = []
    for node in definitions:
        for use in node.uses():
            if use.boxed and use.target not in defined and use.target is not node:
                if use.target not in result:
                    result.append(use.target)
        defined.add(node)
    return result
