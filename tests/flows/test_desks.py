"""A job's desk: kept when an attempt dies, for one attempt at a time, and cleared in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from flows import desks
from flows.desks import desk

HOLD = "import sys; from flows.desks import desk\nwith desk('a') as d:\n (d / 'x').write_text('x')"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path))
    return tmp_path / "work" / "desks"


def leave(job: str) -> Path:
    """An attempt that fails with a file on its desk."""
    with suppress(RuntimeError), desk(job) as place:
        (place / "deep").mkdir()
        (place / "deep" / "film").write_text("half of it")
        raise RuntimeError
    return place


def test_a_desk_is_cleared_when_all_went_well_and_kept_when_not(home: Path) -> None:
    place = leave("a")
    assert (place / "deep" / "film").read_text() == "half of it"
    with desk("a") as again:
        assert again == place
        assert (again / "deep" / "film").read_text() == "half of it"
    assert list(home.iterdir()) == []
    with desk("a") as anew:
        assert {each.name for each in anew.iterdir()} == {"lock", "boot"}


def test_a_desk_whose_attempt_was_killed_is_free_at_once() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", f"{HOLD}\n print('in', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    child.kill()
    child.wait()
    with desk("a") as place:
        assert (place / "x").read_text() == "x"


def test_two_attempts_sit_there_one_after_the_other() -> None:
    """Eight at once count together without losing one, though each clears the desk."""
    inside, most = [0], [0]

    def attempt() -> None:
        with desk("a"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            threading.Event().wait(0.02)
            inside[0] -= 1

    attempts = [threading.Thread(target=attempt) for _ in range(8)]
    for each in attempts:
        each.start()
    for each in attempts:
        each.join(30)
    assert (inside, most) == ([0], [1])


def test_what_lay_there_when_the_machine_went_down_is_not_trusted() -> None:
    place = leave("a")
    (place / "boot").write_text("an earlier start")
    with desk("a") as again:
        assert not (again / "deep").exists()


def test_desks_that_were_left_long_ago_are_cleared_and_no_others(home: Path) -> None:
    old, new = leave("old"), leave("new")
    with desk("busy") as busy:
        long_ago = 1_000_000
        for place in (old, busy):
            os.utime(place / "boot", (long_ago, long_ago))
        with desk("a"):
            assert {each.name for each in home.iterdir()} == {"new", "busy", "a"}
    assert new.exists()
    assert desks.LEFT_AFTER_S == 86_400
