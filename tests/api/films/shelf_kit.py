"""An app without Prefect over stores of both kinds, which hold a packaged film of Ann's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.app_settings import AppSettings
from api.films.passes import Passes, Scope
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from blocks.registry import store_from_settings
from reels.artifacts import ArtifactStore
from reels.settings import ApiSettings, AuthSettings, PlayingSettings, StoreSettings
from tests.api.conftest import NOWHERE
from tests.api.films.packages import Made
from tests.blocks.conftest import raw_s3, s3_endpoint

__all__ = ["client", "film", "s3_endpoint", "store"]

KEY = "a key of the tests"
STORAGE = StoreSettings(_env_file=None, signing_key=SecretStr(KEY))
PASSES = Passes(STORAGE)
Open = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="module", params=["local", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ArtifactStore:
    if request.param == "local":
        folder = tmp_path_factory.mktemp("store")
        return LocalStore(folder, public_url="http://api.test", secret=b"a secret")
    settings = StoreSettings(
        _env_file=None,
        store="s3",
        s3_endpoint_url=request.getfixturevalue("s3_endpoint"),
        s3_bucket=f"bucket-{uuid4().hex[:8]}",
        s3_access_key="AKIATESTTESTTEST",
        s3_secret_key=SecretStr("hush-hush-hush"),
    )
    raw_s3(settings).create_bucket(Bucket=settings.s3_bucket)
    return store_from_settings(settings)


@pytest.fixture
async def client(store: ArtifactStore) -> AsyncIterator[Open]:
    """Makes clients of an app without Prefect, which no signed address needs."""
    made: list[httpx.AsyncClient] = []
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)

    def build(origins: str = "", **playing: object) -> httpx.AsyncClient:
        app = create_app(
            gateway,
            store,
            AppSettings(
                api=ApiSettings(public_url="http://api.test"),
                storage=STORAGE,
                auth=AuthSettings(allowed_origins=origins),
                playing=PlayingSettings(_env_file=None, **playing),
            ),
        )
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        made.append(httpx.AsyncClient(transport=transport, base_url="http://api.test"))
        return made[-1]

    async with gateway:
        yield build
        for each in made:
            await each.aclose()


@pytest.fixture(scope="module")
def film(made: Made, store: ArtifactStore) -> UUID:
    """A packaged film of Ann's."""
    job = uuid4()
    made.put(store, "ann", str(job))
    return job


def address(film: UUID, scope: Scope = Scope.FILM, path: str = ".m3u8", life_s: int = 60) -> str:
    return f"/hls/{film}{path}?{PASSES.query(scope, film, 'ann', life_s)}"


def track(film: UUID, path: str) -> str:
    return address(film, Scope.TRACKS, f"/{path}")
