"""What the renderer is held to, and whether the figures keep it."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.bench_render.bench import Figures
from deployments.goals import Goal, kept

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
    return kept(GOALS, figures)
