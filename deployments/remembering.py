"""Which events Prefect's server writes down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from deployments.hooking import known

#: What task runs emit when they change their state.
LEFT_OUT: Final = "prefect.task-run."


def leave_out_task_events() -> None:
    """Write no event down that says that a task run has changed its state.

    All who listen hear them as before, automations and the recorder of task runs among them,
    and a task run's states stay in tables of their own. But a video of half a minute has 140
    such events with 1,500 rows for what they are related to: two thirds of the bytes that it
    leaves in the database, and an eighth of what it has the server do.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.server.events.services import event_persister

    service: Any = event_persister
    write = known(service, "write_events")

    async def write_others(session: Any, events: Sequence[Any]) -> None:
        kept = [event for event in events if not event.event.startswith(LEFT_OUT)]
        if kept:
            await write(session=session, events=kept)

    service.write_events = write_others
