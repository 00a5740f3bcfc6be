"""Cuts code into tokens with Pygments; runs as a process of its own (see `lexing`).

Some of Pygments' regular expressions take exponential time on hostile text, and a match cannot
be stopped from within its process. Reads {"language", "code"} as JSON and writes
[[token type, length], …], or null for an unknown language. It imports nothing of the house, so
that it starts in a fifth of a second.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_OPTIONS = {"stripnl": False, "ensurenl": False}


def _lexer(language: str) -> Any:
    from pygments.lexers import (  # type: ignore[import-untyped]
        get_lexer_by_name,
        get_lexer_for_filename,
    )
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    name = language.strip().lower()
    if "." not in name or name.startswith("."):
        try:
            return get_lexer_by_name(name.lstrip("."), **_OPTIONS)
        except ClassNotFound:
            # "yml" or "kts" is nobody's alias, but many a file's ending.
            language = f"code.{name.lstrip('.')}"
    try:
        return get_lexer_for_filename(language, **_OPTIONS)
    except ClassNotFound:
        return None


def _main() -> None:
    sys.setrecursionlimit(2_000)
    asked = json.load(sys.stdin)
    lexer = _lexer(asked["language"])
    found = None
    if lexer is not None:
        found = [[str(kind), len(value)] for kind, value in lexer.get_tokens(asked["code"])]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()
