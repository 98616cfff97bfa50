# SPDX-License-Identifier: MIT
"""Import this first: it lets an attack use what the tests of the tool share."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
