"""Measure what packaging costs; writes out/bench/hls.json.

Run as `python -m deployments.bench_hls`. Processor time of the children is compared within one
run, so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deployments.bench_hls.costs import alone, copied, packaged
from deployments.bench_render.material import timeline
from deployments.bench_render.pictures import make_pictures
from deployments.goals import Goal, kept
from reels.errors import ReelsError
from reels.hls import Ladder, Source, plan, source_of
from reels.hls.encode import PRESET
from reels.rendering import render

OUT = Path("out/bench")
SECONDS = 60
GOALS = (
    Goal(
        "ladder_cpu_ratio_to_limit",
        "six rungs from one film, beside x264 alone on ready frames",
        most=1.15,
    ),
    Goal("copy_share", "the top rung by copy, beside its encoding", most=0.05),
)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench_hls", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long the film is")
    parser.add_argument("--rounds", type=int, default=1, help="of which the median counts")
    parser.add_argument("--preset", default=PRESET, help="of x264")
    asked = parser.parse_args(words)
    desk = (OUT / "hls").absolute()
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir(parents=True)
    try:
        film = desk / "film.mp4"
        shown = timeline(make_pictures(desk / "pictures"), asked.seconds)
        render(shown, film, cache=desk / "cache")
        source = source_of(film, desk)
        rounds = [measure(film, source, desk, asked.preset) for _ in range(asked.rounds)]
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(desk, ignore_errors=True)
    figures = {key: round(statistics.median(each[key] for each in rounds), 4) for key in rounds[0]}
    whole: dict[str, Any] = figures | {
        "meets": kept(GOALS, figures),
        "goals": {goal.key: goal.bound for goal in GOALS},
        "seconds": asked.seconds,
        "preset": asked.preset,
        "rounds": asked.rounds,
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }
    (OUT / "hls.json").write_text(json.dumps(whole, indent=2) + "\n")
    Console(highlight=False, soft_wrap=True).print(_table(whole))
    return 0


def measure(film: Path, source: Source, desk: Path, preset: str) -> dict[str, float]:
    """All figures of one round, in processor seconds and in shares of them."""
    every = _all_encoded(source)
    figures = {
        f"{variant.name}_alone_cpu_s": alone(film, every, variant, desk, preset)
        for variant in every.variants
    }
    top = figures[f"{every.variants[-1].name}_alone_cpu_s"]
    limit = sum(figures.values())
    ladder, copy = packaged(film, every, desk, preset), copied(film, _own(source), desk)
    return figures | {
        "limit_cpu_s": limit,
        "ladder_cpu_s": ladder,
        "copy_cpu_s": copy,
        "ladder_cpu_ratio_to_limit": ladder / limit,
        "copy_share": copy / top,
    }


def _own(source: Source) -> Ladder:
    return plan(source, is_ours=True)


def _all_encoded(source: Source) -> Ladder:
    """As for a film whose pictures cannot be copied."""
    return plan(source.model_copy(update={"has_one_setup": False}))


def _table(figures: dict[str, Any]) -> Table:
    title = f"Packaging {figures['seconds']} s, {figures['preset']}"
    table = Table(title=title, title_justify="left")
    for column in ("figure", "measured", "goal", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for goal in GOALS:
        met = "met" if figures["meets"][goal.key] else "MISSED"
        table.add_row(goal.says, f"{figures[goal.key]:g}", goal.bound, met)
    for key in ("ladder_cpu_s", "limit_cpu_s", "copy_cpu_s"):
        table.add_row(key.removesuffix("_cpu_s"), f"{figures[key]:.2f} CPU s", "", "")
    return table


if __name__ == "__main__":
    sys.exit(main())
