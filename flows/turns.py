"""A call's turn at a service: a slot of its global concurrency limit, and its rate limit.

The limits are Prefect's own, one per service and named after it, made by
`deployments/limits.py`, seen and changed in Prefect's UI. They hold for all jobs on all
machines. A limit that is not there limits nothing. A slot costs about 100 ms.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from prefect.concurrency.sync import concurrency, rate_limit

from reels.errors import Unavailable

#: A slot is renewed while its call runs; that of a killed process comes back after so long.
#: The shortest that Prefect takes.
LEASE_S = 60
#: Services that also count calls in a span of time.
RATED = {"pixabay": "pixabay-rate"}

logger = logging.getLogger(__name__)


@contextmanager
def turn(service: str) -> Iterator[None]:
    """Hold one of the service's slots; waits for it as long as it takes.

    Raises:
        Unavailable: Prefect does not answer.
    """
    slot = concurrency(service, occupy=1, lease_duration=LEASE_S)
    try:
        slot.__enter__()
    except Exception as error:
        raise _no_answer(service, error) from error
    try:
        _keep_to_the_rate(service)
        yield
    finally:
        _give_back(slot, service)


def _keep_to_the_rate(service: str) -> None:
    """Inside the slot, so that whoever has waited calls at once."""
    name = RATED.get(service)
    if name is None:
        return
    try:
        rate_limit(name)
    except Exception as error:
        raise _no_answer(service, error) from error


def _give_back(slot: AbstractContextManager[None], service: str) -> None:
    """What the call brought is not thrown away when its slot cannot be given back."""
    try:
        slot.__exit__(None, None, None)
    except Exception as error:
        logger.warning(
            "A slot of %s comes back only in %d s: %s", service, LEASE_S, type(error).__name__
        )


def _no_answer(service: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"Prefect does not answer ({type(error).__name__}), so {service} could not be called.",
        remedy="Check PREFECT_API_URL, then retry the job; what was done is kept.",
    )
