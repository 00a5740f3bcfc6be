"""The work that is cached: storyboards, pictures, music, speech, word times.

Every task takes what shapes its result, the provider's version among it, and returns a
small typed reference. `version` is bumped when the shape of a result changes.
"""

from __future__ import annotations

from typing import Any

from prefect.tasks import exponential_backoff
from pydantic import JsonValue

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from flows.workspace import bring, workspace
from reels.audio import to_mp3
from reels.errors import RateLimited, StoreUnavailable, TransientFailure
from reels.models import ArtifactRef, SpeechRef, Storyboard, VisualRef
from reels.music import music_maker
from reels.plans import AlignedLine
from reels.storyboard import storyboarder
from reels.storyboard.base import Brief, Revision
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.voice import voice as voice_named
from reels.words import aligner


def _can_pass(_task: Any, _run: Any, state: Any) -> bool:
    """Only errors that can pass are worth another attempt."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, TransientFailure | RateLimited | StoreUnavailable)


PATIENT: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(1),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _can_pass,
}


@cached_task(kind="storyboard", version="1", task_run_name="draft by {provider}", **PATIENT)
def draft_storyboard(
    brief: Brief,
    revision: Revision | None,
    provider: str,
    provider_version: str,  # noqa: ARG001
) -> Storyboard:
    """A storyboard for the brief, or the one before with a person's comment heeded."""
    return storyboarder(provider).draft(brief, revision)


@cached_task(
    kind="visual", version="1", task_run_name="draw {kind} {canvas.scene_number}", **PATIENT
)
def draw_visual(
    kind: str,
    kind_version: str,  # noqa: ARG001
    spec: dict[str, JsonValue],
    canvas: Canvas,
) -> VisualRef:
    """One scene's picture, as PNG."""
    with workspace() as work:
        picture = visual(kind).draw(spec, canvas, work / "picture.png")
        return VisualRef(picture=load_store().put(artifact_key(".png"), picture), provider=kind)


@cached_task(kind="music", version="1", task_run_name="music by {provider}", **PATIENT)
def compose_music(
    mood: str,
    duration_s: float,
    seed: int,
    provider: str,
    provider_version: str,  # noqa: ARG001
) -> ArtifactRef:
    """Background music, as MP3."""
    with workspace() as work:
        wav = music_maker(provider).compose(
            mood=mood, duration_s=duration_s, seed=seed, to=work / "music.wav"
        )
        return load_store().put(artifact_key(".mp3"), to_mp3(wav, work / "music.mp3"))


@cached_task(kind="speech", version="1", task_run_name="speak by {provider}", **PATIENT)
def speak_line(
    line: str,
    language: str,
    voice: str,
    provider: str,
    provider_version: str,  # noqa: ARG001
) -> SpeechRef:
    """One spoken line, as WAV, with word times where the voice has them."""
    with workspace() as work:
        speech = voice_named(provider).speak(
            line, language=language, voice=voice, to=work / "speech.wav"
        )
        return SpeechRef(
            audio=load_store().put(artifact_key(".wav"), speech.path),
            duration_s=speech.duration_s,
            provider=provider,
            words=speech.words,
        )


@cached_task(kind="words", version="1", task_run_name="align by {provider}", **PATIENT)
def align_line(
    audio: ArtifactRef,
    text: str,
    language: str,
    provider: str,
    provider_version: str,  # noqa: ARG001
) -> AlignedLine:
    """When each word of a spoken line is said."""
    with workspace() as work:
        speech = bring(load_store(), audio, work)
        words = aligner(provider).align(speech, text, language)
        return AlignedLine(words=words, provider=provider)
