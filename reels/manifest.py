"""The manifest: what a job made, from what, by whom, and what was degraded."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from reels.chains import Fallback
from reels.cloud.costs import Cost
from reels.models import ArtifactRef, Aspect, Credit, LanguageTag, Loudness, Model


class SceneEntry(Model):
    """How one scene came to be.

    `attempts` counts the calls to paid services that this job made for it, failed ones too,
    and `cost_usd` what they cost: both are 0 for embedded providers and for what was made before.
    `credit` names the author and the page of stock media.
    """

    number: int
    narration: str
    visual_provider: str
    voice_provider: str
    words_provider: str
    speech_s: float
    attempts: int = 0
    cost_usd: float = 0.0
    degraded: str | None = None
    credit: Credit | None = None


class StageEntry(Model):
    """One stage with its times, UTC."""

    name: str
    started_at: datetime
    ended_at: datetime | None = None


class RenderEntry(Model):
    """What was encoded and what was found ready."""

    frames: int
    duration_s: float
    size_px: tuple[int, int]
    fps: int
    segments_total: int
    segments_encoded: int
    loudness: Loudness


class Manifest(Model):
    """Written last, by rename: a job is ready when its manifest is there.

    `cost_usd` is the sum of `costs`, by the prices of `prices_as_of`; `calls` is how many calls
    to paid services the job made. What other jobs had paid for costs nothing again.
    """

    version: Literal[1] = 1
    job_id: str
    user_id: str
    title: str
    language: LanguageTag
    aspect: Aspect
    storyboard_provider: str
    offline: bool
    music_provider: str
    effects_provider: str = "none"
    scenes: tuple[SceneEntry, ...]
    stages: tuple[StageEntry, ...]
    render: RenderEntry
    artifacts: dict[str, ArtifactRef]
    degraded: tuple[str, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    costs: tuple[Cost, ...] = ()
    calls: int = 0
    cost_usd: float = 0.0
    prices_as_of: str = ""
    budget_usd: float | None = None
    finished_at: datetime
