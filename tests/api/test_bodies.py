"""What bad input gets: a problem that names the field, and no flow run."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from api.doors.guards import MAX_BODY_BYTES

JSON = {"Content-Type": "application/json"}
KIND = "storyboard.scenes.1.visual.kind"
SCENE = {"narration": "Tea."}


def _storyboard(**changes: Any) -> dict[str, Any]:
    return {"storyboard": {"title": "T", "scenes": [SCENE], **changes}}


def _nested(levels: int) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for _ in range(levels):
        spec = {"deeper": spec}
    return _storyboard(scenes=[{**SCENE, "visual": {"kind": "slide", "spec": spec}}])


@pytest.fixture
def api(offline_api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Without a Prefect server: whatever is refused here has made no flow run."""
    return offline_api


_TEMPLATE = {"__prefect_kind": "jinja", "template": "{{ 1 }}"}
_BLOCK = {"$ref": {"block_document_slug": "secret/key-of-the-house"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "idea"),
        ({"idea": "a", "text": "b"}, "idea"),
        ({"idea": ""}, "idea"),
        ({"idea": " \n\t "}, "idea"),
        ({"idea": "x" * 100_000}, "idea"),
        ({"idea": 7}, "idea"),
        ({"idea": "a", "aspect": "4:3"}, "aspect"),
        ({"idea": "a", "language": "xx"}, "language"),
        ({"idea": "a", "language": "EN!"}, "language"),
        ({"idea": "a", "language": "tlh"}, "language"),
        ({"idea": "a", "voice": "no such voice"}, "voice"),
        ({"idea": "a", "voice": "nosuch"}, "voice"),
        (_storyboard(scenes=[SCENE, {**SCENE, "visual": {"kind": "hologram"}}]), KIND),
        ({"idea": "a", "duration_s": "30"}, "duration_s"),
        ({"idea": "a", "duration_s": True}, "duration_s"),
        ({"idea": "a", "duration_s": 30.5}, "duration_s"),
        ({"idea": "a", "duration_s": 4}, "duration_s"),
        ({"idea": "a", "duration_s": 10**30}, "duration_s"),
        ({"idea": "a", "user_id": "bob"}, "user_id"),
        ({"idea": "a", "auto_approve": 1}, "auto_approve"),
        ({"idea": "a", "auto_approve": ["draft", "all"]}, "auto_approve.1"),
        (_storyboard(scenes=[]), "storyboard.scenes"),
        (_storyboard(scenes="x"), "storyboard.scenes"),
        (_storyboard(scenes=[SCENE, {}]), "storyboard.scenes.1.narration"),
        (_storyboard(scenes=[{**SCENE, "extra": 1}]), "storyboard.scenes.0.extra"),
        (_storyboard(language="xx"), "storyboard.language"),
        ({**_storyboard(), "language": "xx"}, "language"),
        ({"storyboard": None}, "idea"),
        ({"idea": _TEMPLATE}, "idea.__prefect_kind"),
        ({"__prefect_kind": "json", "value": "{}"}, "__prefect_kind"),
        (
            _storyboard(scenes=[{**SCENE, "visual": {"spec": {"a": [1, {"b": _TEMPLATE}]}}}]),
            "storyboard.scenes.0.visual.spec.a.1.b.__prefect_kind",
        ),
        (
            _storyboard(scenes=[{**SCENE, "visual": {"spec": {"a": [{"b": _BLOCK}]}}}]),
            "storyboard.scenes.0.visual.spec.a.0.b.$ref",
        ),
        (_nested(40), "storyboard.scenes.0"),
        (
            _storyboard(scenes=[{**SCENE, "visual": {"spec": {"a": "\0"}}}]),
            "storyboard.scenes.0.visual.spec.a",
        ),
    ],
)
async def test_a_bad_request_names_its_field(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/videos", json=body)

    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "errors"} <= set(problem)
    assert {error["field"] for error in problem["errors"]} == {field}
    assert all(error["message"] for error in problem["errors"])


