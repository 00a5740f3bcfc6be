"""render.json and the printed table."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from deployments.bench_render.bench import Figures, ffmpeg_version
from deployments.bench_render.goals import GOALS, meets
from reels.grid import RENDERER, Encoder
from reels.machine import cores

_PACKAGES = ("av", "numpy", "opencv-python-headless", "pillow", "imageio-ffmpeg")


def complete(figures: Figures, *, quick: bool, moviepy: str | None, took_s: float) -> Figures:
    """`figures` with the goals that they meet and what they were measured on and with."""
    return {
        **figures,
        "meets": meets(figures),
        "goals": {goal.key: goal.bound for goal in GOALS},
        "quick": quick,
        "took_s": round(took_s),
        "machine": machine(moviepy),
    }


def machine(moviepy: str | None) -> dict[str, Any]:
    """What the figures hold for."""
    versions = {name: version(name) for name in _PACKAGES}
    if moviepy:
        versions["moviepy"] = moviepy
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cores": cores(),
        "cpu": _cpu_model(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "ffmpeg": ffmpeg_version(),
        "versions": versions,
        "renderer": RENDERER,
        "encoder": Encoder().model_dump(),
    }


def write(figures: Figures, to: Path) -> None:
    to.write_text(json.dumps(figures, indent=2) + "\n")


def table(figures: Figures) -> Table:
    """Every goal that was measured, with its figure and what stands beside it."""
    shown = Table(title="The renderer", title_justify="left")
    for column in ("figure", "measured", "goal", "", "beside it"):
        shown.add_column(column, justify="right" if column == "measured" else "left")
    for goal in GOALS:
        if goal.key not in figures:
            continue
        met = "met" if figures["meets"][goal.key] else "MISSED"
        value = figures[goal.key]
        measured = str(value).lower() if isinstance(value, bool) else f"{value:g}"
        shown.add_row(goal.says, measured, goal.bound, met, _beside(goal.key, figures))
    return shown


def _beside(key: str, figures: Figures) -> str:
    """The figures from which a ratio comes, or those that go with it."""
    forms = {
        "cpu_ratio_to_limit": "ours {ours_cpu_s} s, x264 {limit_cpu_s} s",
        "wall_ratio_to_limit": "ours {ours_wall_s} s, x264 {limit_wall_s} s",
        "moviepy_over_ours_cpu": "wall {moviepy_over_ours_wall}",
        "zoompan_over_ours_cpu": "wall {zoompan_over_ours_wall}",
        "vmaf_at_equal_or_better": "ours {vmaf_ours}, zoompan {vmaf_zoompan}; "
        "bytes {vmaf_bytes[ours]}, {vmaf_bytes[zoompan]}",
        "caption_edit_share": "wall {caption_edit_share_wall}, "
        "without start {caption_edit_share_without_start}",
        "same_again_share": "with the interpreter's start {same_again_share_with_start}",
        "jitter_px": "about its mean {jitter_shake_px}; "
        "zoompan {zoompan_jitter_px[plain]}, 4x {zoompan_jitter_px[4x]}",
        "peak_rss_ratio": "MB by seconds: {peak_rss_mb}",
    }
    return forms[key].format(**figures)


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
