"""The shots of a video: one for each scene, built up in step with the words where it can be."""

from __future__ import annotations

from flows.assets import Assets
from flows.audio import SpokenLine
from flows.job import Job
from reels.cuts import TRANSITION_FRAMES
from reels.models import FPS, Scene, Storyboard, VisualRef
from reels.plans import PlannedBuild, PlannedShot
from reels.spans import shift
from reels.timeline import line_start_s
from reels.visuals.base import Stage
from reels.visuals.cueing import starts

#: A picture is on screen for at least so long: half of the transitions on either side, and
#: a moment to be seen in.
_LEAST_FRAMES = 18


def planned_shots(
    job: Job,
    storyboard: Storyboard,
    assets: Assets,
    lines: list[SpokenLine],
    frames: tuple[int, ...],
) -> tuple[PlannedShot, ...]:
    """A shot for each scene, of as many frames as are given for it."""
    each = zip(storyboard.scenes, assets.visuals, lines, frames, strict=True)
    return tuple(
        _shot(job, scene, ref, line, count, first=number == 0)
        for number, (scene, ref, line, count) in enumerate(each)
    )


def _shot(
    job: Job, scene: Scene, ref: VisualRef, line: SpokenLine, frames: int, *, first: bool
) -> PlannedShot:
    if not ref.builds:
        return PlannedShot(
            picture=ref.picture, frames=frames, motion=scene.motion, fit=job.request.fit
        )
    builds = _builds(ref, line, frames, line_start_s(first=first))
    # Text that is being built up is read, and a camera would start anew with each picture.
    return PlannedShot(
        picture=ref.builds[0].picture if builds else ref.picture,
        frames=frames,
        fit=job.request.fit,
        builds=builds,
    )


def _builds(
    ref: VisualRef, line: SpokenLine, frames: int, line_start_s: float
) -> tuple[PlannedBuild, ...]:
    """The later pictures, each there in full as it is spoken of; the last one always comes."""
    words = shift(line.words, line_start_s)
    stages = [Stage(spec={}, text=build.text) for build in ref.builds]
    appear = starts(stages, words, frames / FPS)
    half = TRANSITION_FRAMES["crossfade"] // 2
    found: list[PlannedBuild] = []
    end = frames
    for build, at_s in reversed([*zip(ref.builds[1:], appear[1:], strict=True)]):
        at = min(max(round(at_s * FPS) - half, _LEAST_FRAMES), end - _LEAST_FRAMES)
        if at < _LEAST_FRAMES:
            break
        found.append(PlannedBuild(picture=build.picture, from_frame=at))
        end = at
    return tuple(reversed(found))
