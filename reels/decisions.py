"""What a person decides at the two approvals. The API and Prefect's forms share these."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reels.models import Comment, Cue, Model, Storyboard


class DraftDecision(Model):
    """Approve (as it is or with an edited storyboard), ask for another draft, or reject."""

    action: Literal["approve", "revise", "reject"] = Field(
        default="approve", description="approve, revise (say what to change), or reject"
    )
    storyboard: Storyboard | None = Field(
        default=None, description="an edited storyboard to approve in place of the draft"
    )
    comment: Comment = Field(default="", description="what to change, or why it is rejected")


class SubtitlesDecision(Model):
    """Approve (as they are or with edited cues), or reject."""

    action: Literal["approve", "reject"] = Field(default="approve", description="approve or reject")
    cues: tuple[Cue, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=2_000,
        description="the edited cues, all of them, in order",
    )
    comment: Comment = Field(default="", description="why it is rejected")
