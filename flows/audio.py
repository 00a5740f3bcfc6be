"""Every scene's line is spoken by one narrator, and every word gets its time."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.futures import PrefectFuture

from flows.dispatch import run_child
from flows.falling import Choice, chosen, made_by_first_able, settle
from flows.job import Job
from flows.tasks import speak_line
from flows.telling import follow
from reels.chains import FALLING, Fallback, known_voice, speakers
from reels.models import Scene, SpeechRef, Storyboard, Word
from reels.plans import LineToAlign, Transcribed, TranscribePlan
from reels.progress import Tally
from reels.settings import FlowSettings
from reels.voice import voice


@dataclass(frozen=True)
class SpokenLine:
    """One scene's line with its words; times count from the start of the line."""

    speech: SpeechRef
    words: tuple[Word, ...]
    words_provider: str


@dataclass(frozen=True)
class PendingLines:
    """What the first provider has been asked for, and who is next."""

    names: tuple[str, ...]
    first: list[PrefectFuture[SpeechRef]]
    settled: Choice | None


@dataclass(frozen=True)
class Spoken:
    """All lines, in the scenes' order, and who had failed to speak or to align them."""

    lines: list[SpokenLine]
    fallbacks: tuple[Fallback, ...] = ()


def start_lines(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingLines:
    """Start to speak every scene's line."""
    settled = chosen(job, "voice")
    wanted = job.request.voice or settings.tts_voice
    names = speakers(settings.tts_provider, storyboard.language, wanted)
    if settled is not None:
        names = (settled.provider,)
    return PendingLines(names, _submit(job, storyboard, names[0], wanted), settled)


def finish_lines(
    job: Job, storyboard: Storyboard, pending: PendingLines, settings: FlowSettings, tally: Tally
) -> Spoken:
    """Wait for the lines; words that no voice has timed are aligned on the gpu pool.

    A line that is spoken is a piece of the tally, and one that is aligned another. A video
    has one narrator: when the first provider fails for one line, the next one speaks them all.
    """
    wanted = job.request.voice or settings.tts_voice
    if job.request.words == "align":
        tally.expect("words", len(storyboard.scenes))

    def make(name: str) -> list[SpeechRef]:
        asked = pending.first
        if name != pending.names[0]:
            asked = _submit(job, storyboard, name, wanted)
        follow(tally, asked)
        return _collected(job, asked)

    speeches, choice = made_by_first_able("voice", pending.names, make)
    choice = pending.settled or choice
    settle(job, "voice", choice)
    aligned, steps = _align(job, storyboard, speeches, settings, tally)
    lines = [
        aligned.get(index) or SpokenLine(speech, speech.words or (), speech.provider)
        for index, speech in enumerate(speeches)
    ]
    return Spoken(lines, (*choice.fallbacks, *steps))


def _submit(
    job: Job, storyboard: Storyboard, name: str, wanted: str
) -> list[PrefectFuture[SpeechRef]]:
    speaker = voice(name)

    def voice_of(scene: Scene) -> str:
        """A scene's own voice is another provider's when this one does not know it."""
        own = known_voice(name, storyboard.language, scene.voice)
        return own or known_voice(name, storyboard.language, wanted)

    return [
        speak_line.submit(
            line=scene.narration,
            language=storyboard.language,
            voice=voice_of(scene),
            provider=speaker.name,
            provider_version=speaker.version,
            payer=job.payer.of_scene(number),
        )
        for number, scene in enumerate(storyboard.scenes, 1)
    ]


def _collected(job: Job, futures: list[PrefectFuture[SpeechRef]]) -> list[SpeechRef]:
    """All lines. An error that no other provider mends goes before one that another may.

    Each is noted in the job as soon as it is there, for those who watch.
    """
    found: list[SpeechRef] = []
    failures: list[Exception] = []
    for number, future in enumerate(futures, 1):
        try:
            found.append(future.result())
            job.save(f"lines/{number:02}.json", found[-1])
        except FALLING as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return found


def _align(
    job: Job,
    storyboard: Storyboard,
    speeches: list[SpeechRef],
    settings: FlowSettings,
    tally: Tally,
) -> tuple[dict[int, SpokenLine], tuple[Fallback, ...]]:
    wanted = [
        index
        for index, speech in enumerate(speeches)
        if job.request.words == "align" or speech.words is None
    ]
    if not wanted:
        return {}, ()
    plan = TranscribePlan(
        language=storyboard.language,
        aligner=settings.words_provider,
        lines=tuple(
            LineToAlign(speech=speeches[index], text=storyboard.scenes[index].narration)
            for index in wanted
        ),
    )
    on_share = tally.part("words", len(wanted))
    found = run_child(
        "transcribe-audio/default",
        plan,
        Transcribed,
        job,
        on_share,
        payer=job.payer.model_dump(mode="json"),
        scenes=[index + 1 for index in wanted],
    )
    lines = {
        index: SpokenLine(speeches[index], line.words, line.provider)
        for index, line in zip(wanted, found.lines, strict=True)
    }
    return lines, found.fallbacks
