"""Scenarios: a template becomes a graph of tasks, which is run and followed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Response
from fastapi.responses import PlainTextResponse
from starlette.convertors import StringConvertor, register_url_convertor

from api.doors.door import Router
from api.doors.guards import body_of
from api.doors.idempotency import IdempotencyKey
from api.identity import Asker, User
from api.identity.rights import require_list
from api.jobs.wanting import EVERYBODY, OWNER_PATTERN
from api.models import Retry
from api.openapi import json_body
from api.problems import responses
from api.scenarios.listing import WantedScenarios, page_of
from api.scenarios.models import (
    ScenarioAccepted,
    ScenarioPage,
    ScenarioState,
    ScenarioSummary,
)
from api.scenarios.views import accepted_view, scenario_view, summary_view
from api.services import Deps
from reels.scenarios.mermaid import drawn
from reels.scenarios.models import ScenarioRequest

router = Router(tags=["scenarios"])


class _IdConvertor(StringConvertor):
    """Neither a word nor a name is taken for an id of a scenario or of a task."""

    regex = "[0-9a-f]{20}"


register_url_convertor("short_id", _IdConvertor())

ShortId = Annotated[str, Path(pattern="^[0-9a-f]{20}$", examples=["3f9a0c55d157510f0b12"])]

_EXAMPLES: dict[str, Any] = {
    "a video from an idea": {
        "scenario": "CreateVideo",
        "description": "How tea came to Europe",
        "slides_count": 3,
    },
    "square, with a voice": {
        "scenario": "CreateVideo",
        "description": "How tea came to Europe",
        "variables": {"RESOLUTION": "1080x1080", "VOICE": "f2"},
    },
}
_RETRIES: dict[str, Any] = {"as it was": {}, "with a higher budget": {"budget_usd": 2.5}}


@router.post(
    "/generate",
    status_code=202,
    responses=responses(400, 401, 409, 413, 415),
    openapi_extra=json_body(ScenarioRequest, _EXAMPLES),
)
async def create_scenario(
    user: User,
    asked: Annotated[ScenarioRequest, Depends(body_of(ScenarioRequest, root="scenario"))],
    services: Deps,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> ScenarioAccepted:
    """Make a scenario from a template, and run it. `/scenarios/templates` has the templates.

    A template with a fault is refused before anything runs: `errors` names each line.
    """
    found = await services.scenarios.making.make(user, asked, idempotency_key)
    view = accepted_view(services, found)
    response.headers["Location"] = view.links.self_
    return view


@router.get("/scenarios", responses=responses(401, 403))
async def list_scenarios(
    asker: Asker,
    services: Deps,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    page_token: Annotated[str, Query(max_length=8_000, description="of the page before")] = "",
    user_id: Annotated[
        str | None,
        Query(
            pattern=OWNER_PATTERN,
            description="for editors and ops: whose scenarios, or `*` for everybody's",
        ),
    ] = None,
) -> ScenarioPage:
    """Scenarios, newest first: your own, or as an editor those of `user_id`."""
    owner = None if user_id == EVERYBODY else (user_id or asker.user)
    require_list(asker, owner)
    desk = services.scenarios
    wanted = WantedScenarios(owner=owner)
    page = await page_of(services.gateway, desk.finder, wanted, page_size, page_token)
    return ScenarioPage(
        scenarios=tuple(summary_view(services, found) for found in page.scenarios),
        next_page_token=page.next_token,
    )


@router.get("/scenarios/{scenario_id:short_id}", responses=responses(401, 404))
async def read_scenario(scenario_id: ShortId, asker: Asker, services: Deps) -> ScenarioState:
    """A scenario with its tasks and, when it is over, links to its results."""
    found = await services.scenarios.finder.scenario(asker, scenario_id)
    return await scenario_view(services, found)


@router.get(
    "/scenarios/{scenario_id:short_id}/graph",
    response_class=PlainTextResponse,
    responses=responses(401, 404),
)
async def draw_scenario(scenario_id: ShortId, asker: Asker, services: Deps) -> str:
    """The graph as Mermaid text, each task in the colour of its status."""
    found = await services.scenarios.finder.scenario(asker, scenario_id)
    standing = await services.scenarios.standings.of(found)
    return drawn(found.scenario, standing.statuses)


@router.post(
    "/scenarios/{scenario_id:short_id}:cancel",
    status_code=202,
    responses=responses(401, 403, 404, 409),
)
async def cancel_scenario(scenario_id: ShortId, asker: Asker, services: Deps) -> ScenarioSummary:
    """Stop a scenario that has not ended. It may be `cancelling` for some seconds."""
    found = await services.scenarios.steering.cancel(asker, scenario_id)
    return summary_view(services, found)


@router.post(
    "/scenarios/{scenario_id:short_id}:retry",
    status_code=202,
    responses=responses(400, 401, 403, 404, 409, 413, 415),
    openapi_extra=json_body(Retry, _RETRIES, required=False),
)
async def retry_scenario(
    scenario_id: ShortId,
    asker: Asker,
    asked: Annotated[Retry, Depends(body_of(Retry, root="budget_usd", may_be_empty=True))],
    services: Deps,
) -> ScenarioSummary:
    """Resume a scenario that failed or was cancelled; tasks that succeeded are not done again."""
    steering = services.scenarios.steering
    found = await steering.retry(asker, scenario_id, asked.budget_usd)
    return summary_view(services, found)
