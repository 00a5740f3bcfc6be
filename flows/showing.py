"""What Prefect's UI shows of a job: artifacts on the run. Never worth failing a job for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.job import Job, JobFiles
from flows.markup import inline
from reels.models import ArtifactRef, Storyboard

P = ParamSpec("P")
logger = logging.getLogger(__name__)

#: The longest life that a link may have (S3 presigned links: 7 days).
LINK_S = 604_800


def best_effort(show: Callable[P, Any]) -> Callable[P, None]:
    """What shows something, so that a failure is a line in the log and no more."""

    @wraps(show)
    def shown(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            show(*args, **kwargs)
        except Exception as error:
            logger.warning("Could not show %s in Prefect: %s", show.__name__, error)

    return shown


@best_effort
def show_storyboard(job: Job, storyboard: Storyboard) -> None:
    """The storyboard as a table."""
    rows = [
        {
            "scene": number,
            "spoken": inline(scene.narration),
            "on screen": inline(scene.on_screen_text),
            "visual": scene.visual.kind,
            "motion": scene.motion,
        }
        for number, scene in enumerate(storyboard.scenes, 1)
    ]
    create_table_artifact(rows, key=f"storyboard-{job.id}", description=inline(storyboard.title))


@best_effort
def show_picture(job: JobFiles, name: str, ref: ArtifactRef, description: str) -> None:
    """A frame or the poster, through a link that lives as long as links may."""
    link = job.store.link(ref.key, expires_s=LINK_S)
    create_image_artifact(link, key=f"{name}-{job.id}", description=inline(description))


@best_effort
def show_video(job: JobFiles, name: str, ref: ArtifactRef, description: str) -> None:
    """A link to the preview or to the finished video."""
    link = job.store.link(ref.key, expires_s=LINK_S)
    create_link_artifact(
        link, link_text=name, key=f"{name}-{job.id}", description=inline(description)
    )


class Progress:
    """One progress bar on a run, in per cent."""

    def __init__(self, key: str, description: str) -> None:
        self._key = key
        self._description = description
        self._id: Any = None

    @best_effort
    def show(self, per_cent: float) -> None:
        """Create the bar at the first call, move it at the next ones."""
        if self._id is None:
            self._id = create_progress_artifact(
                progress=per_cent, key=self._key, description=self._description
            )
        else:
            update_progress_artifact(self._id, progress=per_cent)
