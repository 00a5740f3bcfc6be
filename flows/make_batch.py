"""The flow of batches: a list of ideas, a table or topics in variants become videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from pydantic import JsonValue

from blocks.registry import load_store
from flows.batch_report import BatchReport, keep_report, report_of
from flows.batch_runs import Batch, Made, made_in_turn
from flows.ending import ended
from flows.job import JobFiles
from flows.observing import observed
from flows.showing import Progress
from reels.batches.models import BatchRequest, Planned, Wish
from reels.batches.planning import planned
from reels.batches.tables import read_wishes
from reels.errors import ArtifactMissing, InvalidInput, PartsFailed
from reels.models import ArtifactRef
from reels.settings import FlowSettings


@flow(name="make-batch")
@observed
def make_batch(
    ideas: list[Wish] | None = None,
    file: str = "",
    topics: list[str] | None = None,
    variants: list[Wish] | None = None,
    common: dict[str, JsonValue] | None = None,
    at_once: int = 2,
    name: str = "",
    user_id: str = "ops",
) -> ArtifactRef | State[Any]:
    """Make many videos; what the parameters mean, `BatchRequest` says.

    Every video is a job of its own, which goes on when the batch is cancelled. Ends when
    none is at work any more, as Completed with a reference to the report, or as Failed when
    a video has failed.
    """
    asked = {
        "ideas": ideas,
        "file": file,
        "topics": topics,
        "variants": variants,
        "common": common,
        "at_once": at_once,
        "name": name,
    }
    try:
        job = JobFiles(id=str(flow_run.id), user=user_id, store=load_store())
        return produce(job, _request(asked))
    except Exception as error:
        return ended(error)


def produce(job: JobFiles, request: BatchRequest) -> ArtifactRef:
    """All videos of a batch. Returns the report's reference."""
    job.save("request.json", request)
    videos = _videos(job, request)
    progress = Progress(f"batch-progress-{job.id}", "Videos that are done")

    def tell(made: Sequence[Made]) -> None:
        over = sum(each.run.state is not None and each.run.state.is_final() for each in made)
        progress.show(100 * over / len(videos))

    batch = Batch(job.user, request.name or job.id, f"batch:{request.name or job.id}")
    with get_client(sync_client=True) as client:
        made = made_in_turn(client, batch, videos, request.at_once, tell)
    report = report_of(job, made)
    ref = keep_report(job, report)
    _require_none_failed(report)
    return ref


def _request(asked: Mapping[str, Any]) -> BatchRequest:
    return BatchRequest.model_validate(
        {name: value for name, value in asked.items() if value is not None}
    )


def _videos(job: JobFiles, request: BatchRequest) -> list[Planned]:
    wishes = [*request.ideas, *request.generated()]
    if request.file:
        try:
            wishes += read_wishes(job.store.read(request.file), request.file)
        except ArtifactMissing as error:
            raise InvalidInput("file", f"The store has no file {request.file!r}.") from error
    return planned(wishes, request.common, FlowSettings().default_background_folder)


def _require_none_failed(report: BatchReport) -> None:
    failed = [entry for entry in report.videos if entry.status == "failed"]
    if failed:
        told = "; ".join(f"{entry.number}: {entry.error}" for entry in failed[:5])
        raise PartsFailed(
            f"{len(failed)} of {len(report.videos)} videos failed. {told}",
            remedy="Retry those jobs; a batch with a name may be run again for what is missing.",
        )
