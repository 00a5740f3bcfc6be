"""A request becomes a graph, which is put in its place before its run is made."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread

from api.jobs.gateway import PrefectGateway
from api.jobs.naming import one_line
from api.scenarios.finding import Found, stored
from api.scenarios.models import ScenarioOrder
from reels.artifacts import ArtifactStore
from reels.errors import Conflict, InvalidInput, NotFound, ReelsError, Unavailable
from reels.scenarios.expanding import expanded
from reels.scenarios.models import Scenario, ScenarioRequest, mark_of
from reels.scenarios.places import mark_tag, place_of, template_for
from reels.services import SERVICES

#: Each takes a process of its own, up to a core of seconds and 384 MB.
RENDERINGS_AT_ONCE: Final = 2


class Expander:
    """Renders templates: few at once, and of one user one after the other."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(RENDERINGS_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def expand(
        self, user: str, template: str, request: ScenarioRequest, seed: str
    ) -> Scenario:
        """The template's graph.

        Raises:
            InvalidTemplate: with each fault and its line.
            Unavailable: no process could be started to render it.
        """
        work = partial(
            expanded,
            template,
            request,
            seed=seed,
            now=datetime.now(UTC),
            services=SERVICES.keys(),
        )
        # Whose templates take long keeps others waiting for one of them, not for all.
        turn = self._turns.setdefault(user, asyncio.Lock())
        async with turn:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)


class Making:
    """Makes scenarios."""

    def __init__(self, gateway: PrefectGateway, store: ArtifactStore, expander: Expander) -> None:
        self._gateway = gateway
        self._store = store
        self._expander = expander

    async def make(self, user: str, request: ScenarioRequest, idempotency_key: str) -> Found:
        """A new scenario; the same key and request give the one that they gave first.

        Raises:
            InvalidInput: there is no such template, the key was used for another request, or
                the request is too large.
            InvalidTemplate: the template cannot be used, with its lines.
            LimitReached: too many jobs wait to begin, or were made today.
        """
        asked = request.model_dump(mode="json", exclude_unset=True)
        seed = _seed(user, idempotency_key, asked)
        scenario, is_new = await self._graph(user, request, seed)
        order = ScenarioOrder.model_validate({**asked, "seed": seed})
        try:
            run = await self._gateway.create_scenario(
                user,
                order,
                one_line(request.description) or scenario.name,
                mark_tag(seed),
                idempotency_key=idempotency_key,
            )
        except Unavailable:
            # Its run may have been made: what it is to do stays.
            raise
        except ReelsError:
            if is_new:
                await anyio.to_thread.run_sync(self._store.delete, place_of(user, mark_of(seed)))
            raise
        return Found(run, user, scenario)

    async def _graph(self, user: str, request: ScenarioRequest, seed: str) -> tuple[Scenario, bool]:
        """The graph in its place, and whether it was put there just now."""
        known = await anyio.to_thread.run_sync(stored, self._store, user, mark_of(seed))
        if known is not None:
            if known.seed != seed:
                raise Conflict("Another scenario of yours has this one's ids.", remedy=_AGAIN)
            return known, False
        template = await anyio.to_thread.run_sync(_template, self._store, user, request.scenario)
        scenario = await self._expander.expand(user, template, request, seed)
        key = place_of(user, mark_of(seed))
        body = scenario.model_dump_json().encode()
        await anyio.to_thread.run_sync(self._store.put, key, body)
        return scenario, True


_AGAIN: Final = "Post it again, with another key."


def _seed(user: str, key: str, asked: dict[str, object]) -> str:
    """32 hex digits. A repeated request has the same, one without a key its own."""
    body = json.dumps(asked, sort_keys=True)
    told = "\n".join((user, key or uuid.uuid4().hex, body))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _template(store: ArtifactStore, user: str, name: str) -> str:
    try:
        return template_for(store, user, name)
    except NotFound as error:
        raise InvalidInput("scenario", error.message, remedy=error.remedy) from None
