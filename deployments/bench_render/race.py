"""Contenders make the same 20 s in turns: ours, x264 alone, MoviePy and `zoompan`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deployments.bench_render import cue_states, finished, material, ours, zoompan
from deployments.bench_render.bench import Bench, Figures
from deployments.bench_render.clock import Run, Runs, in_turns, run, say
from reels.grid import Encoder
from reels.motion import ZOOM
from reels.timeline import Timeline

DURATION_S = 20
LIMITS = ("x264, 1 thread", "x264, own threads", "x264 in process")
_MOVIEPY_SCRIPT = Path(__file__).parent / "moviepy_video.py"

Start = Callable[[], Run]


def race(bench: Bench, parts: set[str]) -> Figures:
    """The figures of those of `limit`, `moviepy` and `zoompan` that are in `parts`."""
    timeline = material.timeline(bench.pictures, DURATION_S)
    desk = bench.folder("race")
    contenders = {"ours": _ours(timeline, desk)}
    if "zoompan" in parts:
        words = zoompan.command(timeline, desk, desk / "zoompan.mp4")
        contenders["zoompan"] = lambda: run(words, desk)
    if "moviepy" in parts:
        contenders["moviepy"] = _moviepy(timeline, bench, desk)
    if "limit" not in parts:
        return _figures(in_turns(contenders), desk, bench)
    return _limited(timeline, contenders, desk, bench)


def crossfades(bench: Bench) -> Figures:
    """The limit once more, for a video that fades from each picture to the next."""
    timeline = material.timeline(bench.pictures, DURATION_S, transition="crossfade")
    desk = bench.folder("crossfades")
    figures = _limited(timeline, {"ours": _ours(timeline, desk)}, desk, bench)
    return {"crossfades": figures}


def _limited(timeline: Timeline, contenders: dict[str, Start], desk: Path, bench: Bench) -> Figures:
    """Race `contenders` together with x264 on the finished frames."""
    file = finished.room_for(timeline, desk) / f"{desk.name}-finished.yuv"
    try:
        raw = finished.draw(timeline, file, desk)
        say(f"  drew {timeline.frames} frames in {raw.drawn_cpu_s:.2f} CPU s")
        commands = (
            finished.limit_command(raw, desk / "limit-1.mp4", threads=1),
            finished.limit_command(raw, desk / "limit.mp4", threads=0),
            finished.limit_in_process_command(raw, desk / "limit-in-process.mp4"),
        )
        limits = {
            name: lambda words=words: run(words, desk)
            for name, words in zip(LIMITS, commands, strict=True)
        }
        figures = _figures(in_turns({**contenders, **limits}), desk, bench)
    finally:
        file.unlink(missing_ok=True)
    return figures | {"drawn_cpu_s": round(raw.drawn_cpu_s, 2)}


def _ours(timeline: Timeline, desk: Path) -> Start:
    return lambda: run(ours.command(timeline, desk), desk)


def _moviepy(timeline: Timeline, bench: Bench, desk: Path) -> Start:
    shown_s = material.SHOT_S if bench.quick else DURATION_S
    if bench.quick:
        timeline = material.timeline(bench.pictures[:1], shown_s)
    job = desk / "moviepy.json"
    job.write_text(json.dumps(_moviepy_job(timeline)))
    words = [bench.moviepy, _MOVIEPY_SCRIPT, job, desk / "moviepy.mp4"]

    def start() -> Run:
        imported = run([bench.moviepy, _MOVIEPY_SCRIPT], desk)
        whole = run(words, desk)
        times = DURATION_S / shown_s
        return Run(
            imported.cpu_s + (whole.cpu_s - imported.cpu_s) * times,
            imported.wall_s + (whole.wall_s - imported.wall_s) * times,
        )

    return start


def _moviepy_job(timeline: Timeline) -> dict[str, Any]:
    return {
        "size_px": timeline.size_px,
        "fps": timeline.fps,
        "duration_s": timeline.duration_s,
        "shot_s": timeline.shots[0].frames / timeline.fps,
        "zoom": ZOOM,
        "pictures": [str(shot.media.path) for shot in timeline.shots],
        "cues": cue_states.as_json(cue_states.set_cues(timeline.cues, timeline.size_px)),
        "font": str(cue_states.FONT),
        "em_px": cue_states.EM_PX,
        "outline_px": cue_states.OUTLINE_PX,
        "colour": cue_states.COLOUR,
        "lit_colour": cue_states.LIT,
        "preset": Encoder().preset,
        "crf": Encoder().crf,
    }


def _figures(runs: dict[str, Runs], desk: Path, bench: Bench) -> Figures:
    mine = runs["ours"]
    figures: Figures = {}
    limits = [runs[name] for name in LIMITS if name in runs]
    if limits:
        cpu_s = min(limit.cpu_s for limit in limits)
        wall_s = min(limit.wall_s for limit in limits)
        figures |= {
            "cpu_ratio_to_limit": round(mine.cpu_s / cpu_s, 3),
            "wall_ratio_to_limit": round(mine.wall_s / wall_s, 3),
            "limit_cpu_s": round(cpu_s, 2),
            "limit_wall_s": round(wall_s, 2),
        }
    for name in ("moviepy", "zoompan"):
        if name in runs:
            figures[f"{name}_over_ours_cpu"] = round(runs[name].cpu_s / mine.cpu_s, 2)
            figures[f"{name}_over_ours_wall"] = round(runs[name].wall_s / mine.wall_s, 2)
    if "moviepy" in runs:
        figures["moviepy_measured_s"] = material.SHOT_S if bench.quick else DURATION_S
    rendered = ours.Rendered.read(mine[-1].printed)
    return figures | {
        "ours_cpu_s": round(mine.cpu_s, 2),
        "ours_wall_s": round(mine.wall_s, 2),
        "ours_start_cpu_s": round(rendered.start_cpu_s, 2),
        "bytes": {file.stem: file.stat().st_size for file in sorted(desk.glob("*.mp4"))},
        "runs": {name: each.written() for name, each in runs.items()},
    }
