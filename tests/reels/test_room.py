"""Who has how much of a machine's memory: what does not fit waits, and nothing is kept for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reels.errors import TooLarge
from reels.room import room

HOLD = """
import sys
from pathlib import Path
from reels.room import room
with room(Path(sys.argv[1]), 60, 100, "A child"):
    print("in", flush=True)
    sys.stdin.read()
"""
DEADLINE_S = 60.0


class Waiting(threading.Thread):
    """One that comes for `need` of 100 bytes, and stays until it is told to leave."""

    def __init__(self, place: Path, need: int) -> None:
        super().__init__(daemon=True)
        self.place, self.need = place, need
        self.waits, self.is_in, self.leave = (threading.Event() for _ in range(3))
        self.start()

    def run(self) -> None:
        with room(self.place, self.need, 100, "A test", self.waits.set):
            self.is_in.set()
            self.leave.wait(DEADLINE_S)

    def end(self) -> None:
        self.leave.set()
        self.join(DEADLINE_S)
        assert not self.is_alive()


def test_what_fits_together_is_in_together(tmp_path: Path) -> None:
    with room(tmp_path, 40, 100, "One"), room(tmp_path, 60, 100, "Another"):
        pass


def test_what_does_not_fit_waits_until_there_is_room(tmp_path: Path) -> None:
    with room(tmp_path, 60, 100, "One"):
        late = Waiting(tmp_path, 50)
        assert late.waits.wait(DEADLINE_S)
        assert not late.is_in.is_set()
    assert late.is_in.wait(DEADLINE_S)
    late.end()


def test_a_small_one_does_not_pass_a_large_one_that_waits(tmp_path: Path) -> None:
    with room(tmp_path, 60, 100, "One"):
        large = Waiting(tmp_path, 90)
        assert large.waits.wait(DEADLINE_S)
        small = Waiting(tmp_path, 20)
        assert small.waits.wait(DEADLINE_S)
        assert not small.is_in.is_set()
    assert large.is_in.wait(DEADLINE_S)
    assert not small.is_in.is_set()
    large.end()
    assert small.is_in.wait(DEADLINE_S)
    small.end()


def test_the_room_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    late = Waiting(tmp_path, 50)
    assert late.waits.wait(DEADLINE_S)
    child.kill()
    child.wait()
    assert late.is_in.wait(DEADLINE_S)
    late.end()
    assert [each.name for each in tmp_path.glob("*.[0-9]*")] == []


def test_what_would_never_fit_is_refused_at_once_and_says_what_it_needs(tmp_path: Path) -> None:
    refused = pytest.raises(TooLarge, match=r"A render needs about 3 MB.*may take 2 MB")
    with refused, room(tmp_path, 3_000_000, 2_000_000, "A render"):
        raise AssertionError


def test_a_file_that_is_no_place_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "stale.80").touch()
    with room(tmp_path, 100, 100, "One"):
        assert {"door", "ledger"} < set(os.listdir(tmp_path))
        assert not (tmp_path / "stale.80").exists()
