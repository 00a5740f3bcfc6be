from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reels.errors import RenderError
from reels.soundtrack import Soundtrack, SpokenLine, Stress, mix, mixed
from reels.timeline import Media
from tests.reels.render_kit import RATE, sound_of, speech_like, write_wav


@pytest.fixture
def line(tmp_path: Path) -> Media:
    return Media.of(write_wav(tmp_path / "line.wav", speech_like(0.6, 0.1)))


def _track(line: Media, **changes: object) -> Soundtrack:
    fields = {"duration_s": 2.0, "lines": [SpokenLine(media=line, start_s=0.5)]}
    return Soundtrack.model_validate(fields | changes)


def test_a_mix_is_made_once(tmp_path: Path, line: Media) -> None:
    track, shelf = _track(line), tmp_path / "shelf"
    assert mixed(track, shelf) is None
    made = mix(track, shelf, tmp_path)
    before = made.path.stat().st_ino
    line.path.unlink()
    assert mix(track, shelf, tmp_path) == made
    assert made.path.stat().st_ino == before
    assert not list(tmp_path.glob("sound-*"))


def test_a_mix_without_its_note_or_without_content_is_made_again(
    tmp_path: Path, line: Media
) -> None:
    track = _track(line)
    made = mix(track, tmp_path, tmp_path)
    made.path.write_bytes(b"")
    assert mixed(track, tmp_path) is None
    mix(track, tmp_path, tmp_path)
    made.path.with_suffix(".json").write_bytes(b"")
    assert mixed(track, tmp_path) is None


def test_a_mix_that_a_crash_of_the_machine_tore_is_made_again(tmp_path: Path, line: Media) -> None:
    """It is as long as it was, and full of zeros."""
    track = _track(line)
    made = mix(track, tmp_path, tmp_path)
    made.path.write_bytes(bytes(made.path.stat().st_size))
    assert mixed(track, tmp_path) is None


def test_the_key_follows_what_is_heard_and_not_where_it_lies(tmp_path: Path, line: Media) -> None:
    moved = line.model_copy(update={"path": tmp_path / "elsewhere.wav"})
    other = Media.of(write_wav(tmp_path / "other.wav", speech_like(0.6, 0.1, seed=5)))
    assert _track(moved).key == _track(line).key
    keys = {
        _track(line).key,
        _track(other).key,
        _track(line, duration_s=2.1).key,
        _track(line, lines=[SpokenLine(media=line, start_s=0.6)]).key,
        _track(line, music=other).key,
        _track(line, effects=[Stress(name="click", at_s=1)]).key,
        _track(line, effects=[Stress(name="whoosh", at_s=1)]).key,
        _track(line, effects=[Stress(media=other, at_s=1)]).key,
        _track(line, effects=[Stress(media=other, at_s=1.1)]).key,
    }
    assert len(keys) == 9


def test_an_effect_out_of_a_file_begins_at_its_moment(tmp_path: Path, line: Media) -> None:
    tone = np.sin(2 * np.pi * 3000 * np.arange(RATE // 5) / RATE) * 0.5
    effect = Media.of(write_wav(tmp_path / "tone.wav", tone))
    track = _track(line, effects=[Stress(media=effect, at_s=1.5)])
    sound = sound_of(mix(track, tmp_path, tmp_path).path)
    loud = np.convolve(np.abs(sound), np.ones(240) / 240, "same")
    after = np.flatnonzero(loud[round(1.3 * RATE) :] > 0.02)
    assert after[0] / RATE + 1.3 == pytest.approx(1.5, abs=0.01)


def test_what_is_too_long_for_an_effect_is_refused(tmp_path: Path, line: Media) -> None:
    long = Media.of(write_wav(tmp_path / "long.wav", np.zeros(31 * RATE)))
    track = _track(line, effects=[Stress(media=long, at_s=0)])
    with pytest.raises(RenderError, match=r"long.wav lasts 31 s"):
        mix(track, tmp_path, tmp_path)
