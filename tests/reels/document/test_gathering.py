from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from reels.document import Document, load
from reels.document.gathering import gather
from reels.errors import InvalidInput
from reels.overlays import builtin
from tests.reels.document.kit import write
from tests.reels.render_kit import noisy, speech_like, write_wav


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refused(file: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        gather(load(file))
    return caught.value


def test_a_timeline_has_all_that_the_document_says(tmp_path: Path) -> None:
    noisy(tmp_path / "логотип.png", 2)
    document = load(
        write(
            tmp_path,
            fps=25,
            shots=[
                {"media": "a.png", "duration_s": 2, "motion": "pan_left", "transition": "slide"},
                {"media": "a.png", "frames": 20, "fit": "blur"},
            ],
            cues=[{"start_s": 0.5, "end_s": 1, "text": "Привет"}],
            captions="pop",
            caption_look={"size": 1.5},
            language="ru",
            transition="cut",
            overlay="dust",
            logo={"media": "логотип.png", "width": 0.2},
            title_card={"title": "Море", "frames": 12},
            fade_in_frames=0,
            fade_out_frames=3,
        )
    )
    timeline, soundtrack = gather(document)
    assert soundtrack is None
    assert [shot.frames for shot in timeline.shots] == [50, 20]
    assert (timeline.shots[0].motion, timeline.shots[0].transition) == ("pan_left", "slide")
    assert timeline.shots[1].fit == "blur"
    assert timeline.shots[0].media.sha256 == _sha256(tmp_path / "a.png")
    assert timeline.films == (builtin("dust"),)
    assert timeline.logo is not None
    assert timeline.logo.media.path.name == "логотип.png"
    assert timeline.title_card == document.title_card
    same = Document.model_fields.keys() & type(timeline).model_fields.keys()
    same -= {"shots", "films", "logo"}
    assert len(same) >= 10
    for name in same:
        assert getattr(timeline, name) == getattr(document, name)


def test_a_soundtrack_has_lines_music_and_effects(tmp_path: Path) -> None:
    write_wav(tmp_path / "голос.wav", speech_like(0.5, 0.1))
    write_wav(tmp_path / "music.wav", speech_like(1, 0.1, 1))
    soundtrack = gather(
        load(
            write(
                tmp_path,
                lines=[{"media": "голос.wav", "start_s": 0.25}],
                music="music.wav",
                effects=[{"name": "whoosh", "at_s": 1}, {"media": "голос.wav", "at_s": 1.5}],
            )
        )
    ).soundtrack
    assert soundtrack is not None
    assert soundtrack.duration_s == 2
    assert soundtrack.lines[0].media.sha256 == _sha256(tmp_path / "голос.wav")
    assert soundtrack.music is not None
    assert soundtrack.music.path == tmp_path / "music.wav"
    assert [(each.name, each.at_s) for each in soundtrack.effects] == [("whoosh", 1), ("", 1.5)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shots": [{"media": "a.png", "frames": 60}, {"media": "b", "frames": 9}]}, "shots.1."),
        ({"films": [{"media": "b"}]}, "films.0."),
        ({"logo": {"media": "b"}}, "logo."),
        ({"lines": [{"media": "b", "start_s": 0}]}, "lines.0."),
        ({"music": "b"}, "music"),
        ({"effects": [{"name": "click", "at_s": 0}, {"media": "b", "at_s": 0}]}, "effects.1."),
    ],
)
def test_a_missing_file_is_named_with_its_place(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    error = _refused(write(tmp_path, **changes))
    assert error.field == (field + "media" if field.endswith(".") else field)
    assert str(tmp_path / "b") in error.message


def test_of_several_missing_files_the_first_is_named(tmp_path: Path) -> None:
    shots = [{"media": name, "frames": 9} for name in ("a.png", "y.png", "x.png", "y.png")]
    assert _refused(write(tmp_path, shots=shots)).field == "shots.1.media"


def test_a_file_of_no_bytes_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, logo={"media": "empty.png"})
    (tmp_path / "empty.png").touch()
    error = _refused(file)
    assert error.field == "logo.media"
    assert "is empty" in error.message


@pytest.mark.parametrize("kind", ["directory", "pipe", "link to itself"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    file = write(tmp_path, music="odd")
    odd = tmp_path / "odd"
    if kind == "directory":
        odd.mkdir()
    elif kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to(odd)
    assert _refused(file).field == "music"


def test_a_file_must_have_the_hash_that_is_given(tmp_path: Path) -> None:
    right = _sha256(noisy(tmp_path / "b.png", 3).path)
    named = {"path": "b.png", "sha256": right}
    gather(load(write(tmp_path, shots=[{"media": named, "frames": 9}])))
    wrong = named | {"sha256": "0" * 64}
    shots = [{"media": named, "frames": 9}, {"media": wrong, "frames": 9}]
    error = _refused(write(tmp_path, shots=shots))
    assert error.field == "shots.1.media.sha256"
    assert right in error.message
