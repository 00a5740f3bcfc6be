"""The shim: a FastAPI app over a gateway to Prefect and an artifact store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from api import problems
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
from api.routes import (
    artifacts,
    events,
    films,
    health,
    hls,
    ideas,
    media,
    metrics,
    reviews,
    scenario_templates,
    scenarios,
    slideshows,
    sockets,
    tasks,
    text_to_video,
    uploads,
    videos,
    voices,
    watch,
    webhooks,
)
from api.scenarios.desk import ScenarioDesk
from api.services import Services
from reels.artifacts import ArtifactStore
from reels.settings import (
    ApiSettings,
    AuthSettings,
    CacheSettings,
    FlowSettings,
    LimitSettings,
    LiveSettings,
    MediaSettings,
    ObservingSettings,
    PlayingSettings,
    StoreSettings,
)

DESCRIPTION = """\
An idea, a text or a storyboard becomes a finished vertical video, with a person's approval
of the draft and of the subtitles. Post to `/videos`, follow the job at its `self` link, and
answer when its status is `draft_review` or `subtitles_review`. Errors are RFC 9457 problems.
"""


def create_app(
    *,
    gateway: PrefectGateway,
    store: ArtifactStore,
    settings: ApiSettings,
    flow_settings: FlowSettings | None = None,
    store_settings: StoreSettings | None = None,
    media_settings: MediaSettings | None = None,
    auth: AuthSettings | None = None,
    live_settings: LiveSettings | None = None,
    identity: Identity | None = None,
    memory: Memory | None = None,
    observing: ObservingSettings | None = None,
    limit_settings: LimitSettings | None = None,
    playing: PlayingSettings | None = None,
) -> FastAPI:
    """The app. It enters and leaves `gateway` with its own lifespan.

    What is None comes from the environment. A local store's links are checked by the
    store itself, with the key that it signed them with.

    Raises:
        InvalidInput: the settings would leave the API open to everybody; names the setting.
    """
    live = Live(gateway)
    cache = CacheSettings()
    memory = memory or memory_of(cache)
    storage = store_settings or StoreSettings()
    reader = Reader(live, memory, storage.link_expires_s)
    packages = Films.of(
        Reader(live, memory, storage.link_expires_s, room="film", links=FILM_LINKS),
        store,
        storage,
        playing or PlayingSettings(),
    )
    listening = live_settings or LiveSettings()
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
        lifespan=partial(_lifespan, gateway, live, (reader, packages.reader), memory),
    )
    auth = auth or AuthSettings()
    app.state.identity = identity or identity_of(auth, settings, lambda: store)
    rates = app.state.rates = Rates(cache.cache_url.get_secret_value())
    app.state.admission = Admission(rates, limit_settings or LimitSettings())
    app.state.replays = Replays(memory)
    app.state.origins = Origins(settings.public_url, auth.origin_list)
    app.state.services = Services(
        gateway=gateway,
        live=live,
        memory=memory,
        reader=reader,
        films=packages,
        places=Places(listening.listeners_per_user, listening.listeners_in_all),
        scenarios=ScenarioDesk.of(gateway, store),
        store=store,
        settings=settings,
        flow=flow_settings or FlowSettings(),
        storage=storage,
        media=media_settings or MediaSettings(),
    )
    app.state.observing = observing or ObservingSettings()
    app.state.meter = WorkMeter(gateway.api_url, store, memory)
    problems.install(app)
    for routes in (
        videos,
        events,
        sockets,
        text_to_video,
        slideshows,
        films,
        hls,
        watch,
        scenario_templates,
        scenarios,
        tasks,
        ideas,
        reviews,
        uploads,
        media,
        artifacts,
        voices,
        webhooks,
        health,
        metrics,
    ):
        app.include_router(routes.router)
    cross_origin.open_to(app, auth.origin_list)
    open_media(app)
    build = app.build_middleware_stack
    app.build_middleware_stack = partial(observe, build)  # type: ignore[method-assign]
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(
    gateway: PrefectGateway,
    live: Live,
    readers: Sequence[Reader],
    memory: Memory,
    app: FastAPI,
) -> AsyncIterator[None]:
    async with gateway:
        live.start()
        app.state.meter.start()
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            await live.close()
            for reader in readers:
                await reader.close()
            await app.state.meter.close()
            await memory.close()
            await app.state.rates.close()


def _version() -> str:
    try:
        return version("reelwright")
    except PackageNotFoundError:
        return "0"
