"""What the renderer is held to, and whether the figures keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deployments.bench_render.bench import Figures


class Goal(NamedTuple):
    """A figure's bound: at most `most` or at least `least`. `says` is for the table."""

    key: str
    says: str
    least: float | None = None
    most: float | None = None

    def kept_by(self, value: float) -> bool:
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    @property
    def bound(self) -> str:
        sides = (("at least", self.least), ("at most", self.most))
        return ", ".join(f"{side} {value:g}" for side, value in sides if value is not None)


GOALS: Sequence[Goal] = (
    Goal("cpu_ratio_to_limit", "CPU, ours / x264 alone", most=1.35),
    Goal("wall_ratio_to_limit", "wall, ours / x264 alone", most=1.25),
    Goal("moviepy_over_ours_cpu", "CPU, MoviePy / ours", least=6),
    Goal("zoompan_over_ours_cpu", "CPU, zoompan 4x / ours", least=1.4),
    Goal("vmaf_at_equal_or_better", "VMAF, ours at least zoompan's", least=1),
    Goal("caption_edit_share", "CPU, one cue changed / first", most=0.15),
    Goal("same_again_share", "CPU, same again / first", most=0.02),
    Goal("jitter_px", "worst jitter of a zoom, px", most=0.1),
    Goal("peak_rss_ratio", "peak memory, long / 20 s", most=1.2),
)


def meets(figures: Figures) -> dict[str, bool]:
    """Which goals are met, of those that were measured."""
    return {goal.key: goal.kept_by(figures[goal.key]) for goal in GOALS if goal.key in figures}
