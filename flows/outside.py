"""Logs of tasks for outside workers, kept as inputs of the scenario's run.

Prefect takes an input's key once only, whichever of its servers is asked: that is what
puts the steps of a task in one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from reels.scenarios.claims import Entry, Log
from reels.scenarios.logs import MOST_INPUTS, PREFIX, entry_key, logs_in
from reels.scenarios.running import End
from reels.services.base import TaskResult

_CONFLICT: Final = 409
#: A database takes only so many values in one question.
_MOST_EXCLUDED: Final = 4_000


class OutsideTasks:
    """The tasks of one run that outside workers do."""

    def __init__(self, client: SyncPrefectClient, run_id: UUID) -> None:
        self._client = client
        self._run_id = run_id
        #: Entries never change, so each is fetched once.
        self._known: dict[str, str] = {}

    def logs(self) -> dict[str, Log]:
        """All tasks' logs, by their ids."""
        # The first to be known are the offers, and they are the large ones.
        known = set(islice(self._known, _MOST_EXCLUDED))
        inputs = self._client.filter_flow_run_input(
            self._run_id, key_prefix=PREFIX, limit=MOST_INPUTS, exclude_keys=known
        )
        self._known |= {each.key: each.value for each in inputs}
        return {task: Log(entries) for task, entries in logs_in(self._known.items()).items()}

    def offer(self, task: str, log: Log, results: Mapping[str, TaskResult]) -> None:
        """Let workers know of a task, if they do not know it yet or it is to be done anew."""
        self._append(task, log, Entry(what="offered", at=datetime.now(UTC), results=dict(results)))

    def withdraw(self, task: str, log: Log) -> None:
        """Have what was said of a task count no more."""
        self._append(task, log, Entry(what="withdrawn", at=datetime.now(UTC)))

    def _append(self, task: str, log: Log, entry: Entry) -> None:
        try:
            self._client.create_flow_run_input(
                self._run_id, entry_key(task, log.length), entry.model_dump_json()
            )
        except PrefectHTTPStatusError as error:
            # Another process of this run has done the same at the same moment.
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
