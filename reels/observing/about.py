"""For whom the work of the moment is done: every log line, trace and error says so.

A server has one `About` for each request, by a context variable; a process that does
one job has one for all its threads.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

#: What a request may be called by whoever sends it.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:@/+=-]{1,64}")
#: Shorter texts are found in too much that is nobody's.
_SHORTEST_WITHHELD: Final = 12
_MOST_WITHHELD: Final = 2_000
#: A longer one is a file, whose lines nobody would tell.
_LONGEST_SPLIT: Final = 100_000


@dataclass
class About:
    """What is known by now; empty texts are not known.

    `withheld` maps people's own words to what stands for them where something is told.
    """

    request: str = ""
    user: str = ""
    job: str = ""
    stage: str = ""
    withheld: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """What is known, by its names in log lines."""
        known = {"job": self.job, "stage": self.stage, "user": self.user, "request": self.request}
        return {name: value for name, value in known.items() if value}

    def withhold(self, value: Any) -> None:
        """Let no words in `value`, a model or of the kinds that JSON has, be told.

        Names, ids and keys are no words: they are ASCII without a space.
        """
        pending = [value]
        while pending and len(self.withheld) < _MOST_WITHHELD:
            found = pending.pop()
            if isinstance(found, BaseModel):
                pending.append(found.model_dump())
            elif isinstance(found, dict):
                pending.extend(found.values())
            elif isinstance(found, list | tuple):
                pending.extend(found)
            elif isinstance(found, str) and _may_be_words(found):
                lines = found.splitlines() if len(found) <= _LONGEST_SPLIT else ()
                for text in (found, *lines):
                    if len(text) >= _SHORTEST_WITHHELD:
                        self.withheld.setdefault(text, "***")


def _may_be_words(text: str) -> bool:
    return not text.isascii() or " " in text[:200] or "\n" in text[:200]


_process = About()
_request: ContextVar[About | None] = ContextVar("about", default=None)


def about() -> About:
    """Of the request that is being answered here, or else of this process."""
    return _request.get() or _process


@contextmanager
def answering(request: About) -> Iterator[About]:
    """Let the body, in this task or thread, work for `request`."""
    token = _request.set(request)
    try:
        yield request
    finally:
        _request.reset(token)


def request_id(given: str = "") -> str:
    """What the sender calls its request, if it can be used, or else a name of ours."""
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
