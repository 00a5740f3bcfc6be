"""Where the segments' links lead, and for how long."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from reels.links import MAX_LINK_S
from tests.api.films.packages import SECONDS
from tests.api.films.shelf_kit import Open, address, client, film, s3_endpoint, store, track

__all__ = ["client", "film", "s3_endpoint", "store"]

pytestmark = pytest.mark.slow


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


def _life_s(link: str, now: int) -> int:
    query = parse_qs(urlsplit(link).query)
    if "X-Amz-Expires" in query:
        return int(query["X-Amz-Expires"][0])
    return int(query["expires"][0]) - now
