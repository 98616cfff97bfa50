# SPDX-License-Identifier: MIT
"""Connects doc comments with what they document."""

from .error import SchemaError
from .model import AlternateType, Command, EnumType, ObjectType


def check_documentation(entity):
    """Gives members their documentation; checks that it fits the definition."""
    doc = entity.doc
    if doc is None:
        return
    members = _documentable(entity)
    for name, section in doc.members.items():
        if name in members:
            members[name].doc = section
    features = list(entity.features)
    for member in members.values():
        features += getattr(member, 'features', ())
    _check_features(entity, features)
    _check_existence(doc, 'member', doc.members, members, entity)
    _check_existence(doc, 'feature', doc.features, {f.name for f in features}, entity)
    if not isinstance(entity, Command):
        for tag in ('Returns', 'Errors'):
            if doc.tagged(tag):
                raise SchemaError(doc.location, f"only commands can have a '{tag}:' section")


def _documentable(entity):
    """What the entity itself brings, by name: not what it inherits or gets from other types."""
    if isinstance(entity, EnumType):
        items = entity.values
    elif isinstance(entity, AlternateType):
        items = entity.branches
    elif isinstance(entity, ObjectType):
        items = list(entity.members)
        if entity.base and entity.base.implicit:
            items += entity.base.members
    else:
        arguments = entity.arguments
        items = arguments.members if arguments and arguments.implicit else []
    return {item.name: item for item in items}


def _check_features(entity, features):
    for feature in features:
        if feature.name not in entity.doc.features:
            raise SchemaError(entity.location, f"feature '{feature.name}' is not documented")


def _check_existence(doc, what, documented, existing, entity):
    unknown = [name for name in documented if name not in existing]
    if unknown:
        listed = ', '.join(f"'{name}'" for name in unknown)
        raise SchemaError(doc.location, f"{entity.kind} '{entity.name}' has no {what} {listed}, "
                                        'but its documentation describes it')
