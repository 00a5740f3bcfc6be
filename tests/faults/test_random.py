"""A few faults drawn at random: what is promised of every job holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.chaos import Chaos
from tests.faults.grounds import a_house

pytestmark = pytest.mark.slow

SEED, STRIKES, SECONDS = 9, 3, 25.0


@pytest.mark.timeout(900)
def test_jobs_that_are_struck_at_random_all_end_once_paid_once_and_told_once(
    tmp_path: Path,
) -> None:
    struck: list[str] = []
    with a_house(tmp_path / "data") as house:
        chaos = Chaos(house, random.Random(SEED), struck.append, at_once=2)
        outcomes = chaos.run(seconds=SECONDS, strikes=STRIKES)
    assert [(each.name, each.seen) for each in outcomes if each.seen] == []
    assert any("hit" in line for line in struck), struck
