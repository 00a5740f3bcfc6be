"""The stack that is struck: its paid services, its users' receiver and its store are at hand."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from deployments.fake_cloud.running import Cloud
from deployments.stack import Stack
from reels.artifacts import ArtifactStore
from tests.faults.proxy import Proxy
from tests.faults.stepped_clock import SteppedClock
from tests.receiver_kit import Receiver

USER = "ada"
#: What the flows wait for at most, on a machine that is busy with other things, too.
PATIENCE_S = 240.0
POLL_S = 0.1
#: A paid call takes so long at least, so that it can be struck while it is under way.
CALL_S = 0.5
_ENDED = {"COMPLETED", "FAILED", "CANCELLED"}


class NotSurvived(Exception):
    """What was seen in place of what was promised."""


@dataclass
class House:
    """A running stack. `strikes` are the times (monotonic, from and to, in s) of strikes, and
    `asked` which paid calls have come in: the operation, and the body.
    """

    stack: Stack
    cloud: Cloud
    receiver: Receiver
    store: ArtifactStore
    proxy: Proxy | None = None
    clock: SteppedClock | None = None
    strikes: list[tuple[float, float]] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    _bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(4001))

    def __post_init__(self) -> None:
        options: dict[str, Any] = {"timeout": 60, "trust_env": False}
        addresses = self.stack.addresses
        headers = {"X-User-ID": USER}
        self.api = httpx.Client(base_url=addresses.api_url, headers=headers, **options)
        self.prefect = httpx.Client(base_url=addresses.prefect_api_url, **options)
        self.cloud.state.on_call = lambda _, operation, body: self.asked.append((operation, body))
        self.cloud.state.delays_s.update(gemini=CALL_S, elevenlabs=CALL_S)

    def body(self, **more: Any) -> dict[str, Any]:
        """A request for a video that shares nothing paid with any other: two short scenes."""
        number = next(self._numbers)
        return {
            "text": f"Number {number} is lucky.\n\nSo is its neighbour, {number + 5000}.",
            "style": f"palette {number}",
            "aspect": "1:1",
            "music": "none",
            "auto_approve": True,
            "webhook_url": self.receiver.url,
            **more,
        }

    def post(self, **more: Any) -> str:
        """Ask for a video; returns the job's id."""
        return self.post_body(self.body(**more))

    def post_body(self, body: dict[str, Any]) -> str:
        """Ask until an answer comes, as a client with an idempotency key does."""
        headers = {"Idempotency-Key": uuid4().hex}

        def ask() -> str | None:
            answer = self.ask(lambda: self.api.post("/videos", json=body, headers=headers))
            return str(answer.json()["job_id"]) if answer and answer.is_success else None

        job = str(self.wait(ask, "a job to be taken"))
        self._bodies[job] = body
        return job

    @property
    def jobs(self) -> list[str]:
        """All jobs that were asked for, in their order."""
        return list(self._bodies)

    def until_asked(self, job: str, operation: str) -> None:
        """Wait for a paid call of the job to be under way."""
        mark = str(self._bodies[job]["style"].split()[-1]).encode()
        self.wait(
            lambda: any(each == operation and mark in body for each, body in list(self.asked)),
            f"a call for {operation}",
            of=job,
        )

    def strike(self, blow: Callable[[], object]) -> None:
        """Strike, and note when.

        Raises:
            NotSurvived: there was nothing to hit.
        """
        with self.struck():
            if not blow():
                raise NotSurvived("there was nothing to strike")

    @contextmanager
    def struck(self) -> Iterator[None]:
        """Note that the body strikes as long as it runs."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.strikes.append((began, time.monotonic()))

    def approve(self, job: str, gate: str) -> None:
        """Decide as a person does, who tries again while nobody answers."""
        address = f"/videos/{job}/{gate}:approve"
        self.wait(lambda: self.ask(lambda: self.api.post(address)), "the approval to be taken")

    def retry(self, job: str) -> None:
        """Have a job that failed go on, as a person does."""
        answer = self.wait(lambda: self.ask(lambda: self.api.post(f"/videos/{job}:retry")), "retry")
        answer.raise_for_status()
        self.wait(lambda: self.state(job).get("type") not in _ENDED, "the job to go on")

    def ask(self, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        """None while nobody answers: a server may just be struck."""
        try:
            answer = request()
        except httpx.TransportError:
            return None
        return None if answer.status_code in (409, 429, 500, 502, 503, 504) else answer

    def state(self, run: str) -> dict[str, Any]:
        """The state of a flow run; empty while nobody answers."""
        answer = self.ask(lambda: self.prefect.get(f"/flow_runs/{run}"))
        return {} if answer is None else dict(answer.raise_for_status().json()["state"] or {})

    def history(self, run: str) -> list[dict[str, Any]]:
        """All states of a flow run, in the order of time."""
        states = self.wait(
            lambda: self.ask(
                lambda: self.prefect.get("/flow_run_states/", params={"flow_run_id": run})
            ),
            "the history of a run",
        )
        return sorted(states.raise_for_status().json(), key=lambda state: state["timestamp"])

    def child(self, job: str, flow: str) -> str | None:
        """The child run of a job that works just now, of the flow of this name."""
        body = {
            "flow_runs": {"tags": {"all_": [f"job:{job}"]}},
            "flows": {"name": {"any_": [flow]}},
        }
        answer = self.ask(lambda: self.prefect.post("/flow_runs/filter", json=body))
        found = answer.json() if answer is not None else []
        return next((run["id"] for run in found if run["state_type"] == "RUNNING"), None)

    def count_runs(self) -> int:
        """How many jobs there are."""
        body = {"flows": {"name": {"any_": ["make-video"]}}}
        answer = self.wait(
            lambda: self.ask(lambda: self.prefect.post("/flow_runs/count", json=body)),
            "the number of jobs",
        )
        return int(answer.raise_for_status().json())

    def until_in(self, job: str, *names: str) -> None:
        """Wait for a state of the job's run by one of these names."""
        what = f"the job to be in {' or '.join(names)}"
        self.wait(lambda: self.state(job).get("name") in names, what, of=job)

    def until_ended(self, job: str) -> dict[str, Any]:
        """The final state. That a process died is none: somebody takes such a run up."""

        def look() -> dict[str, Any] | None:
            state = self.state(job)
            return state if state.get("type") in _ENDED else None

        try:
            return dict(self.wait(look, "the job to end"))
        except NotSurvived as late:
            raise NotSurvived(f"{late}; it is {self.state(job).get('name')}") from None

    def wait(
        self,
        look: Callable[[], Any],
        what: str,
        limit_s: float = PATIENCE_S,
        of: str = "",
        pause_s: float = POLL_S,
    ) -> Any:
        """What `look` returns, once that is something.

        Raises:
            NotSurvived: it did not within `limit_s`, or before the job `of` had ended.
        """
        deadline = time.monotonic() + limit_s
        while not (found := look()):
            if of and (state := self.state(of)).get("type") in _ENDED:
                # It may just have come before the end.
                if found := look():
                    return found
                raise NotSurvived(f"{state['name']} before {what}: {state.get('message')}")
            if time.monotonic() > deadline:
                raise NotSurvived(f"waited {limit_s:.0f} s for {what}")
            time.sleep(pause_s)
        return found
