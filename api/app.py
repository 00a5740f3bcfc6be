"""The shim: a FastAPI app over a gateway to Prefect and an artifact store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from api import problems
from api.app_settings import AppSettings
from api.doors import cross_origin
from api.doors.open_media import open_media
from api.doors.rates import Rates
from api.doors.replays import Replays
from api.films.addresses import Films
from api.films.models import FILM_LINKS
from api.identity import Identity, Origins, identity_of
from api.identity.admission import Admission
from api.jobs.gateway import PrefectGateway
from api.live.live import Live
from api.live.places import Places
from api.live.reading import Reader
from api.memory import Memory, memory_of
from api.metering import WorkMeter
from api.observing import observe
from api.openapi import describe
from api.routes import ROUTERS
from api.scenarios.desk import ScenarioDesk
from api.services import Services
from reels.artifacts import ArtifactStore

DESCRIPTION = """\
An idea, a text or a storyboard becomes a finished vertical video, with a person's approval
of the draft and of the subtitles. Post to `/videos`, follow the job at its `self` link, and
answer when its status is `draft_review` or `subtitles_review`. Errors are RFC 9457 problems.
"""


def create_app(
    gateway: PrefectGateway,
    store: ArtifactStore,
    settings: AppSettings | None = None,
    *,
    identity: Identity | None = None,
    memory: Memory | None = None,
) -> FastAPI:
    """The app. It enters and leaves `gateway` with its own lifespan.

    A local store's links are checked by the store itself, with the key that it signed them
    with.

    Raises:
        InvalidInput: the settings would leave the API open to everybody; names the setting.
    """
    settings = settings or AppSettings()
    services = _services(gateway, store, settings, memory or memory_of(settings.cache))
    app = FastAPI(
        title="Reelwright",
        summary="Ideas become finished vertical videos.",
        description=DESCRIPTION,
        version=_version(),
        redoc_url=None,
        # A redirect would lead to whatever host the request has named.
        redirect_slashes=False,
        # What operations are called in the document, and so in clients made from it.
        generate_unique_id_function=lambda route: route.name,
        lifespan=partial(_lifespan, services),
    )
    app.state.services = services
    app.state.observing = settings.observing
    app.state.meter = WorkMeter(gateway.api_url, store, services.memory)
    _guard(app, settings, services, identity)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    cross_origin.open_to(app, settings.auth.origin_list)
    open_media(app)
    build = app.build_middleware_stack
    app.build_middleware_stack = partial(observe, build)  # type: ignore[method-assign]
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


def _services(
    gateway: PrefectGateway, store: ArtifactStore, settings: AppSettings, memory: Memory
) -> Services:
    live, link_expires_s = Live(gateway), settings.storage.link_expires_s
    films = Reader(live, memory, link_expires_s, room="film", links=FILM_LINKS)
    return Services(
        gateway=gateway,
        live=live,
        memory=memory,
        reader=Reader(live, memory, link_expires_s),
        films=Films.of(films, store, settings.storage, settings.playing),
        places=Places(settings.live.listeners_per_user, settings.live.listeners_in_all),
        scenarios=ScenarioDesk.of(gateway, store),
        store=store,
        settings=settings.api,
        flow=settings.flow,
        storage=settings.storage,
        media=settings.media,
    )


def _guard(
    app: FastAPI, settings: AppSettings, services: Services, identity: Identity | None
) -> None:
    """Put up what stands before the routes: who asks, how often, from where, and again."""
    auth, store = settings.auth, services.store
    app.state.identity = identity or identity_of(auth, settings.api, lambda: store)
    rates = app.state.rates = Rates(settings.cache.cache_url.get_secret_value())
    app.state.admission = Admission(rates, settings.limits)
    app.state.replays = Replays(services.memory)
    app.state.origins = Origins(settings.api.public_url, auth.origin_list)


@asynccontextmanager
async def _lifespan(services: Services, app: FastAPI) -> AsyncIterator[None]:
    readers = (services.reader, services.films.reader)
    async with services.gateway:
        services.live.start()
        app.state.meter.start()
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            await services.live.close()
            for reader in readers:
                await reader.close()
            await app.state.meter.close()
            await services.memory.close()
            await app.state.rates.close()


def _version() -> str:
    try:
        return version("reelwright")
    except PackageNotFoundError:
        return "0"
