"""Logs of tasks for outside workers, kept as inputs of the scenario's run.

Prefect takes an input's key once only, whichever of its servers is asked: that is what
puts the steps of a task in one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from reels.scenarios.claims import Entry, Log
from reels.scenarios.logs import MOST_INPUTS, PREFIX, entry_key, logs_in
from reels.scenarios.running import End
from reels.services.base import TaskResult

_CONFLICT = 409


class OutsideTasks:
    """The tasks of one run that outside workers do."""

    def __init__(self, client: SyncPrefectClient, run_id: UUID) -> None:
        self._client = client
        self._run_id = run_id

    def logs(self) -> dict[str, Log]:
        """All tasks' logs, by their ids."""
        inputs = self._client.filter_flow_run_input(
            self._run_id, key_prefix=PREFIX, limit=MOST_INPUTS, exclude_keys=set()
        )
        return {
            task: Log(entries)
            for task, entries in logs_in((each.key, each.value) for each in inputs).items()
        }

    def offer(self, task: str, log: Log, results: Mapping[str, TaskResult]) -> None:
        """Let workers know of a task, if they do not know it yet or it is to be done anew."""
        entry = Entry(what="offered", at=datetime.now(UTC), results=dict(results))
        try:
            self._client.create_flow_run_input(
                self._run_id, entry_key(task, log.length), entry.model_dump_json()
            )
        except PrefectHTTPStatusError as error:
            # Another attempt of this run has offered it at the same moment.
            if error.response.status_code != _CONFLICT:
                raise

    def ends(self) -> dict[str, End]:
        """How tasks have ended by now."""
        found = {}
        for task, log in self.logs().items():
            if log.end is not None:
                found[task] = end_of(log.end)
        return found


def end_of(entry: Entry) -> End:
    """The end that a worker has told."""
    assert entry.status is not None
    if entry.status == "failed":
        return End(status="failed", cause=entry.cause or f"{entry.worker or 'A worker'} gave up.")
    result = TaskResult(address=entry.result_ref, provider=entry.worker)
    return End(status="success", result=result)
