# SPDX-License-Identifier: MIT
"""Import this first: it lets an attack use what the tests of the tool and of the helper share."""
import os
import sys

for _folder in ("tool", "netns"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", _folder))
