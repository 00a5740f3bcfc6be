"""A plan with its pictures and clips at hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
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
        shots=tuple(shot for each in wanted.shots for shot in _shots(each, store, work)),
        cues=wanted.cues,
        captions=wanted.captions,
        caption_look=wanted.caption_look,
        language=wanted.language,
        transition=wanted.transition,
        films=() if wanted.overlay == "none" else (builtin(wanted.overlay),),
        title_card=wanted.title_card,
    )


def _shots(planned: PlannedShot, store: ArtifactStore, work: Path) -> Iterator[Shot]:
    """One shot for each picture that is seen: a build's come in by a short cross-fade."""
    pictures = [planned.picture, *(build.picture for build in planned.builds)]
    starts = [0, *(build.from_frame for build in planned.builds), planned.frames]
    for number, (ref, (start, end)) in enumerate(zip(pictures, pairwise(starts), strict=True)):
        yield Shot(
            media=_media(ref, bring(store, ref, work)),
            frames=end - start,
            motion=planned.motion,
            fit=planned.fit,
            transition="crossfade" if number else None,
        )


def _media(ref: ArtifactRef, path: Path) -> Media:
    """What the store knows is not hashed again."""
    is_clip = ref.media_type.startswith("video/")
    return Media(path=path, sha256=ref.sha256, kind="clip" if is_clip else "picture")
