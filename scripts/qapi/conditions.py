# SPDX-License-Identifier: MIT
"""The `if` conditions of a schema: checked, and turned into preprocessor expressions."""

import re

_SYMBOL = re.compile(r'[A-Z][A-Z0-9_]*')


class ConditionProblem(Exception):
    """Why a condition is not allowed."""


def check_condition(condition):
    """Checks a condition as written in the schema."""
    if isinstance(condition, str):
        if not _SYMBOL.fullmatch(condition):
            raise ConditionProblem(f"'{condition}' in 'if' is not an upper case identifier")
        return
    if not isinstance(condition, dict):
        raise ConditionProblem("'if' must be an identifier, or an object of 'all', 'any' or 'not'")
    unknown = [key for key in condition if key not in ('all', 'any', 'not')]
    if unknown:
        raise ConditionProblem(f"unknown key '{unknown[0]}' in 'if'\n"
                               "valid keys are 'all', 'any', 'not'")
    if len(condition) != 1:
        raise ConditionProblem("an object in 'if' must have exactly one of 'all', 'any', 'not'")
    operator, operand = next(iter(condition.items()))
    if operator == 'not':
        check_condition(operand)
        return
    if not isinstance(operand, list) or not operand:
        raise ConditionProblem(f"'{operator}' in 'if' must be an array that is not empty")
    for item in operand:
        check_condition(item)


def conjunction(outer, inner):
    """The condition under which both hold; None is no condition."""
    if outer is None or outer == inner:
        return inner
    return outer if inner is None else {'all': [outer, inner]}


def either(conditions):
    """The condition under which one of them holds; None if one always does."""
    return None if None in conditions else {'any': conditions}


def preprocessor(condition, nested=False):
    """The condition as an expression for #if."""
    if isinstance(condition, str):
        return f'defined({condition})'
    operator, operand = next(iter(condition.items()))
    if operator == 'not':
        return '!' + preprocessor(operand, True)
    joint = ' && ' if operator == 'all' else ' || '
    text = joint.join(preprocessor(item, True) for item in operand)
    return f'({text})' if nested and len(operand) > 1 else text


def holds(condition, defined):
    """Whether the condition is true if exactly the symbols in `defined` are defined."""
    if condition is None:
        return True
    if isinstance(condition, str):
        return condition in defined
    operator, operand = next(iter(condition.items()))
    if operator == 'not':
        return not holds(operand, defined)
    results = [holds(item, defined) for item in operand]
    return all(results) if operator == 'all' else any(results)
