"""Playlists as players get them, from stores of both kinds."""

from __future__ import annotations

import gzip
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.films.passes import Passes, Scope
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from blocks.registry import store_from_settings
from reels.artifacts import ArtifactStore
from reels.hls.reading import Master, Playlist, read_master, read_playlist
from reels.links import MAX_LINK_S
from reels.settings import ApiSettings, AuthSettings, PlayingSettings, StoreSettings
from tests.api.conftest import NOWHERE
from tests.api.films.packages import SECONDS, Made
from tests.blocks.conftest import raw_s3, s3_endpoint

__all__ = ["s3_endpoint"]

pytestmark = pytest.mark.slow

KEY = "a key of the tests"
STORAGE = StoreSettings(_env_file=None, signing_key=SecretStr(KEY))
PASSES = Passes(STORAGE)
ANYWHERE = {"Origin": "https://players.example"}
HLS = "application/vnd.apple.mpegurl"
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
            gateway=gateway,
            store=store,
            settings=ApiSettings(public_url="http://api.test"),
            store_settings=STORAGE,
            auth=AuthSettings(allowed_origins=origins),
            playing=PlayingSettings(_env_file=None, **playing),
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


async def follow(client: httpx.AsyncClient, url: str, **headers: str) -> httpx.Response:
    """As a player does it: to the API, or to where a bucket's link leads."""
    if urlsplit(url).netloc in ("", "api.test"):
        return await client.get(url, headers=headers)
    async with httpx.AsyncClient() as outside:
        return await outside.get(url, headers=headers)


async def master_at(client: httpx.AsyncClient, url: str, folder: Path) -> Master:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    path = folder / "master.m3u8"
    path.write_text(answer.text)
    return read_master(path)


async def playlist_at(client: httpx.AsyncClient, url: str, folder: Path) -> Playlist:
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, HLS), answer.text
    path = folder / "index.m3u8"
    path.write_text(answer.text)
    return read_playlist(path)


async def test_from_the_master_on_everything_is_reached_without_a_redirect_or_a_header(
    client: Open, film: UUID, made: Made, tmp_path: Path
) -> None:
    api, at = client(), address(film)
    master = await master_at(api, at, tmp_path)
    assert len(master.streams) == len(master.keys) == 3
    assert len(master.media) == 4
    seen: dict[str, str] = {}
    for stream in (*master.streams, *master.keys, *master.media):
        playlist = await playlist_at(api, urljoin(f"http://api.test{at}", stream.uri), tmp_path)
        for link in {playlist.init, *(entry.uri for entry in playlist.entries)} - {""}:
            found = await follow(api, link)
            name = urlsplit(link).path.partition("/hls/")[2]
            assert found.status_code == 200, link
            assert found.content == (made.root / name).read_bytes()
            seen[name] = found.headers["content-type"]
    stored = {path.relative_to(made.root).as_posix() for path in made.root.rglob("*.*")}
    assert set(seen) == {name for name in stored if name.count("/") and not name.endswith(".m3u8")}
    kinds = {Path(name).suffix: kind for name, kind in seen.items()}
    assert kinds[".m4s"] == "video/iso.segment"
    assert kinds[".mp4"] == "video/mp4"
    assert kinds[".vtt"].startswith("text/vtt")


async def test_the_pictures_for_seeking_lead_to_their_sheet(
    client: Open, film: UUID, made: Made
) -> None:
    api = client()
    answer = await api.get(address(film, path="/thumbnails.vtt"))
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if "#xywh=" in line]
    assert len(lines) == SECONDS // 2
    assert len({line.partition("#")[0] for line in lines}) == 1
    sheet = await follow(api, lines[0].partition("#")[0])
    assert sheet.headers["content-type"] == "image/jpeg"
    assert sheet.content == (made.root / "thumbnails.jpg").read_bytes()


