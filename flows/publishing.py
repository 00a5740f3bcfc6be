"""The end of a job: its files under their names, and last of all its manifest."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.assets import Assets
from flows.audio import Spoken, SpokenLine
from flows.books import FOLDER as BOOKS
from flows.books import books_of
from flows.drafting import Draft
from flows.job import Job, JobFiles
from flows.package_job import HLS
from flows.showing import show_picture, show_video
from flows.stages import StageBoard
from reels.artifacts import job_prefix
from reels.chains import Fallback
from reels.cloud.costs import Cost, costs_of, total_usd
from reels.cloud.prices import as_of
from reels.manifest import Manifest, RenderEntry, SceneEntry
from reels.models import ArtifactRef
from reels.plans import Rendered, RenderPlan

#: Storyboarders that ask no service.
OFFLINE = {"outline"}


def publish(
    job: Job,
    board: StageBoard,
    draft: Draft,
    assets: Assets,
    spoken: Spoken,
    plan: RenderPlan,
    video: Rendered,
) -> ArtifactRef:
    """Name the results and write the manifest: with it the job is ready."""
    final = job.adopt("final.mp4", video.video)
    poster = job.adopt("poster.jpg", video.poster)
    job.adopt("voiceover.mp3", video.voiceover)
    show_picture(job, "poster", poster, draft.storyboard.title)
    show_video(job, "final", final, draft.storyboard.title)
    costs = costs_of(books_of(job.payer).charges())
    scenes = _scene_entries(draft, assets, spoken.lines, costs)
    fallbacks = (*draft.fallbacks, *spoken.fallbacks, *assets.fallbacks)
    manifest = Manifest(
        job_id=job.id,
        user_id=job.user,
        title=draft.storyboard.title,
        language=draft.storyboard.language,
        aspect=job.request.aspect,
        storyboard_provider=draft.provider,
        offline=draft.provider in OFFLINE,
        music_provider=assets.sound.provider,
        effects_provider=assets.effects.provider,
        scenes=scenes,
        stages=board.history(),
        render=render_entry(plan, video),
        artifacts=artifacts_of(job),
        degraded=_degraded(scenes, fallbacks, assets),
        fallbacks=fallbacks,
        costs=costs,
        calls=sum(cost.calls for cost in costs),
        cost_usd=total_usd(cost.cost_usd for cost in costs),
        prices_as_of=as_of(),
        budget_usd=job.request.budget_usd,
        finished_at=datetime.now(UTC),
    )
    ref = job.save("manifest.json", manifest)
    board.finish()
    return ref


def _scene_entries(
    draft: Draft, assets: Assets, lines: list[SpokenLine], costs: tuple[Cost, ...]
) -> tuple[SceneEntry, ...]:
    made = zip(draft.storyboard.scenes, assets.visuals, lines, strict=True)
    return tuple(
        SceneEntry(
            number=number,
            narration=scene.narration,
            visual_provider=visual.provider,
            voice_provider=line.speech.provider,
            words_provider=line.words_provider,
            speech_s=line.speech.duration_s,
            attempts=sum(cost.calls for cost in costs if cost.scene == number),
            cost_usd=total_usd(cost.cost_usd for cost in costs if cost.scene == number),
            degraded=visual.degraded,
            credit=visual.credit,
        )
        for number, (scene, visual, line) in enumerate(made, 1)
    )


def _degraded(
    scenes: tuple[SceneEntry, ...], fallbacks: tuple[Fallback, ...], assets: Assets
) -> tuple[str, ...]:
    """All that is not as it was asked for, in words."""
    pictures = [f"scene {each.number}: {each.degraded}" for each in scenes if each.degraded]
    return (*pictures, *map(str, fallbacks), *assets.missing)


def render_entry(plan: RenderPlan, video: Rendered) -> RenderEntry:
    """What was encoded, for a manifest."""
    return RenderEntry(
        frames=video.frames,
        duration_s=video.duration_s,
        size_px=plan.size_px,
        fps=plan.fps,
        segments_total=video.segments_total,
        segments_encoded=video.segments_encoded,
        loudness=video.loudness,
    )


def artifacts_of(job: JobFiles) -> dict[str, ArtifactRef]:
    """What lies under the job's prefix, by its name there; of a package no tracks."""
    prefix = f"{job_prefix(job.user, job.id)}/"
    names = (key.removeprefix(prefix) for key in job.store.sizes(prefix))
    found = {name: job.store.head(prefix + name) for name in names if _is_listed(name)}
    return {name: ref for name, ref in found.items() if ref is not None}


def _is_listed(name: str) -> bool:
    is_of_track = name.startswith(f"{HLS}/") and name.count("/") > 1
    return not name.startswith(("manifest.json", f"{BOOKS}/")) and not is_of_track
