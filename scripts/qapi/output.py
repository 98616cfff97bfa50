# SPDX-License-Identifier: MIT
"""Writes generated files, and only those that changed: builds go by time stamps."""

import os


def write_if_changed(path, text):
    """Makes the file hold the text, creating directories as needed."""
    data = text.encode('utf-8')
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    try:
        with open(path, 'rb') as file:
            if file.read() == data:
                return
    except FileNotFoundError:
        pass
    temporary = f'{path}.{os.getpid()}.tmp'
    with open(temporary, 'wb') as file:
        file.write(data)
    os.replace(temporary, path)
