"""Down a chain of providers: the next makes it when one cannot, and that is remembered.

What was chosen for a job lies in the store. So a job that is entered again, after a person
approved what it had made, does not go back to a provider that has come round meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from prefect import get_run_logger

from flows.job import Job
from reels.chains import FALLING, ChainStage, Fallback
from reels.models import Model

T = TypeVar("T")

MAX_REASON_CHARS = 300


class Choice(Model):
    """Who made it, and who had failed before."""

    provider: str
    fallbacks: tuple[Fallback, ...] = ()


def made_by_first_able(
    stage: ChainStage,
    names: Sequence[str],
    make: Callable[[str], T],
    falling: tuple[type[Exception], ...] = FALLING,
) -> tuple[T, Choice]:
    """What `make` makes with the first of the providers that can, and whose it is.

    Raises:
        the last provider's error when none can, and any that no other provider mends.
    """
    fallbacks: list[Fallback] = []
    for name, instead in zip(names, [*names[1:], None], strict=True):
        try:
            return make(name), Choice(provider=name, fallbacks=tuple(fallbacks))
        except falling as error:
            if instead is None:
                raise
            fallbacks.append(fallback(stage, name, instead, error))
            get_run_logger().warning("%s", fallbacks[-1])
    raise AssertionError("a chain has at least one name")


def fallback(stage: ChainStage, failed: str, instead: str, error: Exception) -> Fallback:
    """The step from one provider to the next."""
    return Fallback(
        stage=stage, failed=failed, instead=instead, reason=str(error)[:MAX_REASON_CHARS]
    )


def gone_without(
    job: Job, stage: ChainStage, what: str, names: Sequence[str], error: Exception
) -> str:
    """Settle that the job goes on without `what`, which none could make; says so in words."""
    get_run_logger().warning("No %s: %s", what, error)
    last = fallback(stage, names[-1], "", error)
    settle(job, stage, Choice(provider="", fallbacks=(last,)))
    return f"no {what}: {error}"


def chosen(job: Job, stage: ChainStage) -> Choice | None:
    """Whom this job has settled on, or None."""
    return job.load(_name(stage), Choice)


def settle(job: Job, stage: ChainStage, choice: Choice) -> None:
    """Remember whom this job has settled on."""
    job.save(_name(stage), choice)


def _name(stage: ChainStage) -> str:
    return f"chosen/{stage}.json"
