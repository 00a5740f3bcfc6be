"""Errors that somebody should look at, told to Sentry once that is set up.

An event has the class of the error, where in the code it came from, and what it was about.
It has no bodies, no headers, no variables and no words of errors that are not our own: those
may repeat what somebody has written.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Protocol

from reels.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    Conflict,
    ContentBlocked,
    InvalidInput,
    JobEnded,
    LimitReached,
    NotFound,
    ReelsError,
)
from reels.observing.about import about
from reels.observing.scrubbing import MARK, scrub

#: People's own doing, which they are told of.
_EXPECTED: Final = (
    InvalidInput,
    JobEnded,
    BudgetExceeded,
    ContentBlocked,
    Conflict,
    NotFound,
    LimitReached,
)
_WORDS_ARE_OURS: Final = (ReelsError,)


class Reporter(Protocol):
    """Takes errors."""

    def report(self, error: BaseException, tags: dict[str, str]) -> None: ...

    def flush(self, timeout_s: float) -> None: ...


_reporter: Reporter | None = None


def use(reporter: Reporter | None) -> None:
    """Tell errors there from now on."""
    global _reporter
    _reporter = reporter


def report(error: BaseException, **tags: str) -> None:
    """Tell of an error that nobody expects; of others, and while nobody listens, nothing."""
    if _reporter is None or isinstance(error, _EXPECTED):
        return
    known = about().fields()
    if "user" in known:
        known["user"] = hashed(known["user"])
    _reporter.report(error, {**known, **tags})


def flush(timeout_s: float) -> None:
    """Send what has been told, within that time."""
    if _reporter is not None:
        _reporter.flush(timeout_s)


def hashed(user: str) -> str:
    """Stands for a user where other houses may look: the same for the same user."""
    return hashlib.sha256(f"reelwright\n{user}".encode()).hexdigest()[:12]


def words_of(error: BaseException) -> str:
    """What an error says, as far as it may be told."""
    if isinstance(error, _WORDS_ARE_OURS) and not isinstance(error, AuthenticationFailed):
        return scrub(str(error))
    return MARK


def cleaned(event: dict[str, Any], error: BaseException | None) -> dict[str, Any]:
    """A Sentry event with what may leave the house, and nothing else."""
    kept = ("event_id", "timestamp", "level", "platform", "release", "environment", "tags", "sdk")
    clean = {name: event[name] for name in kept if name in event}
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    words = [words_of(each) for each in reversed(chain)]
    values = event.get("exception", {}).get("values", [])
    clean["exception"] = {"values": [_value(each, words, values) for each in values]}
    return clean


def _value(value: dict[str, Any], words: list[str], values: list[dict[str, Any]]) -> dict[str, Any]:
    place = values.index(value) - len(values)
    frames = value.get("stacktrace", {}).get("frames", [])
    names = ("filename", "function", "module", "lineno", "in_app", "abs_path")
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": words[place] if len(words) == len(values) else MARK,
        "mechanism": {"type": "generic", "handled": True},
        "stacktrace": {
            "frames": [{name: frame[name] for name in names if name in frame} for frame in frames]
        },
    }
