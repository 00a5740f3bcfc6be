"""Every failure of Gemini, by its real SDK over the wire, as one of our errors."""

from __future__ import annotations

import logging
import pickle
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.cloud.gemini import Reply, chosen_model, generate, make_music
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    BudgetExceeded,
    ContentBlocked,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    TransientFailure,
)
from tests.reels.cloud.gemini_kit import (
    KEY,
    RETRY_INFO,
    USAGE,
    error,
    error_info,
    html,
    inline,
    ok,
    quota_failure,
    said,
)
from tests.reels.cloud.ledger import Ledger


@pytest.fixture(autouse=True)
def planted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_API_KEY", KEY)


def ask() -> Reply:
    return generate(
        chosen_model("gemini_model"), "storyboard", contents="Tea", config={}, expected={}
    )


def compose() -> Any:
    return make_music(chosen_model("gemini_music_model"), "calm")


def failure(call: Callable[[], object]) -> ProviderError:
    """The error of a call, once it is sure that it survives pickling and tells no key."""
    with pytest.raises(ProviderError) as caught:
        call()
    found = caught.value
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is type(found)
    assert str(again) == str(found)
    assert found.provider == "gemini"
    told = [str(found), repr(found), *map(repr, found.args), *map(repr, vars(found).values())]
    told += traceback.format_exception(found)
    assert not any(KEY in each for each in told)
    assert found.__context__ is None
    assert len(found.message) < 400
    return found


KEY_INVALID = error(
    400,
    "INVALID_ARGUMENT",
    error_info("API_KEY_INVALID"),
    message=f"API key not valid: {KEY}.",
)
PER_DAY = quota_failure(
    quotaId="GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue="20"
)
PER_MINUTE = quota_failure(
    quotaId="GenerateRequestsPerMinutePerProjectPerModel-FreeTier", quotaValue="2"
)

#: What any route of the service can answer with.
STATUSES: list[tuple[str, Fault, type[ProviderError], str]] = [
    ("a wrong key", KEY_INVALID, AuthenticationFailed, "VIDEO_SERVICE_GEMINI_API_KEY"),
    (
        "a wrong key without details",
        error(400, "INVALID_ARGUMENT", message="API key expired. Please renew it."),
        AuthenticationFailed,
        "VIDEO_SERVICE_GEMINI_API_KEY",
    ),
    ("no login", error(401, "UNAUTHENTICATED"), AuthenticationFailed, "GEMINI_API_KEY"),
    ("no right", error(403, "PERMISSION_DENIED"), AuthenticationFailed, "GEMINI_API_KEY"),
    ("a country", error(400, "FAILED_PRECONDITION"), AuthenticationFailed, "own words"),
    ("a quota of a day", error(429, "RESOURCE_EXHAUSTED", PER_DAY, RETRY_INFO), QuotaExceeded, ""),
    (
        "a quota of none",
        error(429, "RESOURCE_EXHAUSTED", quota_failure(quotaId="x", quotaValue="0")),
        QuotaExceeded,
        "",
    ),
    (
        "no credit",
        error(429, "RESOURCE_EXHAUSTED", message="Your prepayment credits are depleted."),
        QuotaExceeded,
        "depleted",
    ),
    ("too fast", error(429, "RESOURCE_EXHAUSTED", PER_MINUTE), RateLimited, "own words"),
    ("a bad request", error(400, "INVALID_ARGUMENT"), ProviderError, "own words"),
    ("a time-out of theirs", error(504, "DEADLINE_EXCEEDED"), TransientFailure, "504"),
    ("an overload", error(503, "UNAVAILABLE"), TransientFailure, "503"),
    ("a fault", error(500, "INTERNAL"), TransientFailure, "500"),
    ("a proxy's page", html(502), TransientFailure, "HTML"),
    ("a request that was dropped", Fault(status=499, body=None), TransientFailure, "499"),
    ("a page with 200", html(200), BadOutput, "own format"),
    ("half a JSON", Fault(status=200, body='{"candidates": ['), BadOutput, "own format"),
    ("a reset in mid body", Fault(kind="reset"), TransientFailure, "connection"),
]


