"""The end of a job: its files under their names, and last of all its manifest."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.assets import Assets
from flows.audio import SpokenLine
from flows.drafting import Draft
from flows.job import Job
from flows.showing import show_picture, show_video
from flows.stages import StageBoard
from reels.artifacts import job_prefix
from reels.manifest import Manifest, RenderEntry, SceneEntry
from reels.models import ArtifactRef
from reels.plans import Rendered, RenderPlan
from reels.settings import FlowSettings

#: Storyboarders that ask no service.
OFFLINE = {"outline"}


def publish(
    job: Job,
    board: StageBoard,
    draft: Draft,
    assets: Assets,
    lines: list[SpokenLine],
    plan: RenderPlan,
    video: Rendered,
    settings: FlowSettings,
) -> ArtifactRef:
    """Name the results and write the manifest: with it the job is ready."""
    final = job.adopt("final.mp4", video.video)
    poster = job.adopt("poster.jpg", video.poster)
    job.adopt("voiceover.mp3", video.voiceover)
    show_picture(job, "poster", poster, draft.storyboard.title)
    show_video(job, "final", final, draft.storyboard.title)
    scenes = _scene_entries(draft, assets, lines)
    degraded = [f"scene {each.number}: {each.degraded}" for each in scenes if each.degraded]
    if assets.music_degraded:
        degraded.append(assets.music_degraded)
    manifest = Manifest(
        job_id=job.id,
        user_id=job.user,
        title=draft.storyboard.title,
        language=draft.storyboard.language,
        aspect=job.request.aspect,
        storyboard_provider=draft.provider,
        offline=draft.provider in OFFLINE,
        music_provider=settings.backing_track if assets.music else "none",
        scenes=scenes,
        stages=board.history(),
        render=_render_entry(plan, video),
        artifacts=_artifacts(job),
        degraded=tuple(degraded),
        finished_at=datetime.now(UTC),
    )
    ref = job.save("manifest.json", manifest)
    board.finish()
    return ref


def _scene_entries(draft: Draft, assets: Assets, lines: list[SpokenLine]) -> tuple[SceneEntry, ...]:
    return tuple(
        SceneEntry(
            number=number,
            narration=scene.narration,
            visual_provider=visual.provider,
            voice_provider=line.speech.provider,
            words_provider=line.words_provider,
            speech_s=line.speech.duration_s,
            degraded=visual.degraded,
        )
        for number, (scene, visual, line) in enumerate(
            zip(draft.storyboard.scenes, assets.visuals, lines, strict=True), 1
        )
    )


def _render_entry(plan: RenderPlan, video: Rendered) -> RenderEntry:
    return RenderEntry(
        frames=video.frames,
        duration_s=video.duration_s,
        size_px=plan.size_px,
        fps=plan.fps,
        segments_total=video.segments_total,
        segments_encoded=video.segments_encoded,
        loudness=video.loudness,
    )


def _artifacts(job: Job) -> dict[str, ArtifactRef]:
    prefix = f"{job_prefix(job.user, job.id)}/"
    return {
        ref.key.removeprefix(prefix): ref
        for ref in job.store.list(prefix)
        if not ref.key.endswith("/manifest.json")
    }
