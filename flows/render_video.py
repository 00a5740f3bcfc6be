"""The flow of the render pool: a plan becomes a video. No segment is encoded twice."""

from __future__ import annotations

from prefect import flow
from prefect.utilities.annotations import quote

from blocks.registry import load_store
from flows.encoding import Encoded, encoded
from flows.joining import join_video
from flows.observing import observed
from flows.runners import threads
from flows.sound import start_sound
from flows.timelines import timeline_of
from flows.workspace import workspace
from reels.documents import read
from reels.fallback import with_fallback
from reels.finished import promised
from reels.grid import Encoder
from reels.hardware import best_encoder
from reels.machine import cores
from reels.models import ArtifactRef
from reels.plans import Rendered, RenderPlan
from reels.settings import FlowSettings, StoreSettings

#: A segment keeps one core busy; one more worker mixes the sound meanwhile.
WORKERS = cores() + 1


@flow(
    name="render-video",
    task_runner=threads(WORKERS),
    persist_result=True,
    result_serializer="json",
)
@observed
def render_video(plan: ArtifactRef, shards: int = 1) -> Rendered:
    """Render the `RenderPlan` that lies under `plan`, spread over `shards` runs (1 to 32)."""
    store = load_store()
    wanted = read(RenderPlan, store.read(plan.key), plan.key)
    memory = StoreSettings().data_dir / "encoders"
    with workspace() as work:
        sound = start_sound(wanted)
        timeline = timeline_of(wanted, store, work / "media")

        def encode_with(encoder: Encoder) -> Encoded:
            return encoded(timeline, plan, encoder, shards, [sound])

        video, _ = with_fallback(best_encoder(FlowSettings().encoder, memory), encode_with, memory)
        mixed = sound.result()
        joined = join_video(
            parts=video.parts,
            sound=mixed.track,
            promise=promised(video.segments, loudness=mixed.loudness, spoken=wanted.spoken_s),
            segments=quote(video.segments),
        )
    return Rendered(
        video=joined.video,
        poster=joined.poster,
        voiceover=mixed.voiceover,
        frames=wanted.frames,
        duration_s=wanted.duration_s,
        loudness=mixed.loudness,
        segments_total=len(video.segments),
        segments_encoded=video.missing,
    )
