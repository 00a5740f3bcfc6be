"""A link opens what it was signed for, until its time is over, and nothing else."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.errors import InvalidInput, LinkRefused, StoreUnavailable
from reels.links import check_life, clean_name, content_disposition, load_secret, sign, verify

SECRET = b"secret"


def params(key: str = "a/b.mp4", expires_at: int = 100, name: str = "") -> dict[str, str]:
    return dict(parse_qsl(sign(key, SECRET, expires_at, name), strict_parsing=True))


@given(st.text(min_size=1), st.integers(1, 10**11), st.text())
def test_what_was_signed_is_verified_whatever_the_name(key: str, expires: int, name: str) -> None:
    verify(key, params(key, expires, name), SECRET, now=expires - 1)


def test_a_link_ends_at_its_expiry() -> None:
    verify("a/b.mp4", params(expires_at=100), SECRET, now=99.9)
    with pytest.raises(LinkRefused, match="expired"):
        verify("a/b.mp4", params(expires_at=100), SECRET, now=100)


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "101"},
        {"expires": "99"},
        {"name": "other.mp4"},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "é"},
    ],
)
def test_a_changed_link_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(LinkRefused, match="signature"):
        verify("a/b.mp4", params() | change, SECRET, now=0)


@pytest.mark.parametrize("expires", ["", "-1", "1e9", "١٢", "9" * 13, "1 ", "0x10"])
def test_an_expiry_that_is_no_plain_number_is_refused(expires: str) -> None:
    with pytest.raises(LinkRefused, match="expiry"):
        verify("a/b.mp4", params() | {"expires": expires}, SECRET, now=0)


def test_a_link_opens_no_other_key_and_no_other_secret_makes_one() -> None:
    with pytest.raises(LinkRefused):
        verify("a/c.mp4", params("a/b.mp4"), SECRET, now=0)
    with pytest.raises(LinkRefused):
        verify("a/b.mp4", params("a/b.mp4"), b"other", now=0)
    with pytest.raises(LinkRefused):
        verify("a/b.mp4", {}, SECRET, now=0)


def test_a_life_is_between_a_second_and_seven_days() -> None:
    assert [check_life(life) for life in (1, 604_800)] == [1, 604_800]
    for life in (0, 604_801):
        with pytest.raises(InvalidInput):
            check_life(life)


def test_the_secret_is_made_once_for_all_who_ask_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "signing.key"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(load_secret, [path] * 32))
    assert len(found) == 1
    assert len(found.pop()) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["signing.key"]


def test_a_secret_that_cannot_be_kept_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="VIDEO_SERVICE_SIGNING_KEY"):
        load_secret(tmp_path / "file" / "signing.key")


@given(st.text())
def test_a_download_name_cannot_break_out_of_its_header(name: str) -> None:
    header = content_disposition(clean_name(name))
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_a_download_name_is_kept_in_its_own_script() -> None:
    assert content_disposition("Мой ролик.mp4") == (
        "attachment; filename=\"___ _____.mp4\"; filename*=UTF-8''"
        "%D0%9C%D0%BE%D0%B9%20%D1%80%D0%BE%D0%BB%D0%B8%D0%BA.mp4"
    )