async def test_what_was_not_signed_for_this_opens_nothing(client: Open, film: UUID) -> None:
    """Forged, of another film, of another user, over, or for the other kind of playlist."""
    api, good = client(), address(film)
    query = parse_qs(urlsplit(good).query)
    signature = query["signature"][0]
    other = "0" if signature[-1] != "0" else "1"
    refused = {
        "forged": good.replace(signature, signature[:-1] + other),
        "none": good.replace(signature, ""),
        "not ASCII": good.replace(signature, "é" * 64),
        "another user": good.replace("user=ann", "user=ben"),
        "later": good.replace(query["expires"][0], str(int(query["expires"][0]) + 1)),
        "no number": good.replace(query["expires"][0], "1e9"),
        "another film": good.replace(str(film), str(uuid4())),
        "over": address(film, life_s=0),
        "a track's": address(film, Scope.TRACKS),
        "a film's": track(film, "v432/index.m3u8").replace(
            PASSES.query(Scope.TRACKS, film, "ann", 60), PASSES.query(Scope.FILM, film, "ann", 60)
        ),
    }
    answers = {name: await api.get(path) for name, path in refused.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        refused, 403
    )
    assert all(answer.json()["type"].endswith(":link-refused") for answer in answers.values())
    assert (await api.get(good)).status_code == 200


TRICKS = (
    *("..", "v432/..", "%2e%2e/v432", "v432%2f..", "v432/../../../../etc", "v432//", "V432", "."),
    *(".meta", "v432%00", "v432\\..", "é", "a" * 65, "-v", "v432%0d%0aX: y"),
)


async def test_no_trick_in_a_tracks_name_leads_elsewhere(
    client: Open, film: UUID, store: ArtifactStore
) -> None:
    for key in (f"videos/ann/{film}/index.m3u8", "videos/index.m3u8"):
        store.put(key, b"not for players")
    api, query = client(), PASSES.query(Scope.TRACKS, film, "ann", 60)
    for trick in TRICKS:
        for path in (f"{trick}/index.m3u8", f"v432/{trick}"):
            answer = await api.get(f"/hls/{film}/{path}?{query}")
            assert answer.status_code in (403, 404, 422), path
            assert "not for players" not in answer.text


async def test_a_track_that_is_not_there_is_not_found_and_no_key_is_told(
    client: Open, film: UUID
) -> None:
    answer = await client().get(track(film, "v999/index.m3u8"))
    assert answer.status_code == 404
    assert "videos/" not in answer.text


