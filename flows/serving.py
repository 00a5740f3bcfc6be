"""One task of a scenario, done by its service: cached, on the job's books, with patience."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from blocks.registry import load_store
from flows.books import Payer
from flows.caching import artifact_key, cached_task
from flows.dispatch import run_child
from flows.job import JobFiles
from flows.patience import patiently
from flows.paying import asked_patiently, on_the_books_of
from flows.tasks import kept
from flows.workspace import bring, workspace
from reels.artifacts import ArtifactStore
from reels.cloud.attempts import try_by
from reels.errors import InvalidInput
from reels.models import ArtifactRef
from reels.plans import Rendered, RenderPlan
from reels.services import SERVICES
from reels.services.base import Order, TaskResult

#: A text that a service reads; more is no text of a task's.
_MAX_TEXT_BYTES = 1_000_000


@dataclass(frozen=True)
class TaskBench:
    """What a service works with inside a task; see `reels.services.base.Bench`."""

    folder: Path
    store: ArtifactStore
    job: JobFiles

    def text(self, result: TaskResult) -> str:
        """See `Bench.text`.

        Raises:
            InvalidInput: it has no text of a readable size.
        """
        ref = result.artifact
        if ref is None or ref.size_bytes > _MAX_TEXT_BYTES:
            raise InvalidInput("inputs", "A result that should be a text is none.")
        return patiently(lambda: self.store.read(ref.key)).decode("utf-8", "replace")

    def fetch(self, ref: ArtifactRef) -> Path:
        """See `Bench.fetch`."""
        return patiently(lambda: bring(self.store, ref, self.folder))

    def keep(self, file: Path) -> ArtifactRef:
        """See `Bench.keep`."""
        return kept(file, artifact_key(file.suffix))

    def render(self, plan: RenderPlan) -> Rendered:
        """See `Bench.render`."""
        return run_child("render-video/default", plan, Rendered, self.job, lambda _: None)


@cached_task(kind="served", version="1", task_run_name="{order.name} {task_id}")
def serve(
    order: Order,
    service_version: str,  # noqa: ARG001
    task_id: str,  # noqa: ARG001
    payer: Payer,
) -> TaskResult:
    """What the order's service makes. `task_id` names the run, and shapes nothing."""
    service = SERVICES[order.service]
    store = load_store()
    job = JobFiles(id=payer.job_id, user=payer.user_id, store=store)
    with workspace() as work, on_the_books_of(payer), try_by(asked_patiently):
        return service.work(order, TaskBench(work, store, job))
