"""The role of each character of a piece of code: keyword, string, comment, …

Pygments does it in a limited child process. Whatever goes wrong there, the code is plain text:
colours are never worth a picture.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from reels import tether
from reels.limits import Limits

Role = Literal[
    "plain", "keyword", "string", "number", "comment", "name", "type", "mark", "added", "removed"
]

#: Measured: 0.2 CPU seconds and 40 MB for 8000 characters of any common language.
_LIMITS = Limits(memory_bytes=256 << 20, cpu_s=2, file_bytes=0)
#: Its processor time ends it; the clock only ends what a busy machine starves.
_TIMEOUT_S = 60.0
_CHILD = Path(__file__).with_name("lexer_child.py")

#: The first prefix of a token's type that fits tells its role.
_ROLES: tuple[tuple[str, Role], ...] = (
    ("Token.Comment.Preproc", "keyword"),
    ("Token.Comment.PreprocFile", "string"),
    ("Token.Comment", "comment"),
    ("Token.Literal.String.Doc", "comment"),
    ("Token.Literal.String.Interpol", "mark"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Date", "number"),
    ("Token.Literal.Number", "number"),
    ("Token.Keyword.Type", "type"),
    ("Token.Keyword.Constant", "number"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "type"),
    ("Token.Name.Exception", "type"),
    ("Token.Name.Namespace", "type"),
    ("Token.Name.Builtin", "name"),
    ("Token.Name.Decorator", "name"),
    ("Token.Name.Tag", "keyword"),
    ("Token.Name.Attribute", "name"),
    ("Token.Name.Constant", "number"),
    ("Token.Name.Variable", "type"),
    ("Token.Generic.Inserted", "added"),
    ("Token.Generic.Deleted", "removed"),
    ("Token.Generic.Heading", "keyword"),
    ("Token.Generic.Subheading", "name"),
    ("Token.Generic.Prompt", "comment"),
    ("Token.Generic.Output", "comment"),
    ("Token.Operator", "mark"),
    ("Token.Punctuation", "mark"),
)

#: Signs of a language in code that does not name its own: one line that starts so is enough.
#: What none fits stays plain, for a wrong guess would be a wrong colour.
_SIGNS = {
    "bash": r"#!.*sh\b|\$ \w|(sudo|apt|pip|npm|curl|git|docker|echo) [\w-]",
    "python": r"#!.*\bpython|(def|class) \w+.*:$|from [\w.]+ import |import [\w.]+$",
    "html": r"<(!doctype|html|head|body|div|script)\b",
    "c++": r"#include <\w+>|using namespace |template ?<",
    "c": r"#include [<\"]\w+\.h[>\"]",
    "go": r"package \w+$|func (\(\w+ \*?\w+\) )?\w+\(",
    "rust": r"(pub )?fn \w+[(<]|let mut |use \w+::",
    "java": r"(public|private|protected) (static |final )*(class|interface|void) ",
    "javascript": r"(const|let) \w+ = |(async )?function \w+\(|export (default|const) ",
    "sql": r"(SELECT|INSERT INTO|CREATE TABLE|WITH \w+ AS|ALTER TABLE)\b",
    "json": r"\"\w+\": ",
}


def roles(code: str, language: str) -> tuple[Role, ...]:
    """One role for each character of `code`; all plain for a language that nobody knows.

    `language` is what `CodeSpec` takes; when it is empty, clear signs in the code decide.
    """
    name = language or guessed(code)
    found: list[Role] = []
    for kind, length in _tokens(code, name) if name else ():
        found += [_role(kind)] * length
    if len(found) == len(code) + 1:
        return tuple(found[:-1])
    plain: Role = "plain"
    return (plain,) * len(code)


def guessed(code: str) -> str:
    """The language whose signs are in the code's first lines; empty when there are none."""
    lines = [line.strip()[:200] for line in code.split("\n")[:40]]
    for language, sign in _SIGNS.items():
        if any(re.match(sign, line) for line in lines):
            return language
    return ""


@lru_cache(maxsize=1024)
def _role(kind: str) -> Role:
    return next((role for prefix, role in _ROLES if kind.startswith(prefix)), "plain")


@lru_cache(maxsize=32)
def _tokens(code: str, language: str) -> tuple[tuple[str, int], ...]:
    command = tether.tied([sys.executable, "-I", str(_CHILD)], _LIMITS)
    # Many patterns end with the line's end.
    asked = json.dumps({"language": language, "code": code + "\n"}).encode()
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=_TIMEOUT_S)
        told = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return ()
    return tuple((str(kind), int(length)) for kind, length in told or ())
