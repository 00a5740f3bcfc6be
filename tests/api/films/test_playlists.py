"""Playlists as players get them, from stores of both kinds."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from api.films.passes import Scope
from reels.artifacts import ArtifactStore
from reels.hls.reading import Master, Playlist, read_master, read_playlist
from tests.api.films.packages import SECONDS, Made
from tests.api.films.shelf_kit import (
    PASSES,
    Open,
    address,
    client,
    film,
    s3_endpoint,
    store,
    track,
)

__all__ = ["client", "film", "s3_endpoint", "store"]

pytestmark = pytest.mark.slow

ANYWHERE = {"Origin": "https://players.example"}
HLS = "application/vnd.apple.mpegurl"


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
