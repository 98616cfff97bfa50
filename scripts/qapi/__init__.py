# SPDX-License-Identifier: MIT
"""The schema compiler: reads a QAPI schema, checks it, writes C++ and documentation.

Data flows one way, and every module has one job:

    lexer -> parser (with doc) -> expr -> schema -> layout -> cpp, introspect, docs_md, ...

`error` holds the diagnostics, `names` the spelling rules, `conditions` the `if` expressions.
"""
