"""What a picture of code shows, and its text made fit to be set."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reels.models import Model, Text

MAX_CODE_CHARS = 8_000
MAX_CODE_LINES = 400
#: Eight columns would take a fifth of a line on a telephone.
_TAB_COLUMNS = 4
_RANGE = r"^\d{1,4}(-\d{1,4})?$"


def _clean(value: Any) -> Any:
    """NFC, lines parted by `\\n`; without control characters and those that hide or reorder."""
    if not isinstance(value, str) or len(value) > 4 * MAX_CODE_CHARS:
        return value
    text = unicodedata.normalize("NFC", re.sub("\r\n?|[\v\f\x85\u2028\u2029]", "\n", value))
    return "".join(map(_kept, text)).rstrip()


def _kept(char: str) -> str:
    if char in "\n\t\u200c\u200d":
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    return "" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else char


def _short(code: str) -> str:
    lines = code.count("\n") + 1
    if lines > MAX_CODE_LINES:
        raise ValueError(f"the code has {lines} lines; at most {MAX_CODE_LINES} are taken")
    return code


def _listed(value: Any) -> Any:
    """Also as one text, "1,3-5", and with numbers in the place of texts."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return parts
    named = (str(p) if isinstance(p, int) and not isinstance(p, bool) else p for p in parts)
    return [p.replace(" ", "") if isinstance(p, str) else p for p in named if p != ""]


class CodeSpec(Model):
    """A piece of code, or of any text whose columns matter.

    `language` is a name that Pygments knows ("python", "c++") or a file's ("main.rs"); code of
    an unknown one is drawn in one colour. `highlight` names lines of `code`, the first being 1
    whatever `first_line` numbers it, as numbers or ranges: (3, "5-7") or "3,5-7". `page` counts
    from 0; one past the last is the last. `shown` is how many lines of the page are drawn, all
    if None; where they stand does not depend on it. The rest is as in a slide.
    """

    code: Annotated[
        str,
        Field(min_length=1, max_length=MAX_CODE_CHARS),
        AfterValidator(_short),
        BeforeValidator(_clean),
    ]
    language: Text = Field(default="", max_length=64)
    title: Text = Field(default="", max_length=100)
    highlight: Annotated[
        tuple[Annotated[str, Field(pattern=_RANGE)], ...],
        Field(max_length=40),
        BeforeValidator(_listed),
    ] = ()
    first_line: int = Field(default=1, ge=1, le=99_000)
    page: int = Field(default=0, ge=0, le=MAX_CODE_LINES)
    shown: int | None = Field(default=None, ge=0, le=MAX_CODE_LINES)
    eyebrow: Text = Field(default="", max_length=48)
    palette: str = Field(default="", max_length=24)
    seed: str = Field(default="", max_length=120)

    def lines(self) -> tuple[str, ...]:
        """The lines as they are set: tabs expanded, common indentation and line ends trimmed."""
        expanded = self.code.expandtabs(_TAB_COLUMNS)
        return tuple(line.rstrip() for line in textwrap.dedent(expanded).split("\n"))

    def marked(self) -> frozenset[int]:
        """The highlighted lines, the first being 0."""
        found: set[int] = set()
        for part in self.highlight:
            first, _, last = part.partition("-")
            found.update(range(int(first) - 1, int(last or first)))
        return frozenset(found)
