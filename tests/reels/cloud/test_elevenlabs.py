"""Every failure of ElevenLabs, by its real SDK over the wire, as one of our errors."""

from __future__ import annotations

import logging
import pickle
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from elevenlabs.core.api_error import ApiError

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.cloud.elevenlabs import asking
from reels.effects.elevenlabs import make_effect
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    BudgetExceeded,
    ContentBlocked,
    InvalidInput,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    ReelsError,
    TransientFailure,
)
from reels.music import music_maker
from reels.voice import voice
from reels.voice.elevenlabs_voices import voices
from reels.words import aligner
from tests.reels.cloud.ledger import Ledger
from tests.reels.cloud.talking import Talking
from tests.reels.sound import Floats, write_wav

KEY = "sk_planted_0123456789abcdef"


@pytest.fixture(autouse=True)
def planted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", KEY)


def speak(to: Path) -> Any:
    return voice("elevenlabs").speak("Tea is a leaf.", language="en", voice="", to=to / "s.wav")


def compose(to: Path) -> Any:
    maker = music_maker("elevenlabs")
    return maker.compose(mood="calm", duration_s=3.0, seed=1, to=to / "m.wav")


def effect(to: Path) -> Any:
    return make_effect("a soft whoosh", duration_s=0.5, to=to / "e.wav")


def align(to: Path) -> Any:
    import numpy as np

    tone: Floats = np.sin(np.arange(16_000) * 0.1) * 0.5
    return aligner("elevenlabs").align(write_wav(to / "a.wav", tone, 16_000), "Tea is.", "en")


def listed(_to: Path) -> Any:
    return voices()


CALLS = {
    "speech": speak, "music": compose, "effect": effect, "alignment": align, "voices": listed,
}  # fmt: skip


def new(code: str, message: str = "Words of the service.") -> dict[str, Any]:
    """The envelope of today."""
    detail = {"type": "some_error", "code": code, "message": message, "request_id": "r1"}
    return {"detail": {**detail, "status": code}}


def old(status: str, message: str = "Words of the service.") -> dict[str, Any]:
    return {"detail": {"status": status, "message": message}}


INVALID = {"detail": [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}]}
PAGE = "<!doctype html><html><body>Bad gateway</body></html>"

ANSWERS: list[tuple[str, int, Any, type[ReelsError]]] = [
    ("invalid key", 401, new("invalid_api_key"), AuthenticationFailed),
    ("invalid key, old", 401, old("invalid_api_key"), AuthenticationFailed),
    ("no right", 401, new("missing_permissions"), AuthenticationFailed),
    ("unusual activity", 401, old("detected_unusual_activity"), AuthenticationFailed),
    ("bare 401", 401, {"detail": "Unauthorized"}, AuthenticationFailed),
    ("forbidden", 403, new("forbidden"), AuthenticationFailed),
    ("quota under 401", 401, old("quota_exceeded"), QuotaExceeded),
    ("quota under 401, new", 401, new("quota_exceeded"), QuotaExceeded),
    ("credits", 402, new("insufficient_credits"), QuotaExceeded),
    ("bare 402", 402, None, QuotaExceeded),
    ("plan", 402, new("paid_plan_required"), QuotaExceeded),
    ("plan's formats", 403, old("output_format_not_allowed"), QuotaExceeded),
    ("concurrent", 429, new("concurrent_limit_exceeded"), RateLimited),
    ("rate", 429, new("rate_limit_exceeded"), RateLimited),
    ("busy", 429, new("system_busy"), RateLimited),
    ("busy, old", 429, old("system_busy"), RateLimited),
    ("concurrent, old", 429, old("too_many_concurrent_requests"), RateLimited),
    ("bare 429", 429, "slow down", RateLimited),
    ("no such voice", 404, new("voice_not_found"), InvalidInput),
    ("no such voice, old", 400, old("voice_not_found"), InvalidInput),
    ("policy", 400, new("content_against_policy"), ContentBlocked),
    ("copyright", 400, old("bad_prompt"), ContentBlocked),
    ("moderation", 403, new("moderation_failed"), ContentBlocked),
    ("invalid field", 422, INVALID, BadOutput),
    ("invalid field, code", 422, new("invalid_parameters"), BadOutput),
    ("no such model", 400, new("model_not_found"), BadOutput),
    ("not there", 404, {"detail": "Not Found"}, BadOutput),
    ("moved", 307, "", BadOutput),
    ("timeout", 408, new("request_timeout"), TransientFailure),
    ("conflict", 409, new("already_running"), TransientFailure),
    ("500", 500, new("internal_error"), TransientFailure),
    ("500 without words", 500, None, TransientFailure),
    ("500 with a list", 500, [1, 2], TransientFailure),
    ("502 page", 502, PAGE, TransientFailure),
    ("503", 503, {}, TransientFailure),
]


