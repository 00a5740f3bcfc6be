"""Keys are made, listed and revoked by a command, and the API takes them while they count."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.identity.keyring import Keyring
from blocks.registry import load_store
from deployments.keys import main


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "local")
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path))


def test_a_key_is_shown_once_alone_on_the_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["make", "--user", "ann", "--role", "editor", "--expires-days", "90"]) == 0
    said = capsys.readouterr()
    key = said.out.removesuffix("\n")
    key_id, secret = key.removeprefix("rw_").split("_", 1)
    record = Keyring(load_store()).find(key_id)
    assert record is not None
    assert (record.user, record.role, record.is_secret(secret)) == ("ann", "editor", True)
    assert record.expires_at is not None
    assert (record.expires_at - record.created_at).days == 90
    assert key_id in said.err
    assert secret not in said.err

    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert key_id in listed
    assert "valid" in listed
    assert secret not in listed


def test_a_revoked_key_is_listed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    main(["make", "--user", "ann"])
    key_id = capsys.readouterr().out.split("_")[1]
    assert main(["revoke", key_id]) == 0
    assert "revoked" in capsys.readouterr().out
    main(["list"])
    assert "revoked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["make", "--user", "../ann"], "does not name one user"),
        (["make", "--user", "ops", "--role", "editor"], "the house's own"),
        (["revoke", "0123456789abcdef"], "There is no key"),
        (["revoke", "../../x"], "There is no key"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert told in said.err
    assert not said.out


@pytest.mark.parametrize(
    "words",
    [
        ["make"],
        ["make", "--user", "ann", "--role", "root"],
        ["make", "--user", "ann", "--expires-days", "0"],
        ["make", "--user", "ann", "--expires-days", "-1"],
        ["make", "--user", "ann", "--expires-days", "99999999999"],
        ["unmake"],
        [],
    ],
)
def test_words_that_make_no_sense_end_with_the_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
