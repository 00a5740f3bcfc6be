"""The store that flows use: by the environment first, else as the block in Prefect says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect_aws import S3Bucket

from blocks.documents import LocalStoreBlock, S3StoreBlock
from blocks.local_store import LocalStore
from blocks.registry import (
    RESULTS_BLOCK,
    load_store,
    register_blocks,
    s3_block,
    save_default_blocks,
    store_from_settings,
)
from blocks.s3_store import S3Store
from reels.errors import InvalidInput, Unavailable
from reels.settings import StoreSettings

from .conftest import raw_s3


@pytest.fixture
def no_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that says where data lies, but chooses no store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIDEO_SERVICE_STORE", raising=False)
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def no_blocks(prefect_environment: dict[str, str]) -> Iterator[None]:
    yield
    for kind in (LocalStoreBlock, S3StoreBlock):
        if _saved(kind):
            kind.delete("default", _sync=True)


def _saved(kind: type[Block]) -> bool:
    try:
        return kind.load("default", _sync=True) is not None
    except ValueError:
        return False


def test_the_settings_alone_make_a_store(tmp_path: Path, s3_settings: StoreSettings) -> None:
    local = store_from_settings(StoreSettings(_env_file=None, data_dir=tmp_path))
    local.put("a", b"1")
    assert (tmp_path / "store" / "a").read_bytes() == b"1"
    assert (tmp_path / "signing.key").exists()
    assert isinstance(store_from_settings(s3_settings), S3Store)


def test_s3_without_a_bucket_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="VIDEO_SERVICE_S3_BUCKET"):
        store_from_settings(StoreSettings(_env_file=None, store="s3", data_dir=tmp_path))


def test_the_environment_needs_no_server(no_choice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "local")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    store = load_store()
    assert isinstance(store, LocalStore)
    assert load_store() is store
    store.put("a", b"1")
    assert (no_choice / "store" / "a").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_blocks")
def test_without_block_or_choice_the_store_is_in_the_data_directory(no_choice: Path) -> None:
    load_store().put("a", b"1")
    assert (no_choice / "store" / "a").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_blocks")
def test_the_saved_block_is_used_as_ops_have_edited_it_and_is_not_overwritten(
    no_choice: Path, tmp_path: Path
) -> None:
    register_blocks()
    save_default_blocks(StoreSettings())
    block = LocalStoreBlock.load("default", _sync=True)
    block.directory = str(tmp_path / "edited")
    block.save("default", overwrite=True, _sync=True)
    register_blocks()
    save_default_blocks(StoreSettings())
    load_store().put("a", b"1")
    assert (tmp_path / "edited" / "a").read_bytes() == b"1"


@pytest.mark.slow
@pytest.mark.usefixtures("no_blocks", "no_choice")
def test_the_s3_block_is_loaded_with_its_credentials_and_prefect_has_its_results_beside(
    s3_settings: StoreSettings,
) -> None:
    save_default_blocks(s3_settings)
    save_default_blocks(s3_settings)
    store = load_store()
    assert isinstance(store, S3Store)
    store.put("a", b"1")
    results = Block.load(RESULTS_BLOCK, _sync=True)
    assert isinstance(results, S3Bucket)
    results.write_path("kept", b"result", _sync=True)
    listed = raw_s3(s3_settings).list_objects_v2(Bucket=s3_settings.s3_bucket)["Contents"]
    assert [each["Key"] for each in listed] == ["reels/prod/a", "reels/prod/results/kept"]


@pytest.mark.slow
@pytest.mark.usefixtures("no_blocks")
def test_prefect_keeps_the_secret_key_hidden(s3_settings: StoreSettings) -> None:
    save_default_blocks(s3_settings, overwrite=True)
    with get_client(sync_client=True) as client:
        shown = client.read_block_document_by_name(
            "default", "reelwright-s3-store", include_secrets=False
        )
    assert "hush" not in shown.model_dump_json()
    assert "********" in shown.model_dump_json()


def test_the_ui_gets_a_title_and_a_description_for_every_field(s3_settings: StoreSettings) -> None:
    for kind in (LocalStoreBlock, S3StoreBlock):
        fields = kind.model_json_schema()["properties"]
        assert all(each.get("title") and each.get("description") for each in fields.values())
        assert kind.get_description()
    assert s3_block(s3_settings).path_style


def test_a_prefect_that_does_not_answer_is_said_so(
    no_choice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    updates = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(updates=updates), pytest.raises(Unavailable, match="PREFECT_API_URL"):
        load_store()
