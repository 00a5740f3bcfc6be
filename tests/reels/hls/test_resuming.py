"""A package that was broken off goes on where it stopped, and the joint does not show."""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest

from reels.errors import RenderError
from reels.hls import Ladder, check, package, plan, source_of
from reels.hls.pieces import INIT, Piece, finished, measured, note, piece_name
from reels.planes import Planes
from tests.reels.clip_kit import made, numbered, numbers
from tests.reels.hls.films import film

pytestmark = pytest.mark.slow

#: The numbers that `numbered` films show start anew after so many frames.
WRAP = 256


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """A film of 20 s in two sizes, whose frames tell their numbers, with a tone that rises."""
    small = numbered(tmp_path / "small.mp4", 600).path
    tone = ("-f", "lavfi", "-i", "aevalsrc='0.4*sin(6.2832*(200*t+10*t*t))':s=44100:d=20")
    return made(
        tmp_path / "counted.mp4",
        *("-i", small.name, *tone, "-vf", "scale=640:384:flags=neighbor"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"),
    ).path


def shown(ladder: Ladder, root: Path, name: str) -> list[int]:
    """The numbers that the frames of a variant show, from its segments in a row."""
    joined = root.parent / "joined.mp4"
    names = [INIT, *(piece_name(n) for n in range(finished(root / name)))]
    joined.write_bytes(b"".join((root / name / each).read_bytes() for each in names))
    found = []
    with av.open(str(joined)) as container:
        for frame in container.decode(video=0):
            gray = frame.to_ndarray(format="gray")
            found += numbers([Planes(gray, gray, gray)])
    return found


def heard(root: Path, name: str) -> np.ndarray:
    joined = root.parent / "joined.m4a"
    names = [INIT, *(piece_name(n) for n in range(finished(root / name)))]
    joined.write_bytes(b"".join((root / name / each).read_bytes() for each in names))
    with av.open(str(joined)) as container:
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])


def files(root: Path) -> dict[Path, tuple[int, int]]:
    found = ((file, file.stat()) for file in root.rglob("*.m*"))
    return {file: (stat.st_ino, stat.st_mtime_ns) for file, stat in found}


def test_a_package_killed_in_mid_variant_is_completed_and_no_segment_is_encoded_twice(
    counted: Path, tmp_path: Path
) -> None:
    root, work = tmp_path / "hls", tmp_path / "work"
    work.mkdir()
    words = [sys.executable, "-m", "tests.reels.hls.broken_off", counted, root, work]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        before = []
        for line in child.stdout:
            before.append(line.strip())
            if line.startswith("v") and line.split()[1] == "1":
                child.kill()
                break
        # A segment may have been finished between the last word and the end.
        before += [line.strip() for line in child.stdout]
    ladder = plan(source_of(counted, work))
    kept = {name: finished(root / name) for name in ("v234", "v360")}
    assert 2 <= max(kept.values()) < 4, "It was to be killed with some segments finished."
    old = {
        file: stat
        for file, stat in files(root).items()
        if file.suffix == ".m4s" and not file.name.startswith(".")
    }
    after: list[str] = []
    package(
        counted,
        ladder,
        root,
        work,
        on_piece=lambda name, piece: after.append(f"{name} {piece.number}"),
        preset="medium",
    )
    check(root, ladder.grid.length_s)
    assert set(before).isdisjoint(after)
    assert len(after) == len(set(after))
    assert {file: stat for file, stat in files(root).items() if file in old} == old
    assert len(old) + len(after) == sum(len(ladder.grid.segments) for _ in tracks(ladder))
    for name in kept:
        assert shown(ladder, root, name) == [n % WRAP for n in range(600)]


def tracks(ladder: Ladder) -> list[str]:
    return [each.name for each in chain(ladder.variants, ladder.sounds)]


