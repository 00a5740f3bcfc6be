"""The logs of tasks for outside workers, among the inputs of a scenario's run.

Prefect takes an input's key once only, so of several who append at the same time one is
heard, and the others look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from prefect.exceptions import PrefectHTTPStatusError

from api.jobs.gateway import PrefectGateway
from reels.errors import Unavailable
from reels.scenarios.claims import MAX_ENTRIES, Entry, Log
from reels.scenarios.logs import MOST_INPUTS, PREFIX, entry_key, logs_in, task_prefix

#: Whoever loses so often in a row is told to come back.
_MOST_TRIES: Final = 12
#: After its last claim a task can still be ended.
_MOST_OF_A_TASK: Final = MAX_ENTRIES + 100
#: A database takes only so many values in one question.
_MOST_EXCLUDED: Final = 4_000
#: Entries of all runs that are remembered, of some 0.5 kB each.
_KNOWN_ENTRIES: Final = 50_000


class Logs:
    """Logs of all runs. An entry never changes, so one that is known is not fetched again.

    Every method raises `Unavailable` when Prefect does not answer.
    """

    def __init__(self, gateway: PrefectGateway) -> None:
        self._gateway = gateway
        self._known: LRUCache[UUID, dict[str, str]] = LRUCache(_KNOWN_ENTRIES, getsizeof=_size)

    async def all(self, run_id: UUID) -> Mapping[str, Log]:
        """The logs of all tasks of a run that were offered, by the tasks' ids."""
        known = self._known.get(run_id, {})
        inputs = await self._gateway.client.filter_flow_run_input(
            run_id,
            key_prefix=PREFIX,
            limit=MOST_INPUTS,
            # The first to be known are the offers, and they are the large ones.
            exclude_keys=set(islice(known, _MOST_EXCLUDED)),
        )
        found = {**known, **{each.key: each.value for each in inputs}}
        if inputs and _size(found) <= _KNOWN_ENTRIES:
            self._known[run_id] = found
        return {task: Log(entries) for task, entries in logs_in(found.items()).items()}

    async def of(self, run_id: UUID, task_id: str) -> Log:
        """One task's log; an empty one when it was not offered yet."""
        inputs = await self._gateway.client.filter_flow_run_input(
            run_id, key_prefix=task_prefix(task_id), limit=_MOST_OF_A_TASK, exclude_keys=set()
        )
        logs = logs_in((each.key, each.value) for each in inputs)
        return Log(logs.get(task_id, ()))

    async def append(
        self, run_id: UUID, task_id: str, step: Callable[[Log], Entry]
    ) -> tuple[Log, Entry]:
        """Append what `step` makes of the log as it is, and the log that it was made of.

        Raises:
            Conflict: as `step` says.
            Unavailable: others were faster each time.
        """
        for _ in range(_MOST_TRIES):
            log = await self.of(run_id, task_id)
            entry = step(log)
            try:
                await self._gateway.client.create_flow_run_input(
                    run_id, entry_key(task_id, log.length), entry.model_dump_json()
                )
            except PrefectHTTPStatusError as error:
                if error.response.status_code != HTTPStatus.CONFLICT:
                    raise
            else:
                return log, entry
        raise Unavailable(f"Too many ask for the task {task_id} at once.", remedy="Try again.")


def _size(entries: Mapping[str, str]) -> int:
    return len(entries) + 1
