"""Everything that can go wrong, as one tree.

    ReelsError
    ├── InvalidInput            the caller's data breaks a rule; names the field
    │   └── InvalidTemplate         a scenario's template does; names its lines
    ├── Unauthenticated         nobody knows whose request this is; names what is missing
    ├── Forbidden               whoever asks may not do this
    ├── NotFound                no such job, artifact or object (or not this user's)
    ├── Conflict                the request is right but comes too late, or twice
    ├── LimitReached            too many, or too fast; says when to come back
    ├── Unavailable             a service that we need does not answer; try again
    ├── ProviderError           a voice, storyboarder, picture or music maker failed
    │   ├── AuthenticationFailed    the key is wrong or missing
    │   ├── QuotaExceeded           paid volume is used up
    │   ├── RateLimited             too fast; carries the delay
    │   ├── TransientFailure        may pass when tried again
    │   ├── ContentBlocked          the provider refuses the content
    │   └── BadOutput               the provider answered with something unusable
    ├── RenderError
    │   ├── FfmpegFailed            ffmpeg ended with an error; carries its last lines
    │   │   └── FfmpegKilled            somebody killed it: its input is not to blame
    │   ├── FfmpegTimedOut          ffmpeg was killed at its time limit
    │   └── CheckFailed             the finished file is not what was promised
    ├── StoreError
    │   ├── ArtifactMissing         the key holds nothing
    │   ├── Unreadable              what it holds is of another release, or damaged
    │   ├── StoreUnavailable        the store refuses or does not answer
    │   │   └── StoreForbidden          our keys or the bucket are wrong: it will refuse again
    │   └── LinkRefused             a signed link is wrong or has expired
    ├── TooLarge                the work needs more memory than its machine has
    ├── PartsFailed             some of what a job consists of has failed; the rest is done
    ├── BudgetExceeded          the next paid call would pass the job's budget
    └── JobEnded                the job ends here, and not by a fault
        └── Rejected                a person rejected it

Every error says what happened (`message`) and, where a person can do something,
what to do (`remedy`). All of them survive pickling. None knows of HTTP or Prefect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class ReelsError(Exception):
    """Base of the tree. `message` says what happened and where, `remedy` what to do."""

    remedy: str = ""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        if remedy:
            self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip() if self.remedy else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.__dict__.copy())


def _rebuild(kind: type[ReelsError], state: dict[str, Any]) -> ReelsError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (state.get("message", ""),)
    return error


class Faulty(Protocol):
    """What is wrong, and in which line (from 1; 0: in none in particular)."""

    @property
    def line(self) -> int: ...

    @property
    def message(self) -> str: ...


class InvalidInput(ReelsError):
    """`field` is the path of the offending value, as in `storyboard.scenes.0.narration`."""

    def __init__(self, field: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class InvalidTemplate(InvalidInput):
    """`faults` have each a `line` of the template (0: none in particular) and a `message`."""

    def __init__(self, faults: Sequence[Faulty], *, field: str = "scenario") -> None:
        first = faults[0]
        where = f"Line {first.line} of the template: " if first.line else "The template: "
        super().__init__(field, where + first.message)
        self.faults = tuple(faults)


class Unauthenticated(ReelsError):
    """`scheme` is the way in which the caller can say who asks, as in `Bearer`.

    It may be a guess at a secret, unless what was sent as a proof is right.
    """

    def __init__(
        self, message: str, *, scheme: str, remedy: str = "", is_guess: bool = True
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.scheme = scheme
        self.is_guess = is_guess


class Forbidden(ReelsError):
    pass


class NotFound(ReelsError):
    pass


class Conflict(ReelsError):
    pass


class LimitReached(ReelsError):
    """`retry_after_s` is when it may pass."""

    def __init__(self, message: str, *, retry_after_s: float, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class Unavailable(ReelsError):
    """`retry_after_s` is when to come back."""

    def __init__(self, message: str, *, retry_after_s: float = 2.0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class ProviderError(ReelsError):
    """`provider` is the name under which the provider is listed, as in `espeak`."""

    def __init__(self, provider: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.provider = provider


class AuthenticationFailed(ProviderError):
    pass


class QuotaExceeded(ProviderError):
    pass


class RateLimited(ProviderError):
    """`retry_after_s` is the provider's own delay, or None when it names none."""

    def __init__(
        self, provider: str, message: str, *, retry_after_s: float | None = None, remedy: str = ""
    ) -> None:
        super().__init__(provider, message, remedy=remedy)
        self.retry_after_s = retry_after_s


class TransientFailure(ProviderError):
    pass


class ContentBlocked(ProviderError):
    pass


class BadOutput(ProviderError):
    pass


class RenderError(ReelsError):
    pass


class FfmpegFailed(RenderError):
    """`stderr_tail` holds the last lines that ffmpeg wrote."""

    def __init__(self, message: str, *, stderr_tail: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.stderr_tail = stderr_tail


class FfmpegKilled(FfmpegFailed):
    """By the system for want of memory, as a rule. It may be tried again."""


class FfmpegTimedOut(RenderError):
    pass


class CheckFailed(RenderError):
    pass


class StoreError(ReelsError):
    pass


class ArtifactMissing(StoreError):
    def __init__(self, key: str, *, remedy: str = "") -> None:
        super().__init__(f"The store holds nothing under {key!r}.", remedy=remedy)
        self.key = key


class Unreadable(StoreError):
    pass


class StoreUnavailable(StoreError):
    pass


class StoreForbidden(StoreUnavailable):
    pass


class LinkRefused(StoreError):
    pass


class TooLarge(ReelsError):
    pass


class PartsFailed(ReelsError):
    pass


class BudgetExceeded(ReelsError):
    pass


class JobEnded(ReelsError):
    pass


class Rejected(JobEnded):
    pass