@pytest.mark.parametrize("have", [(0, 3), (2, 1), (3, 3), (4, 2)])
def test_variants_that_stopped_at_different_segments_each_go_on_with_their_own(
    counted: Path, tmp_path: Path, have: tuple[int, int]
) -> None:
    root, work = tmp_path / "hls", tmp_path / "work"
    work.mkdir()
    ladder = plan(source_of(counted, work))
    package(counted, ladder, root, work, preset="ultrafast")
    whole = heard(root, "audio")
    for name, count in zip(("v234", "v360"), have, strict=True):
        for number in range(count, len(ladder.grid.segments)):
            (root / name / piece_name(number)).unlink()
    for number in (2, 3):
        (root / "audio" / piece_name(number)).unlink()
    made_new: list[tuple[str, int]] = []

    def note(name: str, piece: Piece) -> None:
        made_new.append((name, piece.number))

    package(counted, ladder, root, work, on_piece=note, preset="ultrafast")
    check(root, ladder.grid.length_s)
    missing = [("v234", n) for n in range(have[0], 4)] + [("v360", n) for n in range(have[1], 4)]
    assert sorted(made_new) == sorted([*missing, ("audio", 2), ("audio", 3)])
    for name in ("v234", "v360"):
        assert shown(ladder, root, name) == [n % WRAP for n in range(600)]
    again = heard(root, "audio")
    assert len(again) == len(whole)
    assert np.abs(again - whole).max() < 0.02


def test_what_was_encoded_otherwise_is_not_joined(tmp_path: Path) -> None:
    made_of = film(tmp_path / "a.mp4", seconds=7)
    root, ladder = tmp_path / "hls", plan(source_of(made_of, tmp_path))
    package(made_of, ladder, root, tmp_path / "work", preset="ultrafast")
    (root / "v234" / piece_name(1)).unlink()
    with pytest.raises(RenderError, match="encoded otherwise"):
        package(made_of, ladder, root, tmp_path / "work", preset="medium")
    assert finished(root / "v234") == 1


def test_a_finished_package_costs_nothing_to_finish_again(tmp_path: Path) -> None:
    made_of = film(tmp_path / "a.mp4", seconds=3)
    root, ladder = tmp_path / "hls", plan(source_of(made_of, tmp_path))
    package(made_of, ladder, root, tmp_path / "work", preset="ultrafast")
    before = measured(root / "v234")
    made_of.unlink()
    package(made_of, ladder, root, tmp_path / "work", preset="ultrafast")
    assert measured(root / "v234") == before


def test_segments_that_were_carried_away_need_only_be_noted(tmp_path: Path) -> None:
    made_of = film(tmp_path / "a.mp4", "234x416", seconds=13)
    ladder = plan(source_of(made_of, tmp_path))
    whole, root = tmp_path / "whole", tmp_path / "hls"
    package(made_of, ladder, whole, tmp_path, preset="ultrafast")
    for name, carried in (("v234", 1), ("audiolow", 3)):
        for piece in measured(whole / name)[:carried]:
            note(root / name, piece)
        shutil.copy(whole / name / INIT, root / name / INIT)
    made_new: list[tuple[str, int]] = []

    def tell(name: str, piece: Piece) -> None:
        made_new.append((name, piece.number))

    package(made_of, ladder, root, tmp_path, preset="ultrafast", on_piece=tell)
    assert sorted(made_new) == [("v234", 1), ("v234", 2)]
    for file in ("v234/index.m3u8", "audiolow/index.m3u8"):
        assert (root / file).read_bytes() == (whole / file).read_bytes()
    for name in ("v234", "audiolow"):
        for number in range(finished(root / name)):
            if not (root / name / piece_name(number)).exists():
                shutil.copy(whole / name / piece_name(number), root / name)
    check(root, ladder.grid.length_s)


def test_more_cores_encode_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reels.hls.encode.cores", lambda: 16)
    made_of = film(tmp_path / "a.mp4", "432x768", seconds=7)
    ladder = plan(source_of(made_of, tmp_path))
    package(made_of, ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
    check(tmp_path / "hls", ladder.grid.length_s)


def test_a_full_disk_is_told_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = film(tmp_path / "a.mp4", seconds=3)
    ladder = plan(source_of(made_of, tmp_path))
    full = tmp_path / "full"
    full.write_text("no directory can be made here")
    with pytest.raises(RenderError, match=r"init\.mp4 of the package cannot be written"):
        package(made_of, ladder, full / "hls", tmp_path, preset="ultrafast")
