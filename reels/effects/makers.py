"""The makers of sound effects that there are. Apart from the effects, which need no service."""

from __future__ import annotations

from collections.abc import Callable

from reels.effects.elevenlabs import ElevenLabsEffects
from reels.effects.made import EffectMaker
from reels.errors import InvalidInput

#: Whoever makes the listed effects anew.
MAKERS: dict[str, Callable[[], EffectMaker]] = {
    ElevenLabsEffects.name: ElevenLabsEffects,
}
#: How a chain of makers calls the effects of `reels.effects`, which nobody has to make.
SHIPPED = "shipped"


def effect_maker(name: str) -> EffectMaker:
    """The maker of effects that is listed as `name`.

    Raises:
        InvalidInput: naming `effects_provider`.
    """
    try:
        return MAKERS[name]()
    except KeyError:
        raise InvalidInput(
            "effects_provider",
            f"There is no maker of sound effects {name!r}.",
            remedy=f"VIDEO_SERVICE_EFFECTS_PROVIDER takes {', '.join([SHIPPED, *MAKERS])}, "
            "or several with commas between them.",
        ) from None
