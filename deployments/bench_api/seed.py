"""Ten thousand jobs, put straight into a new database through Prefect's own models.

Run as `python -m deployments.bench_api.seed N`, with PREFECT_HOME set. Half of the jobs are
one busy user's.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from prefect.server.database import provide_database_interface

from api.jobs.posting import TAG, user_tag

BUSY = "busy"
OTHERS = 200
#: One job after the other.
_EVERY = timedelta(seconds=37)
_AT_ONCE = 500
#: How jobs end or wait, by their share in per cent: type, name, pause key.
_ENDS = (
    (70, "COMPLETED", "Completed", ""),
    (10, "FAILED", "Failed", ""),
    (15, "PAUSED", "Suspended", "draft-1-1-1"),
    (5, "CANCELLED", "Cancelled", ""),
)


def user_of(number: int) -> str:
    return BUSY if number % 2 else f"user{number % OTHERS}"


async def seed(count: int) -> None:
    """Make the tables and fill them."""
    db = provide_database_interface()
    await db.create_db()
    async with db.session_context(begin_transaction=True) as session:
        made: dict[str, tuple[UUID, UUID]] = {}
        for name in ("make-video", "make-slideshow"):
            flow = db.Flow(id=uuid4(), name=name)
            session.add(flow)
            await session.flush()
            deployment = db.Deployment(id=uuid4(), name="default", flow_id=flow.id)
            session.add(deployment)
            await session.flush()
            made[name] = (flow.id, deployment.id)
        runs, states = _jobs(count, *made["make-video"])
        for start in range(0, len(runs), _AT_ONCE):
            await session.execute(sa.insert(db.FlowRun), runs[start : start + _AT_ONCE])
        for start in range(0, len(states), _AT_ONCE):
            await session.execute(sa.insert(db.FlowRunState), states[start : start + _AT_ONCE])
        # A run's last state refers to the run, so that it can only be named afterwards.
        await session.execute(
            sa.text(
                "UPDATE flow_run SET state_id = (SELECT id FROM flow_run_state "
                "WHERE flow_run_id = flow_run.id ORDER BY timestamp DESC LIMIT 1)"
            )
        )


def _jobs(
    count: int, flow_id: UUID, deployment_id: UUID
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    chance = random.Random(1)
    runs: list[dict[str, Any]] = []
    states: list[dict[str, Any]] = []
    now = datetime.now(UTC)
    for number in range(count):
        at, run_id, user = now - number * _EVERY, uuid4(), user_of(number)
        _, kind, name, pause_key = chance.choices(_ENDS, [share for share, *_ in _ENDS])[0]
        history = (("SCHEDULED", "Scheduled"), ("RUNNING", "Drafting"), (kind, name))
        for step, (state_type, state_name) in enumerate(history):
            when = at + timedelta(seconds=step)
            details = {"pause_key": pause_key} if pause_key and step == 2 else {}
            states.append(
                {"id": uuid4(), "flow_run_id": run_id, "type": state_type, "name": state_name}
                | {"timestamp": when, "message": "", "state_details": details}
                | {"created": when, "updated": when}
            )
        runs.append(
            {"id": run_id, "flow_id": flow_id, "deployment_id": deployment_id}
            | {"name": f"How tea came to Europe, part {number}", "state_type": kind}
            | {"state_name": name, "state_timestamp": at, "run_count": 1}
            | {"parameters": {"idea": "How tea came to Europe. " * 20, "user_id": user}}
            | {"tags": [user_tag(user), TAG, f"body:{number:016x}"]}
            | {"expected_start_time": at, "created": at, "updated": at}
        )
    return runs, states


if __name__ == "__main__":
    asyncio.run(seed(int(sys.argv[1])))
