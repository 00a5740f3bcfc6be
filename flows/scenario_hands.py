"""Prefect's hands of a scenario: each task is a task run, or is offered to outside workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.futures import PrefectFuture

from flows.outside import OutsideTasks
from flows.scenario_job import ScenarioJob
from flows.serving import serve
from reels.errors import ReelsError
from reels.scenarios.claims import Log
from reels.scenarios.models import ScenarioTask
from reels.scenarios.orders import Orders
from reels.scenarios.running import End, Told
from reels.services import SERVICES
from reels.services.base import TaskResult


class PrefectHands:
    """See `reels.scenarios.running.Hands`."""

    def __init__(self, job: ScenarioJob, client: SyncPrefectClient) -> None:
        self._job = job
        self._outside = OutsideTasks(client, UUID(job.id))
        self._versions: dict[str, str] = {}
        self._kept: set[str] = set()
        self._orders = Orders(job.scenario)

    def start(self, task: ScenarioTask, results: Mapping[str, TaskResult], told: Told) -> None:
        """Submit a task run."""
        future: PrefectFuture[TaskResult] = serve.submit(
            order=self._orders.of(task, results),
            service_version=self._version(task.service),
            task_id=task.id,
            payer=self._job.payer,
        )
        future.add_done_callback(lambda done: self._end(task, _end_of(done), told))

    def offer(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> None:
        """Offer a task, unless it is."""
        log = self._logs.get(task.id, Log(()))
        if not log.is_offered:
            self._outside.offer(task.id, log, results)

    def ends_outside(self) -> Mapping[str, End]:
        """How offered tasks have ended by now."""
        return self._outside.ends()

    def keep(self, task: ScenarioTask, end: End) -> None:
        """Keep an end in the job, unless the task's thread has."""
        if task.id not in self._kept:
            self._job.keep_end(task.id, end)

    def withdraw(self, tasks: Collection[str]) -> None:
        """Have what outside workers have said of these tasks count no more."""
        logs = self._outside.logs()
        for task in tasks:
            if task in logs and logs[task].is_offered:
                self._outside.withdraw(task, logs[task])

    def _end(self, task: ScenarioTask, end: End, told: Told) -> None:
        """Tell an end, from the task's own thread, where a store at a distance holds up nobody.

        A failure may come of the flow's own end; whether it is to be kept is not known here.
        """
        if end.status == "success":
            with suppress(Exception):
                self._job.keep_end(task.id, end)
                self._kept.add(task.id)
        told(task.id, end)

    @cached_property
    def _logs(self) -> Mapping[str, Log]:
        """As they are when the first task is offered: only a run's own process offers."""
        return self._outside.logs()

    def _version(self, service: str) -> str:
        """One for the whole run of a process: the settings are read for it."""
        if service not in self._versions:
            self._versions[service] = SERVICES[service].version
        return self._versions[service]


def _end_of(future: PrefectFuture[TaskResult]) -> End:
    try:
        return End(status="success", result=future.result())
    except ReelsError as error:
        return End(status="failed", cause=str(error))
    except BaseException as error:
        # Whatever it was: nobody would hear of this task any more.
        return End(status="failed", cause=f"{type(error).__name__}: {error}"[:1_000])
