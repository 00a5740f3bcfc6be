"""The sound of a video: voice lines, music ducked under them, at one loudness."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import ffmpeg as graphs

from reels import ffmpeg
from reels.errors import InvalidInput
from reels.files import publish
from reels.loudness import RATE, measure
from reels.mastering import BIT_RATE, Master
from reels.models import Loudness
from reels.stems import Accent, Line, Stems
from reels.timeline import MUSIC_FADES_S

__all__ = ["Accent", "Line", "measure", "mix", "to_mp3"]

_TIMEOUT_S = 300.0


def mix(
    lines: Sequence[Line],
    music: Path | None,
    duration_s: float,
    to: Path,
    work: Path,
    *,
    effects: Sequence[Accent] = (),
    voice_to: Path | None = None,
    fades_s: tuple[float, float] = MUSIC_FADES_S,
) -> Loudness:
    """Mix into `to` (AAC as .m4a, or .mp3; 48 kHz stereo) of exactly `duration_s` seconds.

    Every line is levelled on its own; the music is looped or cut to the length, faded in and
    out as `fades_s` says, and ducked while somebody speaks; effects stand 12 dB under the
    voice. `voice_to` gets the lines alone, mastered alike. The whole is at -14 LUFS +-0.5
    with true peaks under -1 dBTP.

    Returns what was measured in the finished file. Its `shortfall` says why a mix is
    quieter than that. `silent`: nothing is as loud as -60 LUFS, which is fainter than any
    speech and stays as it is. `peaks`: nothing but clicks, which would have to be over
    -1 dBTP to be as loud; they are as loud as that allows.

    Raises:
        InvalidInput: a line or an effect starts outside the video, or the duration is not
            positive.
        RenderError: a sound cannot be read, or the encoder failed.
    """
    if duration_s <= 0:
        raise InvalidInput("duration_s", f"A video cannot last {duration_s} s.")
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="mix-") as folder:
        desk = Path(folder)
        stems = Stems(lines, music, effects, round(duration_s * RATE), desk, fades_s)
        measured = Master(stems).write(desk / f"mix{to.suffix}")
        publish(desk / f"mix{to.suffix}", to)
        if voice_to:
            Master(stems, voice_only=True).write(desk / f"voice{voice_to.suffix}")
            publish(desk / f"voice{voice_to.suffix}", voice_to)
    return measured


def to_mp3(source: Path, to: Path) -> Path:
    """Encode any sound file as MP3; returns `to`. Raises RenderError."""
    graph = graphs.input(source.name).output(
        to.name, acodec="libmp3lame", audio_bitrate=BIT_RATE, map_metadata=-1, fflags="+bitexact"
    )
    ffmpeg.run(graph.compile()[1:], source.parent, _TIMEOUT_S)
    return publish(source.parent / to.name, to)
