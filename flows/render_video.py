"""The flow of the render pool: a plan becomes a video. No segment is encoded twice."""

from __future__ import annotations

from prefect import flow
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from flows.encoding import count_missing, start_encoding
from flows.runners import threads
from flows.sharding import helpers, in_turns
from flows.showing import Progress
from flows.timelines import timeline_of
from flows.workspace import bring, workspace
from reels import audio
from reels.effects import effect
from reels.finished import Promise, check_rendered, promised
from reels.grid import Encoder, Segment
from reels.grid import plan as plan_segments
from reels.join import join
from reels.machine import cores
from reels.models import ArtifactRef, Loudness, Model
from reels.plans import PlannedAccent, PlannedLine, Rendered, RenderPlan
from reels.poster import poster as take_poster

#: A segment keeps one core busy; one more worker mixes the sound meanwhile.
WORKERS = cores() + 1
#: Where in the video the poster is taken, as a share of its length.
POSTER_AT = 0.12
MOST_SHARDS = 32


class Sound(Model):
    """A mixed sound track, the voice alone, and the loudness as measured."""

    track: ArtifactRef
    voiceover: ArtifactRef
    loudness: Loudness


class Joined(Model):
    """The finished file and its poster, checked."""

    video: ArtifactRef
    poster: ArtifactRef


@flow(
    name="render-video",
    task_runner=threads(WORKERS),
    persist_result=True,
    result_serializer="json",
)
def render_video(plan: ArtifactRef, shards: int = 1) -> Rendered:
    """Render the `RenderPlan` that lies under `plan`, spread over `shards` runs (1 to 32)."""
    store = load_store()
    wanted = RenderPlan.model_validate_json(store.read(plan.key))
    encoder = Encoder()
    with workspace() as work:
        sound = mix_sound.submit(
            lines=wanted.lines,
            music=wanted.music,
            duration_s=wanted.duration_s,
            effects=accents_of(wanted),
        )
        segments = plan_segments(timeline_of(wanted, store, work / "media"), encoder)
        shards = max(1, min(shards, MOST_SHARDS, len(segments)))
        missing = count_missing(segments)
        with helpers(plan, encoder, shards if missing > 1 else 1):
            order = in_turns(segments, shards)
            pending = start_encoding(order)
            show_progress(pending)
            parts = {
                each.index: future.result() for each, future in zip(order, pending, strict=True)
            }
        mixed = sound.result()
        joined = join_video(
            parts=tuple(parts[each.index] for each in segments),
            sound=mixed.track,
            promise=promised(segments, loudness=mixed.loudness, spoken=wanted.spoken_s),
            segments=segments,
        )
    return Rendered(
        video=joined.video,
        poster=joined.poster,
        voiceover=mixed.voiceover,
        frames=wanted.frames,
        duration_s=wanted.duration_s,
        loudness=mixed.loudness,
        segments_total=len(segments),
        segments_encoded=missing,
    )


def accents_of(wanted: RenderPlan) -> tuple[PlannedAccent, ...]:
    """The asked effect at the start of every scene but the first."""
    if wanted.effects == "none":
        return ()
    version = effect(wanted.effects).version
    return tuple(
        PlannedAccent(effect=wanted.effects, version=version, at_s=start_s)
        for start_s in wanted.scene_starts_s[1:]
    )


def show_progress(pending: list[PrefectFuture[ArtifactRef]]) -> None:
    """Wait for all segments and show how far we are."""
    progress = Progress(f"render-{flow_run.id}", "Segments of the video")
    for done, future in enumerate(as_completed(pending), 1):
        future.wait()
        if done % 5 == 0 or done == len(pending):
            progress.show(100.0 * done / len(pending))


@cached_task(kind="sound", version="2", task_run_name="mix the sound")
def mix_sound(
    lines: tuple[PlannedLine, ...],
    music: ArtifactRef | None,
    duration_s: float,
    effects: tuple[PlannedAccent, ...] = (),
) -> Sound:
    """The sound track as AAC, and the voice alone as MP3."""
    store = load_store()
    with workspace() as work:
        spoken = [
            audio.Line(bring(store, line.audio, work / "lines"), line.start_s) for line in lines
        ]
        bed = bring(store, music, work) if music else None
        voice = work / "voice.mp3"
        loudness = audio.mix(
            spoken,
            bed,
            duration_s,
            work / "mix.m4a",
            work,
            effects=[audio.Accent(effect(each.effect), each.at_s) for each in effects],
            voice_to=voice,
        )
        return Sound(
            track=store.put(artifact_key(".m4a"), work / "mix.m4a"),
            voiceover=store.put(artifact_key(".mp3"), voice),
            loudness=loudness,
        )


@cached_task(kind="video", version="2", ignore=("segments",), task_run_name="join")
def join_video(
    parts: tuple[ArtifactRef, ...],
    sound: ArtifactRef,
    promise: Promise,
    segments: tuple[Segment, ...],
) -> Joined:
    """The parts and the sound in one file that was checked, and its poster.

    Raises:
        CheckFailed: the file is not what was planned.
    """
    store = load_store()
    with workspace() as work:
        files = [bring(store, part, work / "parts") for part in parts]
        track = bring(store, sound, work)
        video = join(files, track, work / "video.mp4", work=work)
        check_rendered(video, promise, segments)
        at_s = POSTER_AT * promise.frames / promise.fps
        still = take_poster(video, at_s, work / "poster.jpg")
        return Joined(
            video=store.put(artifact_key(".mp4"), video),
            poster=store.put(artifact_key(".jpg"), still),
        )
