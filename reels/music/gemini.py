"""The music maker `gemini`: clips by Lyria, repeated to the length. It is paid, by the clip."""

from __future__ import annotations

from pathlib import Path

from reels.cloud.gemini import chosen_model, make_music
from reels.cloud.gemini_client import SERVICE
from reels.errors import ProviderError
from reels.settings import ProviderSettings

_OURS = "1"
_FADE_OUT_S = 2.5
_MOST_MOOD_CHARS = 200

#: What moods sound like. Another mood is told in the caller's own words.
MOODS = {
    "calm": "calm and warm, slow, 75 beats per minute",
    "bright": "bright and optimistic, light pulse, 105 beats per minute",
    "pensive": "thoughtful and sparse, minor key, 68 beats per minute",
}
_INSTRUMENTS = (
    "felt piano with soft strings",
    "warm analogue synthesiser pads",
    "fingerpicked acoustic guitar with light percussion",
    "electric piano with a round bass",
)


class GeminiMusic:
    """Instrumental clips of about half a minute, repeated over soft seams.

    The service composes anew each time that it is asked. A piece is kept under its content
    key, so the same mood, length and seed are asked for once.
    """

    name = SERVICE

    def __init__(self) -> None:
        self.version = f"{_OURS}-{ProviderSettings().gemini_music_model}"

    def compose(self, *, mood: str, duration_s: float, seed: int, to: Path) -> Path:
        """Write `duration_s` seconds (stereo WAV, 48 kHz, 16 bit) to `to`.

        Raises:
            ProviderError: no such length, or Gemini failed or refused.
        """
        # numpy is loaded when music is made, not when an API process lists the makers.
        from reels.cloud.received import save_music

        if not 0 < duration_s <= 7200:
            raise ProviderError(SERVICE, f"Music cannot last {duration_s} s.")
        clip = make_music(chosen_model("gemini_music_model"), prompt(mood, seed))
        save_music(clip.data, to, seconds=duration_s, fade_s=_FADE_OUT_S, provider=SERVICE)
        return to


def prompt(mood: str, seed: int) -> str:
    """What the service is told: the mood, the instruments by the seed, and what it is for."""
    told = " ".join(mood.split())[:_MOST_MOOD_CHARS]
    character = MOODS.get(told.lower(), f"its mood is: {told}" if told else MOODS["calm"])
    return (
        f"Instrumental background music for a narrated short video: {character}; "
        f"{_INSTRUMENTS[seed % len(_INSTRUMENTS)]}. No vocals and no voices, an even level that "
        "leaves room for a speaker, no sudden accents, ends as it began."
    )
