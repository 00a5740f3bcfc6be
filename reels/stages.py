"""The stages of a video, in order; their names in Prefect's states and in the API.

A stage is the name of a RUNNING state of the job's flow run, so that a run's state
history is the job's stage history. While a person is awaited the state's type is
PAUSED and the stage is the one entered last.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Stage = Literal[
    "drafting",
    "draft_review",
    "assets",
    "audio",
    "subtitles",
    "subtitles_review",
    "rendering",
]
Status = Literal[
    "queued",
    "drafting",
    "draft_review",
    "assets",
    "audio",
    "subtitles",
    "subtitles_review",
    "rendering",
    "ready",
    "failed",
    "cancelling",
    "cancelled",
]
STAGES: tuple[Stage, ...] = get_args(Stage)

#: A status in one of five words, for those who need no more: short routes, tables.
ShortStatus = Literal["pending", "processing", "completed", "failed", "cancelled"]
_SHORT: dict[Status, ShortStatus] = {
    "queued": "pending",
    "ready": "completed",
    "failed": "failed",
    "cancelling": "cancelled",
    "cancelled": "cancelled",
}

#: Per cent done when a stage is entered: shares of a typical job's own work.
PROGRESS: dict[Status, int] = {
    "queued": 0,
    "drafting": 2,
    "draft_review": 10,
    "assets": 12,
    "audio": 25,
    "subtitles": 40,
    "subtitles_review": 85,
    "rendering": 90,
    "ready": 100,
}


def state_name(stage: Stage) -> str:
    """`draft_review` -> `DraftReview`, the name of the Prefect state."""
    return "".join(part.capitalize() for part in stage.split("_"))


#: The name of the state in which the API, and Prefect's UI, schedule an ended run again.
RETRY_STATE: Final = "AwaitingRetry"
#: The name of the state in which a job is scheduled again whose process ended before it had.
RECOVERED_STATE: Final = "Recovered"
STAGE_OF_STATE: dict[str, Stage] = {state_name(stage): stage for stage in STAGES}


def short_status(status: Status) -> ShortStatus:
    """`rendering` -> `processing`, as is every stage."""
    return _SHORT.get(status, "processing")
