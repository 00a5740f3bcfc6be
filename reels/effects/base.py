"""The interface of a sound effect."""

from __future__ import annotations

from typing import Protocol

from reels.loudness import Samples


class SoundEffect(Protocol):
    """A short sound that stresses a moment. `name` and `version` are part of content keys.

    `lead_s` is how long before that moment the sound begins.
    """

    name: str
    version: str
    lead_s: float

    def samples(self) -> Samples:
        """The sound as an array of (2, samples) at 48 kHz, at any level.

        Every call MUST give the same samples. It SHOULD be over 0.25 s after its moment:
        that is when a scene's line starts.
        """
        ...