@pytest.mark.parametrize("call", [ask, compose], ids=["generate", "interactions"])
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [row[1:] for row in STATUSES],
    ids=[row[0] for row in STATUSES],
)
def test_what_the_service_sends_becomes_one_of_our_errors_after_one_attempt(
    cloud: Cloud,
    fault: Fault,
    kind: type[ProviderError],
    words: str,
    call: Callable[[], object],
) -> None:
    cloud.state.plan("gemini", [fault])
    found = failure(call)
    assert type(found) is kind, found
    assert words in str(found)
    assert len(cloud.state.counted("gemini")) == 1


REPLIES: list[tuple[str, Fault, type[ProviderError], str]] = [
    (
        "a blocked prompt",
        ok({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": USAGE}),
        ContentBlocked,
        "PROHIBITED_CONTENT",
    ),
    *(
        (reason, said(finish=reason), ContentBlocked, reason)
        for reason in (
            *("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        )
    ),
    (
        "safety after some words",
        said({"text": "{}"}, finish="SAFETY"),
        ContentBlocked,
        "SAFETY",
    ),
    ("cut off", said({"text": '{"a"'}, finish="MAX_TOKENS"), BadOutput, "cut off"),
    ("no picture", said(finish="NO_IMAGE"), BadOutput, "no picture"),
    ("malformed", said(finish="MALFORMED_RESPONSE"), BadOutput, "MALFORMED_RESPONSE"),
    ("a disabled account", said(finish="PUP_LIMITED_DISABLED"), AuthenticationFailed, "account"),
    ("no candidates", ok({"candidates": [], "usageMetadata": USAGE}), BadOutput, "empty"),
    ("an empty object", ok({}), BadOutput, "empty"),
    ("an empty body", Fault(status=200, body=""), BadOutput, "empty"),
    ("no parts", said(), BadOutput, "empty"),
    ("only thoughts", said({"text": "hm", "thought": True}), BadOutput, "empty"),
    (
        "broken base64",
        said({"inlineData": {"mimeType": "image/png", "data": "!!"}}),
        BadOutput,
        "own format",
    ),
    ("another shape", ok({"candidates": 5}), BadOutput, "own format"),
]


@pytest.mark.parametrize(
    ("fault", "kind", "words"), [row[1:] for row in REPLIES], ids=[row[0] for row in REPLIES]
)
def test_a_reply_that_the_sdk_takes_without_a_word_becomes_one_of_our_errors(
    cloud: Cloud, fault: Fault, kind: type[ProviderError], words: str
) -> None:
    cloud.state.plan("gemini", [fault])
    found = failure(ask)
    assert type(found) is kind, found
    assert words in str(found)


def interaction(**changes: Any) -> Fault:
    sound = {"type": "audio", "mime_type": "audio/mp3", "data": "AAAA"}
    steps = [{"type": "model_output", "content": [sound]}]
    return ok({"id": "i", "model": "lyria", "status": "completed", "steps": steps, **changes})


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (interaction(status="failed", steps=[]), "failed"),
        (interaction(steps=[]), "no music"),
        (
            interaction(
                steps=[
                    {"type": "model_output", "content": [{"type": "text", "text": "I will not."}]}
                ]
            ),
            "I will not.",
        ),
        (
            interaction(
                steps=[{"type": "model_output", "content": [{"type": "audio", "data": "!"}]}]
            ),
            "base64",
        ),
        (ok({"foo": 1}), "no music"),
    ],
)
def test_an_interaction_without_music_is_bad_output(cloud: Cloud, fault: Fault, words: str) -> None:
    cloud.state.plan("gemini", [fault])
    found = failure(compose)
    assert type(found) is BadOutput
    assert words in str(found)


@pytest.mark.parametrize(
    ("call", "setting"),
    [(ask, "VIDEO_SERVICE_GEMINI_MODEL"), (compose, "VIDEO_SERVICE_GEMINI_MUSIC_MODEL")],
)
def test_a_model_that_is_not_there_is_named_with_its_setting(
    cloud: Cloud, call: Callable[[], object], setting: str
) -> None:
    cloud.state.plan("gemini", [error(404, "NOT_FOUND")])
    found = failure(call)
    assert type(found) is ProviderError
    assert setting in found.remedy


#: Stands for an HTTP date ten minutes from when the test runs.
IN_TEN_MINUTES = "in ten minutes"


@pytest.mark.parametrize("call", [ask, compose], ids=["generate", "interactions"])
@pytest.mark.parametrize(
    ("details", "header", "low_s", "high_s"),
    [
        ([RETRY_INFO], "", 3.5, 3.5),
        ([], "7", 7.0, 7.0),
        ([RETRY_INFO], "7", 7.0, 7.0),
        ([RETRY_INFO], "1", 3.5, 3.5),
        ([], IN_TEN_MINUTES, 540, 600),
    ],
)
def test_the_service_says_when_to_come_back(
    cloud: Cloud,
    details: list[dict[str, Any]],
    header: str,
    low_s: float,
    high_s: float,
    call: Callable[[], object],
) -> None:
    if header == IN_TEN_MINUTES:
        header = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    headers = {"retry-after": header} if header else {}
    cloud.state.plan("gemini", [error(429, "RESOURCE_EXHAUSTED", *details, headers=headers)])
    found = failure(call)
    assert isinstance(found, RateLimited)
    assert found.retry_after_s is not None
    assert low_s <= found.retry_after_s <= high_s


def test_a_service_that_says_nothing_of_it_leaves_the_delay_open(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [error(429, "RESOURCE_EXHAUSTED")])
    found = failure(ask)
    assert isinstance(found, RateLimited)
    assert found.retry_after_s is None


@pytest.mark.parametrize("call", [ask, compose], ids=["generate", "interactions"])
def test_a_service_that_hangs_is_given_up(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.2")
    cloud.state.plan("gemini", [Fault(kind="hang")])
    started = time.monotonic()
    found = failure(call)
    assert type(found) is TransientFailure
    assert "in time" in found.message
    assert time.monotonic() - started < 2


def test_a_body_that_drips_is_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            with suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,), daemon=True)
        dripping.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("VIDEO_SERVICE_GEMINI_BASE_URL", address)
        monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.3")
        started = time.monotonic()
        assert type(failure(ask)) is TransientFailure
        assert time.monotonic() - started < 5
        ended.set()
        dripping.join()


def test_settings_of_googles_own_tools_do_not_lead_a_call_elsewhere(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "elsewhere")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    monkeypatch.setenv("GOOGLE_API_KEY", "of-somebody-else")
    # Kept clients know nothing of these: another deadline makes a new one.
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "33")
    ask()
    assert cloud.state.counted("gemini")[0].key == KEY


