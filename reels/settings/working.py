"""How much workers take on at once."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class WorkSettings(BaseSettings):
    """What runs at once on one machine, or in one container; 0: as much as it is fit for."""

    model_config = CONFIG

    pipeline_runs: int = Field(
        default=0, ge=0, le=1000, description="jobs of one worker of the pool `pipeline` at once"
    )
    gpu_runs: int = Field(
        default=0, ge=0, le=100, description="transcriptions of one worker of the pool `gpu`"
    )
    render_runs: int = Field(
        default=0, ge=0, le=100, description="renders of one worker of the pool `render`"
    )
    worker_memory_mb: int = Field(
        default=0,
        ge=0,
        description="megabytes that renders and transcriptions on one machine may take together",
    )
