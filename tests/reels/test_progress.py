from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from reels.encode import encode
from reels.grid import Encoder, plan
from reels.progress import Tally, percent_of
from reels.stages import PROGRESS, STAGES, Stage
from tests.reels.render_kit import timeline

SHARES = [number / 1000 for number in range(1001)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_begins_at_its_entry_and_ends_below_the_next(stage: Stage) -> None:
    following = [*STAGES, "ready"][STAGES.index(stage) + 1]
    assert percent_of(stage, 0) == PROGRESS[stage]
    assert percent_of(stage, 1) == PROGRESS[following] - 1  # type: ignore[index]


def test_the_per_cent_never_falls_through_all_stages() -> None:
    told = [percent_of(stage, share) for stage in STAGES for share in SHARES]
    assert all(one <= other for one, other in pairwise(told))
    assert (told[0], told[-1]) == (PROGRESS["drafting"], 99)


def test_half_of_the_work_is_half_of_the_way() -> None:
    assert percent_of("subtitles", 0.5) == 62
    assert percent_of("rendering", 0.5) == 95


@pytest.mark.parametrize("share", [-1.0, -0.001, 1.001, 7.0])
def test_a_share_beyond_its_range_stays_in_its_stage(share: float) -> None:
    assert PROGRESS["assets"] <= percent_of("assets", share) < PROGRESS["audio"]


def test_nothing_is_done_where_nothing_is_expected() -> None:
    tally = Tally()
    tally.count("a")
    assert tally.share == 0
    assert not tally.changed.is_set()


def test_pieces_count_by_their_sizes() -> None:
    tally = Tally()
    tally.expect("long", 30)
    tally.expect("short", 10)
    tally.count("short")
    assert tally.share == 0.25
    tally.count("long", 15)
    assert tally.share == 0.625


def test_a_piece_that_is_begun_anew_loses_nothing_and_counts_once() -> None:
    tally = Tally()
    tally.expect("a", 10)
    for done in (4, 8, 1, 8, 10, 11):
        before = tally.share
        tally.count("a", done)
        assert tally.share >= before
    assert tally.share == 1


def test_what_is_expected_twice_is_one_piece() -> None:
    tally = Tally()
    share = tally.part("words", 4)
    tally.expect("words", 2)
    share(0.5)
    assert tally.share == 0.5


def test_many_threads_lose_no_count() -> None:
    tally, frames = Tally(), range(1, 501)
    for piece in range(8):
        tally.expect(piece, 500)

    def count(piece: int) -> None:
        for frame in frames:
            tally.count(piece, frame)

    threads = [threading.Thread(target=count, args=(piece,)) for piece in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.share == 1


def test_an_encoder_tells_every_frame_once(tmp_path: Path) -> None:
    (segment,) = plan(timeline(tmp_path, (20,)), Encoder())
    told: list[tuple[int, int]] = []
    encode(
        segment,
        tmp_path / "part.mp4",
        tmp_path,
        on_progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(number, 20) for number in range(1, 21)]


def test_who_listens_changes_no_byte(tmp_path: Path) -> None:
    (segment,) = plan(timeline(tmp_path, (20,)), Encoder())
    heard = encode(segment, tmp_path / "1.mp4", tmp_path, on_progress=lambda _done, _of: None)
    assert heard.read_bytes() == encode(segment, tmp_path / "2.mp4", tmp_path).read_bytes()
