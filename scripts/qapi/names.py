# SPDX-License-Identifier: MIT
"""What names a schema may use, and how they are spelled in C++."""

import re

_NAME = re.compile(r'(?:__[a-z0-9.-]+_)?(?:x-)?(?P<stem>[a-z][a-z0-9_-]*)', re.IGNORECASE)
_TYPE_STEM = re.compile(r'[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*')
_NOT_IN_IDENTIFIER = re.compile(r'[^A-Za-z0-9_]')

_CPP_WORDS = frozenset("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
    char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
    co_return co_yield decltype default delete do double dynamic_cast else enum explicit export
    extern false float for friend goto if inline int long mutable namespace new noexcept not
    not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires
    return short signed sizeof static static_assert static_cast struct switch template this
    thread_local throw true try typedef typeid typename typeof union unsigned using virtual void
    volatile wchar_t while xor xor_eq
    """.split())

# Names that system headers or compilers may define as macros.
_CPP_MACROS = frozenset("""
    assert errno i386 linux major makedev minor mips sparc unix stdin stdout stderr err errx warn
    BUFSIZ DOMAIN EOF EXIT_FAILURE EXIT_SUCCESS FALSE INFINITY NAN NULL OVERFLOW RAND_MAX TRUE
    UNDERFLOW alloca isnan isinf offsetof restrict setjmp signbit va_arg va_end va_start
    """.split())

# Names that generated code uses itself, unqualified or as a namespace.
_CPP_USED = frozenset("""
    std qapi commands events members member_docs type_docs enum_names enum_name kTag
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t
    Alternate Any Box Empty Member MemberDoc Null SizeMember Struct TypeDoc Union
    """.split())


class NameProblem(Exception):
    """Why a name is not allowed."""


def mangle(name):
    """The name with everything that C++ does not allow in identifiers replaced."""
    return _NOT_IN_IDENTIFIER.sub('_', name)


def cpp_identifier(name):
    """The C++ identifier for a name of the schema. Different names may share one."""
    identifier = mangle(name)
    if identifier[0].isdigit():
        identifier = '_' + identifier
    if identifier in _CPP_WORDS or identifier in _CPP_MACROS or identifier in _CPP_USED:
        identifier += '_'
    return identifier


def cpp_identifiers(names, taken=()):
    """C++ identifiers for names that share a scope, all different and none in `taken`."""
    result = {}
    used = set(taken)
    for name in names:
        identifier = cpp_identifier(name)
        while identifier in used:
            identifier += '_'
        used.add(identifier)
        result[name] = identifier
    return result


def camel_case(name):
    """netdev_add, query-netdev, NIC_EVENT -> NetdevAdd, QueryNetdev, NicEvent."""
    words = re.split(r'[^A-Za-z0-9]+', name.lower() if name.isupper() else name)
    return ''.join(word[:1].upper() + word[1:] for word in words)


def check_name(name):
    """Checks what holds for all names and returns the stem, which has rules by kind."""
    if not isinstance(name, str):
        raise NameProblem('must be a string')
    match = _NAME.fullmatch(name)
    if not match:
        raise NameProblem('is not a valid name')
    if mangle(name).startswith('q_'):
        raise NameProblem("is reserved, like all names with the prefix 'q_' or 'q-'")
    return match['stem']


def check_lower(name, allow_upper=False, allow_underscore=False):
    """Commands, members, features, branches."""
    stem = check_name(name)
    if not allow_upper and stem.lower() != stem:
        raise NameProblem('must not have upper case letters')
    if not allow_underscore and '_' in stem:
        raise NameProblem("must use '-', not '_'")


def check_enum_value(name, permissive):
    """An enum value is a lower case name, except that a digit may come first."""
    if isinstance(name, str) and name[:1].isdigit() and name[:1].isascii():
        name = 'd' + name
    check_lower(name, permissive, permissive)


def check_member(name, permissive):
    """A member is a lower case name that leaves room for names of generated code."""
    check_lower(name, permissive, permissive)
    mangled = mangle(name)
    if mangled == 'u' or mangled.startswith('has_'):
        raise NameProblem('is reserved for generated code')


def check_event(name):
    stem = check_name(name)
    if stem.upper() != stem:
        raise NameProblem('must not have lower case letters')
    if '-' in stem:
        raise NameProblem("must use '_', not '-'")


def check_type(name):
    stem = check_name(name)
    if not _TYPE_STEM.fullmatch(stem):
        raise NameProblem('must be in CamelCase')
    if name.endswith('List'):
        raise NameProblem("must not end in 'List', which is reserved for arrays")
