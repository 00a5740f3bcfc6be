"""The music makers that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.errors import InvalidInput
from reels.music.base import MusicMaker
from reels.music.bed import Bed
from reels.music.elevenlabs import ElevenLabsMusic
from reels.music.gemini import GeminiMusic

MUSIC_MAKERS: dict[str, Callable[[], MusicMaker]] = {
    Bed.name: Bed,
    GeminiMusic.name: GeminiMusic,
    ElevenLabsMusic.name: ElevenLabsMusic,
}

__all__ = ["MUSIC_MAKERS", "MusicMaker", "music_maker"]


def music_maker(name: str) -> MusicMaker:
    """The music maker that is listed as `name`.

    Raises:
        InvalidInput: naming `music_provider`.
    """
    try:
        return MUSIC_MAKERS[name]()
    except KeyError:
        raise InvalidInput(
            "music_provider",
            f"There is no music maker {name!r}.",
            remedy=f"Music makers that there are: {', '.join(sorted(MUSIC_MAKERS))}.",
        ) from None
