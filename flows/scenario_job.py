"""One scenario: whose it is, its graph, and where its artifacts go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from blocks.registry import load_store
from flows.books import Payer
from flows.heart import fence
from flows.job import JobFiles
from flows.patience import patiently
from reels.documents import read, written
from reels.errors import ArtifactMissing, Unreadable
from reels.scenarios.expanding import expanded
from reels.scenarios.models import Scenario, ScenarioRequest, mark_of
from reels.scenarios.places import mark_tag, place_of, template_for
from reels.scenarios.running import End
from reels.services import SERVICES

#: Things asked of the store at once: one at a distance takes some 20 ms for each.
STORE_WIDTH = 16


@dataclass(frozen=True)
class ScenarioJob(JobFiles):
    """A job of the flow `run-scenario`."""

    scenario: Scenario
    budget_usd: float | None = None

    @property
    def payer(self) -> Payer:
        return Payer(user_id=self.user, job_id=self.id, budget_usd=self.budget_usd)

    def keep_end(self, task: str, end: End) -> None:
        """Keep how a task has ended, before anything builds on it."""
        patiently(lambda: self.save(f"ends/{task}.json", end))

    def known_ends(self) -> dict[str, End]:
        """Ends of earlier attempts whose results are all still there."""
        keys = [key for key in self.store.sizes(self.key("ends")) if key.endswith(".json")]
        with ThreadPoolExecutor(STORE_WIDTH) as readers:
            ends = list(readers.map(self._end, keys))
        names = (key.rpartition("/")[2].removesuffix(".json") for key in keys)
        return {name: end for name, end in zip(names, ends, strict=True) if end is not None}

    def forget(self, tasks: Iterable[str]) -> None:
        """Let tasks run again."""
        fence()
        for task in tasks:
            self.store.delete(self.key(f"ends/{task}.json"))

    def _end(self, key: str) -> End | None:
        try:
            end = read(End, patiently(lambda: self.store.read(key)), key)
        except (ArtifactMissing, Unreadable):
            return None
        return end if self.holds(end.result) else None


def open_scenario(user: str, asked: Mapping[str, Any], seed: str) -> ScenarioJob:
    """The job of the current flow run: the graph that was made with `seed`, or a new one.

    Raises:
        pydantic.ValidationError: what was asked for breaks a rule of `ScenarioRequest`.
        InvalidTemplate, NotFound: there is no such template, or it cannot be used.
    """
    store, run_id = load_store(), str(flow_run.id)
    request = ScenarioRequest.model_validate(
        {name: value for name, value in asked.items() if value is not None}
    )
    seed = seed or run_id.replace("-", "")
    key = place_of(user, mark_of(seed))
    try:
        scenario = read(Scenario, store.read(key), key)
    except ArtifactMissing:
        scenario = expanded(
            template_for(store, user, request.scenario),
            request,
            seed=seed,
            now=datetime.now(UTC),
            services=SERVICES.keys(),
        )
        store.put(key, written(scenario))
    _carry_tag(run_id, mark_tag(scenario.scenario_id))
    job = ScenarioJob(run_id, user, store, scenario, request.budget_usd)
    job.save("request.json", request)
    return job


def _carry_tag(run_id: str, tag: str) -> None:
    """Have the run found by its scenario's ids, whoever started it."""
    if tag in (flow_run.tags or []):
        return
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(run_id)  # type: ignore[arg-type]
        client.update_flow_run(run.id, tags=[*run.tags, tag])
