"""The templates that come with the house."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_PREFIX = "Scenario"


@cache
def shipped() -> dict[str, str]:
    """Template texts by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.yml"))}


def names_for(asked: str) -> tuple[str, ...]:
    """What `asked` may be called: `ScenarioCreateVideo` is the template `CreateVideo`."""
    bare = asked.removeprefix(_PREFIX)
    return (asked, bare) if bare and bare != asked else (asked,)
