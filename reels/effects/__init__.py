"""The sound effects that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.effects.base import SoundEffect
from reels.effects.click import Click
from reels.effects.whoosh import Whoosh
from reels.errors import InvalidInput

EFFECTS: dict[str, Callable[[], SoundEffect]] = {
    Whoosh.name: Whoosh,
    Click.name: Click,
}

__all__ = ["EFFECTS", "SoundEffect", "effect"]


def effect(name: str) -> SoundEffect:
    """The sound effect that is listed as `name`.

    Raises:
        InvalidInput: naming `effects`.
    """
    try:
        return EFFECTS[name]()
    except KeyError:
        raise InvalidInput(
            "effects",
            f"There is no sound effect {name!r}.",
            remedy=f"Sound effects that there are: {', '.join(sorted(EFFECTS))}.",
        ) from None
