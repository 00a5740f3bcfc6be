"""Renders wait for memory on their machine, and one that never fits says so."""

from __future__ import annotations

import threading
from contextvars import copy_context
from pathlib import Path

import pytest
from prefect import flow

from flows.encoding import encoded, missing_of, need_of
from flows.memory import memory_for
from flows.runners import threads
from reels.errors import TooLarge
from reels.grid import Encoder, plan
from reels.models import ArtifactRef
from reels.needs import RUN_BYTES
from reels.timeline import Timeline
from tests.reels.render_kit import timeline

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_environment")]

NOWHERE = ArtifactRef(key="plan.json", sha256="0" * 64, size_bytes=1, media_type="a/b")
DEADLINE_S = 120.0


def render(made: Timeline) -> tuple[ArtifactRef, ...]:
    @flow(task_runner=threads(2))
    def rendering() -> tuple[ArtifactRef, ...]:
        return encoded(made, NOWHERE, Encoder(), 1).parts

    return rendering()


def beside(made: Timeline, parts: list[tuple[ArtifactRef, ...]]) -> threading.Thread:
    """A render in a thread, which uses the same server; what it made goes to `parts`."""
    known = copy_context()
    run = threading.Thread(target=lambda: parts.append(known.run(render, made)), daemon=True)
    run.start()
    return run


def allow(monkeypatch: pytest.MonkeyPatch, most_bytes: int) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_WORKER_MEMORY_MB", str(most_bytes // 1_000_000 + 1))


def need(made: Timeline) -> int:
    segments = plan(made)
    return need_of(segments, missing_of(segments))


def test_of_two_renders_that_do_not_fit_together_one_goes_after_the_other(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [timeline(tmp_path, (60,) * 3), timeline(tmp_path, (45,) * 4)]
    allow(monkeypatch, max(need(each) for each in both))
    parts: list[tuple[ArtifactRef, ...]] = []
    for run in [beside(made, parts) for made in both]:
        run.join(DEADLINE_S)
    made_at = [
        sorted((data_dir / "store" / part.key).stat().st_mtime_ns for part in each)
        for each in parts
    ]
    first, second = sorted(made_at)
    assert first[-1] <= second[0]


def test_a_render_that_waits_encodes_nothing_until_others_have_left(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = timeline(tmp_path, (60,) * 2)
    allow(monkeypatch, need(made))
    with memory_for("Another", RUN_BYTES):
        run = beside(made, [])
        # It waits without an end: a while in which it could have begun shows it.
        run.join(3)
        assert run.is_alive()
        assert not list(data_dir.glob("store/cache/segment/*.mp4"))
    run.join(DEADLINE_S)
    assert list(data_dir.glob("store/cache/segment/*.mp4"))


def test_a_render_that_the_machine_has_no_memory_for_fails_and_says_why(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_WORKER_MEMORY_MB", "100")
    with pytest.raises(TooLarge, match=r"This render needs about \d+ MB.*may take 100 MB"):
        render(timeline(tmp_path, (60,)))
    assert not list(data_dir.glob("store/cache/segment/*.mp4"))


def test_a_render_of_which_all_is_there_needs_little(tmp_path: Path, data_dir: Path) -> None:
    made = timeline(tmp_path, (60,))
    assert need(made) > RUN_BYTES
    render(made)
    assert need(made) == RUN_BYTES
    assert data_dir.exists()
