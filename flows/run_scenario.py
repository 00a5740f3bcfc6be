"""The flow of scenarios: a template's graph of tasks runs with all that it allows at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from pydantic import JsonValue

from flows.dispatch import stop_children
from flows.ending import ended
from flows.observing import observed
from flows.runners import threads
from flows.scenario_hands import PrefectHands
from flows.scenario_job import ScenarioJob, open_scenario
from flows.scenario_publishing import MANIFEST, publish_scenario, show_graph
from flows.scenario_waiting import suspend_until_told
from flows.stopping import tasks_end_with_this
from reels.models import ArtifactRef
from reels.scenarios.manifest import ScenarioManifest
from reels.scenarios.running import End, Run
from reels.settings import FlowSettings
from reels.stages import RETRY_STATE

#: Tasks at once: most of them wait for a service or for another pool.
WIDTH = 16


@flow(name="run-scenario", task_runner=threads(WIDTH), on_cancellation=[stop_children])
@observed
def run_scenario(
    scenario: str,
    description: str,
    slides_count: int = 3,
    variables: dict[str, JsonValue] | None = None,
    budget_usd: float | None = None,
    seed: str = "",
    user_id: str = "ops",
) -> ArtifactRef | State[Any]:
    """Run the template `scenario`; what the rest means, `ScenarioRequest` says.

    With a `seed` the graph was made before, over the API. Ends as Completed with a reference
    to the manifest, or as Failed with the causes; waits as Suspended for outside workers.
    """
    asked = {
        "scenario": scenario,
        "description": description,
        "slides_count": slides_count,
        "variables": variables,
        "budget_usd": budget_usd,
    }
    try:
        return produce(open_scenario(user_id, asked, seed), FlowSettings())
    except Exception as error:
        return ended(error)


def produce(job: ScenarioJob, settings: FlowSettings) -> ArtifactRef:
    """Every task of a scenario. Returns the manifest's reference."""
    with get_client(sync_client=True) as client, tasks_end_with_this():
        hands = PrefectHands(job, client)
        run = Run(job.scenario, hands, _known(job, hands, is_retried(client, UUID(job.id))))
        show_graph(job, run.ends)
        while True:
            run.go_on()
            if run.is_over:
                return publish_scenario(job, run.ends)
            show_graph(job, run.ends)
            suspend_until_told(client, UUID(job.id), run.has_news, settings)


def is_retried(client: SyncPrefectClient, run_id: UUID) -> bool:
    """Whether a person had the run start this time, and not a worker's end or a lost process."""
    states = client.read_flow_run_states(run_id)
    starts = [state for state in states if state.type == StateType.SCHEDULED]
    return bool(starts) and max(starts, key=lambda state: state.timestamp).name == RETRY_STATE


def _known(job: ScenarioJob, hands: PrefectHands, retried: bool) -> dict[str, End]:
    """What earlier attempts have ended. After one that failed as a whole, and when a person
    asks for it, failures run again.

    The manifest goes last: until then whoever enters here does all of this.
    """
    known = job.known_ends()
    manifest = job.load(MANIFEST, ScenarioManifest)
    has_failed = manifest is not None and manifest.has_failed
    if not has_failed and not (retried and manifest is None):
        return known
    failed = [task for task, end in known.items() if end.status == "failed"]
    hands.withdraw(failed)
    job.forget(failed)
    job.store.delete(job.key(MANIFEST))
    return {task: end for task, end in known.items() if end.status == "success"}
