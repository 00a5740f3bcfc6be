"""The most memory that a render takes: a short video and one of ten minutes."""

from __future__ import annotations

from deployments.bench_render import material, ours
from deployments.bench_render.bench import Bench, Figures
from deployments.bench_render.clock import run, say
from deployments.bench_render.ours import Rendered
from reels.grid import plan

SHORT_S = 20
LONG_S = 600
QUICK_LONG_S = 180


def measure(bench: Bench) -> Figures:
    """Peak resident memory of the one process that renders; it has no children."""
    long_s = QUICK_LONG_S if bench.quick else LONG_S
    peaks = {}
    for duration_s in (SHORT_S, long_s):
        desk = bench.folder("memory")
        timeline = material.timeline(bench.pictures, duration_s)
        keys = {segment.key for segment in plan(timeline)}
        rendered = Rendered.read(run(ours.command(timeline, desk), desk).printed)
        assert rendered.made == len(keys) == rendered.segments, "segments repeat themselves"
        peaks[str(duration_s)] = round(rendered.peak_rss_mb, 1)
        say(
            f"  {duration_s} s of video: peak {rendered.peak_rss_mb:.0f} MB, "
            f"{rendered.work_cpu_s:.0f} CPU s, {rendered.work_wall_s:.0f} s"
        )
    return {
        "peak_rss_mb": peaks,
        "peak_rss_ratio": round(peaks[str(long_s)] / peaks[str(SHORT_S)], 3),
    }
