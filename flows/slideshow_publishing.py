"""The end of a slideshow: its files under their names, and last of all its manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from flows.downloads import Parts
from flows.listening import SoundFacts
from flows.publishing import artifacts_of, render_entry
from flows.showing import show_picture, show_video
from flows.slideshow_job import SlideshowJob
from flows.slideshow_plan import starts_s
from flows.stages import StageBoard
from reels.addresses import read_address
from reels.models import FPS, ArtifactRef
from reels.plans import Rendered, RenderPlan
from reels.slideshow import Layout, PictureEntry, SlideshowManifest, SoundEntry

_SHOWN = "The finished slideshow"


def adopt_parts(job: SlideshowJob, parts: Parts) -> None:
    """Give what was fetched its names in the job: pictures in the order they are shown in."""
    for turn, picture in enumerate(job.request.turns(job.id), 1):
        ref = parts.pictures[picture].picture
        job.adopt(f"frames/{turn:02}{PurePosixPath(ref.key).suffix}", ref)
    job.adopt(f"music{PurePosixPath(parts.sound.key).suffix}", parts.sound)


def publish_slideshow(
    job: SlideshowJob,
    board: StageBoard,
    facts: SoundFacts,
    plan: RenderPlan,
    layout: Layout,
    video: Rendered,
) -> ArtifactRef:
    """Name the results and write the manifest: with it the slideshow is ready."""
    final = job.adopt("final.mp4", video.video)
    poster = job.adopt("poster.jpg", video.poster)
    show_picture(job, "poster", poster, _SHOWN)
    show_video(job, "final", final, _SHOWN)
    manifest = SlideshowManifest(
        job_id=job.id,
        user_id=job.user,
        aspect=job.request.aspect,
        language=plan.language if plan.cues else None,
        pictures=_picture_entries(job, plan, layout),
        sound=_sound_entry(job, facts, plan),
        stages=board.history(),
        render=render_entry(plan, video),
        artifacts=artifacts_of(job),
        degraded=_degraded(job, plan, layout),
        finished_at=datetime.now(UTC),
    )
    ref = job.save("manifest.json", manifest)
    board.finish()
    return ref


def _picture_entries(
    job: SlideshowJob, plan: RenderPlan, layout: Layout
) -> tuple[PictureEntry, ...]:
    turns = zip(job.request.turns(job.id), starts_s(layout), plan.shots, strict=True)
    return tuple(
        PictureEntry(
            number=number,
            address=read_address(job.request.image_urls[picture]).shown,
            start_s=start_s,
            duration_s=shot.frames / FPS,
            fit=shot.fit,
            motion=shot.motion,
            text=job.request.text_of(picture),
        )
        for number, (picture, start_s, shot) in enumerate(turns, 1)
    )


def _sound_entry(job: SlideshowJob, facts: SoundFacts, plan: RenderPlan) -> SoundEntry:
    longer_s = plan.duration_s - facts.duration_s
    fitted: Literal["whole", "trimmed", "looped"] = "whole"
    if abs(longer_s) > 1 / FPS:
        fitted = "looped" if longer_s > 0 else "trimmed"
    return SoundEntry(
        address=read_address(job.request.audio_url).shown,
        duration_s=facts.duration_s,
        fitted=fitted,
        beats=len(facts.beats_s),
    )


def _degraded(job: SlideshowJob, plan: RenderPlan, layout: Layout) -> tuple[str, ...]:
    found = []
    if job.request.beats and len(layout.frames) > 1 and not layout.on_beats:
        found.append("The sound has too few beats, so the pictures change at even times.")
    if job.request.captions != "none" and not plan.cues:
        found.append("No words are heard in the sound, so there are no captions.")
    return tuple(found)
