"""What a second render costs: with one cue changed, and with nothing changed."""

from __future__ import annotations

import statistics

from deployments.bench_render import material, ours
from deployments.bench_render.bench import Bench, Figures, share
from deployments.bench_render.clock import TIMES, Run, Runs, run, say
from deployments.bench_render.ours import Rendered
from reels.grid import plan
from reels.timeline import Timeline

DURATION_S = 30
#: 30 s as five pictures.
SHOT_S = 6


def measure(bench: Bench) -> Figures:
    """First renders, the same again, and one with another cue changed each time round."""
    timeline = material.timeline(bench.pictures, DURATION_S, shot_s=SHOT_S)
    desk = bench.folder("edits")
    first, again, changed = Runs(), Runs(), Runs()
    for turn in range(TIMES):
        first.append(run(ours.command(timeline, desk), desk))
        again.append(run(ours.command(timeline, desk, fresh=False), desk))
        number = round((turn + 1) * len(timeline.cues) / (TIMES + 1))
        after = material.edited(timeline, number)
        changed.append(run(ours.command(after, desk, fresh=False), desk))
        say(
            f"  turn {turn + 1}: first {first[-1].cpu_s:.2f} CPU s, again {again[-1].cpu_s:.2f}, "
            f"cue {number} changed {changed[-1].cpu_s:.2f}"
        )
    return {
        "caption_edit_share": _median_share(changed, first, _cpu_s),
        "caption_edit_share_wall": _median_share(changed, first, _wall_s),
        "caption_edit_share_without_start": _median_share(changed, first, _work_s),
        "caption_edit_frames_share": _frames_share(timeline),
        "caption_edit_segments": [Rendered.read(each.printed).made for each in changed],
        "same_again_share": _median_share(again, first, _work_s),
        "same_again_share_with_start": _median_share(again, first, _cpu_s),
        "edit_runs": {
            name: runs.written()
            for name, runs in (("first", first), ("same again", again), ("cue changed", changed))
        },
    }


def _cpu_s(each: Run) -> float:
    return each.cpu_s


def _wall_s(each: Run) -> float:
    return each.wall_s


def _work_s(each: Run) -> float:
    return Rendered.read(each.printed).work_cpu_s


def _median_share(parts: Runs, wholes: Runs, of: object) -> float:
    assert callable(of)
    return round(
        statistics.median(share(of(p), of(w)) for p, w in zip(parts, wholes, strict=True)), 4
    )


def _frames_share(timeline: Timeline) -> float:
    """The share of frames in segments that a change of one cue touches, over all cues."""
    before = {segment.key for segment in plan(timeline)}
    shares = []
    for number in range(len(timeline.cues)):
        segments = plan(material.edited(timeline, number))
        new = sum(segment.frames for segment in segments if segment.key not in before)
        shares.append(new / timeline.frames)
    return round(statistics.mean(shares), 4)
