"""Automations that the house needs from its Prefect server."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from prefect.automations import Automation
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture

from reels.settings import FlowSettings

EXPIRY = "reelwright: cancel videos that nobody decides on"
#: Prefect knows no shorter wait of this kind.
SHORTEST_S = 10
MESSAGE = "Nobody decided in time, so the job was cancelled."


def ensure_expiry(settings: FlowSettings) -> None:
    """Cancel a suspended video when nothing happens to it for the approval's time-out.

    A suspended run has no process that could end it, and left to itself Prefect would
    call it failed. Made anew at each call, so that a changed setting takes effect.
    """
    existing = _existing()
    wanted = _expiry(settings)
    if existing is None:
        wanted.create()
    elif existing.trigger != wanted.trigger or existing.actions != wanted.actions:
        existing.delete()
        wanted.create()


def _existing() -> Automation | None:
    try:
        return cast(Automation, Automation.read(name=EXPIRY))
    except ValueError:
        return None


def _expiry(settings: FlowSettings) -> Automation:
    left_s = settings.approval_timeout_s - settings.approval_hold_s
    return Automation(
        name=EXPIRY,
        description="VIDEO_SERVICE_APPROVAL_TIMEOUT_S says how long a job may wait.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={
                "prefect.resource.role": "flow",
                "prefect.resource.name": ["make-video", "run-scenario"],
            },
            after={"prefect.flow-run.Suspended"},
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=max(left_s, SHORTEST_S)),
        ),
        actions=[ChangeFlowRunState(state=StateType.CANCELLED, name="Cancelled", message=MESSAGE)],
    )
