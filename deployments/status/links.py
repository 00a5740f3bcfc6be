"""The address of a finished video, as it is told to sinks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import quote
from uuid import UUID

from reels.artifacts import ArtifactStore, job_prefix
from reels.errors import ReelsError
from reels.links import MAX_LINK_S

log = logging.getLogger(__name__)

VIDEO = "final.mp4"


def linker(
    media_url: str, open_store: Callable[[], ArtifactStore]
) -> Callable[[str, UUID], str | None]:
    """A function of user and job. With a `media_url` the address is that and the key; else a
    link of the store, which is opened when it is first needed."""
    if media_url:
        return partial(_public, media_url.rstrip("/"))
    return partial(_signed, open_store)


def _public(base: str, user: str, job: UUID) -> str:
    return f"{base}/{quote(_key(user, job))}"


def _signed(open_store: Callable[[], ArtifactStore], user: str, job: UUID) -> str | None:
    """Without a store there is no link, but the status is told."""
    try:
        return open_store().link(_key(user, job), expires_s=MAX_LINK_S)
    except ReelsError as error:
        log.error("There is no link to the video %s. %s", job, error)
        return None


def _key(user: str, job: UUID) -> str:
    return f"{job_prefix(user, str(job))}/{VIDEO}"