def fails(cloud: Cloud, operation: str, fault: Fault, to: Path) -> ReelsError:
    cloud.state.plan("elevenlabs", [fault.model_copy(update={"operation": operation})])
    with pytest.raises(ReelsError) as failed:
        CALLS[operation](to)
    error = failed.value
    assert len(cloud.state.counted("elevenlabs", operation)) == 1, "a call is tried once"
    shown = f"{error} {error!r} {error.args} {error.__dict__} {error.__cause__!r}"
    assert KEY not in shown
    assert len(error.message) < 320
    assert not isinstance(error.__context__, ApiError), "it holds the whole answer"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.__dict__) == (type(error), error.__dict__)
    return error


@pytest.mark.parametrize(("status", "body", "kind"), [row[1:] for row in ANSWERS],
                         ids=[row[0] for row in ANSWERS])  # fmt: skip
def test_every_answer_becomes_one_error_of_ours(cloud, status, body, kind, tmp_path) -> None:
    error = fails(cloud, "speech", Fault(status=status, body=body), tmp_path)

    assert type(error) is kind
    assert str(status) in error.message


@pytest.mark.parametrize("operation", list(CALLS))
def test_every_call_has_its_failures_mapped(cloud, operation, tmp_path) -> None:
    error = fails(cloud, operation, Fault(status=401, body=old("quota_exceeded")), tmp_path)

    assert type(error) is QuotaExceeded
    assert error.provider == "elevenlabs"
    assert "Words of the service." in error.message


@pytest.mark.parametrize("operation", list(CALLS))
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(kind="reset"), TransientFailure),
        (Fault(status=200, body=PAGE), BadOutput),
        (Fault(status=200, body={"detail": "done"}), BadOutput),
        (Fault(status=200, body=[1, 2, 3]), BadOutput),
        (Fault(status=200, body=None), BadOutput),
        (Fault(status=200, body="", headers={"content-type": "audio/mpeg"}), BadOutput),
        (
            Fault(status=200, body="\xff\xf3 noise", headers={"content-type": "audio/mpeg"}),
            BadOutput,
        ),
    ],
    ids=["reset", "a page", "an object", "a list", "null", "nothing", "noise"],
)
def test_a_good_status_without_what_was_asked_is_not_taken(
    cloud, operation, fault, kind, tmp_path
) -> None:
    assert type(fails(cloud, operation, fault, tmp_path)) is kind
    assert not list(tmp_path.glob("[sme].wav"))


