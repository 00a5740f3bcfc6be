"""Films that are given by their addresses: taken on, read, and played early."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from reels.film import Package, PackagedVariant
from tests.api.conftest import PUBLIC_URL, StageHand

MASTER = b"""#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=150000,AVERAGE-BANDWIDTH=120000,CODECS="avc1.64000d",RESOLUTION=234x416
v234/index.m3u8
"""
TRACK = b'#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6,\ns00000.m4s\n#EXTINF:1.5,\ns00001.m4s\n'
SIGNED = r"user={user}&expires=\d+&signature=[0-9a-f]{{64}}"


def address() -> str:
    return f"https://media.example.org/{uuid4().hex}.mp4"


@pytest.fixture
def user() -> str:
    return f"ann-{uuid4().hex[:12]}"


async def give(api: httpx.AsyncClient, user: str, url: str, title: str = "Kyoto") -> httpx.Response:
    body = {"title": title, "url": url}
    return await api.post("/api/videos", json=body, headers={"X-User-ID": user})


async def read(api: httpx.AsyncClient, film: str, user: str) -> dict[str, Any]:
    answer = await api.get(f"/api/videos/{film}", headers={"X-User-ID": user})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_film_is_taken_on_and_read_by_the_seeds_fields(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    url = address()
    taken = await give(api, user, url, title="Весна в Киото")
    assert taken.status_code == 201
    told = taken.json()
    film = told["id"]
    assert set(told) == {"id", "title", "playlist_url"}
    assert told["title"] == "Весна в Киото"
    assert re.fullmatch(
        f"{PUBLIC_URL}/hls/{film}.m3u8\\?{SIGNED.format(user=user)}", told["playlist_url"]
    )
    assert taken.headers["location"] == f"{PUBLIC_URL}/api/videos/{film}"

    found = await read(api, film, user)
    assert found["original_url"] == url
    assert (found["title"], found["status"], found["progress"]) == ("Весна в Киото", "queued", 0)
    assert datetime.fromisoformat(found["created_at"]) <= datetime.fromisoformat(
        found["updated_at"]
    )
    assert found["variants"] == []
    assert re.fullmatch(
        f"{PUBLIC_URL}/watch/{film}\\?{SIGNED.format(user=user)}", found["watch_url"]
    )


async def test_the_same_address_is_a_conflict_for_its_user_alone_however_it_is_written(
    api: httpx.AsyncClient, user: str
) -> None:
    url = address()
    first = await give(api, user, url)
    again = await give(api, user, url.replace("media.example.org", "MEDIA.example.org:443"))
    other = await give(api, f"ben-{uuid4().hex[:12]}", url)
    assert (first.status_code, again.status_code, other.status_code) == (201, 409, 201)
    assert first.json()["id"] in again.json()["detail"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/a.mp4", "http://169.254.169.254/a.mp4", "http://[::1]/a.mp4"),
        *(
            "file:///etc/passwd",
            "https://ann:secret@example.org/a.mp4",
            "https://example.org:8443/a",
        ),
        *("http://localhost/a.mp4", "example.org/a.mp4", ""),
    ],
)
async def test_an_address_that_leads_nowhere_public_is_refused_at_once(
    offline_api: httpx.AsyncClient, url: str
) -> None:
    answer = await give(offline_api, "ann", url)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["url"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.org/a.mp4"},
        {"title": "", "url": "https://example.org/a.mp4"},
        {"title": 1, "url": "https://example.org/a.mp4"},
        {"title": "a", "url": "https://example.org/a.mp4", "more": 1},
        {"title": {"__prefect_kind": "jinja"}, "url": "https://example.org/a.mp4"},
    ],
)
async def test_a_body_of_another_form_is_refused(
    offline_api: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    assert (await offline_api.post("/api/videos", json=body)).status_code == 422


async def test_a_key_gives_the_first_answer_again_and_no_conflict(
    api: httpx.AsyncClient, user: str
) -> None:
    headers = {"X-User-ID": user, "Idempotency-Key": uuid4().hex}
    body = {"title": "Kyoto", "url": address()}
    first = await api.post("/api/videos", json=body, headers=headers)
    again = await api.post("/api/videos", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_sizes_of_a_package_are_told_with_what_is_still_to_come(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    film = (await give(api, user, address())).json()["id"]
    small = PackagedVariant(
        name="v234",
        size_px=(234, 416),
        state="ready",
        way="encode",
        reason="it is smaller",
        bandwidth_bps=150_000,
        codecs="avc1.64000d",
    )
    large = PackagedVariant(
        name="v540", size_px=(540, 960), state="pending", way="encode", reason="it is smaller"
    )
    package = Package(
        title="Kyoto",
        url="https://media.example.org/a.mp4",
        state="packaging",
        duration_s=7.5,
        variants=(small, large),
        updated_at=datetime.now(UTC),
    )
    stage_hand.put(film, "hls/package.json", package.model_dump_json().encode(), user=user)
    stage_hand.put(film, "hls/poster.jpg", b"a poster", user=user)
    found = await read(api, film, user)
    assert [(each["name"], each["state"]) for each in found["variants"]] == [
        ("v234", "ready"),
        ("v540", "pending"),
    ]
    assert found["duration_s"] == 7.5
    assert (await api.get(found["poster_url"])).content == b"a poster"


async def test_what_one_has_of_a_film_is_not_sent_again(api: httpx.AsyncClient, user: str) -> None:
    film = (await give(api, user, address())).json()["id"]
    headers = {"X-User-ID": user}
    whole = await api.get(f"/api/videos/{film}", headers=headers)
    again = await api.get(
        f"/api/videos/{film}", headers={**headers, "If-None-Match": whole.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_playlist_is_early_then_there_and_its_owner_needs_no_signature(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    film = (await give(api, user, address())).json()
    early = await api.get(film["playlist_url"])
    assert early.status_code == 409
    assert int(early.headers["retry-after"]) >= 1

    stage_hand.put(film["id"], "hls/v234/index.m3u8", TRACK, user=user)
    stage_hand.put(film["id"], "hls/master.m3u8", MASTER, user=user)
    signed = await api.get(film["playlist_url"])
    own = await api.get(f"/hls/{film['id']}.m3u8", headers={"X-User-ID": user})
    foreign = await api.get(f"/hls/{film['id']}.m3u8", headers={"X-User-ID": "ben"})
    assert (signed.status_code, own.status_code, foreign.status_code) == (200, 200, 404)
    assert own.headers["content-type"] == "application/vnd.apple.mpegurl"

    found = await read(api, film["id"], user)
    assert found["duration_s"] == 7.5
    assert [each["name"] for each in found["variants"]] == ["v234"]
    assert found["variants"][0]["bandwidth"] == 150_000


async def test_a_film_that_was_not_packaged_has_no_playlist_and_is_not_waited_for(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    film = (await give(api, user, address())).json()
    await stage_hand.set(film["id"], StateType.FAILED, "The film is no film.")
    answer = await api.get(film["playlist_url"])
    assert answer.status_code == 409
    assert "retry-after" not in answer.headers
    assert "The film is no film." in answer.json()["detail"]


async def test_a_job_without_a_package_has_no_playlist(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    job = await stage_hand.new_job(user=user)
    await stage_hand.run(job, "drafting")
    await stage_hand.set(job, StateType.COMPLETED)
    answer = await api.get(f"/hls/{job}.m3u8", headers={"X-User-ID": user})
    assert answer.status_code == 404


async def test_a_video_that_was_made_here_names_its_playlist_and_its_page_once_it_has_them(
    api: httpx.AsyncClient, user: str, stage_hand: StageHand
) -> None:
    job = await stage_hand.new_job(user=user)
    before = (await stage_hand.read(job, user=user))["artifacts"]
    await stage_hand.run(job, "rendering")
    stage_hand.put(job, "hls/v234/index.m3u8", TRACK, user=user)
    stage_hand.put(job, "hls/master.m3u8", MASTER, user=user)
    await stage_hand.set(job, StateType.COMPLETED)
    after = (await stage_hand.read(job, user=user))["artifacts"]
    assert not {"hls", "watch"} & set(before)
    assert (await api.get(after["hls"])).status_code == 200
    assert (await api.get(after["watch"])).status_code == 200
    found = await read(api, job, user)
    assert found["original_url"] is None
    assert [each["name"] for each in found["variants"]] == ["v234"]


async def test_the_page_shows_the_title_as_a_text_in_the_readers_language(
    api: httpx.AsyncClient, user: str
) -> None:
    title = "<script>alert(1)</script> \"' $title"
    film = (await give(api, user, address(), title=title)).json()["id"]
    watch = (await read(api, film, user))["watch_url"]
    for asked, language in (
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de, en;q=0.2, ru;q=0.1", "en"),
        ("fr", "en"),
        ("ru;q=zero", "en"),
    ):
        answer = await api.get(watch, headers={"Accept-Language": asked})
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text


async def test_the_page_runs_nothing_that_is_written_into_it_or_comes_from_elsewhere(
    api: httpx.AsyncClient, user: str
) -> None:
    film = (await give(api, user, address())).json()["id"]
    answer = await api.get((await read(api, film, user))["watch_url"])
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    origins = {word for rule in rules.values() for word in rule.split() if "//" in word}
    assert origins == {PUBLIC_URL}
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|javascript:", answer.text) == []
    for path in re.findall(r'(?:src|href)="(assets/[^"]+)"', answer.text):
        found = await api.get(f"/watch/{path}")
        assert found.status_code == 200, path
        assert found.headers["x-content-type-options"] == "nosniff"


async def test_people_get_a_page_where_a_link_leads_nowhere_and_programs_a_problem(
    api: httpx.AsyncClient, user: str
) -> None:
    film = (await give(api, user, address())).json()["id"]
    watch = (await read(api, film, user))["watch_url"]
    person = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "ru"}
    forged = watch[:-1] + ("0" if watch[-1] != "0" else "1")
    answer = await api.get(forged, headers=person)
    assert answer.status_code == 403
    assert "Запросите новую" in answer.text
    gone = await api.get(f"/watch/{uuid4()}", headers=person)
    assert gone.status_code == 404
    assert "Такого видео нет" in gone.text
    problem = await api.get(forged)
    assert problem.headers["content-type"] == "application/problem+json"
    assert json.loads(problem.content)["status"] == 403
