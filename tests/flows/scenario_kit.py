"""A stack whose scenarios have a service in the test's hands, and outside workers to play."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployments.plan import DEFINITIONS
from deployments.pools import REPOSITORY
from deployments.stack import running_stack
from reels.artifacts import job_prefix
from reels.scenarios.claims import Entry, Log
from reels.scenarios.logs import PREFIX, entry_key, logs_in, task_prefix
from reels.scenarios.manifest import ScenarioManifest, TaskEntry
from reels.scenarios.models import Scenario, mark_of
from reels.scenarios.places import place_of, template_key
from tests.flows.conftest import Videos
from tests.reels.scenarios.kit import task, template, to

USER = "ada"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass
class Scenarios:
    """Runs of scenarios of one user; each test has a `desk` of its own."""

    videos: Videos

    @property
    def store(self) -> Path:
        return self.videos.stack.layout.data_dir / "store"

    def put_template(self, name: str, text: str) -> None:
        path = self.store / template_key(USER, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, scenario: str, state: dict[str, Any] | None = None, **asked: Any) -> str:
        """A run of that template, as ops start it; returns its id."""
        named = self.videos.prefect.get("/deployments/name/run-scenario/default")
        given = {"scenario": scenario, "description": "Why cats purr", "user_id": USER}
        body: dict[str, Any] = {"parameters": given | asked}
        if state:
            body["state"] = state
        path = f"/deployments/{named.raise_for_status().json()['id']}/create_flow_run"
        run: str = self.videos.prefect.post(path, json=body).raise_for_status().json()["id"]
        return run

    def start_tasks(self, desk: Path, tasks: str, **asked: Any) -> str:
        """A run of these tasks; see `handed`."""
        self.put_template(desk.name, template(tasks, head=f"variables: {{DESK: '{desk}'}}"))
        return self.start(desk.name, **asked)

    def until(self, run: str, *states: str) -> dict[str, Any]:
        """The run once its state has one of these names; fails when it ended with another."""

        def look() -> dict[str, Any] | None:
            found = self.videos.run(run)
            if found["state_name"] in states:
                return found
            assert found["state_type"] not in ENDED, found["state"]
            return None

        found: dict[str, Any] = self.videos.wait(look, f"run {run} to be {' or '.join(states)}")
        return found

    def set_state(self, run: str, kind: str, name: str) -> None:
        body = {"state": {"type": kind, "name": name}, "force": kind != "CANCELLING"}
        path = f"/flow_runs/{run}/set_state"
        self.videos.prefect.post(path, json=body).raise_for_status()

    def until_polled(self, *, twice: bool = False) -> None:
        """Wait until the worker has asked for work after now; or has asked and done it."""

        def polled() -> Any:
            answer = self.videos.prefect.get("/work_pools/pipeline/queues/default")
            return answer.raise_for_status().json()["last_polled"]

        for _ in range(1 + twice):
            before = polled()
            self.videos.wait(lambda before=before: polled() != before, "the worker to ask")

    def retry(self, run: str) -> None:
        self.set_state(run, "SCHEDULED", "AwaitingRetry")

    @contextmanager
    def second_process(self, run: str) -> Iterator[subprocess.Popen[bytes]]:
        """Another process of a run that is at work, as a worker starts one that takes the
        first for dead."""
        stack = self.videos.stack
        environment = stack.layout.environment(stack.addresses, os.environ)
        command = [sys.executable, "-m", "prefect.engine", run]
        with (stack.layout.logs / "second.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=REPOSITORY, stdout=log, stderr=log
            )
        try:
            yield process
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()

    def resume(self, run: str) -> str:
        """What the server makes of it: ACCEPT, or why not."""
        answer = self.videos.prefect.post(f"/flow_runs/{run}/resume").raise_for_status()
        return str(answer.json()["status"])

    def scenario(self, run: str) -> Scenario:
        path = self.store / place_of(USER, mark_of(run.replace("-", "")))
        return Scenario.model_validate_json(path.read_bytes())

    def folder(self, run: str) -> Path:
        return self.store / job_prefix(USER, run)

    def manifest(self, run: str) -> ScenarioManifest:
        path = self.folder(run) / "manifest.json"
        return ScenarioManifest.model_validate_json(path.read_bytes())

    def entries(self, run: str) -> dict[str, TaskEntry]:
        """The manifest's tasks by their names."""
        return {entry.name: entry for entry in self.manifest(run).tasks}

    def id_of(self, run: str, name: str) -> str:
        return next(task.id for task in self.scenario(run).tasks if task.name == name)

    def log(self, run: str, name: str) -> Log:
        """What has happened to a task for outside workers."""
        task = self.id_of(run, name)
        body = {"prefix": task_prefix(task), "limit": 1_000}
        path = f"/flow_runs/{run}/input/filter"
        found = self.videos.prefect.post(path, json=body).raise_for_status().json()
        entries = logs_in((each["key"], each["value"]) for each in found)
        assert task_prefix(task).startswith(PREFIX)
        return Log(entries.get(task, ()))

    def until_offered(self, run: str, name: str) -> Log:
        def look() -> Log | None:
            log = self.log(run, name)
            return log if log.is_offered and log.end is None else None

        self.videos.wait(lambda: self._is_expanded(run), "the scenario's graph")
        found: Log = self.videos.wait(look, f"{name} to be offered")
        return found

    def end_outside(self, run: str, name: str, status: Any = "success", **told: Any) -> None:
        """Claim an offered task and end it, as a worker does, but wake nobody."""
        log = self.until_offered(run, name)
        claimed = log.claimed("worker", 60, datetime.now(UTC))
        self._append(run, name, log.length, claimed)
        log = self.log(run, name)
        entry = log.ended(claimed.claim, status, datetime.now(UTC), **told)
        self._append(run, name, log.length, entry)

    def _append(self, run: str, name: str, number: int, entry: Entry) -> None:
        body = {"key": entry_key(self.id_of(run, name), number), "value": entry.model_dump_json()}
        self.videos.prefect.post(f"/flow_runs/{run}/input", json=body).raise_for_status()

    def _is_expanded(self, run: str) -> bool:
        return (self.store / place_of(USER, mark_of(run.replace("-", "")))).exists()


def handed(name: str, *consumers: str, more: str = "") -> str:
    """A task of the service that is in the test's hands."""
    lines = ['params: {desk: "{{ DESK }}"}', *([to(*consumers)] if consumers else []), more]
    return task(name, "\n".join(line for line in lines if line), service="hand-service")


def worked(desk: Path) -> Counter[str]:
    """How often the service has worked for each task."""
    return Counter(line.split()[0] for line in _journal(desk))


def process_of(desk: Path) -> int:
    """The process that has worked last; 0 when there was none."""
    lines = _journal(desk)
    return int(lines[-1].split()[1]) if lines else 0


def _journal(desk: Path) -> list[str]:
    journal = desk / "journal"
    return journal.read_text().splitlines() if journal.exists() else []


@contextmanager
def scenario_stack(data_dir: Path, **environment: str) -> Iterator[Scenarios]:
    """A stack that knows the service in the test's hands."""
    data_dir.mkdir(parents=True, exist_ok=True)
    definitions = data_dir / "prefect.yaml"
    shipped, ours = "flows.run_scenario.run_scenario", "tests.flows.scenario_target.run_scenario"
    definitions.write_text(DEFINITIONS.read_text().replace(shipped, ours))
    with running_stack(data_dir, environment=environment, definitions=definitions) as stack:
        yield Scenarios(Videos(stack, USER))
