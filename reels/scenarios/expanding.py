"""A template and what is put into it become a scenario. The same input gives the same one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from reels.errors import InvalidTemplate
from reels.scenarios.graph import MAX_FAULTS, Graph
from reels.scenarios.models import Fault, Scenario, ScenarioRequest, mark_of
from reels.scenarios.reading import Reading
from reels.scenarios.rendering import rendered

#: What templates call the request's own fields.
_DESCRIPTION: Final = ("description", "PROMPT")
_SLIDES: Final = ("slides_count", "N_SLIDES")


def expanded(
    template: str,
    request: ScenarioRequest,
    *,
    seed: str,
    now: datetime,
    services: Collection[str],
) -> Scenario:
    """The template's graph. All ids in it follow from `seed`, 32 hex digits.

    Raises:
        InvalidTemplate: with each fault and its line, before anything has run.
        Unavailable: no process could be started to render it.
    """
    given: dict[str, JsonValue] = {
        **dict.fromkeys(_DESCRIPTION, request.description),
        **dict.fromkeys(_SLIDES, request.slides_count),
    }
    tree = rendered(template, given, request.variables, seed, now)
    reading = Reading(mark_of(seed))
    drafts = reading.drafts(tree.root)
    _require_none(reading.faults)
    graph = Graph(drafts.tasks, services)
    _require_none(graph.faults)
    return Scenario(
        scenario_id=drafts.scenario_id,
        seed=seed,
        name=drafts.name,
        version=drafts.version,
        created_at=now,
        variables=tree.variables,
        tasks=graph.tasks(),
        warnings=(*tree.warnings, *graph.warnings),
    )


def _require_none(faults: list[Fault]) -> None:
    if faults:
        raise InvalidTemplate(sorted(faults, key=lambda fault: fault.line)[:MAX_FAULTS])
