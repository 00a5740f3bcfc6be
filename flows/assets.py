"""Every scene's picture, and the music: in parallel, and never the end of a job."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from flows.job import Job
from flows.showing import show_picture
from flows.tasks import compose_music, draw_visual
from reels.errors import StoreError
from reels.models import ArtifactRef, Scene, Storyboard, VisualRef
from reels.music import music_maker
from reels.settings import FlowSettings
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.slide_spec import spec_for

#: Music is made in these lengths, so that jobs share it; the mix trims or loops it.
MUSIC_STEP_S = 30
MUSIC_LONGEST_S = 120
WORDS_PER_S = 2.3
#: How many pieces of one mood and length there are.
MUSIC_SEEDS = 8


@dataclass(frozen=True)
class PendingAssets:
    """What has been started and is waited for later."""

    visuals: list[PrefectFuture[VisualRef]]
    music: PrefectFuture[ArtifactRef] | None


@dataclass(frozen=True)
class Assets:
    """`visuals` has one entry per scene. `music` is None when none was asked for or had."""

    visuals: list[VisualRef]
    music: ArtifactRef | None
    music_degraded: str | None = None


def start_assets(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingAssets:
    """Start everything that is seen, and the music."""
    music = _start_music(job, storyboard, settings)
    visuals = [
        _start_visual(job, storyboard, number, scene)
        for number, scene in enumerate(storyboard.scenes, 1)
    ]
    return PendingAssets(visuals=visuals, music=music)


def finish_assets(job: Job, storyboard: Storyboard, pending: PendingAssets) -> Assets:
    """Wait for all. A picture that failed for good becomes a placeholder that says why."""
    visuals = []
    for number, future in enumerate(pending.visuals, 1):
        ref = _picture_or_placeholder(job, storyboard, number, future)
        visuals.append(ref)
        frame = job.adopt(f"frames/{number:02}.png", ref.picture)
        show_picture(job, f"frame-{number:02}", frame, storyboard.scenes[number - 1].narration)
    try:
        music = pending.music.result() if pending.music else None
    except StoreError:
        raise
    except Exception as error:
        get_run_logger().warning("No music: %s", error)
        return Assets(visuals=visuals, music=None, music_degraded=f"no music: {error}")
    if music is not None:
        job.adopt("music.mp3", music)
    return Assets(visuals=visuals, music=music)


def _start_music(
    job: Job, storyboard: Storyboard, settings: FlowSettings
) -> PrefectFuture[ArtifactRef] | None:
    if job.request.music == "none":
        return None
    maker = music_maker(settings.backing_track)
    words = sum(len(scene.narration.split()) for scene in storyboard.scenes)
    steps = math.ceil((words / WORDS_PER_S) * 1.2 / MUSIC_STEP_S)
    return compose_music.submit(
        mood=job.request.tone or "calm",
        duration_s=float(min(MUSIC_LONGEST_S, steps * MUSIC_STEP_S)),
        seed=sum(storyboard.title.encode()) % MUSIC_SEEDS,
        provider=maker.name,
        provider_version=maker.version,
    )


def _start_visual(
    job: Job, storyboard: Storyboard, number: int, scene: Scene
) -> PrefectFuture[VisualRef]:
    kind = visual(scene.visual.kind)
    count = len(storyboard.scenes)
    spec = spec_for(scene, storyboard.title, number, count)
    return draw_visual.submit(
        kind=kind.kind,
        kind_version=kind.version,
        spec=spec,
        canvas=_canvas(job, storyboard, number),
    )


def _canvas(job: Job, storyboard: Storyboard, number: int) -> Canvas:
    return Canvas(
        size_px=job.request.size_px,
        language=storyboard.language,
        style=job.request.style,
        captions=job.request.captions != "none",
        scene_number=number,
        scene_count=len(storyboard.scenes),
    )


def _picture_or_placeholder(
    job: Job, storyboard: Storyboard, number: int, future: PrefectFuture[VisualRef]
) -> VisualRef:
    try:
        return future.result()
    except StoreError:
        # A store that fails says nothing of the picture; the job fails and can be retried.
        raise
    except Exception as error:
        reason = str(error)
        get_run_logger().warning("Scene %d gets a placeholder: %s", number, reason)
    kind = visual("placeholder")
    scene = storyboard.scenes[number - 1]
    drawn = draw_visual(
        kind=kind.kind,
        kind_version=kind.version,
        spec={"title": (scene.on_screen_text or storyboard.title)[:120], "reason": reason[:140]},
        canvas=_canvas(job, storyboard, number),
    )
    return drawn.model_copy(update={"degraded": reason})
