"""Waits grow to their limit, differ by chance, and are never shorter than what was asked for."""

from __future__ import annotations

import pytest

from deployments.status.waits import Waits

WAITS = Waits(first_s=5, factor=4, longest_s=14_400, longest_asked_s=3_600)


@pytest.mark.parametrize(
    ("tries", "longest_s"), [(1, 5), (2, 20), (3, 80), (6, 5_120), (7, 14_400), (10_000, 14_400)]
)
def test_waits_grow_and_differ(tries: int, longest_s: float) -> None:
    waits = [WAITS.after(tries) for _ in range(50)]
    assert longest_s / 2 <= min(waits) <= max(waits) <= longest_s
    assert len(set(waits)) > 40


def test_a_longer_wait_is_granted_within_bounds() -> None:
    assert WAITS.after(1, 100) == 100
    assert WAITS.after(1, 1e9) == 3_600
    assert WAITS.after(1, 0.1) >= 2.5
