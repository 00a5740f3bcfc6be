"""python -m deployments.bench_render [--only PART,...] [--quick] [--moviepy PYTHON]"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from deployments.bench_render import edits, jitter, memory, quality, race, report
from deployments.bench_render.bench import Bench, Figures
from deployments.bench_render.clock import say
from deployments.bench_render.pictures import make_pictures
from reels.errors import ReelsError

OUT = Path("out/bench")
RACE = {"limit", "moviepy", "zoompan"}
_RACE_SAYS = "the same 20 s by every contender"
ALONE: dict[str, tuple[str, Callable[[Bench], Figures]]] = {
    "crossfades": ("the limit again, with cross-fades", race.crossfades),
    "quality": ("VMAF against the supersampled reference", quality.measure),
    "jitter": ("the path of a point during a zoom", jitter.measure),
    "edits": ("a changed cue, and nothing changed", edits.measure),
    "memory": ("peak memory of a short and a long video", memory.measure),
}
PARTS = [*sorted(RACE), *ALONE]


def main(words: Sequence[str] | None = None) -> int:
    asked = _arguments(words)
    parts = set(asked.only.split(",")) if asked.only else set(PARTS)
    if unknown := parts - set(PARTS):
        print(f"error: no such part: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if "moviepy" in parts and not asked.moviepy.exists():
        print(f"error: no MoviePy at {asked.moviepy}: run make bench-render", file=sys.stderr)
        return 1
    started = time.perf_counter()
    desk = OUT / "render"
    shutil.rmtree(desk, ignore_errors=True)
    try:
        say("making pictures")
        pictures = make_pictures(desk / "pictures")
        bench = Bench(desk, OUT, pictures, asked.moviepy, asked.quick)
        measured, failed = _measure(bench, parts)
    finally:
        if not asked.keep:
            shutil.rmtree(desk, ignore_errors=True)
    moviepy = _moviepy_version(asked.moviepy) if "moviepy" in parts else None
    figures = report.complete(
        measured, quick=asked.quick, moviepy=moviepy, took_s=time.perf_counter() - started
    )
    report.write(figures, OUT / "render.json")
    console = Console(highlight=False, soft_wrap=True)
    console.print(report.table(figures))
    console.print(f"Took {figures['took_s']} s. Written to {OUT / 'render.json'}.", markup=False)
    return 1 if failed else 0


def _measure(bench: Bench, parts: set[str]) -> tuple[Figures, bool]:
    """The figures of all parts, and whether one failed: what the others found stays."""
    work = {name: step for name, step in ALONE.items() if name in parts}
    if parts & RACE:
        work = {"race": (_RACE_SAYS, lambda bench: race.race(bench, parts & RACE)), **work}
    figures: Figures = {}
    failed = False
    for says, measure in work.values():
        say(says)
        try:
            figures |= measure(bench)
        except ReelsError as error:
            failed = True
            print(f"error: {error}", file=sys.stderr)
    return figures, failed


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_render", description=__doc__)
    parser.add_argument("--only", metavar="PART,...", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="MoviePy on 4 s, memory on 3 min")
    parser.add_argument("--keep", action="store_true", help=f"leave what was made in {OUT}/render")
    parser.add_argument(
        "--moviepy",
        type=Path,
        default=Path(".venv/moviepy/bin/python"),
        metavar="PYTHON",
        help="an interpreter that has MoviePy",
    )
    return parser.parse_args(words)


def _moviepy_version(python: Path) -> str:
    code = "from importlib.metadata import version; print(version('moviepy'))"
    answer = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return answer.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
