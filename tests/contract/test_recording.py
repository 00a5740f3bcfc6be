"""Cassettes hold what a service answered and nothing of whose account it was.

The fake cloud stands for the real services here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.access import Service
from reels.cloud.charges import keep_books
from reels.errors import ProviderError
from reels.voice.elevenlabs_voices import voices
from tests.contract.calls import CALLS, Call
from tests.contract.cassettes import TooLarge, recording, replaying
from tests.contract.cleaning import FILTERED, SecretFound, clean_body, require_clean
from tests.contract.conftest import without_a_key
from tests.reels.cloud.ledger import Ledger

pytestmark = pytest.mark.slow

KEYS: dict[Service, str] = {
    "gemini": "planted/gemini+key",
    "elevenlabs": "planted-elevenlabs-key",
    "pexels": "planted-pexels-key",
    "pixabay": "planted-pixabay-key",
}


@pytest.fixture
def planted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Services that take these keys alone."""
    cloud.state.keys.update(KEYS)
    for service, key in KEYS.items():
        monkeypatch.setenv(f"VIDEO_SERVICE_{service.upper()}_API_KEY", key)
    return cloud


def base_url(cloud: Cloud, service: Service) -> str:
    return f"{cloud.url}/{service}"


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_what_was_recorded_is_replayed_without_a_key_and_without_the_service(
    call: Call,
    planted: Cloud,
    desk: Callable[[], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tape, home = tmp_path / "tape.yaml", base_url(planted, call.service)
    first, again = Ledger(), Ledger()
    with recording(tape, call.service, home), keep_books(first):
        answered = call.make(desk())
    asked = len(planted.state.calls)
    assert asked > 0
    for name, value in without_a_key(call.service).items():
        monkeypatch.setenv(name, value)
    with replaying(tape, call.service), keep_books(again):
        assert call.make(desk()) == answered
    assert len(planted.state.calls) == asked
    assert [each.units for each in again.charges] == [each.units for each in first.charges]
    assert bool(first.charges) == call.is_paid
    content = tape.read_text()
    assert not [key for key in KEYS.values() if key in content or key.split("/")[-1] in content]
    assert f"https://{call.service}.example" in content
    assert "127.0.0.1" not in content.partition("response:")[0]


def test_keys_cookies_and_accounts_in_an_answer_are_left_out(
    planted: Cloud, tmp_path: Path
) -> None:
    key = KEYS["elevenlabs"]
    told = {
        "voices": [
            {
                "voice_id": "v1",
                "name": "George",
                "description": f"Hello {key}, or sk_0123456789abcdef0123456789abcdef01234567",
                "sharing": {"public_owner_id": "owner-4711", "name": "ada@mail.test"},
            }
        ],
        "user_id": "account-0815",
        "has_more": False,
        "total_count": 1,
        "next_page_token": None,
    }
    headers = {"set-cookie": "session=cookie-1234", "x-account": "account-0815"}
    fault = Fault(status=200, body=told, headers=headers)
    planted.state.plan("elevenlabs", [fault])
    tape, home = tmp_path / "tape.yaml", base_url(planted, "elevenlabs")
    with recording(tape, "elevenlabs", home):
        assert [voice.name for voice in voices()] == ["George"]
    content = tape.read_text()
    for secret in (key, "sk_01234", "owner-4711", "account-0815", "ada@mail", "cookie-1234"):
        assert secret not in content
    assert content.count(FILTERED) >= 4
    assert "George" in content


def test_a_secret_that_is_still_there_keeps_the_file_from_being_written(
    planted: Cloud, tmp_path: Path
) -> None:
    """In bytes that cannot be filtered, as those of a sound."""
    sound = Fault(status=200, body=f"ID3 {KEYS['elevenlabs']}", headers={"content-type": "audio/x"})
    planted.state.plan("elevenlabs", [sound])
    tape = tmp_path / "tape.yaml"
    effect = next(call for call in CALLS if str(call) == "elevenlabs-effect")
    with (
        pytest.raises(SecretFound),
        recording(tape, "elevenlabs", base_url(planted, "elevenlabs")),
        pytest.raises(ProviderError),
    ):
        effect.make(tmp_path)
    assert not tape.exists()


@pytest.mark.parametrize("lead", ["", "x", "xy"])
def test_a_key_is_found_in_every_way_in_which_text_is_encoded(lead: str) -> None:
    key = "a key/with+signs"
    for content in (
        f"{lead}{key}".encode(),
        b"?key=a%20key%2Fwith%2Bsigns&x",
        base64.b64encode(f"{lead}{key} and more".encode()),
    ):
        with pytest.raises(SecretFound) as refused:
            require_clean(b"before " + content + b" after", [key])
        assert key not in str(refused.value)
    require_clean(b"nothing of it", [key])


@pytest.mark.parametrize(
    "told",
    [
        "AIzaSy" + "B" * 33,
        "consumer projects/123456789",
        "Bearer abcdefghijklmnop",
        "a@b.example",
        "/user/abcdefghijklmnopqrst/v",
    ],
)
def test_what_looks_like_a_key_or_an_account_is_refused_whosever_it_is(told: str) -> None:
    with pytest.raises(SecretFound):
        require_clean(told.encode(), [])
    assert told.split()[-1].encode() not in clean_body(told.encode(), "text/plain", [])


def test_what_is_too_large_for_a_repository_is_not_written(planted: Cloud, tmp_path: Path) -> None:
    large = Fault(status=200, body={"voices": "a word " * 200_000})
    planted.state.plan("elevenlabs", [large])
    tape = tmp_path / "tape.yaml"
    with (
        pytest.raises(TooLarge),
        recording(tape, "elevenlabs", base_url(planted, "elevenlabs")),
        pytest.raises(ProviderError),
    ):
        voices()
    assert not tape.exists()
