"""The global concurrency limits of the services, on whose slots calls wait for their turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import (
    GlobalConcurrencyLimitCreate,
    GlobalConcurrencyLimitUpdate,
)
from prefect.exceptions import ObjectNotFound

from flows.turns import RATED
from reels.cloud.access import Service
from reels.settings import ProviderSettings

#: 100 in any 60 seconds: 10 at once, then 3 in 2 seconds. (A full bucket of 100 that fills
#: up again in a minute would let 200 through in its first.)
PIXABAY_AT_ONCE = 10
PIXABAY_PER_S = 1.5


@dataclass(frozen=True)
class Limit:
    """A limit; `is_chosen` when the environment sets it rather than a default."""

    name: str
    slots: int
    per_s: float = 0.0
    is_chosen: bool = False


def limits(settings: ProviderSettings) -> tuple[Limit, ...]:
    """One limit per service, and the rate limits."""
    slots = [
        Limit(
            service,
            getattr(settings, f"{service}_concurrency"),
            is_chosen=f"{service}_concurrency" in settings.model_fields_set,
        )
        for service in get_args(Service)
    ]
    return *slots, Limit(RATED["pixabay"], PIXABAY_AT_ONCE, PIXABAY_PER_S)


def ensure_limits(settings: ProviderSettings) -> None:
    """Make the limits that are not there. Others stay as ops have edited them, unless the
    environment chooses a number."""
    with get_client(sync_client=True) as client:
        for limit in limits(settings):
            _ensure(client, limit)


def _ensure(client: SyncPrefectClient, limit: Limit) -> None:
    try:
        held = client.read_global_concurrency_limit_by_name(limit.name)
    except ObjectNotFound:
        client.create_global_concurrency_limit(
            GlobalConcurrencyLimitCreate(
                name=limit.name, limit=limit.slots, slot_decay_per_second=limit.per_s
            )
        )
        return
    if limit.is_chosen and held.limit != limit.slots:
        client.update_global_concurrency_limit(
            limit.name, GlobalConcurrencyLimitUpdate(limit=limit.slots)
        )
