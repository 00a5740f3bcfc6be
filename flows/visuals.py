"""What each scene shows: drawn, generated, or taken from a library, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from flows.builds import Awaited, drawings, start_drawing
from flows.job import Job
from flows.library import choose_files, take_file
from flows.music import FATAL
from flows.showing import show_picture, show_video
from flows.stock import choose_stock, take_stock
from flows.tasks import draw_visual
from reels.artifacts import content_key
from reels.chains import Fallback
from reels.models import Model, Scene, Storyboard, Visual, VisualRef
from reels.settings import FlowSettings
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.slide_spec import spec_for

#: The pictures that a job has settled on.
SETTLED = "chosen/visuals.json"


@dataclass(frozen=True)
class PendingVisual:
    """What a scene waits for, or nothing, and then why.

    `instead` is what it gets when that fails: a slide where the scene has words of its own to
    show, a placeholder where a picture was to be made.
    """

    made: Awaited | VisualRef | None
    instead: Literal["placeholder", "slide"] = "placeholder"
    reason: str = ""


@dataclass(frozen=True)
class PendingVisuals:
    """One entry per scene."""

    scenes: list[PendingVisual]
    fallbacks: tuple[Fallback, ...] = field(default=())

    @property
    def futures(self) -> list[PrefectFuture[VisualRef]]:
        """All pictures that are being made."""
        awaited = (each.made for each in self.scenes)
        return [
            future
            for made in awaited
            if made is not None and not isinstance(made, VisualRef)
            for future in drawings(made)
        ]


class _Settled(Model):
    storyboard: str
    visuals: tuple[VisualRef, ...]


def start_visuals(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingVisuals:
    """Start everything that is seen.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: see `finish_visuals`.
    """
    key = _key(storyboard)
    placeholders = _settled_placeholders(job, key)
    stock = choose_stock(job, storyboard, key, lambda number: _canvas(job, storyboard, number))
    library = choose_files(job, storyboard, key, settings)

    def start(number: int, scene: Scene) -> PendingVisual:
        if number in placeholders:
            return PendingVisual(placeholders[number])
        if number in stock.items:
            payer = job.payer.of_scene(number)
            return PendingVisual(take_stock.submit(item=stock.items[number], payer=payer))
        if number in stock.failed:
            return PendingVisual(None, reason=stock.failed[number])
        if number in library.files:
            return PendingVisual(take_file.submit(file=library.files[number]), "slide")
        if number in library.failed:
            return PendingVisual(None, "slide", library.failed[number])
        return PendingVisual(_drawn(job, storyboard, number, scene))

    scenes = [start(number, scene) for number, scene in enumerate(storyboard.scenes, 1)]
    return PendingVisuals(scenes, stock.fallbacks)


def finish_visuals(job: Job, storyboard: Storyboard, pending: PendingVisuals) -> list[VisualRef]:
    """Wait for all; what failed for good is replaced, and says why.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: say nothing of the
            picture; the job fails and can be retried.
    """
    found = []
    for number, each in enumerate(pending.scenes, 1):
        ref = _had_or_replaced(job, storyboard, number, each)
        found.append(ref)
        _show(job, storyboard, number, ref)
    _remove_other_frames(job, found)
    job.save(SETTLED, _Settled(storyboard=_key(storyboard), visuals=tuple(found)))
    return found


def _settled_placeholders(job: Job, key: str) -> dict[int, VisualRef]:
    """Scenes that got a placeholder before keep it: a person may have approved it, and what
    failed for good is not paid for again. All other pictures are found in the cache."""
    settled = job.load(SETTLED, _Settled)
    if settled is None or settled.storyboard != key:
        return {}
    return {
        number: ref
        for number, ref in enumerate(settled.visuals, 1)
        if ref.degraded and job.holds(ref)
    }


def _key(storyboard: Storyboard) -> str:
    return content_key("storyboard", "1", storyboard=storyboard)


def _drawn(job: Job, storyboard: Storyboard, number: int, scene: Scene) -> Awaited:
    return start_drawing(
        scene.visual.kind,
        spec_for(scene, storyboard.title, number, len(storyboard.scenes)),
        _canvas(job, storyboard, number),
        job.payer.of_scene(number),
        in_steps=job.request.builds,
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


def _had_or_replaced(
    job: Job, storyboard: Storyboard, number: int, pending: PendingVisual
) -> VisualRef:
    if isinstance(pending.made, VisualRef):
        return pending.made
    reason = pending.reason
    try:
        if pending.made is not None:
            return pending.made.result()
    except FATAL:
        raise
    except Exception as error:
        reason = str(error)
    get_run_logger().warning("Scene %d gets a %s: %s", number, pending.instead, reason)
    if pending.instead == "slide":
        ref = _slide(job, storyboard, number)
    else:
        ref = _placeholder(job, storyboard, number, reason)
    return ref.model_copy(update={"degraded": reason})


def _slide(job: Job, storyboard: Storyboard, number: int) -> VisualRef:
    scene = storyboard.scenes[number - 1].model_copy(update={"visual": Visual()})
    return _drawn(job, storyboard, number, scene).result()


def _placeholder(job: Job, storyboard: Storyboard, number: int, reason: str) -> VisualRef:
    kind = visual("placeholder")
    scene = storyboard.scenes[number - 1]
    return draw_visual(
        kind=kind.kind,
        kind_version=kind.version,
        spec={
            "title": (scene.on_screen_text or storyboard.title)[:120],
            "reason": reason[:140],
            "seed": storyboard.title[:120],
        },
        canvas=_canvas(job, storyboard, number),
    )


def _show(job: Job, storyboard: Storyboard, number: int, ref: VisualRef) -> None:
    frame = job.adopt(_frame_name(number, ref), ref.picture)
    show = show_video if ref.picture.media_type.startswith("video/") else show_picture
    show(job, f"frame-{number:02}", frame, storyboard.scenes[number - 1].narration)


def _frame_name(number: int, ref: VisualRef) -> str:
    return f"frames/{number:02}{PurePosixPath(ref.picture.key).suffix}"


def _remove_other_frames(job: Job, visuals: list[VisualRef]) -> None:
    """Those of a draft before, when a scene's file was of another kind."""
    names = {job.key(_frame_name(number, ref)) for number, ref in enumerate(visuals, 1)}
    for ref in job.store.list(f"{job.key('frames')}/"):
        if ref.key not in names:
            job.store.delete(ref.key)
