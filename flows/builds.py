"""Pictures that are built up: every step of one is drawn by itself, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prefect.futures import PrefectFuture
from pydantic import JsonValue

from flows.books import Payer
from flows.tasks import draw_visual
from reels.errors import ReelsError
from reels.models import Build, VisualRef
from reels.visuals import visual
from reels.visuals.base import Canvas, Stage
from reels.visuals.stages import stages


@dataclass(frozen=True)
class InSteps:
    """A picture that is being made, all its steps."""

    steps: Sequence[Stage]
    drawn: Sequence[PrefectFuture[VisualRef]]

    def result(self) -> VisualRef:
        """Wait for all."""
        refs = [drawn.result() for drawn in self.drawn]
        builds = tuple(
            Build(picture=ref.picture, text=step.text)
            for ref, step in zip(refs, self.steps, strict=True)
        )
        return refs[-1].model_copy(update={"builds": builds})


#: A scene's picture that is being made.
Awaited = PrefectFuture[VisualRef] | InSteps


def start_drawing(
    kind: str, spec: dict[str, JsonValue], canvas: Canvas, payer: Payer | None, *, in_steps: bool
) -> Awaited:
    """Start a scene's picture, or with `in_steps` each of those that it is built up by."""
    steps = _steps(kind, spec, canvas) if in_steps else ()
    if len(steps) < 2:
        return _start(kind, spec, canvas, payer)
    return InSteps(steps, [_start(kind, step.spec, canvas, payer) for step in steps])


def _steps(kind: str, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:
    """None for a spec that is wrong: drawing it says so, and is replaced like all that fails."""
    try:
        return stages(kind, spec, canvas)
    except ReelsError:
        return ()


def drawings(awaited: Awaited) -> Sequence[PrefectFuture[VisualRef]]:
    """What is drawn for a scene: one picture, or all that it is built up by."""
    return awaited.drawn if isinstance(awaited, InSteps) else (awaited,)


def _start(
    kind: str, spec: dict[str, JsonValue], canvas: Canvas, payer: Payer | None
) -> PrefectFuture[VisualRef]:
    return draw_visual.submit(
        kind=kind, kind_version=visual(kind).version, spec=spec, canvas=canvas, payer=payer
    )
