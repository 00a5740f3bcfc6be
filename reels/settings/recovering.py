"""When a run's process counts as gone, and how often its work is begun again."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class RecoverySettings(BaseSettings):
    """How processes tell that they live, and what is done when one does so no more."""

    model_config = CONFIG

    heartbeat_s: float = Field(
        default=15, gt=0, le=600, description="seconds between two signs of life of a run's process"
    )
    lease_s: float = Field(
        default=45,
        gt=0,
        le=3_600,
        description="seconds without a sign of life after which a run's process counts as gone; "
        "three of `VIDEO_SERVICE_HEARTBEAT_S` or more",
    )
    start_lease_s: float = Field(
        default=120,
        gt=0,
        le=3_600,
        description="seconds that a run may take from a worker to its first line; more where "
        "machines are started for runs",
    )
    keeper_poll_s: float = Field(
        default=5, gt=0, le=60, description="seconds between two looks of the keeper at all runs"
    )
    max_recoveries: int = Field(
        default=3,
        ge=0,
        le=100,
        description="times that a job whose process ended is begun again before it has failed; "
        "counted anew when a person retries or answers it",
    )

    @model_validator(mode="after")
    def _several_beats_in_a_lease(self) -> Self:
        if self.lease_s < 3 * self.heartbeat_s:
            raise ValueError(
                "VIDEO_SERVICE_LEASE_S must be three times VIDEO_SERVICE_HEARTBEAT_S or more, "
                "or one late sign of life would end a process."
            )
        return self
