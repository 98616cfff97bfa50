#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/errors.md shows what `qnetdev check` says today.

    gallery_test.py SOURCE_ROOT QNETDEV
"""
import importlib.util
import os
import sys

import harness


def load(path):
    """A script as a module; its name is no identifier."""
    spec = importlib.util.spec_from_file_location("gallery", path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def main():
    root, tool = sys.argv[1:]
    tap = harness.Tap()
    gallery = load(os.path.join(root, "scripts", "make-error-gallery.py"))
    with open(os.path.join(root, "docs", "errors.md"), encoding="utf-8") as document:
        page = document.read()
    again = "run scripts/make-error-gallery.py BUILD_DIR and read the difference"
    fresh = list(gallery.check_part(tool))
    for name, text in fresh:
        tap.check("as on the page: " + name, text in page, "%s; today:\n%s" % (again, text))
    tap.check("the page has no other entries and the same order",
              page.startswith("\n".join(text for _, text in fresh) + "\n" + gallery.TRY_HEAD),
              again)
    tap.done()


if __name__ == "__main__":
    main()