async def test_playlists_are_packed_for_whoever_unpacks_them(client: Open, film: UUID) -> None:
    api, at = client(), track(film, "v432/keys.m3u8")
    plain = await api.get(at, headers={"Accept-Encoding": "identity"})
    async with api.stream("GET", at, headers={"Accept-Encoding": "br, gzip"}) as answer:
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    refused = await api.get(at, headers={"Accept-Encoding": "gzip;q=0"})

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_head_tells_what_get_would_and_what_one_has_is_not_sent_again(
    client: Open, film: UUID
) -> None:
    api = client()
    for at in (track(film, "v432/index.m3u8"), address(film, path="/thumbnails.vtt")):
        whole, head = await api.get(at), await api.head(at)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("content-length", "content-type", "etag", "cache-control"):
            assert head.headers[name] == whole.headers[name]
        again = await api.get(at, headers={"If-None-Match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == whole.headers["cache-control"]


async def test_a_page_of_any_origin_reads_playlists_and_artifacts_and_nothing_else(
    client: Open, film: UUID
) -> None:
    """Also where only some origins may call the rest; never with cookies."""
    for origins in ("", "https://app.example"):
        api = client(origins)
        playlist = await api.get(track(film, "v432/index.m3u8"), headers=ANYWHERE)
        link = playlist.text.splitlines()[-2]
        urls = [address(film), track(film, "v432/index.m3u8"), "/hls/none", "/artifacts/none"]
        urls += [link] if urlsplit(link).netloc == "api.test" else []
        for url in urls:
            answer = await api.get(url, headers=ANYWHERE)
            assert answer.headers["access-control-allow-origin"] == "*", url
            assert "access-control-allow-credentials" not in answer.headers
            asked = {"Access-Control-Request-Method": "GET"}
            range_ = {"Access-Control-Request-Headers": "range"}
            before = await api.options(url, headers={**ANYWHERE, **asked, **range_})
            assert before.status_code == 200, url
            assert before.headers["access-control-allow-origin"] == "*"
            assert "range" in before.headers["access-control-allow-headers"].lower()
        for url in ("/health", f"/api/videos/{film}", f"/watch/{film}", "/hls"):
            answer = await api.get(url, headers=ANYWHERE)
            assert "access-control-allow-origin" not in answer.headers, url


async def test_a_part_of_a_segment_is_served(client: Open, film: UUID, made: Made) -> None:
    """As players want pictures to start from: by the spans that the playlist names."""
    api = client()
    at = track(film, "v432/keys.m3u8")
    lines = (await api.get(at)).text.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("#EXT-X-BYTERANGE"))
    size, offset = map(int, lines[place].partition(":")[2].split("@"))
    part = await follow(api, lines[place + 1], Range=f"bytes={offset}-{offset + size - 1}")
    whole = (made.root / "v432" / "s00000.m4s").read_bytes()
    assert part.status_code == 206
    assert part.content == whole[offset : offset + size]
    beyond = await follow(api, lines[place + 1], Range="bytes=99999999-")
    assert beyond.status_code == 416


async def test_links_outlive_the_film_by_the_margin_and_caching_does_not_outlive_them(
    client: Open, film: UUID
) -> None:
    api = client(hls_margin_s=900)
    for name in ("v432/index.m3u8", "text-ru/index.m3u8"):
        before = int(time.time())
        answer = await api.get(track(film, name))
        life_s = _life_s(answer.text.splitlines()[-2], before)
        assert SECONDS + 900 - 1 <= life_s <= SECONDS + 900 + 2
        assert "max-age=60" in answer.headers["cache-control"]
        assert "private" in answer.headers["cache-control"]
    master = await api.get(address(film))
    assert "no-cache" in master.headers["cache-control"]
    tracks = next(line for line in master.text.splitlines() if not line.startswith("#"))
    assert _life_s(tracks, int(time.time())) >= SECONDS + 900 - 2


async def test_no_link_is_asked_to_live_longer_than_a_store_allows(
    client: Open, film: UUID
) -> None:
    api = client(hls_margin_s=604_800)
    answer = await api.get(track(film, "v432/index.m3u8"))
    assert answer.status_code == 200
    link = answer.text.splitlines()[-2]
    assert MAX_LINK_S - 5 <= _life_s(link, int(time.time())) <= MAX_LINK_S


async def test_segments_may_come_from_a_public_address(client: Open, film: UUID) -> None:
    api = client(hls_public_url="https://cdn.example.org/films/")
    lines = (await api.get(track(film, "v432/index.m3u8"))).text.splitlines()
    base = f"https://cdn.example.org/films/videos/ann/{film}/hls"
    assert f'#EXT-X-MAP:URI="{base}/v432/init.mp4"' in lines
    assert lines[-2] == f"{base}/v432/s00002.m4s"
    sheet = await api.get(address(film, path="/thumbnails.vtt"))
    assert f"{base}/thumbnails.jpg#xywh=0,0," in sheet.text
    # What leads back to us stays signed.
    assert "signature=" in (await api.get(address(film))).text


async def test_a_variant_that_joins_is_in_the_master_within_two_seconds(
    client: Open, made: Made, store: ArtifactStore
) -> None:
    film = uuid4()
    key = f"videos/ann/{film}/hls"
    whole = (made.root / "master.m3u8").read_text()
    store.put(f"{key}/v432/index.m3u8", made.root / "v432" / "index.m3u8")
    lines = whole.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF"))
    store.put(f"{key}/master.m3u8", "\n".join([*lines[: first + 2], ""]).encode())
    api = client()
    assert (await api.get(address(film))).text.count("STREAM-INF") == 1
    store.put(f"{key}/master.m3u8", whole.encode())
    ends = time.monotonic() + 2
    while (await api.get(address(film))).text.count("#EXT-X-STREAM-INF") < len(made.names):
        assert time.monotonic() < ends
        time.sleep(0.05)


def _life_s(link: str, now: int) -> int:
    query = parse_qs(urlsplit(link).query)
    if "X-Amz-Expires" in query:
        return int(query["X-Amz-Expires"][0])
    return int(query["expires"][0]) - now
