# SPDX-License-Identifier: MIT
"""Makes up a schema as large as those of big programs."""

import random

_TYPES = 'str number int int8 int16 int32 int64 uint8 uint16 uint32 uint64 size bool any'.split()


def write(path, files=50, per_file=13):
    """Writes the schema and the files it includes beside it. Returns the number of lines."""
    rng = random.Random(1)
    total = 0
    names = []
    for number in range(files):
        text = ''.join(_definitions(rng, number, per_file, names))
        with open(path.replace('.json', f'-{number}.json'), 'w', encoding='utf-8') as file:
            file.write(text)
        total += text.count('\n')
    with open(path, 'w', encoding='utf-8') as file:
        for number in range(files):
            file.write(f"{{ 'include': '{path.rsplit('/', 1)[-1][:-5]}-{number}.json' }}\n")
    return total + files


def _doc(name, members, tags=('Since: 1.0',)):
    lines = ['##', f'# @{name}:', '#',
             '# Something that a machine made up. It has a paragraph of text that goes on',
             '# for two lines.', '#']
    for member in members:
        lines += [f'# @{member}: what this member is for, in words enough for a line',
                  '#' + ' ' * (len(member) + 4) + 'and a second one (since 2.0)', '#']
    for tag in tags:
        lines += ['# ' + tag, '#']
    return '\n'.join(lines[:-1]) + '\n##\n'


def _definitions(rng, number, count, structs):
    """Yields the definitions of one file; adds to the structs that all files may use.

    Structs hold each other by value, so only every third is used by others: no deep nesting.
    """
    values = [f'value-{i}' for i in range(8)]
    enum = f'Enum{number}x'
    yield _doc(enum, values) + f"{{ 'enum': '{enum}',\n  'data': {values} }}\n\n"
    own = []
    for index in range(count - 3):
        name = f'Struct{number}x{index}'
        members = {f'member-{i}': rng.choice(_TYPES + (structs[-5:] if index % 3 else []))
                   for i in range(6)}
        lines = [f"    '{rng.choice(('', '*'))}{m}': "
                 + (f"[ '{t}' ]" if rng.random() < 0.2 else f"'{t}'") for m, t in members.items()]
        yield (_doc(name, members) + f"{{ 'struct': '{name}',\n  'data': {{\n"
               + ',\n'.join(lines) + ' } }\n\n')
        own.append(name)
        if index % 3 == 0:
            structs.append(name)
    union = f'Union{number}x'
    branches = ',\n'.join(f"    'value-{i}': '{rng.choice(own)}'" for i in range(6))
    yield (_doc(union, ['kind', 'id']) + f"{{ 'union': '{union}',\n"
           f"  'base': {{ 'kind': '{enum}', 'id': 'str' }},\n  'discriminator': 'kind',\n"
           f"  'data': {{\n{branches} }} }}\n\n")
    for index in range(4):
        command = f'command-{number}-{index}'
        yield (_doc(command, ['argument'], ['Returns: something', 'Since: 1.0'])
               + f"{{ 'command': '{command}',\n  'data': {{ 'argument': '{rng.choice(own)}' }},\n"
               f"  'returns': [ '{rng.choice(own)}' ] }}\n\n")
    event = f'EVENT_{number}'
    yield _doc(event, ['what']) + f"{{ 'event': '{event}', 'data': {{ 'what': 'str' }} }}\n\n"
