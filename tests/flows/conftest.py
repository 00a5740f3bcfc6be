"""A whole embedded stack for the tests of whole jobs, and a small driver of its API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.stack import Stack, running_stack

#: An approval holds its process for so long, then it is suspended.
HOLD_S = 4
#: Two scenes that are quickly made.
SHORT = {
    "text": "The octopus has three hearts, and two of them stop beating when it swims.\n\n"
    "That is why it would rather crawl over the sea floor than swim away.",
    "aspect": "1:1",
}
DEADLINE_S = 240.0


@dataclass
class Videos:
    """The API as a frontend of one user sees it, and Prefect's own beside it."""

    stack: Stack
    user: str = "ada"
    api: httpx.Client = field(init=False)
    prefect: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        addresses = self.stack.addresses
        headers = {"X-User-ID": self.user}
        options: dict[str, Any] = {"timeout": 60, "trust_env": False}
        self.api = httpx.Client(base_url=addresses.api_url, headers=headers, **options)
        self.prefect = httpx.Client(base_url=addresses.prefect_api_url, **options)

    def post(self, **body: Any) -> str:
        """Ask for a video of a short text; returns the job's id."""
        return self._post({**SHORT, **body})

    def post_storyboard(self, storyboard: dict[str, Any], **body: Any) -> str:
        """Ask for a video of this storyboard; returns the job's id."""
        return self._post({"storyboard": storyboard, "aspect": "1:1", **body})

    def _post(self, body: dict[str, Any]) -> str:
        answer = self.api.post("/videos", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def read(self, job: str) -> dict[str, Any]:
        answer = self.api.get(f"/videos/{job}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def until(self, job: str, *statuses: str, deadline_s: float = DEADLINE_S) -> dict[str, Any]:
        """The job once it has one of the statuses; fails when it ended with another."""
        what = f"job {job} to be {' or '.join(statuses)}"
        return self.wait(lambda: self._at(job, statuses), what, deadline_s)

    def _at(self, job: str, statuses: tuple[str, ...]) -> dict[str, Any] | None:
        seen = self.read(job)
        if seen["status"] in statuses:
            return seen
        ended = seen["status"] in {"ready", "failed", "cancelled"}
        assert not ended, f"{seen['status']}: {seen['error']}"
        return None

    def until_suspended(self, job: str) -> None:
        """Wait until the review of the job holds no process any more."""
        self.wait(lambda: self.run(job)["state_name"] == "Suspended", f"job {job} to suspend")

    def decide(self, job: str, gate: str, **body: Any) -> httpx.Response:
        return self.api.post(f"/videos/{job}/{gate}:approve", json=body)

    def run(self, run: str) -> dict[str, Any]:
        """A flow run, as Prefect tells it."""
        body: dict[str, Any] = self.prefect.get(f"/flow_runs/{run}").json()
        return body

    def children(self, job: str) -> list[dict[str, Any]]:
        body = {"flow_runs": {"tags": {"all_": [f"job:{job}"]}}}
        runs: list[dict[str, Any]] = self.prefect.post("/flow_runs/filter", json=body).json()
        return runs

    def task_runs(self, run: str) -> list[dict[str, Any]]:
        body = {"flow_runs": {"id": {"any_": [run]}}, "limit": 200}
        runs: list[dict[str, Any]] = self.prefect.post("/task_runs/filter", json=body).json()
        return runs

    def manifest(self, job: str) -> dict[str, Any]:
        """The manifest of a finished job, through its link."""
        link = self.read(job)["artifacts"]["manifest"]
        body: dict[str, Any] = self.api.get(link).raise_for_status().json()
        return body

    def storyboard(self, job: str) -> dict[str, Any]:
        """The job's storyboard, through its link."""
        link = self.read(job)["artifacts"]["storyboard"]
        body: dict[str, Any] = self.api.get(link).raise_for_status().json()
        return body

    def wait(self, look: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
        """What `look` returns, once that is something."""
        deadline = time.monotonic() + deadline_s
        while not (found := look()):
            assert time.monotonic() < deadline, f"not within {deadline_s} s: {what}"
            time.sleep(0.1)
        return found


@contextmanager
def a_stack(data_dir: Path, **environment: str) -> Iterator[Videos]:
    """A stack with short holds in `data_dir`."""
    settings = {"VIDEO_SERVICE_APPROVAL_HOLD_S": str(HOLD_S), **environment}
    with running_stack(data_dir, environment=settings) as stack:
        yield Videos(stack)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Videos]:
    """One stack for all tests that do not stop it."""
    with a_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
