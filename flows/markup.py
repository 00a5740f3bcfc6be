"""People's text inside Markdown that Prefect's UI renders."""

from __future__ import annotations

#: What Markdown and HTML would take for marks.
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|~"} | {"\n": " "})


def inline(text: str) -> str:
    """A person's text inside a line of Markdown: shown as it is, never as markup."""
    return text.translate(_MARKS)
