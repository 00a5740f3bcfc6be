"""Goals, and the table that shows them."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from deployments.bench_render import report
from deployments.bench_render.goals import meets

FIGURES = {
    "cpu_ratio_to_limit": 1.35,
    "ours_cpu_s": 13.5,
    "limit_cpu_s": 10.0,
    "jitter_px": 0.11,
    "jitter_shake_px": 0.05,
    "zoompan_jitter_px": {"plain": 2.0, "4x": 0.6},
}


@pytest.mark.parametrize(
    ("key", "value", "met"),
    [
        ("cpu_ratio_to_limit", 1.35, True),
        ("cpu_ratio_to_limit", 1.36, False),
        ("moviepy_over_ours_cpu", 6, True),
        ("moviepy_over_ours_cpu", 5.9, False),
        ("vmaf_at_equal_or_better", True, True),
        ("vmaf_at_equal_or_better", False, False),
        ("peak_rss_ratio", 1.3, False),
    ],
)
def test_a_bound_itself_is_good_enough_and_nothing_beyond(
    key: str, value: float, met: bool
) -> None:
    assert meets({key: value}) == {key: met}


def test_only_what_was_measured_is_shown_and_what_is_missed_stands_out() -> None:
    figures = report.complete(FIGURES, quick=False, moviepy=None, took_s=1.0)
    text = StringIO()
    Console(file=text, width=200).print(report.table(figures))
    shown = text.getvalue()
    assert "ours 13.5 s, x264 10.0 s" in shown
    assert shown.count("MISSED") == 1
    assert "MoviePy" not in shown
    assert figures["machine"]["cores"] >= 1
