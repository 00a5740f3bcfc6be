"""How far each scene of a job is, by what lies in the store."""

from __future__ import annotations

import json
import re
from typing import Any

from api.jobs.history import JobRecord
from api.views.checks import stored_storyboard
from api.views.short import AssetState, SceneState
from reels.artifacts import ArtifactStore, job_prefix
from reels.errors import ArtifactMissing

_NUMBERED = re.compile(r"(frames|lines)/(\d+)\.")


def scenes_of(store: ArtifactStore, job: JobRecord) -> tuple[SceneState, ...]:
    """One entry a scene; none before there is a draft. Blocks."""
    prefix = job_prefix(job.user, str(job.id))
    draft = stored_storyboard(store, prefix)
    if draft is None:
        return ()
    made = _made(store, prefix)
    reasons = _reasons(store, prefix)
    unmade: AssetState = "failed" if job.status in ("failed", "cancelled") else "pending"

    def state(folder: str, number: int) -> AssetState:
        return "ready" if (folder, number) in made else unmade

    return tuple(
        SceneState(
            number=number,
            text=scene.narration,
            kind=scene.visual.kind,
            audio=state("lines", number),
            visual="placeholder" if number in reasons else state("frames", number),
            reason=reasons.get(number),
        )
        for number, scene in enumerate(draft.scenes, 1)
    )


def _made(store: ArtifactStore, prefix: str) -> set[tuple[str, int]]:
    names = (ref.key.removeprefix(f"{prefix}/") for ref in store.list(f"{prefix}/"))
    found = (_NUMBERED.match(name) for name in names)
    return {(match[1], int(match[2])) for match in found if match}


def _reasons(store: ArtifactStore, prefix: str) -> dict[int, str]:
    """Why scenes have another picture than theirs, by their numbers."""
    try:
        settled: Any = json.loads(store.read(f"{prefix}/chosen/visuals.json"))
    except ArtifactMissing:
        return {}
    visuals = enumerate(settled["visuals"], 1)
    return {number: str(ref["degraded"]) for number, ref in visuals if ref.get("degraded")}
