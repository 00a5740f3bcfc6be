"""Runs `reels.voice.espeak_process` once per line and maps its events to the line's words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reels.errors import BadOutput, InvalidInput, TransientFailure
from reels.spans import Span, word_ranges
from reels.voice.espeak_catalog import install
from reels.voice.spoken import is_speakable, spoken_text

MAX_LINE_CHARS = 5_000
_CHILD = Path(__file__).with_name("espeak_process.py")
#: The child gets no other variable: none of our keys is its business.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class Delivery:
    """How a line is spoken; the scales are espeak-ng's own (0 to 100, gap in 10 ms)."""

    rate_wpm: int = 168
    pitch: int = 44
    pitch_range: int = 48
    word_gap: int = 0


@dataclass(frozen=True)
class Utterance:
    """A spoken line in a WAV file (mono, 16 bit, the engine's rate).

    `spans` has one entry per white-space separated word; None where nothing was spoken.
    """

    path: Path
    rate_hz: int
    duration_s: float
    spans: tuple[Span | None, ...]


def utter(
    line: str, *, voice: str, delivery: Delivery, to: Path, time_limit_s: float = 30.0
) -> Utterance:
    """Speak `line` with the engine's `voice` (as in `en-us+f2`) into `to`.

    Raises:
        InvalidInput: naming `narration`: nothing to speak, or more than `MAX_LINE_CHARS`.
        TransientFailure: the engine took too long or died.
        BadOutput: the engine refused, or gave no sound.
    """
    _check(line)
    engine = install()
    reply = _ask(
        {
            "library": engine.library,
            "data": engine.data,
            "voice": voice,
            "text": spoken_text(line),
            "to": str(to),
            "time_limit_s": time_limit_s,
            **asdict(delivery),
        },
        time_limit_s,
    )
    rate_hz, samples = int(reply["rate_hz"]), int(reply["samples"])
    spans = _spans(line, reply["events"], rate_hz, samples)
    if not samples or not any(spans):
        raise BadOutput("espeak", f"The voice {voice!r} gave no sound for {line[:60]!r}.")
    return Utterance(to, rate_hz, samples / rate_hz, spans)


def _check(line: str) -> None:
    if not is_speakable(line):
        raise InvalidInput(
            "narration",
            f"Nothing in {line[:60]!r} can be spoken.",
            remedy="Write at least one word or number.",
        )
    if len(line) > MAX_LINE_CHARS:
        raise InvalidInput(
            "narration",
            f"The line has {len(line)} characters; {MAX_LINE_CHARS} can be spoken at once.",
            remedy="Split it into several scenes.",
        )


def _ask(request: dict[str, Any], time_limit_s: float) -> dict[str, Any]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(
            # Isolated and without site-packages: the child needs none, and starts faster.
            [sys.executable, "-I", "-S", str(_CHILD)],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=time_limit_s,
            env={**environment, "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TransientFailure(
            "espeak", f"The speech engine was stopped after {time_limit_s:g} s."
        ) from error
    except OSError as error:
        raise TransientFailure("espeak", f"The speech engine did not start: {error}.") from error
    return _reply(done)


def _reply(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        tail = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise TransientFailure(
            "espeak", f"The speech engine ended with status {done.returncode} {tail or ''}".strip()
        ) from None
    if "error" in reply:
        raise BadOutput("espeak", f"The speech engine failed: {reply['error']}.")
    return reply


def _spans(
    line: str, events: Sequence[tuple[str, int, int]], rate_hz: int, samples: int
) -> tuple[Span | None, ...]:
    """A number raises several word events and some word pairs raise one between them."""
    ranges = word_ranges(line)
    sounds = _sounds(ranges, events, samples)
    spans: list[Span | None] = [None] * len(ranges)
    index = 0
    while index < len(ranges):
        after = index + 1
        if index in sounds:
            while after < len(ranges) and after not in sounds and _has_letters(line, ranges[after]):
                after += 1
            spans[index:after] = _share(ranges[index:after], sounds[index], rate_hz)
        index = after
    return tuple(spans)


def _has_letters(line: str, where: tuple[int, int]) -> bool:
    return any(char.isalnum() for char in line[where[0] : where[1]])


def _sounds(
    ranges: Sequence[tuple[int, int]], events: Sequence[tuple[str, int, int]], samples: int
) -> dict[int, tuple[int, int]]:
    """For each word that sounds its first sample and the one after its last."""
    starts = [start for start, _ in ranges]
    found: dict[int, tuple[int, int]] = {}
    current = 0
    ends = [sample for _, _, sample in events[1:]] + [samples]
    for (kind, position, sample), end in zip(events, ends, strict=True):
        if kind == "word":
            current = max(current, bisect_right(starts, position) - 1)
        elif kind == "sound":
            first, last = found.get(current, (sample, sample))
            found[current] = (min(first, sample), max(last, end))
    return found


def _share(
    ranges: Sequence[tuple[int, int]], sound: tuple[int, int], rate_hz: int
) -> list[Span | None]:
    """Divide one sound among words that the engine reads as one, by their letters."""
    total = sum(end - start for start, end in ranges)
    at, spans = sound[0] / rate_hz, list[Span | None]()
    for start, end in ranges:
        until = at + (sound[1] - sound[0]) / rate_hz * (end - start) / total
        spans.append((at, until))
        at = until
    return spans
