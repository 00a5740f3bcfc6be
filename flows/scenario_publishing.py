"""The end of a scenario: its results under their names, its graph, and last its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import PurePosixPath

from prefect.artifacts import create_markdown_artifact

from flows.books import books_of
from flows.scenario_job import STORE_WIDTH, ScenarioJob
from flows.showing import best_effort, show_video
from reels.errors import PartsFailed
from reels.models import ArtifactRef
from reels.scenarios.manifest import ScenarioManifest, entry_of
from reels.scenarios.mermaid import drawn
from reels.scenarios.models import ScenarioTask
from reels.scenarios.running import End

MANIFEST = "manifest.json"
FINAL = "final.mp4"
#: Of more failures than this the run's state tells only how many there are.
_MAX_TOLD = 5


def publish_scenario(job: ScenarioJob, ends: Mapping[str, End]) -> ArtifactRef:
    """Name the results and write the manifest: with it the scenario is over.

    Raises:
        PartsFailed: with the causes; the manifest is written all the same.
    """
    show_graph(job, ends)
    manifest = ScenarioManifest(
        job_id=job.id,
        user_id=job.user,
        scenario_id=job.scenario.scenario_id,
        name=job.scenario.name,
        version=job.scenario.version,
        tasks=tuple(
            entry_of(task.id, task.name, task.service, task.optional, ends.get(task.id))
            for task in job.scenario.tasks
        ),
        artifacts=_results(job, ends),
        cost_usd=sum(charge.cost_usd for charge in books_of(job.payer).charges()),
        warnings=job.scenario.warnings,
        finished_at=datetime.now(UTC),
    )
    ref = job.save(MANIFEST, manifest)
    failed = [entry for entry in manifest.tasks if entry.status == "failed" and not entry.optional]
    own = [entry for entry in failed if ends[entry.id].ran]
    if failed:
        told = [f"{entry.name}: {entry.cause}" for entry in own[:_MAX_TOLD]]
        told += [f"and {len(own) - _MAX_TOLD} more" for _ in own[_MAX_TOLD : _MAX_TOLD + 1]]
        raise PartsFailed(
            f"{len(failed)} of {len(manifest.tasks)} tasks failed. {'; '.join(told)}",
            remedy="Retry the scenario; what was done is kept.",
        )
    return ref


@best_effort
def show_graph(job: ScenarioJob, ends: Mapping[str, End]) -> None:
    """The graph as it stands, on the run's page."""
    statuses = {task: end.status for task, end in ends.items()}
    create_markdown_artifact(
        f"```mermaid\n{drawn(job.scenario, statuses)}```",
        key=f"graph-{job.id}",
        description=f"{len(ends)} of {len(job.scenario.tasks)} tasks have ended.",
    )


def _results(job: ScenarioJob, ends: Mapping[str, End]) -> dict[str, ArtifactRef]:
    named: dict[str, ArtifactRef] = {}
    for task in job.scenario.tasks:
        if (ref := _result(task, ends)) is not None:
            suffix = PurePosixPath(ref.key).suffix
            name = FINAL if suffix == ".mp4" and FINAL not in named else ""
            named[name or f"results/{task.id}{suffix}"] = ref
    with ThreadPoolExecutor(STORE_WIDTH) as hands:
        found = dict(zip(named, hands.map(job.adopt, named, named.values()), strict=True))
    if FINAL in found:
        show_video(job, "final", found[FINAL], "The finished video")
    return found


def _result(task: ScenarioTask, ends: Mapping[str, End]) -> ArtifactRef | None:
    """What a task that nobody waits for has made here."""
    end = ends.get(task.id)
    if task.consumers or end is None or end.result is None:
        return None
    return end.result.artifact
