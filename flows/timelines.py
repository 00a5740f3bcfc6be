"""A plan with its pictures and clips at hand."""

from __future__ import annotations

from pathlib import Path

from flows.workspace import bring
from reels.artifacts import ArtifactStore
from reels.models import ArtifactRef
from reels.overlays import builtin
from reels.plans import PlannedShot, RenderPlan
from reels.timeline import Media, Shot, Timeline


def timeline_of(wanted: RenderPlan, store: ArtifactStore, work: Path) -> Timeline:
    """Fetch what the plan shows into the directory `work`."""
    return Timeline(
        size_px=wanted.size_px,
        fps=wanted.fps,
        shots=tuple(_shot(shot, store, work) for shot in wanted.shots),
        cues=wanted.cues,
        captions=wanted.captions,
        caption_look=wanted.caption_look,
        language=wanted.language,
        transition=wanted.transition,
        films=() if wanted.overlay == "none" else (builtin(wanted.overlay),),
        title_card=wanted.title_card,
    )


def _shot(shot: PlannedShot, store: ArtifactStore, work: Path) -> Shot:
    media = _media(shot.picture, bring(store, shot.picture, work))
    return Shot(media=media, frames=shot.frames, motion=shot.motion, fit=shot.fit)


def _media(ref: ArtifactRef, path: Path) -> Media:
    """What the store knows is not hashed again."""
    is_clip = ref.media_type.startswith("video/")
    return Media(path=path, sha256=ref.sha256, kind="clip" if is_clip else "picture")
