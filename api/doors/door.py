"""What every route has before and after its own work: a place for its keys and its limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.doors.guards import body_limit_of
from api.doors.idempotency import key_of
from api.doors.replays import Replays, name_of
from api.identity.admission import standing_of
from api.identity.asking import asker, caller_of

Handler = Callable[[Request], Awaitable[Response]]


class Door(APIRoute):
    """A route that answers a repeated POST with a key by what the first one gave, and says
    how its caller stands with the rate that it counted for.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        work = super().get_route_handler()
        calls = list(_calls(self.dependant))
        knows_callers = asker in calls
        limit = next(filter(None, map(body_limit_of, calls)), None)

        async def answer(request: Request) -> Response:
            response = await self._answer(request, work, limit, knows_callers=knows_callers)
            standing = standing_of(request)
            if standing is not None:
                response.headers.update(standing.headers())
            return response

        return answer

    async def _answer(
        self,
        request: Request,
        work: Handler,
        limit: Callable[[Request], int] | None,
        *,
        knows_callers: bool,
    ) -> Response:
        if request.method != "POST":
            return await work(request)
        caller = await caller_of(request) if knows_callers else None
        key = key_of(request)
        if not key:
            return await work(request)
        replays: Replays = request.app.state.replays
        owner, role = (caller.user, caller.role) if caller else ("", "user")
        name = name_of(owner, self.path, key, role)
        return await replays.once(name, request, limit(request) if limit else None, work)


#: What all routes are made with.
Router = partial(APIRouter, route_class=Door)


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for each in dependant.dependencies:
        if each.call is not None:
            yield each.call
        yield from _calls(each)
