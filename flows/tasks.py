"""The work that is cached: storyboards, pictures, music, speech, word times.

Every task takes what shapes its result, the provider's version among it, and returns a
small typed reference. `version` is bumped when the shape of a result changes. `payer` is
whose job bears the costs; another job with the same inputs gets the result for nothing.
Attempts are `flows.patience`'s, around the call alone: a store that fails afterwards does
not make anybody pay twice.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from blocks.registry import load_store
from flows.books import Payer
from flows.caching import artifact_key, cached_task
from flows.patience import patiently
from flows.paying import paid_by
from flows.progress import share_counter
from flows.workspace import bring, workspace
from reels.audio import to_mp3
from reels.effects.makers import effect_maker
from reels.models import ArtifactRef, SpeechRef, Storyboard, VisualRef
from reels.music import music_maker
from reels.plans import AlignedLine
from reels.storyboard import storyboarder
from reels.storyboard.base import Brief, Revision
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.voice import voice as voice_named
from reels.words import aligner, transcriber

#: What `transcribe_sound` counts by its share, where somebody wants to know.
SOUND = "sound"


@cached_task(kind="storyboard", version="1", task_run_name="draft by {provider}")
def draft_storyboard(
    brief: Brief,
    revision: Revision | None,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> Storyboard:
    """A storyboard for the brief, or the one before with a person's comment heeded."""
    return paid_by(payer, lambda: storyboarder(provider).draft(brief, revision))


@cached_task(kind="visual", version="1", task_run_name="draw {kind} {canvas.scene_number}")
def draw_visual(
    kind: str,
    kind_version: str,  # noqa: ARG001
    spec: dict[str, JsonValue],
    canvas: Canvas,
    payer: Payer | None = None,
) -> VisualRef:
    """One scene's picture, as PNG, or of a kind that takes what there is, as what that is."""
    with workspace() as work:
        target = work / "picture.png"
        picture = paid_by(payer, lambda: visual(kind).draw(spec, canvas, target))
        return VisualRef(picture=_kept(picture, picture.suffix), provider=kind)


@cached_task(kind="music", version="1", task_run_name="music by {provider}")
def compose_music(
    mood: str,
    duration_s: float,
    seed: int,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> ArtifactRef:
    """Background music, as MP3."""
    with workspace() as work:
        maker, target = music_maker(provider), work / "music.wav"
        wav = paid_by(
            payer,
            lambda: maker.compose(mood=mood, duration_s=duration_s, seed=seed, to=target),
        )
        return _kept(to_mp3(wav, work / "music.mp3"), ".mp3")


@cached_task(kind="effect", version="1", task_run_name="{effect} by {provider}")
def record_effect(
    effect: str,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> ArtifactRef:
    """A sound effect, as WAV."""
    with workspace() as work:
        maker, target = effect_maker(provider), work / "effect.wav"
        return _kept(paid_by(payer, lambda: maker.make(effect, target)), ".wav")


@cached_task(kind="speech", version="1", task_run_name="speak by {provider}")
def speak_line(
    line: str,
    language: str,
    voice: str,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> SpeechRef:
    """One spoken line, as WAV, with word times where the voice has them."""
    with workspace() as work:
        speaker, target = voice_named(provider), work / "speech.wav"
        speech = paid_by(
            payer, lambda: speaker.speak(line, language=language, voice=voice, to=target)
        )
        return SpeechRef(
            audio=_kept(speech.path, ".wav"),
            duration_s=speech.duration_s,
            provider=provider,
            words=speech.words,
        )


@cached_task(kind="words", version="2", task_run_name="align by {provider}")
def align_line(
    audio: ArtifactRef,
    text: str,
    language: str,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> AlignedLine:
    """When each word of a spoken line is said."""
    with workspace() as work:
        speech = bring(load_store(), audio, work)
        words = paid_by(payer, lambda: aligner(provider).align(speech, text, language))
        return AlignedLine(words=words, provider=provider)


@cached_task(kind="transcript", version="1", task_run_name="transcribe by {provider}")
def transcribe_sound(
    audio: ArtifactRef,
    language: str | None,
    provider: str,
    provider_version: str,  # noqa: ARG001
    payer: Payer | None = None,
) -> ArtifactRef:
    """What is said in a sound: a `Transcript`, as JSON."""
    with workspace() as work:
        sound, target = bring(load_store(), audio, work), work / "transcript.json"
        maker, heard = transcriber(provider), share_counter(SOUND)
        found = paid_by(payer, lambda: maker.transcribe(sound, language, heard))
        target.write_text(found.model_dump_json(), encoding="utf-8")
        return _kept(target, ".json")


def _kept(file: Path, suffix: str) -> ArtifactRef:
    """The file in the store, as the artifact of the cached task that runs."""
    return kept(file, artifact_key(suffix))


def kept(file: Path, key: str) -> ArtifactRef:
    """The file in the store under `key`."""
    return patiently(lambda: load_store().put(key, file))
