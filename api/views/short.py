"""What the short routes take and answer: a text in, a link out."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from reels.models import Model, SourceText, WebhookAddress
from reels.stages import ShortStatus

AssetState = Literal["pending", "ready", "placeholder", "failed"]


class TextToVideo(Model):
    """A text to be told: plain, or Markdown whose code, diagrams and formulas are shown."""

    source_text: SourceText
    webhook_url: WebhookAddress | None = Field(
        default=None, description="where each change of this job is posted, signed"
    )


class GenerateAccepted(Model):
    """A text has been taken on."""

    job_id: UUID
    status: Literal["pending"] = "pending"


class SceneState(Model):
    """A scene, and how far its sound and its picture are; `reason` says why it has another."""

    number: Annotated[int, Field(ge=1)]
    text: str
    kind: str
    audio: AssetState
    visual: AssetState
    reason: str | None = None


class GenerateStatus(Model):
    """How far a video is; `progress` is in per cent."""

    job_id: UUID
    status: ShortStatus
    progress: int = Field(ge=0, le=100)
    scenes: tuple[SceneState, ...]
    video_url: str | None
    error: str | None
