"""Keys that pass are safe as paths; all others are refused by name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.errors import InvalidInput
from reels.keys import (
    FOLDER_PATTERN,
    MAX_KEY_CHARS,
    NAME_PATTERN,
    USER_PATTERN,
    check_folder,
    check_key,
    check_name,
    check_prefix,
)

segments = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_@-]{0,20}(\.[a-z0-9]{1,4})?", fullmatch=True)


@given(st.lists(segments, min_size=1, max_size=6).map("/".join))
def test_every_path_of_safe_segments_passes_unchanged(key: str) -> None:
    assert check_key(key) == key


@given(st.text(max_size=40) | st.text(alphabet="ab./\\ .%\n\0é", max_size=12))
def test_whatever_passes_is_a_relative_normal_path_that_stays_inside(key: str) -> None:
    try:
        check_key(key)
    except InvalidInput:
        return
    path = PurePosixPath(key)
    assert path.as_posix() == key
    assert not path.is_absolute()
    assert not any(part.startswith(".") or ".." in part for part in path.parts)
    assert unicodedata.normalize("NFC", key) == key
    assert not re.search(r"[\\%\s\x00-\x1f]", key)


@pytest.mark.parametrize(
    "key",
    ["", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "a..b", "-a", "a\n", "a\0", "é", "\u202ea"],
)
def test_these_are_refused_and_the_field_is_named(key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_key(key, "folder")
    assert refusal.value.field == "folder"


def test_length_is_limited_whole_and_by_part() -> None:
    assert check_key("/".join(["a" * 200] * 5))
    for key in ("a" * 241, "/".join(["a" * 200] * 6)):
        with pytest.raises(InvalidInput):
            check_key(key)
    assert MAX_KEY_CHARS == 1024


def test_a_prefix_may_be_empty_or_end_in_one_slash() -> None:
    assert [check_prefix(given) for given in ("", "a/b", "a/b/")] == ["", "a/b", "a/b"]
    for bad in ("/", "a//", "../a"):
        with pytest.raises(InvalidInput):
            check_prefix(bad)


@given(st.from_regex(USER_PATTERN, fullmatch=True).filter(lambda user: ".." not in user))
def test_a_user_is_one_safe_key_part(user: str) -> None:
    assert check_key(user.removesuffix("\n")) == user.removesuffix("\n")


@given(
    st.from_regex(FOLDER_PATTERN, fullmatch=True)
    | st.text(alphabet="ab./-_@ \\%\n\0é", max_size=12)
)
def test_the_patterns_of_folders_and_names_say_what_is_checked(text: str) -> None:
    for pattern, check in ((FOLDER_PATTERN, check_folder), (NAME_PATTERN, check_name)):
        passes = True
        try:
            check(text)
        except InvalidInput:
            passes = False
        assert passes == bool(re.fullmatch(pattern, text)) or len(text) > 240
