"""Scenarios whose runs are driven by hand: the tests play the flow's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.states import Suspended

from blocks.local_store import LocalStore
from reels.artifacts import job_prefix
from reels.scenarios.claims import Entry
from reels.scenarios.logs import entry_key
from reels.scenarios.manifest import ScenarioManifest, entry_of
from reels.scenarios.places import template_key
from reels.scenarios.running import End
from reels.services.base import TaskResult

#: A text of ours, which two outside workers draw and one of ours puts together.
DRAWN = """\
scenario_id: "{{ SHORT_UUID('Drawn') }}"
version: "1.0.0"
name: Drawn
tasks:
  - id: "{{ SHORT_UUID('Text') }}"
    service: text-service
    name: CreateText
    prompt: "{{ description }}"
    consumers: ["{{ SHORT_UUID('Draw.1') }}", "{{ SHORT_UUID('Draw.2') }}"]
{%- for i in range(1, 2) %}
  - id: "{{ SHORT_UUID('Draw.' ~ i) }}"
    service: image-service
    name: Draw
    worker: outside
    lease_s: 60
    text_task_id: "{{ SHORT_UUID('Text') }}"
    consumers: ["{{ SHORT_UUID('Film') }}"]
{%- endfor %}
  - id: "{{ SHORT_UUID('Film') }}"
    service: video-service
    name: CreateFilm
    slide_ids: ["{{ SHORT_UUID('Draw.1') }}", "{{ SHORT_UUID('Draw.2') }}"]
"""


@dataclass
class Theatre:
    """Makes scenarios of `DRAWN`, and brings their runs where a test wants them."""

    api: httpx.AsyncClient
    prefect: PrefectClient
    store: LocalStore
    user: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-User-ID": self.user}

    async def made(self, **body: Any) -> dict[str, Any]:
        self.store.put(template_key(self.user, "Drawn"), DRAWN.encode())
        asked = {"scenario": "Drawn", "description": "Tea", **body}
        answer = await self.api.post("/generate", json=asked, headers=self.headers)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def put_template(self, name: str, text: str | bytes) -> httpx.Response:
        return await self.api.put(
            f"/scenarios/templates/{name}",
            content=text,
            headers={**self.headers, "Content-Type": "application/yaml"},
        )

    async def offered(self) -> tuple[dict[str, Any], list[str]]:
        """A scenario that runs, whose text is done, and its two tasks that are offered."""
        made = await self.made()
        await self.run(made)
        ref = self.store.put(f"cache/text/{uuid4().hex}.txt", b"Tea is a leaf.")
        text, first, second, _ = (task["id"] for task in made["tasks"])
        await self.do(made, text, StateType.COMPLETED)
        result = TaskResult(kind="text", artifact=ref, provider="outline")
        self.keep(made, text, End(status="success", result=result))
        for task in (first, second):
            await self.append(
                made, task, 0, Entry(what="offered", at=datetime.now(UTC), results={text: result})
            )
        return made, [first, second]

    async def append(self, made: Mapping[str, Any], task: str, number: int, entry: Entry) -> None:
        """Append to a task's log behind the API's back."""
        await self.prefect.create_flow_run_input(
            UUID(made["job_id"]), entry_key(task, number), entry.model_dump_json()
        )

    async def claimed_long_ago(self, made: Mapping[str, Any], task: str) -> str:
        """A claim of a worker whose lease is over."""
        then = datetime.now(UTC) - timedelta(seconds=60)
        entry = Entry(what="claimed", at=then, claim="gone", worker="a", until=then)
        await self.append(made, task, 1, entry)
        return "gone"

    async def run(self, made: Mapping[str, Any]) -> None:
        await self.set(made, StateType.PENDING)
        await self.set(made, StateType.RUNNING)

    async def set(self, made: Mapping[str, Any], state: State[Any] | StateType) -> None:
        new = State(type=state) if isinstance(state, StateType) else state
        await self.prefect.set_flow_run_state(UUID(made["job_id"]), new, force=True)

    async def suspend(self, made: Mapping[str, Any]) -> None:
        """Wait for outside workers, as the flow does."""
        await self.set(made, Suspended(timeout_seconds=600, pause_key=f"outside-{uuid4().hex}"))

    async def do(
        self, made: Mapping[str, Any], task: str, state: StateType, message: str = ""
    ) -> None:
        """A task run of one of our tasks, as `serve` has them."""
        name = next(each["name"] for each in made["tasks"] if each["id"] == task)
        run = await self.prefect.request(
            "POST",
            "/task_runs/",
            json={
                "flow_run_id": made["job_id"],
                "task_key": "serve-1",
                "dynamic_key": uuid4().hex,
                "name": f"{name} {task}",
                "state": {"type": "PENDING", "name": "Pending"},
            },
        )
        new: State[Any] = State(type=state, message=message)
        await self.prefect.set_task_run_state(UUID(run.json()["id"]), new, force=True)

    def keep(self, made: Mapping[str, Any], task: str, end: End) -> None:
        key = f"{job_prefix(self.user, made['job_id'])}/ends/{task}.json"
        self.store.put(key, end.model_dump_json().encode())

    async def finish(self, made: Mapping[str, Any], ends: Mapping[str, End]) -> None:
        """Write the manifest, and end the run accordingly."""
        prefix = job_prefix(self.user, made["job_id"])
        film = self.store.put(f"{prefix}/final.mp4", b"a film")
        manifest = ScenarioManifest(
            job_id=made["job_id"],
            user_id=self.user,
            scenario_id=made["scenario_id"],
            name=made["name"],
            version=made["version"],
            tasks=tuple(
                entry_of(task["id"], task["name"], task["service"], False, ends.get(task["id"]))
                for task in made["tasks"]
            ),
            artifacts={"final.mp4": film},
            finished_at=datetime.now(UTC),
        )
        self.store.put(f"{prefix}/manifest.json", manifest.model_dump_json().encode())
        await self.set(made, StateType.FAILED if manifest.has_failed else StateType.COMPLETED)

    async def get(self, path: str, user: str = "") -> dict[str, Any]:
        answer = await self.api.get(path, headers={"X-User-ID": user or self.user})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.api.post(path, json=body, headers=self.headers)

    async def patch(self, task: str, status: str, **body: Any) -> httpx.Response:
        return await self.api.patch(
            f"/tasks/{task}/status", json={"status": status, **body}, headers=self.headers
        )

    async def statuses(self, made: Mapping[str, Any]) -> list[str]:
        read = await self.get(f"/scenarios/{made['scenario_id']}")
        return [task["status"] for task in read["tasks"]]


@pytest.fixture
def theatre(api: httpx.AsyncClient, prefect: PrefectClient, store: LocalStore) -> Theatre:
    return Theatre(api, prefect, store, f"ann-{uuid4().hex}")
