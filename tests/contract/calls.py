"""What is asked of each service, as jobs ask it, and what holds of any good answer.

Every call is as small as the service allows: recording all of them costs about 20 cents.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from reels.cloud.access import Service
from reels.cloud.stock import search
from reels.cloud.stock_items import Medium, StockName, StockQuery
from reels.effects.makers import effect_maker
from reels.ideas import expand
from reels.music import music_maker
from reels.storyboard import storyboarder
from reels.storyboard.base import Brief
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.voice import voice
from reels.voice.elevenlabs_voices import voices
from reels.words import aligner
from reels.writers import Wanted, written
from tests.reels.sound import assert_covers

LINE = "The octopus has three hearts."


class Call(NamedTuple):
    """`make` works in a folder and returns what it found, the same for the same answers.

    `is_paid` calls have to be charged by units that the answer tells.
    """

    service: Service
    name: str
    make: Callable[[Path], Any]
    is_paid: bool = True

    def __str__(self) -> str:
        return f"{self.service}-{self.name}"


def _storyboard(_: Path) -> Any:
    found = storyboarder("gemini").draft(Brief(idea="Why do cats purr?", duration_s=10), None)
    assert 1 <= len(found.scenes) <= 6
    assert all(scene.narration for scene in found.scenes)
    return found


def _ideas(_: Path) -> Any:
    found = expand("gemini", "Why do cats purr?", "en")
    assert found.provider == "gemini"
    assert found.hook
    return found


def _text(_: Path) -> Any:
    found = written("gemini", Wanted(prompt="Two sentences about why cats purr.", slides=2))
    assert found.provider == "gemini"
    assert found.text
    return found


def _picture(folder: Path) -> Any:
    canvas = Canvas(size_px=(1080, 1920), style="a plain pencil drawing")
    file = visual("generated").draw({"prompt": "One apple."}, canvas, folder / "picture.png")
    with Image.open(file) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1920))
        return picture.tobytes()


def _spoken(provider: str, folder: Path) -> Any:
    to = folder / "speech.wav"
    found = voice(provider).speak(LINE, language="en", voice="", to=to)
    assert 0.8 < found.duration_s < 6
    if found.words is not None:
        assert_covers(found.words, LINE, found.duration_s)
    return found.words, to.read_bytes()


def _aligned(folder: Path) -> Any:
    """Speech of our own, so that nobody's voice has to lie here."""
    spoken = voice("espeak").speak(LINE, language="en", voice="", to=folder / "line.wav")
    words = aligner("elevenlabs").align(spoken.path, LINE, "en")
    assert_covers(words, LINE, spoken.duration_s)
    return words


def _played(folder: Path) -> Any:
    file = music_maker("elevenlabs").compose(
        mood="calm", duration_s=10.0, seed=1, to=folder / "music.wav"
    )
    with wave.open(str(file)) as sound:
        assert abs(sound.getnframes() / sound.getframerate() - 10) < 0.1
    return file.read_bytes()


def _effect(folder: Path) -> Any:
    return effect_maker("elevenlabs").make("click", folder / "effect.wav").read_bytes()


def _voices(_: Path) -> Any:
    found = voices()
    assert found
    assert all(each.id for each in found)
    return found


def _stock(provider: StockName, medium: Medium) -> Any:
    found = search(provider, StockQuery(medium=medium, words="sea", size_px=(1080, 1920)))
    assert all(item.url.startswith(("https://", "http://127.0.0.1")) for item in found)
    assert all(item.credit.page_url for item in found)
    return found


CALLS = (
    Call("gemini", "storyboard", _storyboard),
    Call("gemini", "ideas", _ideas),
    Call("gemini", "text", _text),
    Call("gemini", "picture", _picture),
    Call("gemini", "speech", lambda folder: _spoken("gemini", folder)),
    Call("elevenlabs", "speech", lambda folder: _spoken("elevenlabs", folder)),
    Call("elevenlabs", "alignment", _aligned),
    Call("elevenlabs", "music", _played),
    Call("elevenlabs", "effect", _effect),
    Call("elevenlabs", "voices", _voices, is_paid=False),
    Call("pexels", "pictures", lambda _: _stock("pexels", "picture")),
    Call("pexels", "clips", lambda _: _stock("pexels", "clip")),
    Call("pixabay", "pictures", lambda _: _stock("pixabay", "picture")),
    Call("pixabay", "clips", lambda _: _stock("pixabay", "clip")),
)
