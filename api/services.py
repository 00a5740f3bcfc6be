"""What the routes stand on, put together by `api.app.create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, ParamSpec, TypeVar
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Request

from api.films.addresses import Films
from api.jobs.gateway import PrefectGateway
from api.live.live import Live
from api.live.places import Places
from api.live.reading import Reader
from api.memory import Memory
from api.models import Links
from api.scenarios.desk import ScenarioDesk
from reels.artifacts import ArtifactStore
from reels.settings import ApiSettings, FlowSettings, MediaSettings, StoreSettings

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """One per app. The store blocks, so it is called in a thread."""

    gateway: PrefectGateway
    live: Live
    memory: Memory
    reader: Reader
    films: Films
    places: Places
    scenarios: ScenarioDesk
    store: ArtifactStore
    settings: ApiSettings
    flow: FlowSettings
    storage: StoreSettings
    media: MediaSettings
    #: Users whose webhook is being tried now.
    trials: set[str] = field(default_factory=set)

    def links(self, job_id: UUID) -> Links:
        own = self.url(f"/videos/{job_id}")
        return Links(
            self=own,
            events=f"{own}/events",
            approve_draft=f"{own}/draft:approve",
            approve_subtitles=f"{own}/subtitles:approve",
            cancel=f"{own}:cancel",
            retry=f"{own}:retry",
        )

    def url(self, path: str) -> str:
        """The public address of a path that starts with a slash."""
        return self.settings.public_url.rstrip("/") + path


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call something that blocks without blocking the loop."""
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))


# Asynchronous though it waits for nothing: FastAPI would call it in a thread, for each request.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Deps = Annotated[Services, Depends(_services)]
