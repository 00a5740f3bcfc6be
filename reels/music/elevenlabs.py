"""The music maker `elevenlabs`: pieces composed from a description. It is paid, by the second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reels.cloud.elevenlabs import ONE_TRY, paying, whole
from reels.cloud.elevenlabs_errors import SERVICE
from reels.errors import ProviderError
from reels.settings import ProviderSettings

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs

_OURS = "1"
_FORMAT = "mp3_44100_128"
#: What the service composes at once.
SHORTEST_S, LONGEST_S = 3.0, 600.0
_FADE_OUT_S = 2.5

#: What moods sound like. Another mood is told in the caller's own words.
MOODS = {
    "calm": "calm and warm, slow, soft, 75 beats per minute",
    "bright": "bright and optimistic, light pulse, 105 beats per minute",
    "pensive": "thoughtful and sparse, minor key, 68 beats per minute",
    "dramatic": "tense and cinematic, low strings, slow build, 90 beats per minute",
    "playful": "playful and quirky, plucked, 112 beats per minute",
    "energetic": "driving and confident, steady beat, 122 beats per minute",
    "serious": "sober and steady, restrained, 80 beats per minute",
}
_INSTRUMENTS = (
    "felt piano and soft strings",
    "warm analogue synthesiser pads",
    "acoustic guitar and light percussion",
    "electric piano and round bass",
)
_MOST_MOOD_CHARS = 200


class ElevenLabsMusic:
    """Instrumental pieces of any length; those over ten minutes are repeated.

    The service composes anew each time that it is asked. A piece is kept under its content
    key, so the same mood, length and seed are asked for once.
    """

    name = SERVICE

    def __init__(self) -> None:
        self._model = ProviderSettings().elevenlabs_music_model_id
        self.version = f"{_OURS}-{self._model}"

    def compose(self, *, mood: str, duration_s: float, seed: int, to: Path) -> Path:
        """Write `duration_s` seconds (stereo WAV, 48 kHz, 16 bit) to `to`.

        Raises:
            ProviderError: no such length, or ElevenLabs failed or refused.
        """
        # Decoding loads numpy, which an API process that lists the makers does not need.
        from reels.cloud.received import save_music

        if not 0 < duration_s <= 7200:
            raise ProviderError(SERVICE, f"Music cannot last {duration_s} s.")
        asked_s = min(max(duration_s, SHORTEST_S), LONGEST_S)
        with paying(self._model, "music", expected={"second": asked_s}) as connection:
            data = connection.ask(
                lambda client: _composed(client, prompt(mood, seed), asked_s, self._model)
            )
            save_music(data, to, seconds=duration_s, fade_s=_FADE_OUT_S, provider=SERVICE)
        return to


def prompt(mood: str, seed: int) -> str:
    """What the service is told: the mood, the instruments by the seed, and what it is for."""
    told = " ".join(mood.split())[:_MOST_MOOD_CHARS]
    character = MOODS.get(told.lower(), f"its mood is: {told}" if told else MOODS["calm"])
    return (
        f"Instrumental background music for a narrated short video: {character}; "
        f"{_INSTRUMENTS[seed % len(_INSTRUMENTS)]}. No vocals, an even level that leaves room "
        "for a voice, no sudden accents, a gentle start."
    )


def _composed(client: ElevenLabs, words: str, seconds: float, model: str) -> bytes:
    with client.music.with_raw_response.compose(
        prompt=words,
        music_length_ms=round(seconds * 1000),
        model_id=model,
        force_instrumental=True,
        output_format=_FORMAT,
        request_options=ONE_TRY,
    ) as reply:
        return whole(reply.data)
