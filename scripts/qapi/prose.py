# SPDX-License-Identifier: MIT
"""Text of doc comments, cut to the width of what it is printed into."""

import re

_MARKUP = re.compile(r'[-*|>]|\.\. |\d+\. |#\.|->|<-|::')


def wrap(text, width):
    """Breaks a line of text at blanks. Words longer than the width stay whole."""
    lines = []
    line = ''
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f'{line} {word}' if line else word
    return lines + [line] if line else lines


def paragraphs(text):
    """Splits text at blank lines. Prose becomes one line each; lists and examples stay."""
    result = []
    for block in re.split(r'\n{2,}', text.strip('\n')):
        lines = block.split('\n')
        if any(line[:1] == ' ' for line in lines) or any(_MARKUP.match(line) for line in lines):
            result.append(lines)
        elif block:
            result.append([' '.join(lines)])
    return result


def sentence(text):
    """The text with a full stop, unless it ends otherwise."""
    return text if not text or text[-1] in '.:!?`' else text + '.'


def member_paragraphs(section):
    """What a doc section says about a member, its version as last sentence."""
    if section is None:
        return []
    result = paragraphs(section.text_without_since)
    return _with_since(result, section.since)


def definition_paragraphs(doc):
    """What a doc comment says about a definition as a whole, without examples and plans."""
    if doc is None:
        return []
    result = []
    for section in doc.sections:
        if section.tag is None:
            result += paragraphs(section.text)
        elif section.tag == 'Note':
            note = paragraphs(section.text)
            note[0][0] = 'Note: ' + note[0][0].lstrip()
            result += note
    return _with_since(result, doc.since, 0)


def _with_since(blocks, since, at=-1):
    """Adds "Since X." to one of the paragraphs if that is prose."""
    if not since:
        return blocks
    text = sentence(f'Since {since}')
    if blocks and len(blocks[at]) == 1 and not _MARKUP.match(blocks[at][0]):
        blocks[at] = [f'{sentence(blocks[at][0])} {text}']
    else:
        blocks.append([text])
    return blocks
