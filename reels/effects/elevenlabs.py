"""Sound effects made from a description, by ElevenLabs. They are paid, once each.

The service makes another sound each time, and a `SoundEffect` has to give the same samples
at every call. So this makes a file, which is kept and used like a recording.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reels.cloud.elevenlabs import ONE_TRY, paying, whole
from reels.cloud.elevenlabs_errors import SERVICE
from reels.errors import BadOutput, InvalidInput

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs

MODEL = "eleven_text_to_sound_v2"
#: Part of the content key of what is made here.
VERSION = f"1-{MODEL}"
SHORTEST_S, LONGEST_S = 0.5, 30.0
_FORMAT = "mp3_44100_128"
#: By the vendor's price page, for an effect of a given length.
_CREDITS_PER_S = 40
_MOST_CHARS = 450
_FADE_OUT_S = 0.05
#: Of 16-bit samples: what stays under it is silence.
_FAINT = 16


class _Wish(NamedTuple):
    description: str
    duration_s: float


#: What is asked for, by the effect's name; a change of these is another `VERSION`.
_WISHES = {
    "whoosh": _Wish(
        "One soft, airy whoosh passing quickly from left to right, as a cut in a film. "
        "Dry, close, no music, no voice, nothing before or after it.",
        0.6,
    ),
    "click": _Wish(
        "One short, soft tick of a wooden switch. "
        "Dry, close, no music, no voice, nothing before or after it.",
        0.5,
    ),
}


class ElevenLabsEffects:
    """Makes the listed effects anew; a `reels.effects.made.EffectMaker`."""

    name = SERVICE
    version = VERSION

    def make(self, effect: str, to: Path) -> Path:
        """Write the effect that is listed as `effect` to `to` (stereo WAV, 48 kHz, 16 bit).

        Raises:
            InvalidInput: naming `effects`: ElevenLabs has no description of such an effect.
            ProviderError: ElevenLabs failed or refused.
        """
        wish = _WISHES.get(effect)
        if wish is None:
            raise InvalidInput("effects", f"ElevenLabs is not told how {effect!r} sounds.")
        return make_effect(wish.description, duration_s=wish.duration_s, to=to)


def make_effect(description: str, *, duration_s: float, to: Path) -> Path:
    """Write an effect that lasts `duration_s` to `to` (stereo WAV, 48 kHz, 16 bit).

    Raises:
        InvalidInput: naming `effects`: no description, or no such length.
        BadOutput: what came is silent.
        ProviderError: ElevenLabs failed or refused.
    """
    # Decoding loads numpy, which a process that lists the effects does not need.
    from reels.cloud.received import save_music

    text = " ".join(description.split())
    if not 0 < len(text) <= _MOST_CHARS:
        raise InvalidInput("effects", f"An effect is described in 1 to {_MOST_CHARS} characters.")
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise InvalidInput("effects", f"An effect lasts {SHORTEST_S:g} to {LONGEST_S:g} s.")
    expected = {"credit": _CREDITS_PER_S * duration_s}
    with paying(MODEL, "effect", expected=expected) as connection:
        data = connection.ask(lambda client: _made(client, text, duration_s))
        save_music(data, to, seconds=duration_s, fade_s=_FADE_OUT_S, provider=SERVICE)
        if _is_silent(to):
            raise BadOutput(SERVICE, "The sound effect that came is silent.")
    return to


def _is_silent(path: Path) -> bool:
    import wave

    import numpy as np

    with wave.open(str(path), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return not samples.size or int(np.abs(samples.astype(np.int32)).max()) < _FAINT


def _made(client: ElevenLabs, text: str, duration_s: float) -> bytes:
    with client.text_to_sound_effects.with_raw_response.convert(
        text=text,
        duration_seconds=duration_s,
        model_id=MODEL,
        output_format=_FORMAT,
        request_options=ONE_TRY,
    ) as reply:
        return whole(reply.data)
