"""Segments as cached tasks: what fails is told when it fails, not when all has been tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect import flow, task
from prefect.futures import PrefectFuture

from flows.encoding import encoded
from flows.runners import threads
from reels.errors import RenderError
from reels.grid import Encoder, plan
from reels.models import ArtifactRef
from reels.timeline import Timeline
from tests.reels.render_kit import timeline

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_environment", "data_dir")]

NOWHERE = ArtifactRef(key="plan.json", sha256="0" * 64, size_bytes=1, media_type="a/b")
SHOTS = 24


@task
def unheard_of() -> None:
    raise RenderError("The voice cannot be read.")


def render(made: Timeline, *, silent: bool = False) -> None:
    @flow(task_runner=threads(2))
    def rendering() -> None:
        beside: list[PrefectFuture[None]] = [unheard_of.submit()] if silent else []
        encoded(made, NOWHERE, Encoder(), 1, beside)

    rendering()


def segments_in(data_dir: Path) -> int:
    return len(list(data_dir.glob("store/cache/segment/*.mp4")))


def test_all_segments_are_encoded(tmp_path: Path, data_dir: Path) -> None:
    made = timeline(tmp_path, (60,) * 3)
    render(made)
    assert segments_in(data_dir) == len(plan(made))


def test_the_first_segment_that_fails_ends_the_render(tmp_path: Path, data_dir: Path) -> None:
    made = timeline(tmp_path, (60,) * SHOTS)
    made.shots[0].media.path.unlink()
    with pytest.raises(RenderError, match="cannot be read"):
        render(made)
    assert segments_in(data_dir) < SHOTS // 2


def test_a_sound_that_fails_ends_the_render(tmp_path: Path, data_dir: Path) -> None:
    made = timeline(tmp_path, (60,) * SHOTS)
    with pytest.raises(RenderError, match="The voice cannot be read"):
        render(made, silent=True)
    assert segments_in(data_dir) < SHOTS // 2
