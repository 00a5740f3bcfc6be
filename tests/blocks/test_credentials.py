"""Keys of the services in Prefect blocks: hidden, encrypted, and second to the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from blocks import credentials
from blocks.credentials import ACCESS_BLOCKS, ElevenLabsAccess, GeminiAccess, access_from_block
from blocks.registry import register_blocks
from reels.cloud.access import access, add_source
from reels.errors import AuthenticationFailed

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_environment")]
KEY = "planted-in-a-block-42"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for service in ("GEMINI", "ELEVENLABS", "PEXELS", "PIXABAY"):
        monkeypatch.delenv(f"VIDEO_SERVICE_{service}_API_KEY", raising=False)
    credentials._kept.clear()
    add_source(access_from_block)
    yield
    credentials._kept.clear()


def save(block: GeminiAccess | ElevenLabsAccess) -> None:
    block.save("default", overwrite=True, _sync=True)  # type: ignore[call-arg]


def test_the_ui_offers_a_block_for_each_service() -> None:
    register_blocks()
    with get_client(sync_client=True) as client:
        slugs = {
            client.read_block_type_by_slug(kind._block_type_slug).slug for kind in ACCESS_BLOCKS
        }
    assert slugs == {"gemini-access", "elevenlabs-access", "pexels-access", "pixabay-access"}


def test_a_service_without_a_key_is_named_with_both_ways_to_give_one() -> None:
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_PEXELS_API_KEY") as missing:
        access("pexels")
    assert "pexels-access/default" in str(missing.value)


def test_a_saved_block_is_found_at_once_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AuthenticationFailed):
        access("elevenlabs")
    save(ElevenLabsAccess(api_key=KEY, base_url="http://127.0.0.1:1"))
    found = access("elevenlabs")
    assert (found.api_key.get_secret_value(), found.base_url) == (KEY, "http://127.0.0.1:1")
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", "from-the-environment")
    assert access("elevenlabs").api_key.get_secret_value() == "from-the-environment"


def test_an_edited_block_counts_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    save(GeminiAccess(api_key="first"))
    assert access("gemini").api_key.get_secret_value() == "first"
    save(GeminiAccess(api_key="second"))
    assert access("gemini").api_key.get_secret_value() == "first"
    monkeypatch.setattr(credentials, "KEPT_S", 0.0)
    assert access("gemini").api_key.get_secret_value() == "second"


def test_a_key_is_hidden_in_words_and_encrypted_in_the_database(
    prefect_environment: dict[str, str],
) -> None:
    block = GeminiAccess(api_key=KEY)
    assert KEY not in f"{block!r} {block} {block.access()!r} {block.access().model_dump_json()}"
    save(block)
    home = Path(prefect_environment["PREFECT_HOME"])
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
