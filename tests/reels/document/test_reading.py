from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from reels.document import Document, MediaFile, load
from reels.document.limits import MAX_FILE_BYTES
from reels.effects import EFFECTS
from reels.errors import InvalidInput
from tests.reels.document.kit import PLAIN, refused, write


def test_paths_start_at_the_directory_of_the_file(tmp_path: Path) -> None:
    shots = [{"media": path, "frames": 30} for path in ("кадр 1.png", "../b.png", "/x/c.png")]
    file = write(tmp_path, shots=shots)
    found = [shot.media.path for shot in load(file).shots]
    assert found == [tmp_path / "кадр 1.png", tmp_path / "../b.png", Path("/x/c.png")]


def test_a_relative_name_of_the_file_gives_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load("timeline.json").shots[0].media.path == tmp_path / "a.png"


def test_a_length_in_seconds_is_rounded_to_frames_and_never_to_none(tmp_path: Path) -> None:
    shots = [{"media": "a.png", "duration_s": s} for s in (1.0, 0.049, 0.001, 2.51)]
    document = load(write(tmp_path, shots=shots))
    assert [shot.frames_at(30) for shot in document.shots] == [30, 1, 1, 75]
    assert document.frames == 107
    assert document.shot_starts_s == pytest.approx((0, 1, 31 / 30, 32 / 30))


def test_what_is_written_is_read_back_the_same(tmp_path: Path) -> None:
    first = load(
        write(
            tmp_path,
            cues=[{"start_s": 0, "end_s": 1, "text": "Привет, мир"}],
            music={"path": "m.wav", "sha256": "0" * 64},
            effects=[{"name": "click", "at_s": 1}],
        )
    )
    file = tmp_path / "again.json"
    file.write_text(first.model_dump_json(by_alias=True, exclude_defaults=True), encoding="utf-8")
    assert load(file) == first
    file.write_text(first.model_dump_json(by_alias=True), encoding="utf-8")
    assert load(file) == first


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    file = write(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert load(file).frames == 60


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"shots": []}, "shots", "at least 1"),
        ({"shots": {"media": "a.png"}}, "shots", "must be a list"),
        ({"shots": [7]}, "shots.0", "must be an object"),
        ({"shots": [{"media": "a", "frames": 9, "moton": 1}]}, "shots.0.moton", "'motion'"),
        ({"shots": [{"media": "a", "frames": 9, "motion": "spin"}]}, "shots.0.motion", "zoom_in"),
        ({"shots": [{"media": "a"}]}, "shots.0", "either frames or duration_s"),
        ({"shots": [{"media": "a", "frames": 9, "duration_s": 1}]}, "shots.0", "either frames"),
        ({"shots": [{"media": "a", "frames": 0}]}, "shots.0.frames", "greater than or equal to 1"),
        ({"shots": [{"media": 5, "frames": 9}]}, "shots.0.media", "path of a file"),
        ({"shots": [{"media": "", "frames": 9}]}, "shots.0.media.path", "names a file"),
        ({"shots": [{"media": "a\0b", "frames": 9}]}, "shots.0.media.path", "names a file"),
        ({"shots": [{"media": "a", "duration_s": 7200}] * 2}, "shots", "7200 s are allowed"),
        ({"music": {"path": "a", "sha256": "abc"}}, "music.sha256", "pattern"),
        ({"size_px": [181, 320]}, "size_px.0", "multiple of 2"),
        ({"size_px": 320}, "size_px", "must be a list"),
        ({"fps": True}, "fps", "it is true"),
        ({"fps": "30"}, "fps", "valid integer"),
        ({"captions": None}, "captions", "karaoke"),
        ({"caption_look": {"colour": "red"}}, "caption_look.colour", '"red"'),
        ({"cues": [{"start_s": 0, "end_s": 3, "text": "x"}]}, "cues.0.end_s", "the video's end"),
        ({"lines": [{"media": "a", "start_s": 2}]}, "lines.0.start_s", "ends at 2.00 s"),
        ({"effects": [{"name": "bang", "at_s": 0}]}, "effects.0.name", "whoosh"),
        ({"effects": [{"at_s": 0}]}, "effects.0", "either name or media"),
        ({"logo": "a.png"}, "logo", "must be an object"),
        ({"Shots": []}, "Shots", "'shots'"),
        ({"zzz": 1}, "zzz", "Fields that there are: $schema, version, size_px"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, changes: dict[str, Any], field: str, says: str
) -> None:
    error = refused(write(tmp_path, **changes))
    assert error.field == field
    assert says in str(error)


def test_one_error_names_the_places_of_all_faults(tmp_path: Path) -> None:
    error = refused(write(tmp_path, fps=0, lang="en", shots=[{"media": "a", "frames": -1}]))
    assert error.field == "fps"
    assert "shots.0.frames, lang" in error.message


@pytest.mark.parametrize("version", [2, 0, True, "1", 1.5, None, [1]])
def test_another_version_is_refused_with_what_to_do(tmp_path: Path, version: object) -> None:
    error = refused(write(tmp_path, version=version, shots="of version 2"))
    assert error.field == "version"
    assert "Upgrade Reelwright" in error.remedy


def test_a_version_must_be_named(tmp_path: Path) -> None:
    file = tmp_path / "timeline.json"
    file.write_text('{"size_px": [180, 320], "shots": []}')
    assert refused(file).remedy == 'Add "version": 1.'


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "line 1, column 1"),
        (b'{\n "version": 1,\n}', "line 3, column 1"),
        (b'{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        (b'{"version": 1, "fps": NaN}', "NaN is no number"),
        (b'{"version": 1, "fps": ' + b"9" * 5000 + b"}", "not the JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b"[]", "A timeline is an object"),
        (b'{"version": 1, "size_px": [180, 320], "shots": [{"media": "\\ud800"}]}', "JSON"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, raw: bytes, says: str) -> None:
    file = tmp_path / "timeline.json"
    file.write_bytes(raw)
    error = refused(file)
    assert error.field == "timeline"
    assert says in str(error)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    file = tmp_path / "timeline.json"
    with file.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    assert "larger than 16 MB" in refused(file).message


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "There is no file" in refused(tmp_path / "none.json").message
    assert "is not a file" in refused(tmp_path).message
    assert "is not a file" in refused(tmp_path / "pipe").message
    assert "cannot be read" in refused(Path("a\0b")).message


def test_a_document_of_ones_own_keeps_its_paths() -> None:
    document = Document.model_validate(PLAIN)
    assert document.shots[0].media == MediaFile(path=Path("a.png"))


def test_the_effects_are_those_that_there_are(tmp_path: Path) -> None:
    for name in EFFECTS:
        load(write(tmp_path, effects=[{"name": name, "at_s": 0}]))
    with pytest.raises(InvalidInput, match=" or ".join(map(repr, EFFECTS))):
        load(write(tmp_path, effects=[{"name": "none", "at_s": 0}]))