@pytest.mark.parametrize("operation", list(CALLS))
def test_a_call_that_hangs_ends_at_its_time_limit(cloud, operation, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.2")
    started = time.monotonic()

    error = fails_without_count(cloud, operation, tmp_path)

    assert type(error) is TransientFailure
    assert "in time" in error.message
    assert time.monotonic() - started < 3


def fails_without_count(cloud: Cloud, operation: str, to: Path) -> ReelsError:
    cloud.state.plan("elevenlabs", [Fault(kind="hang", operation=operation)])
    with pytest.raises(ReelsError) as failed:
        CALLS[operation](to)
    return failed.value


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_a_rate_limit_carries_the_services_own_delay(cloud, headers, wait_s, tmp_path) -> None:
    body = new("rate_limit_exceeded")
    error = fails(cloud, "speech", Fault(status=429, headers=headers, body=body), tmp_path)

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s


def test_a_delay_may_be_a_date(cloud, tmp_path) -> None:
    headers = {"retry-after": formatdate(time.time() + 30, usegmt=True)}
    error = fails(cloud, "music", Fault(status=429, headers=headers, body=None), tmp_path)

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == pytest.approx(29, abs=2)


def test_a_key_that_the_service_quotes_is_not_passed_on(cloud, tmp_path, caplog) -> None:
    body = new("invalid_api_key", f"The key {KEY} is not known. " + "x" * 5_000)
    with caplog.at_level(logging.DEBUG):
        error = fails(cloud, "speech", Fault(status=401, body=body), tmp_path)

    assert "The key [key] is not known." in error.message
    assert "VIDEO_SERVICE_ELEVENLABS_API_KEY" in error.remedy
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", [f"{KEY}\nx: y", f"{KEY} ", f"{KEY}ключ"])
def test_a_key_that_no_header_can_hold_is_named_as_the_fault(key, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", key)

    if key.strip() == KEY:
        assert speak(tmp_path).duration_s > 0
        return
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_ELEVENLABS_API_KEY") as failed:
        speak(tmp_path)
    assert KEY not in f"{failed.value} {failed.value.args}"


def test_a_missing_key_names_its_setting_before_anything_is_asked(
    cloud, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", "")

    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_ELEVENLABS_API_KEY"):
        speak(tmp_path)
    assert cloud.state.calls == []


@pytest.mark.parametrize(
    ("base_url", "kind"),
    [
        ("http://127.0.0.1:9", TransientFailure),
        ("nonsense", BadOutput),
        ("ftp://127.0.0.1", BadOutput),
    ],
)
def test_an_address_where_nobody_answers(base_url, kind, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", base_url)

    with pytest.raises(ProviderError) as failed:
        speak(tmp_path)
    assert type(failed.value) is kind


def test_a_redirect_does_not_take_the_key_along(cloud, tmp_path, monkeypatch) -> None:
    with Talking(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as (url, heard):
        fault = Fault(status=302, headers={"location": f"{url}/v1"}, body="")
        error = fails(cloud, "speech", fault, tmp_path)

    assert type(error) is BadOutput
    assert heard == []


def test_an_answer_that_never_ends_is_cut_off_by_size(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("reels.cloud.elevenlabs.MAX_ANSWER_BYTES", 100_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\n\r\n"
    with Talking(head, b"x" * 65_536) as (url, _):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", url)
        with pytest.raises(BadOutput, match="TooLarge"):
            compose(tmp_path)


def test_an_answer_that_drips_is_cut_off_by_time(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.3")
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\n\r\n"
    with Talking(head, b"x", every_s=0.05) as (url, _):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", url)
        with pytest.raises(TransientFailure, match="in time"):
            compose(tmp_path)


def test_a_server_that_speaks_no_http_is_a_broken_connection(monkeypatch, tmp_path) -> None:
    with Talking(b"SSH-2.0-nobody\r\n") as (url, _):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", url)
        with pytest.raises(TransientFailure, match="broke off"):
            speak(tmp_path)


@pytest.mark.parametrize("operation", ["speech", "music", "effect", "alignment"])
def test_a_call_is_charged_what_the_service_counted(cloud, operation, tmp_path) -> None:
    ledger = Ledger()
    with keep_books(ledger, scene=3):
        CALLS[operation](tmp_path)

    (charge,), (call,) = ledger.charges, cloud.state.counted("elevenlabs")
    assert charge.units == call.units
    assert charge.cost_usd == pytest.approx(call.units["credit"] * 0.0003)
    assert (charge.service, charge.operation, charge.scene) == ("elevenlabs", operation, 3)
    assert charge.model == call.model
    assert charge.request_id
    assert charge.succeeded
    assert ledger.reserved_usd[0] > 0


def test_what_the_service_counted_is_charged_although_the_answer_is_of_no_use(
    cloud, tmp_path
) -> None:
    ledger = Ledger()
    headers = {"character-cost": "14", "request-id": "r7"}
    with keep_books(ledger):
        fails(cloud, "speech", Fault(status=200, body={}, headers=headers), tmp_path)
        cloud.state.reset()
        fails(cloud, "music", Fault(kind="reset", headers=headers), tmp_path)

    assert [each.units for each in ledger.charges] == [{"credit": 14.0}] * 2
    assert [each.request_id for each in ledger.charges] == ["r7", "r7"]
    assert not any(each.succeeded for each in ledger.charges)


def test_a_refused_call_costs_nothing(cloud, tmp_path) -> None:
    ledger = Ledger()
    with keep_books(ledger):
        fails(cloud, "speech", Fault(status=429, body=new("system_busy")), tmp_path)

    assert sum(each.cost_usd for each in ledger.charges) == 0


def test_nothing_is_asked_where_the_budget_does_not_reach(cloud, tmp_path) -> None:
    with keep_books(Ledger(budget_usd=0.0001)), pytest.raises(BudgetExceeded):
        speak(tmp_path)

    assert cloud.state.calls == []


def test_an_error_of_our_own_passes_as_it_is() -> None:
    def work(_client: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asking().ask(work)
