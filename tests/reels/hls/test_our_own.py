"""Our own finished videos are packaged without their top variant being encoded again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from reels import render
from reels.hls import check, package, plan, source_of
from reels.hls.pieces import INIT, Piece, measured, piece_name
from reels.models import Cue
from reels.timeline import Shot, Timeline
from tests.reels.render_kit import noisy

pytestmark = pytest.mark.slow

SIZE = (252, 448)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with transitions and captions, so that its segments are of many lengths."""
    desk = tmp_path_factory.mktemp("own")
    media = [noisy(desk / f"{n}.png", n, SIZE) for n in range(3)]
    shown = Timeline(
        size_px=SIZE,
        fps=30,
        shots=tuple(Shot(media=each, frames=97 + 13 * n) for n, each in enumerate(media)),
        cues=(
            Cue(start_s=0.4, end_s=2.1, text="First of all"),
            Cue(start_s=3.9, end_s=5.5, text="Then"),
        ),
        captions="plain",
        transition="crossfade",
    )
    return render(shown, desk / "own.mp4", cache=desk / "cache").video


def pictures(path: Path) -> Iterator[bytes]:
    """The coded pictures of a video, in the order in which they are decoded."""
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:
                yield bytes(packet)


def test_the_top_variant_is_the_videos_own_pictures_and_only_lower_ones_are_encoded(
    own: Path, tmp_path: Path
) -> None:
    source = source_of(own, tmp_path)
    ladder = plan(source, is_ours=True)
    assert [(each.name, each.way) for each in ladder.variants] == [
        ("v234", "encode"), ("v252", "copy"),
    ]  # fmt: skip
    root = tmp_path / "hls"
    package(own, ladder, root, tmp_path, preset="ultrafast")
    check(root, Fraction(source.frames, 30), most_peak_share=4)
    joined = tmp_path / "joined.mp4"
    names = [INIT, *(piece_name(piece.number) for piece in measured(root / "v252"))]
    joined.write_bytes(b"".join((root / "v252" / name).read_bytes() for name in names))
    assert list(pictures(joined)) == list(pictures(own))


def test_its_segments_are_cut_at_its_own_keys_and_last_no_more_than_six_seconds(
    own: Path, tmp_path: Path
) -> None:
    grid = plan(source_of(own, tmp_path), is_ours=True).grid
    steps = [b - a for a, b in pairwise([*grid.groups, grid.frames])]
    assert max(steps) <= 60
    assert len(set(steps)) > 1
    assert all(b - a <= 180 for a, b in pairwise([*grid.segments, grid.frames]))


def test_the_master_appears_with_the_copy_and_grows_when_the_others_are_encoded(
    own: Path, tmp_path: Path
) -> None:
    ladder = plan(source_of(own, tmp_path), is_ours=True)
    told: list[list[str]] = []
    seen: list[str] = []
    root = tmp_path / "hls"

    def on_master(variants: object) -> None:
        lines = (root / "master.m3u8").read_text(encoding="utf-8").splitlines()
        told.append([line for line in lines if line.endswith("index.m3u8")])

    def on_piece(name: str, piece: Piece) -> None:
        seen.append(name)
        if name == "v234":
            assert told == [["v252/index.m3u8"]]

    package(own, ladder, root, tmp_path, on_master=on_master, on_piece=on_piece)
    assert sorted(told[-1]) == ["v234/index.m3u8", "v252/index.m3u8"]
    assert len(told) == 2
    assert "v234" in seen
