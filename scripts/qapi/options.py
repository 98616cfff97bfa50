# SPDX-License-Identifier: MIT
"""How a union reads as a command line option: "-netdev BRANCH,KEY=VALUE,..."."""

from . import prose
from .model import ArrayType, EnumType, ObjectType


class Key:
    """A key of an option. Members of nested objects have dotted names."""

    def __init__(self, name, member, optional, common=False):
        self.name = name
        self.common = common  # to all branches
        self.type = member.type
        self.optional = optional
        self.doc = member.doc

    def values(self):
        """The words that the value can be, if there are only a few."""
        element = self.type.element if isinstance(self.type, ArrayType) else self.type
        if isinstance(element, EnumType):
            return [value.name for value in element.values]
        return ['on', 'off'] if element.name == 'bool' else []

    def placeholder(self):
        """What stands for the value in a synopsis."""
        type_ = self.type.element if isinstance(self.type, ArrayType) else self.type
        if isinstance(type_, ObjectType) and len(type_.all_members()) == 1:
            type_ = type_.all_members()[0].type  # text input writes such an object as its member
        return '|'.join(self.values()) or type_.name


def option_branches(union):
    """(branch, paragraphs about it, keys, examples) for each branch, in order of the tag's values.

    Keys that are common to all branches come first."""
    branches = {branch.name: branch for branch in union.branches}
    common = [m for m in union.base.all_members() if m is not union.tag]
    result = []
    for value in union.tag.type.values:
        type_ = branches[value.name].type
        text = (prose.definition_paragraphs(getattr(type_, 'doc', None))
                or prose.member_paragraphs(value.doc))
        keys = [Key(member.name, member, member.optional, True) for member in common]
        doc = getattr(type_, 'doc', None)
        examples = [line for section in doc.tagged('Example') for line in section.lines] if doc else []
        result.append((value.name, text, keys + _object_keys(type_, '', False, ()), examples))
    return result


def _object_keys(type_, prefix, optional, inside):
    """Keys for all members of an object; `inside` are the objects around it."""
    if type_ in inside:
        return []
    members = (type_.base.all_members() if type_.branches is not None else type_.all_members())
    keys = []
    for member in members:
        name = prefix + member.name
        may_miss = optional or member.optional
        if isinstance(member.type, ObjectType):
            keys += _object_keys(member.type, name + '.', may_miss, inside + (type_,))
        else:
            keys.append(Key(name, member, may_miss))
    known = {key.name for key in keys}
    for branch in type_.branches or ():
        for key in _object_keys(branch.type, prefix, True, inside + (type_,)):
            if key.name not in known:
                known.add(key.name)
                keys.append(key)
    return keys
