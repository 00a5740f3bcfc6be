"""The pictures by which a scene is built up."""

from __future__ import annotations

from pydantic import JsonValue

from reels.visuals import visual
from reels.visuals.base import MAX_STAGES, Canvas, Stage


def stages(kind: str, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:
    """1 to `MAX_STAGES` stages in order; a kind that builds nothing up has one.

    Raises:
        InvalidInput: there is no such kind, or the spec breaks the kind's own model.
    """
    build = getattr(visual(kind), "stages", None)
    found: tuple[Stage, ...] = build(spec, canvas) if build else ()
    if not found:
        return (Stage(spec=spec),)
    first = found[0].model_copy(update={"text": ""})
    return (first, *found[1:])[:MAX_STAGES]
