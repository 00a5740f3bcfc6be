"""Every scene's line is spoken, and every word gets its time."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.futures import PrefectFuture

from flows.dispatch import run_child
from flows.job import Job
from flows.tasks import speak_line
from reels.models import SpeechRef, Storyboard, Word
from reels.plans import LineToAlign, Transcribed, TranscribePlan
from reels.settings import FlowSettings
from reels.voice import voice


@dataclass(frozen=True)
class SpokenLine:
    """One scene's line with its words; times count from the start of the line."""

    speech: SpeechRef
    words: tuple[Word, ...]
    words_provider: str


def start_lines(
    job: Job, storyboard: Storyboard, settings: FlowSettings
) -> list[PrefectFuture[SpeechRef]]:
    """Start to speak every scene's line."""
    speaker = voice(settings.tts_provider)
    return [
        speak_line.submit(
            line=scene.narration,
            language=storyboard.language,
            voice=job.request.voice or settings.tts_voice,
            provider=speaker.name,
            provider_version=speaker.version,
        )
        for scene in storyboard.scenes
    ]


def finish_lines(
    job: Job,
    storyboard: Storyboard,
    pending: list[PrefectFuture[SpeechRef]],
    settings: FlowSettings,
) -> list[SpokenLine]:
    """Wait for the lines; words that no voice has timed are aligned on the gpu pool."""
    speeches = [future.result() for future in pending]
    aligned = _align(job, storyboard, speeches, settings)
    return [
        aligned.get(index) or SpokenLine(speech, speech.words or (), speech.provider)
        for index, speech in enumerate(speeches)
    ]


def _align(
    job: Job, storyboard: Storyboard, speeches: list[SpeechRef], settings: FlowSettings
) -> dict[int, SpokenLine]:
    wanted = [
        index
        for index, speech in enumerate(speeches)
        if job.request.words == "align" or speech.words is None
    ]
    if not wanted:
        return {}
    plan = TranscribePlan(
        language=storyboard.language,
        aligner=settings.words_provider,
        lines=tuple(
            LineToAlign(speech=speeches[index], text=storyboard.scenes[index].narration)
            for index in wanted
        ),
    )
    found = run_child("transcribe-audio/default", plan, Transcribed, job)
    return {
        index: SpokenLine(speeches[index], line.words, line.provider)
        for index, line in zip(wanted, found.lines, strict=True)
    }
