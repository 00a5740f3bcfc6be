"""How far a sink is noted to be: never beyond what it has not been told yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient

from deployments.status.cursor import Cursor
from deployments.status.outbox import Outbox
from deployments.status.watcher import Watcher
from reels.errors import TransientFailure
from reels.sinks.base import StatusChange
from tests.reels.sinks.conftest import change


class Away:
    """A sink that takes nothing."""

    name = "away"

    def write(self, change: StatusChange) -> None:
        raise TransientFailure("away", "Away.")

    def close(self) -> None:
        pass


class Here(Away):
    name = "here"

    def write(self, change: StatusChange) -> None:
        pass


@pytest.fixture
def boxes() -> Iterator[list[Outbox]]:
    made = [Outbox(sink, 60) for sink in (Away(), Here())]
    yield made
    for box in made:
        box.stop()


@pytest.fixture
def client() -> PrefectClient:
    """Of a server that nobody asks."""
    return PrefectClient("http://127.0.0.1:9/api")


def test_a_change_that_waits_is_looked_for_again_by_the_next_watcher(
    boxes: list[Outbox], client: PrefectClient, tmp_path: Path
) -> None:
    cursor = Cursor(tmp_path)
    begun = datetime.now(UTC)
    watcher = Watcher(client, boxes, cursor, lambda *_: None)
    long_ago = begun - timedelta(hours=1)
    for box in boxes:
        box.add(change(uuid4(), "ready", 0).model_copy(update={"changed_at": long_ago}))
    assert boxes[1].wait_until_empty(5)
    watcher.note()
    noted = cursor.read()
    assert noted["away"] == long_ago
    assert noted["here"] >= begun
