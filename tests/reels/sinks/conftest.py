"""Changes to write, and a Postgres to write them to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from reels.sinks.base import StatusChange
from tests.postgres_kit import Postgres, running_postgres

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def change(job: UUID, status: str, at_s: float, **more: Any) -> StatusChange:
    """A change of ada's job, so long after its start."""
    return StatusChange(
        **{
            "id": uuid4(),
            "job_id": job,
            "user_id": "ada",
            "status": status,
            "created_at": START,
            "changed_at": START + timedelta(seconds=at_s),
            **more,
        }
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Postgres) -> Postgres:
    """Running, and without the table."""
    if postgres_server.process is None:
        postgres_server.start()
    postgres_server.ask("drop table if exists videos cascade")
    return postgres_server
