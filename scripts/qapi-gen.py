#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a QAPI schema into C++, documentation and introspection data."""

import sys

from qapi.main import main

if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