def test_a_port_without_a_service_is_a_failure_that_can_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_BASE_URL", address)
    assert type(failure(ask)) is TransientFailure


@pytest.mark.parametrize("call", [ask, compose], ids=["generate", "interactions"])
def test_a_redirect_is_not_followed_so_that_the_key_stays(
    cloud: Cloud, call: Callable[[], object]
) -> None:
    elsewhere = {"location": f"{cloud.url}/gemini/v1/models/m:generateContent"}
    cloud.state.plan("gemini", [Fault(status=307, headers=elsewhere)])
    found = failure(call)
    assert type(found) is ProviderError
    assert "VIDEO_SERVICE_GEMINI_BASE_URL" in found.remedy
    assert len(cloud.state.counted("gemini")) == 1


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "127.0.0.1:1/gemini"])
def test_an_address_that_is_none_names_its_setting(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_BASE_URL", address)
    assert "VIDEO_SERVICE_GEMINI_BASE_URL" in failure(ask).remedy


@pytest.mark.parametrize("key", ["ключ", "two words", "line\nbreak"])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_sent(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_API_KEY", key)
    found = failure(ask)
    assert type(found) is AuthenticationFailed
    assert key not in str(found)
    assert cloud.state.counted("gemini") == []


def test_white_space_around_a_key_is_no_part_of_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_API_KEY", f" {KEY}\n")
    ask()
    assert cloud.state.counted("gemini")[0].key == KEY


def test_without_a_key_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDEO_SERVICE_GEMINI_API_KEY")
    found = failure(ask)
    assert type(found) is AuthenticationFailed
    assert "VIDEO_SERVICE_GEMINI_API_KEY" in found.remedy


@pytest.mark.parametrize("name", ["", "../files", "a b", "m?key=1", "m#x"])
def test_a_name_that_is_no_models_never_becomes_part_of_an_address(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_MODEL", name)
    assert "VIDEO_SERVICE_GEMINI_MODEL" in failure(ask).remedy
    assert cloud.state.counted("gemini") == []


def test_a_reply_of_too_many_bytes_is_not_read_to_its_end(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reels.cloud.gemini_client.MAX_REPLY_BYTES", 100_000)
    cloud.state.plan("gemini", [said({"text": "x" * 200_000})])
    found = failure(ask)
    assert type(found) is BadOutput
    assert "more than 100000 bytes" in found.message


def test_the_charge_of_a_call_is_what_the_service_counted(cloud: Cloud) -> None:
    books = Ledger()
    with keep_books(books, scene=3):
        ask()
        compose()
    counted = [(call.model, call.units) for call in cloud.state.counted("gemini")]
    assert [(each.model, each.units) for each in books.charges] == counted
    assert all(each.succeeded and each.scene == 3 and each.request_id for each in books.charges)


@pytest.mark.parametrize("finish", ["SAFETY", "MAX_TOKENS", "IMAGE_SAFETY"])
def test_a_reply_that_is_refused_is_charged_with_its_thoughts_as_output(
    cloud: Cloud, finish: str
) -> None:
    cloud.state.plan("gemini", [said(finish=finish)])
    books = Ledger()
    with keep_books(books):
        failure(ask)
    (charge,) = books.charges
    assert charge.units == {"input_token": 11, "output_token": 12}
    assert not charge.succeeded


def test_a_picture_is_charged_by_the_piece_and_not_by_its_tokens(cloud: Cloud) -> None:
    details = [{"modality": "TEXT", "tokenCount": 4}, {"modality": "IMAGE", "tokenCount": 1290}]
    usage = {**USAGE, "candidatesTokenCount": 1294, "candidatesTokensDetails": details}
    content = {"parts": [{"text": "Here"}, inline("image/png", b"x")]}
    reply = {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage}
    cloud.state.plan("gemini", [ok(reply)])
    books = Ledger()
    with keep_books(books):
        model = chosen_model("gemini_image_model")
        generate(model, "picture", contents="Tea", config={}, expected={"picture": 1})
    assert books.charges[0].units == {"input_token": 11, "output_token": 9, "picture": 1}


def test_a_call_that_would_pass_the_budget_is_not_made(cloud: Cloud) -> None:
    model = chosen_model("gemini_model")
    with keep_books(Ledger(budget_usd=0.001)), pytest.raises(BudgetExceeded):
        generate(model, "ideas", contents="Tea", config={}, expected={"output_token": 1_000})
    assert cloud.state.counted("gemini") == []


def test_no_log_holds_the_key(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.state.plan("gemini", [KEY_INVALID])
    failure(ask)
    ask()
    compose()
    assert caplog.records
    # At this level the HTTP library writes all headers; ours and the SDK's tell no key.
    ours = [each for each in caplog.records if not each.name.startswith(("httpcore", "h11"))]
    assert not any(KEY in each.getMessage() for each in ours)


def test_the_version_and_the_models_of_the_requests_are_settings(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_API_VERSION", "v1beta")
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_MODEL", "gemini-next")
    ask()
    assert cloud.state.counted("gemini")[0].model == "gemini-next"
