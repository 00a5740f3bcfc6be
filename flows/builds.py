"""Pictures that are built up: every step of one is drawn by itself, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from flows.books import Payer
from flows.tasks import draw_visual
from reels.errors import ReelsError
from reels.models import Build, VisualRef
from reels.visuals import visual
from reels.visuals.base import Canvas, Stage
from reels.visuals.stages import stages


class Awaited(Protocol):
    """A picture that is being made."""

    def result(self) -> VisualRef:
        """Wait for it."""
        ...


@dataclass(frozen=True)
class _InSteps:
    """All steps of one picture."""

    steps: Sequence[Stage]
    drawn: Sequence[Awaited]

    def result(self) -> VisualRef:
        refs = [drawn.result() for drawn in self.drawn]
        builds = tuple(
            Build(picture=ref.picture, text=step.text)
            for ref, step in zip(refs, self.steps, strict=True)
        )
        return refs[-1].model_copy(update={"builds": builds})


def start_drawing(
    kind: str, spec: dict[str, JsonValue], canvas: Canvas, payer: Payer | None, *, in_steps: bool
) -> Awaited:
    """Start a scene's picture, or with `in_steps` each of those that it is built up by."""
    steps = _steps(kind, spec, canvas) if in_steps else ()
    if len(steps) < 2:
        return _start(kind, spec, canvas, payer)
    return _InSteps(steps, [_start(kind, step.spec, canvas, payer) for step in steps])


def _steps(kind: str, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:
    """None for a spec that is wrong: drawing it says so, and is replaced like all that fails."""
    try:
        return stages(kind, spec, canvas)
    except ReelsError:
        return ()


def _start(kind: str, spec: dict[str, JsonValue], canvas: Canvas, payer: Payer | None) -> Awaited:
    return draw_visual.submit(
        kind=kind, kind_version=visual(kind).version, spec=spec, canvas=canvas, payer=payer
    )
