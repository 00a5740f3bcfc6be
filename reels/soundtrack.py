"""What is heard in a video, and its mix, which is made once for the same sounds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from reels import audio
from reels.artifacts import content_key
from reels.effects import SoundEffect, effect
from reels.errors import RenderError
from reels.files import publish
from reels.loudness import RATE, Samples
from reels.models import Loudness, Model
from reels.pcm import Sound
from reels.segment_cache import is_whole
from reels.timeline import Media

#: Bump when the same sounds would be mixed differently.
MIXER = "1"
#: What is longer is no effect.
MAX_EFFECT_S = 30


class SpokenLine(Model):
    """One spoken line and when it starts, in seconds from the video's start."""

    media: Media
    start_s: float = Field(ge=0)


class Stress(Model):
    """A sound effect, by its name or as a file, and the moment that it stresses."""

    name: str = ""
    media: Media | None = None
    at_s: float = Field(ge=0)


class Soundtrack(Model):
    """The sounds of a video of `duration_s` seconds."""

    duration_s: float = Field(gt=0)
    lines: tuple[SpokenLine, ...] = ()
    music: Media | None = None
    effects: tuple[Stress, ...] = ()

    @property
    def key(self) -> str:
        """SHA-256 over all that shapes the mix; where the files lie does not count."""
        return content_key(
            "soundtrack",
            MIXER,
            duration_s=self.duration_s,
            lines=[(line.media.sha256, line.start_s) for line in self.lines],
            music=self.music.sha256 if self.music else None,
            effects=[(_identity(each), each.at_s) for each in self.effects],
        )


class Mixed(NamedTuple):
    """A mixed soundtrack (AAC in MP4) and its loudness as measured."""

    path: Path
    loudness: Loudness


def mix(soundtrack: Soundtrack, directory: Path, work: Path) -> Mixed:
    """The soundtrack mixed into `directory`, or found there from the last time.

    Raises:
        InvalidInput: a line or an effect starts outside the video.
        RenderError: a sound cannot be read, or an effect is too long.
    """
    found = mixed(soundtrack, directory)
    if found:
        return found
    track, note = _files(soundtrack, directory)
    with tempfile.TemporaryDirectory(dir=work, prefix="sound-") as folder:
        desk = Path(folder)
        loudness = audio.mix(
            [audio.Line(line.media.path, line.start_s) for line in soundtrack.lines],
            soundtrack.music.path if soundtrack.music else None,
            soundtrack.duration_s,
            desk / track.name,
            desk,
            effects=[audio.Accent(_sound_of(each, desk), each.at_s) for each in soundtrack.effects],
        )
        (desk / note.name).write_text(loudness.model_dump_json(), encoding="utf-8")
        publish(desk / track.name, track)
        publish(desk / note.name, note)
    return Mixed(track, loudness)


def mixed(soundtrack: Soundtrack, directory: Path) -> Mixed | None:
    """What `directory` holds of an earlier `mix`; it counts as used now."""
    track, note = _files(soundtrack, directory)
    try:
        loudness = Loudness.model_validate_json(note.read_bytes())
        if not is_whole(track):
            return None
        track.touch()
        note.touch()
    except (FileNotFoundError, ValueError):
        return None
    return Mixed(track, loudness)


def _files(soundtrack: Soundtrack, directory: Path) -> tuple[Path, Path]:
    """The track, and the note of its loudness, which is published after it."""
    key = soundtrack.key
    return directory / f"{key}.m4a", directory / f"{key}.json"


def _identity(stress: Stress) -> str:
    if stress.media:
        return stress.media.sha256
    sound = effect(stress.name)
    return f"{sound.name}-{sound.version}"


def _sound_of(stress: Stress, desk: Path) -> SoundEffect:
    return _Recorded(stress.media, desk) if stress.media else effect(stress.name)


class _Recorded:
    """A sound effect out of a file, which begins at its moment."""

    name = "recorded"
    version = "1"
    lead_s = 0.0

    def __init__(self, media: Media, desk: Path) -> None:
        self._media = media
        self._desk = desk

    def samples(self) -> Samples:
        sound = Sound.read(self._media.path, self._desk / "effect.f32")
        if sound.samples > MAX_EFFECT_S * RATE:
            raise RenderError(
                f"The sound effect {self._media.path.name} lasts {sound.samples / RATE:.0f} s.",
                remedy=f"An effect lasts {MAX_EFFECT_S} s at most; music goes into `music`.",
            )
        return sound.samples_between(0, sound.samples)
