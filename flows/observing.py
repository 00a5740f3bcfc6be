"""What a flow's process says of itself: log lines, errors and a trace that name its job.

A job's request and trace come along with its run as labels, which the API gives it; those of
a child run as tags, because `run_deployment` takes no labels.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar, get_type_hints

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from flows.heart import beating
from reels.errors import InvalidInput
from reels.observing import mishaps, tracing
from reels.observing.about import About, about
from reels.observing.carried import (
    JOB,
    OWNER,
    REQUEST,
    REQUEST_LABEL,
    STAGE,
    TRACE,
    TRACE_LABEL,
    USER,
)
from reels.observing.starting import start_telling
from reels.settings import ObservingSettings
from reels.stages import Stage

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)
SERVICE: Final = "reelwright-flows"


def observed(function: Callable[P, R]) -> Callable[P, R]:
    """A flow's function as one that says for whom it works. Belongs right below `@flow`."""
    name = function.__name__
    signature = inspect.signature(function)

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        known = known_now()
        known.withhold(list(signature.bind(*args, **kwargs).arguments.values()))
        with beating(_run()), _told(name):
            return function(*args, **kwargs)

    # Prefect reads the types of parameters where the function says it is from.
    run.__signature__ = inspect.signature(function, eval_str=True)  # type: ignore[attr-defined]
    run.__annotations__ = get_type_hints(function, include_extras=True)
    return run


def known_now() -> About:
    """What this process's lines are about, as far as it is known."""
    run, known = _run(), about()
    if run is None or known.job == (_tagged(run, JOB) or str(run.id)):
        return known
    known.job = _tagged(run, JOB) or str(run.id)
    known.stage = _tagged(run, STAGE)
    known.user = _tagged(run, USER) or _tagged(run, OWNER)
    known.request = str(run.labels.get(REQUEST_LABEL, "")) or _tagged(run, REQUEST)
    # A run is named by what somebody has asked for.
    known.withheld = {run.name: str(run.id)} if len(run.name) > 3 else {}
    return known


def entered(stage: Stage) -> None:
    """This process's job has entered a stage."""
    about().stage = stage
    tracing.stage(stage)


def tags_for_child() -> list[str]:
    """What a child run has to carry to be known as this job's."""
    known = about()
    carried = (
        (STAGE, known.stage),
        (OWNER, known.user),
        (REQUEST, known.request),
        (TRACE, tracing.traceparent()),
    )
    return [f"{name}{value}" for name, value in carried if value]


@contextmanager
def _told(name: str) -> Iterator[None]:
    run = _run()
    try:
        start_telling(ObservingSettings(), SERVICE)
    except InvalidInput as error:
        # The job can do without.
        logger.error("%s", error)
    parent = ""
    if run is not None:
        parent = str(run.labels.get(TRACE_LABEL, "")) or _tagged(run, TRACE)
    try:
        with tracing.span(f"run {name}", "consumer", parent):
            try:
                yield
            finally:
                tracing.stage("")
    except Exception as error:
        mishaps.report(error, flow=name)
        raise


def _run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context else None


def _tagged(run: Any, prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in run.tags if tag.startswith(prefix)), "")
