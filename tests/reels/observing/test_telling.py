"""Errors and traces on the wire: what Sentry and a collector get, and what they never get."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from reels.errors import InvalidInput
from reels.observing import starting
from reels.settings import ObservingSettings
from tests.observing_kit import Received, receiving

ROOT = Path(__file__).parent.parent.parent.parent
#: Words of somebody's, a key, and the name of a user: none may leave the house.
WORDS = "An octopus of mine has three hearts"
KEY = "pexels-key-0123456789"
USER = "ada.lovelace"

WORK = f"""
import sys
from reels.errors import InvalidInput, RenderError
from reels.observing import mishaps, tracing
from reels.observing.about import about
from reels.observing.starting import start_telling
from reels.settings import ObservingSettings

start_telling(ObservingSettings(), "reelwright-test")
start_telling(ObservingSettings(), "reelwright-test")
known = about()
known.job, known.user, known.request, known.stage = "j-1", {USER!r}, "r-1", "audio"

def attempt(body, headers):
    secret = {KEY!r}
    try:
        raise KeyError(body["idea"])
    except KeyError as error:
        raise RenderError("No video with " + secret) from error

parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
with tracing.span("run make_video", "consumer", parent):
    tracing.stage("audio")
    with tracing.span("speech by gemini", "client", **{{"reelwright.model": "m"}}):
        carried = tracing.traceparent()
    tracing.stage("")
try:
    attempt({{"idea": {WORDS!r}}}, {{"authorization": "Bearer abcdefgh12345"}})
except RenderError as error:
    mishaps.report(error, error_id="e-1")
mishaps.report(InvalidInput("idea", "A person's own mistake."))
loaded = [name for name in ("sentry_sdk", "opentelemetry.sdk", "requests") if name in sys.modules]
print(carried or "-", *loaded)
"""


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    with receiving() as server:
        told = work(VIDEO_SERVICE_SENTRY_DSN=server.dsn, VIDEO_SERVICE_OTLP_ENDPOINT=server.url)
        server.carried = told.split()[0]
        yield server


def work(**settings: str) -> str:
    """Do the work in a process of its own; returns what it prints."""
    environment = {**os.environ, "VIDEO_SERVICE_PEXELS_API_KEY": KEY, **settings}
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sentry_gets_the_error_and_what_it_was_about(received: Received) -> None:
    """Its class and place in the code, its cause's too, and tags; the user as a hash."""
    (event,) = received.events()
    cause, error = event["exception"]["values"]
    assert (cause["type"], error["type"]) == ("KeyError", "RenderError")
    assert error["value"] == "No video with ***"
    assert cause["value"] == "***"
    assert error["stacktrace"]["frames"][-1]["function"] == "attempt"
    tags = event["tags"]
    user = tags.pop("user")
    assert tags == {
        "service": "reelwright-test",
        "job": "j-1",
        "request": "r-1",
        "stage": "audio",
        "error_id": "e-1",
    }
    assert user != USER
    assert len(user) == 12


def test_peoples_own_mistakes_are_no_news(received: Received) -> None:
    assert len(received.events()) == 1
    assert b"own mistake" not in received.everything


def test_the_collector_gets_spans_within_what_asked_for_them(received: Received) -> None:
    """The run is within the request that made it, the stage in the run, the call in the stage."""
    spans = {span.name: span for _, span in received.spans()}
    assert {service for service, _ in received.spans()} == {"reelwright-test"}
    run, stage = spans["run make_video"], spans["stage audio"]
    call = spans["speech by gemini"]
    assert run.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert run.parent_span_id.hex() == "b7ad6b7169203331"
    assert stage.parent_span_id == run.span_id
    assert call.parent_span_id == stage.span_id
    assert received.carried == f"00-{run.trace_id.hex()}-{call.span_id.hex()}-01"
    attributes = {each.key: each.value.string_value for each in call.attributes}
    assert attributes.pop("reelwright.user") != USER
    assert attributes == {
        "reelwright.model": "m",
        "reelwright.job": "j-1",
        "reelwright.request": "r-1",
        "reelwright.stage": "audio",
    }


@pytest.mark.parametrize("secret", [WORDS, KEY, USER, "abcdefgh12345", "octopus"])
def test_nothing_secret_is_in_the_bytes(received: Received, secret: str) -> None:
    """No words, keys, users, headers or variables, in any form of theirs."""
    assert received.requests
    assert secret.encode() not in received.everything
    assert json.dumps(secret)[1:-1].encode() not in received.everything


def test_nothing_is_sent_or_imported_until_it_is_asked_for() -> None:
    """Neither of the two libraries, nor what they send by."""
    told = work(VIDEO_SERVICE_SENTRY_DSN="", VIDEO_SERVICE_OTLP_ENDPOINT="")
    assert told.split() == ["-"]


def test_who_does_not_answer_costs_little_time() -> None:
    """A process ends within seconds though whoever it tells takes the connection and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        work(
            VIDEO_SERVICE_SENTRY_DSN=f"http://k@{place}/1",
            VIDEO_SERVICE_OTLP_ENDPOINT=f"http://{place}",
        )
        assert time.monotonic() - began < 12


def test_what_is_set_but_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting and what to install; nothing starts half."""
    monkeypatch.setattr(starting, "_is_there", lambda module: False)
    for setting, value in {
        "sentry_dsn": "https://k@sentry.test/1",
        "otlp_endpoint": "http://127.0.0.1:4318",
    }.items():
        chosen: dict[str, Any] = {setting: SecretStr(value)}
        with pytest.raises(InvalidInput, match="not installed") as raised:
            starting.check_installed(ObservingSettings(**chosen))
        assert raised.value.field == setting
        assert "reelwright[observability]" in raised.value.remedy
    starting.check_installed(ObservingSettings())
