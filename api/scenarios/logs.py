"""The logs of tasks for outside workers, among the inputs of a scenario's run.

Prefect takes an input's key once only, so of several who append at the same time one is
heard, and the others look again.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from reels.errors import Unavailable
from reels.scenarios.claims import MAX_ENTRIES, Entry, Log
from reels.scenarios.logs import MOST_INPUTS, PREFIX, entry_key, logs_in, task_prefix

#: Whoever loses so often in a row is told to come back.
_MOST_TRIES: Final = 12
#: After its last claim a task can still be ended.
_MOST_OF_A_TASK: Final = MAX_ENTRIES + 100


async def all_logs(client: PrefectClient, run_id: UUID) -> dict[str, Log]:
    """The logs of all tasks of a run that were offered, by the tasks' ids."""
    return await _read(client, run_id, PREFIX, MOST_INPUTS)


async def log_of(client: PrefectClient, run_id: UUID, task_id: str) -> Log:
    """One task's log; an empty one when it was not offered yet."""
    found = await _read(client, run_id, task_prefix(task_id), _MOST_OF_A_TASK)
    return found.get(task_id, Log(()))


async def append(
    client: PrefectClient, run_id: UUID, task_id: str, step: Callable[[Log], Entry]
) -> tuple[Log, Entry]:
    """Append what `step` makes of the log as it is, and the log that it was made of.

    Raises:
        Conflict: as `step` says.
        Unavailable: others were faster each time.
    """
    for _ in range(_MOST_TRIES):
        log = await log_of(client, run_id, task_id)
        entry = step(log)
        try:
            await client.create_flow_run_input(
                run_id, entry_key(task_id, log.length), entry.model_dump_json()
            )
        except PrefectHTTPStatusError as error:
            if error.response.status_code != HTTPStatus.CONFLICT:
                raise
        else:
            return log, entry
    raise Unavailable(f"Too many ask for the task {task_id} at once.", remedy="Try again.")


async def _read(client: PrefectClient, run_id: UUID, prefix: str, most: int) -> dict[str, Log]:
    inputs = await client.filter_flow_run_input(
        run_id, key_prefix=prefix, limit=most, exclude_keys=set()
    )
    logs = logs_in((each.key, each.value) for each in inputs)
    return {task: Log(entries) for task, entries in logs.items()}
