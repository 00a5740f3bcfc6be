"""What the API answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from reels.decisions import DraftDecision, SubtitlesDecision
from reels.keys import USER_PATTERN
from reels.models import BudgetUsd, Gate, Idea, LanguageTag, Model
from reels.slideshow import SlideshowRequest
from reels.stages import Stage, Status

_JOB = "019a2b3c-0000-7000-8000-000000000001"
_URL = f"http://127.0.0.1:8100/videos/{_JOB}"
_LINKS = {
    "self": _URL,
    "events": f"{_URL}/events",
    "approve_draft": f"{_URL}/draft:approve",
    "approve_subtitles": f"{_URL}/subtitles:approve",
    "cancel": f"{_URL}:cancel",
    "retry": f"{_URL}:retry",
}
_STARTED = "2026-01-02T03:04:05Z"


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values}, serialize_by_alias=True)


class Links(Model):
    """What can be asked about a job, as absolute addresses."""

    model_config = _example(**_LINKS)

    self_: str = Field(alias="self")
    events: str
    approve_draft: str
    approve_subtitles: str
    cancel: str
    retry: str


class Accepted(Model):
    """A job has been taken on."""

    model_config = _example(job_id=_JOB, status="queued", links=_LINKS)

    job_id: UUID
    status: Literal["queued"] = "queued"
    links: Links


class StageTimes(Model):
    """When a stage was entered, and when the next one was (UTC)."""

    name: Stage
    started_at: datetime
    ended_at: datetime | None


class SubtitleLinks(Model):
    """The same cues in three formats."""

    srt: str | None = None
    vtt: str | None = None
    data: str | None = Field(default=None, alias="json")


class Artifacts(Model):
    """Links to what there is so far; they expire. `frames` is in the scenes' order.

    `hls` is the playlist for players, `watch` a page that plays it.
    """

    storyboard: str | None = None
    frames: tuple[str, ...] = ()
    voiceover: str | None = None
    music: str | None = None
    subtitles: SubtitleLinks | None = None
    preview: str | None = None
    final: str | None = None
    poster: str | None = None
    hls: str | None = None
    watch: str | None = None
    manifest: str | None = None


class JobError(Model):
    """Why a job failed or was cancelled, in which stage, and what to do."""

    stage: Stage | None
    message: str


class Review(Model):
    """What a person is asked. Drafts are numbered from 1; each revision is the next."""

    model_config = _example(gate="draft", number=2)

    gate: Gate
    number: int = Field(ge=1)


_NUMBER = Field(
    default=None,
    ge=1,
    description="the `number` of the `review` that was looked at; the answer is refused (409) "
    "when another one waits by now",
)


class DraftAnswer(DraftDecision):
    """Approve (as it is or with an edited storyboard), ask for another draft, or reject."""

    number: int | None = _NUMBER


class SubtitlesAnswer(SubtitlesDecision):
    """Approve (as they are or with edited cues), or reject."""

    number: int | None = _NUMBER


class IdeaToExpand(Model):
    """An idea; without a language it is expanded in the default one."""

    idea: Idea
    language: LanguageTag | None = None


class Retry(Model):
    """How a job goes on; an empty body changes nothing."""

    budget_usd: BudgetUsd | None = Field(
        default=None,
        description="the job's new budget, of which what it has spent before is a part; "
        "null or absent: the one that it has",
    )


class JobSummary(Model):
    """A job in a list. `progress` is in per cent."""

    model_config = _example(
        job_id=_JOB,
        user_id="ann",
        status="draft_review",
        progress=10,
        title="How tea came to Europe",
        created_at=_STARTED,
        review={"gate": "draft", "number": 1},
        links=_LINKS,
    )

    job_id: UUID
    user_id: str = Field(description="whose job it is")
    status: Status
    progress: int = Field(ge=0, le=100)
    title: str = Field(description="the storyboard's title once known, until then the request's")
    created_at: datetime | None
    review: Review | None = Field(
        description="what waits for an answer now; send its `number` with the answer"
    )
    links: Links


class Job(JobSummary):
    """A job with all that is known of it."""

    model_config = _example(
        job_id=_JOB,
        user_id="ann",
        status="assets",
        progress=12,
        title="How tea came to Europe",
        created_at=_STARTED,
        stages=[
            {"name": "drafting", "started_at": _STARTED, "ended_at": "2026-01-02T03:04:06Z"},
            {"name": "assets", "started_at": "2026-01-02T03:04:06Z", "ended_at": None},
        ],
        review=None,
        artifacts={"storyboard": "http://127.0.0.1:8100/artifacts/…"},
        error=None,
        links=_LINKS,
    )

    stages: tuple[StageTimes, ...]
    artifacts: Artifacts
    error: JobError | None


class JobPage(Model):
    """Jobs, newest first. `next_page_token` is null on the last page."""

    videos: tuple[JobSummary, ...]
    next_page_token: str | None


class CreateVideo(SlideshowRequest):
    """A slideshow and whose it is: `image_urls` (1 to 20) and `audio_url` are fetched."""

    user_id: str = Field(pattern=USER_PATTERN)

    def wanted(self) -> SlideshowRequest:
        """The slideshow alone, of what was said about it."""
        said = self.model_dump(exclude_unset=True, exclude={"user_id"})
        return SlideshowRequest.model_validate(said)


class VideoStarted(Model):
    """A slideshow has been taken on."""

    message: str = "Video creation started successfully. It will be processed in the background."
    video_id: UUID


class Health(Model):
    """The service and what it stands on."""

    model_config = _example(status="ok", checks={"prefect": "ok", "store": "ok"})

    status: Literal["ok"]
    checks: dict[str, Literal["ok"]]
