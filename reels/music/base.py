"""The interface of a music maker."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class MusicMaker(Protocol):
    """Makes background music. `name` and `version` are part of the content key."""

    name: str
    version: str

    def compose(self, *, mood: str, duration_s: float, seed: int, to: Path) -> Path:
        """Write `duration_s` seconds (stereo WAV, 48 kHz) to `to`; returns it.

        The same mood, length and seed MUST give the same bytes, unless a service composes: its
        piece is kept under the content key.

        Raises:
            ProviderError: when nothing could be made.
        """
        ...
