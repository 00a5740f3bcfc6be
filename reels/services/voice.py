"""The service `voice-service`: a text is spoken, and each of its words gets its time."""

from __future__ import annotations

import wave
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np

from reels.chains import FALLING, known_voice, links, speakers
from reels.cloud.attempts import tried
from reels.errors import InvalidInput, ProviderError
from reels.models import MAX_NARRATION_CHARS, LanguageTag, Word
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.languages import language_for, settings_key
from reels.settings import FlowSettings
from reels.sounds import decode
from reels.spans import shift
from reels.storyboard.markdown import has_words
from reels.storyboard.sentences import join, sentences, short_pieces
from reels.voice import voice as voice_named
from reels.words import aligner
from reels.writers.parts import GAP, paragraphs

_RATE_HZ = 48_000
#: A breath, in which the picture changes.
_PAUSE_S = 0.4
#: The aligners of the house that need no other pool; the second one always can.
_ALIGNERS = ("dtw", "proportional")


class VoiceService:
    """`params.voice` and `params.language` are what a video's are.

    The result's `text` is what is spoken, its paragraphs parted by blank lines.
    """

    name = "voice-service"
    pool: Pool = "pipeline"

    @property
    def version(self) -> str:
        settings = FlowSettings()
        known = (voice_named(name) for name in links(settings.tts_provider))
        voices = "+".join(f"{each.name}-{each.version}" for each in known)
        words = "+".join(f"{name}-{aligner(name).version}" for name in _ALIGNERS)
        return f"1+{voices}+{settings.tts_voice}+{words}+{settings_key()}"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is a WAV of one channel."""
        settings = FlowSettings()
        text = [said for each in order.given("text") for said in paragraphs(bench.text(each))]
        text = [each for each in text or paragraphs(order.prompt or "") if has_words(each)]
        if not text:
            raise InvalidInput(
                "text_task_id",
                f"{order.name} has nothing to speak.",
                remedy="Name a task that writes a text, or give a prompt.",
            )
        language = language_for(order, " ".join(text))
        wanted = order.told("voice") or settings.tts_voice
        names = speakers(settings.tts_provider, language, wanted)
        degraded = ""
        for name in names:
            try:
                spoken = _spoken(name, text, language, wanted, bench)
                return spoken.model_copy(update={"degraded": degraded})
            except FALLING as error:
                degraded = degraded or f"Not spoken by {name}: {error}"
                if name == names[-1]:
                    raise
        raise AssertionError("a chain has at least one name")


def _spoken(
    name: str, text: list[str], language: LanguageTag, wanted: str, bench: Bench
) -> TaskResult:
    lines = [line for paragraph in text for line in _lines(paragraph)]
    own = known_voice(name, language, wanted)
    speaker = voice_named(name)
    spoken = [
        tried(
            partial(
                speaker.speak,
                line,
                language=language,
                voice=own,
                to=bench.folder / f"{number:04}.wav",
            )
        )
        for number, line in enumerate(lines)
    ]
    words = [
        each.words if each.words is not None else _aligned(each.path, line, language)
        for each, line in zip(spoken, lines, strict=True)
    ]
    file, starts_s, duration_s = _joined([each.path for each in spoken], bench.folder)
    placed = tuple(
        word
        for start_s, several in zip(starts_s, words, strict=True)
        for word in shift(several, start_s)
    )
    return TaskResult(
        kind="sound",
        artifact=bench.keep(file),
        provider=name,
        language=language,
        duration_s=duration_s,
        text=GAP.join(text),
        words=placed,
    )


def _lines(paragraph: str) -> list[str]:
    """Sentences, as many together as a voice takes at once."""
    pieces = [
        piece
        for sentence in sentences(" ".join(paragraph.split()))
        for piece in short_pieces(sentence, 100, MAX_NARRATION_CHARS)
    ]
    lines: list[str] = []
    for piece in pieces:
        joined = join([lines[-1], piece]) if lines else piece
        if lines and len(joined) <= MAX_NARRATION_CHARS:
            lines[-1] = joined
        else:
            lines.append(piece)
    return lines


def _aligned(speech: Path, line: str, language: LanguageTag) -> tuple[Word, ...]:
    for name in _ALIGNERS[:-1]:
        try:
            return aligner(name).align(speech, line, language)
        except (ProviderError, InvalidInput):
            continue
    return aligner(_ALIGNERS[-1]).align(speech, line, language)


def _joined(parts: list[Path], folder: Path) -> tuple[Path, list[float], float]:
    """All lines in one sound with a breath between them; when each starts, and the length."""
    pause = np.zeros(round(_PAUSE_S * _RATE_HZ), np.int16)
    target, counts = folder / "speech.wav", []
    with target.open("wb") as file, wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE_HZ)
        for number, part in enumerate(parts):
            raw = folder / "line.raw"
            decode(part, raw, rate_hz=_RATE_HZ, channels=1)
            samples = np.fromfile(raw, np.float32)
            block = np.round(np.clip(samples, -1, 1) * 32_767).astype(np.int16)
            block = block if number == len(parts) - 1 else np.concatenate((block, pause))
            out.writeframes(block.tobytes())
            counts.append(len(block))
    ends = list(accumulate(counts))
    return target, [end / _RATE_HZ for end in [0, *ends[:-1]]], ends[-1] / _RATE_HZ
