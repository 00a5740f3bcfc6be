"""Whose job a run is."""

from __future__ import annotations

from prefect.client.schemas.objects import FlowRun

from api.identity.base import OPS
from api.jobs.posting import user_tag

_USER_TAG = user_tag("")


def owner_of(run: FlowRun) -> str:
    """The user of a run: by its tag when the API has made it, else by its parameters."""
    tags = (tag.removeprefix(_USER_TAG) for tag in run.tags if tag.startswith(_USER_TAG))
    return next(tags, "") or str(run.parameters.get("user_id") or OPS)
