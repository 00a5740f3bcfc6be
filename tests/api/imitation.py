"""A flow that waits for a draft's approval, run as `python -m tests.api.imitation RUN_ID`."""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

from prefect import flow, pause_flow_run
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.flow_engine import run_flow

from tests.api.conftest import DraftForm

RUN_ID = UUID(sys.argv[1])


@flow(name="make-video")
def imitation(idea: str, language: str, user_id: str) -> str:
    """Completes when the edited storyboard has arrived."""
    with get_client(sync_client=True) as client:
        stage: State[Any] = State(type=StateType.RUNNING, name="DraftReview")
        client.set_flow_run_state(RUN_ID, stage)
    form = pause_flow_run(wait_for_input=DraftForm, timeout=60, poll_interval=1)
    assert (form.action, form.storyboard and form.storyboard.title) == ("approve", "Чай")
    return "done"


if __name__ == "__main__":
    with get_client(sync_client=True) as reader:
        run = reader.read_flow_run(RUN_ID)
    run_flow(imitation, flow_run=run, parameters=run.parameters)