async def test_every_wrong_field_is_named_at_once(api: httpx.AsyncClient) -> None:
    answer = await api.post("/videos", json={"idea": "a", "aspect": "x", "captions": "y", "z": 1})

    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"aspect", "captions", "z"}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b'{"idea": "a",}',
        b"{'idea': 'a'}",
        b'\xff\xfe{"idea": "a"}',
        b'{"idea": "a", "duration_s": NaN}',
        b'{"idea": "a", "duration_s": -Infinity}',
        b'{"idea": "a", "duration_s": 1e999}',
        b'{"idea": "a", "duration_s": ' + b"9" * 5000 + b"}",
        b'{"idea": "a", "idea": "b"}',
        b'{"idea": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
)
async def test_what_is_no_json_is_a_400_problem(api: httpx.AsyncClient, raw: bytes) -> None:
    answer = await api.post("/videos", content=raw, headers=JSON)

    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].endswith(":malformed")


@pytest.mark.parametrize("raw", [b"[]", b'"idea"', b"null", b"7"])
async def test_what_is_no_object_is_refused(api: httpx.AsyncClient, raw: bytes) -> None:
    answer = await api.post("/videos", content=raw, headers=JSON)

    assert answer.status_code == 422


async def test_a_body_over_the_limit_is_refused_with_and_without_its_length(
    api: httpx.AsyncClient,
) -> None:
    raw = json.dumps({"idea": "x" * MAX_BODY_BYTES}).encode()

    async def chunks() -> Any:
        for start in range(0, len(raw), 65_536):
            yield raw[start : start + 65_536]

    known = await api.post("/videos", content=raw, headers=JSON)
    unknown = await api.post("/videos", content=chunks(), headers=JSON)

    for answer in (known, unknown):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 413


async def test_a_request_that_prefect_would_find_too_large_is_refused(
    api: httpx.AsyncClient,
) -> None:
    large = _storyboard(scenes=[{**SCENE, "visual": {"spec": {"a": "я" * 100_000}}}])

    answer = await api.post("/videos", json=large)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "storyboard"


_MANY = [f'"{number:x}": 0' for number in range(80_000)]


@pytest.mark.parametrize(
    "raw",
    [
        "{" + ", ".join(_MANY) + "}",
        "{" + ", ".join([*_MANY, '"twice": 0', '"twice": 0']) + "}",
        '{"visuals": [' + "0, " * 190_000 + "0]}",
        '{"storyboard": {"title": "T", "scenes": [' + '{"a": 0}, ' * 90_000 + "{}]}}",
    ],
    ids=["unknown keys", "a key twice", "wrong items", "wrong objects"],
)
async def test_a_body_of_very_many_mistakes_is_refused_at_once_and_in_few_words(
    api: httpx.AsyncClient, raw: str
) -> None:
    began = time.monotonic()

    answer = await api.post("/videos", content=raw.encode(), headers=JSON)

    assert answer.status_code in (400, 422)
    assert len(answer.content) < 50_000
    # It was twelve minutes, in which nobody else was answered.
    assert time.monotonic() - began < 15


async def test_a_file_that_is_no_file_but_millions_of_values_is_not_even_parsed(
    api: httpx.AsyncClient,
) -> None:
    raw = b'{"data": [%b[]]}' % (b"[]," * 3_000_000)

    answer = await api.post("/media", content=raw, headers=JSON)

    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_sent_as_json_is_refused(
    api: httpx.AsyncClient, kind: str
) -> None:
    answer = await api.post("/videos", content=b'{"idea": "a"}', headers={"Content-Type": kind})

    assert answer.status_code == 415


@pytest.mark.parametrize("user", ["", "a/b", "../x", "a..b", "ann bob", "-x", "x" * 65, "ä"])
async def test_a_user_that_cannot_be_is_refused(api: httpx.AsyncClient, user: str) -> None:
    answer = await api.get("/videos", headers={"X-User-ID": user.encode()})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "X-User-ID"


async def test_two_users_at_once_are_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get("/videos", headers=[("X-User-ID", "ann"), ("X-User-ID", "bob")])

    assert answer.status_code == 422


async def test_an_idempotency_key_with_spaces_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/videos", json={"idea": "a"}, headers={"Idempotency-Key": "a b"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
