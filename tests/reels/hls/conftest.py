"""A package that tests may look at, and copies of it that they may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from reels.hls import Captions, Ladder, package, plan, source_of
from reels.models import Cue
from tests.reels.hls.films import film

CUES = (
    Cue(start_s=0.5, end_s=2, text="A & B"),
    Cue(start_s=5.5, end_s=7, text="Привет, мир"),
    Cue(start_s=60, end_s=61, text="Too late"),
)
RUSSIAN = Captions(language="ru", name="Русский")


class Made(NamedTuple):
    film: Path
    ladder: Ladder
    root: Path


@pytest.fixture(scope="session")
def finished_package(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A film of 8 s in three sizes, with captions."""
    desk = tmp_path_factory.mktemp("hls")
    path = film(desk / "film.mp4", "432x768", seconds=8)
    ladder = plan(source_of(path, desk))
    package(path, ladder, desk / "hls", desk, captions={RUSSIAN: CUES}, preset="ultrafast")
    return Made(path, ladder, desk / "hls")


@pytest.fixture
def own_copy(finished_package: Made, tmp_path: Path) -> Made:
    """One to spoil."""
    shutil.copytree(finished_package.root, tmp_path / "hls")
    return finished_package._replace(root=tmp_path / "hls")
