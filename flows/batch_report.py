"""What became of a batch: a table on its run, and a report in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import FlowRun, StateType

from flows.batch_runs import Made
from flows.job import JobFiles
from flows.markup import inline
from flows.showing import LINK_S, best_effort
from reels.artifacts import job_prefix
from reels.models import ArtifactRef, Model
from reels.settings import ApiSettings

_OF_TYPES: Final = {
    StateType.COMPLETED: "ready",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLED: "cancelled",
    StateType.PAUSED: "waits for a person",
}


class BatchEntry(Model):
    """One video of a batch; `link` is the finished one's, for a week, or its address in the API."""

    number: int
    title: str
    job_id: str
    status: str
    error: str = ""
    link: str


class BatchReport(Model):
    """Lies in the batch's own folder as `report.json`."""

    videos: tuple[BatchEntry, ...]
    counts: dict[str, int]
    finished_at: datetime

    @property
    def told(self) -> str:
        """How many of what kind, in words."""
        return ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))


def report_of(job: JobFiles, made: Sequence[Made]) -> BatchReport:
    """The batch as it stands."""
    entries = tuple(_entry(job, each) for each in made)
    return BatchReport(
        videos=entries,
        counts=dict(Counter(entry.status for entry in entries)),
        finished_at=datetime.now(UTC),
    )


def keep_report(job: JobFiles, report: BatchReport) -> ArtifactRef:
    """Store the report, and show it in Prefect's UI."""
    _show(job, report)
    return job.save("report.json", report)


@best_effort
def _show(job: JobFiles, report: BatchReport) -> None:
    rows = [
        {
            "video": entry.number,
            "about": inline(entry.title),
            "status": entry.status,
            "link": f"[{'video' if entry.status == 'ready' else 'job'}]({entry.link})",
            "error": inline(entry.error),
        }
        for entry in report.videos
    ]
    create_table_artifact(rows, key=f"batch-{job.id}", description=report.told)


def _entry(job: JobFiles, made: Made) -> BatchEntry:
    state = made.run.state
    status = _OF_TYPES.get(state.type, "at work") if state else "at work"
    return BatchEntry(
        number=made.video.number,
        title=made.video.title,
        job_id=str(made.run.id),
        status=status,
        error=(state.message or "") if state and status == "failed" else "",
        link=_link(job, made.run, status),
    )


def _link(job: JobFiles, run: FlowRun, status: str) -> str:
    key = f"{job_prefix(job.user, str(run.id))}/final.mp4"
    if status == "ready" and job.store.head(key) is not None:
        return job.store.link(key, expires_s=LINK_S)
    return f"{ApiSettings().public_url.rstrip('/')}/videos/{run.id}"
