"""The manifest: what a job made, from what, by whom, and what was degraded."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from reels.models import ArtifactRef, Aspect, LanguageTag, Loudness, Model


class SceneEntry(Model):
    """How one scene came to be. `cost_usd` is 0 with the embedded providers."""

    number: int
    narration: str
    visual_provider: str
    voice_provider: str
    words_provider: str
    speech_s: float
    cost_usd: float = 0.0
    degraded: str | None = None


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
    """Written last, by rename: a job is ready when its manifest is there."""

    version: Literal[1] = 1
    job_id: str
    user_id: str
    title: str
    language: LanguageTag
    aspect: Aspect
    storyboard_provider: str
    offline: bool
    music_provider: str
    scenes: tuple[SceneEntry, ...]
    stages: tuple[StageEntry, ...]
    render: RenderEntry
    artifacts: dict[str, ArtifactRef]
    degraded: tuple[str, ...] = ()
    cost_usd: float = 0.0
    finished_at: datetime
