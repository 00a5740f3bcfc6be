"""How much is taken on, and how fast."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


def _rate(value: str) -> str:
    """How often something may happen, in the notation of the `limits` library."""
    # Dear to import, and of no use to the processes of flows.
    import limits

    try:
        found = limits.parse_many(value) if value.strip() else []
    except ValueError:
        raise ValueError(
            f"{value!r:.60} is no rate; rates look like 300/minute or 5/second;300/minute"
        ) from None
    if any(each.amount < 1 or each.multiples < 1 for each in found):
        raise ValueError(f"{value!r:.60} lets nothing through; an empty value lifts the limit")
    return value.strip()


Rate = Annotated[str, AfterValidator(_rate)]


class LimitSettings(BaseSettings):
    """What a user may ask for. Rates are in the notation of the `limits` library."""

    model_config = CONFIG

    rate_changes: Rate = Field(
        default="1200/minute",
        description="requests by a user on one route that change something, as in "
        "`5/second;300/minute`; empty: as many as come",
    )
    rate_reads: Rate = Field(
        default="12000/minute", description="requests by a user on one route that read"
    )
    rate_refused: Rate = Field(
        default="60/minute",
        description="requests by one address that do not prove who asks; more are not looked at",
    )
    queued_per_user: int = Field(
        default=2_000, ge=0, description="jobs of a user that wait to begin; 0: any number"
    )
    queued_in_all: int = Field(
        default=20_000, ge=0, description="jobs of all users that wait to begin; 0: any number"
    )
    jobs_per_day: int = Field(
        default=0,
        ge=0,
        description="jobs of a user that may be made in a day of UTC; 0: any number",
    )
