"""Every scene's picture, and the music: in parallel, and never the end of a job."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from flows.job import Job
from flows.music import FATAL, Music, PendingMusic, finish_music, start_music
from flows.showing import show_picture
from flows.tasks import draw_visual
from reels.artifacts import content_key
from reels.models import ArtifactRef, Model, Scene, Storyboard, VisualRef
from reels.settings import FlowSettings
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.slide_spec import spec_for

#: The pictures that a job has settled on.
SETTLED = "chosen/visuals.json"


@dataclass(frozen=True)
class PendingAssets:
    """What has been started and is waited for later; what was settled before is there."""

    visuals: list[PrefectFuture[VisualRef] | VisualRef]
    music: PendingMusic | None


@dataclass(frozen=True)
class Assets:
    """`visuals` has one entry per scene."""

    visuals: list[VisualRef]
    sound: Music

    @property
    def music(self) -> ArtifactRef | None:
        """None when none was asked for or had."""
        return self.sound.ref


class _Settled(Model):
    storyboard: str
    visuals: tuple[VisualRef, ...]


def start_assets(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingAssets:
    """Start everything that is seen, and the music."""
    music = start_music(job, storyboard, settings)
    placeholders = _settled_placeholders(job, storyboard)
    visuals = [
        placeholders.get(number) or _start_visual(job, storyboard, number, scene)
        for number, scene in enumerate(storyboard.scenes, 1)
    ]
    return PendingAssets(visuals=visuals, music=music)


def finish_assets(job: Job, storyboard: Storyboard, pending: PendingAssets) -> Assets:
    """Wait for all. A picture that failed for good becomes a placeholder that says why.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: say nothing of the
            picture; the job fails and can be retried.
    """
    visuals = []
    for number, future in enumerate(pending.visuals, 1):
        ref = _picture_or_placeholder(job, storyboard, number, future)
        visuals.append(ref)
        frame = job.adopt(f"frames/{number:02}.png", ref.picture)
        show_picture(job, f"frame-{number:02}", frame, storyboard.scenes[number - 1].narration)
    music = finish_music(job, storyboard, pending.music)
    job.save(SETTLED, _Settled(storyboard=_key(storyboard), visuals=tuple(visuals)))
    return Assets(visuals=visuals, sound=music)


def _settled_placeholders(job: Job, storyboard: Storyboard) -> dict[int, VisualRef]:
    """Scenes that got a placeholder before keep it: a person may have approved it, and what
    failed for good is not paid for again. All other pictures are found in the cache."""
    settled = job.load(SETTLED, _Settled)
    if settled is None or settled.storyboard != _key(storyboard):
        return {}
    return {
        number: ref
        for number, ref in enumerate(settled.visuals, 1)
        if ref.degraded and job.holds(ref)
    }


def _key(storyboard: Storyboard) -> str:
    return content_key("storyboard", "1", storyboard=storyboard)


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
        payer=job.payer.of_scene(number),
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
    job: Job,
    storyboard: Storyboard,
    number: int,
    future: PrefectFuture[VisualRef] | VisualRef,
) -> VisualRef:
    if isinstance(future, VisualRef):
        return future
    try:
        return future.result()
    except FATAL:
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
