"""A document of an older release is read, one of a newer release is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from reels import documents
from reels.documents import answered, read, written
from reels.errors import Unreadable
from reels.models import Model


class Note(Model):
    """In version 1 its `words` were one `text`; in version 2 they had no `tone`."""

    words: tuple[str, ...]
    tone: str


def _split(found: dict[str, Any]) -> dict[str, Any]:
    return {"words": found.pop("text").split(), **found}


def _toned(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "tone": "plain"}


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "UPGRADES", {"Note": (_split, _toned)})


NOW = Note(words=("a", "b"), tone="plain")


@pytest.mark.parametrize(
    "kept",
    [
        {"text": "a b"},
        {"document_version": 1, "text": "a b"},
        {"document_version": 2, "words": ["a", "b"]},
        {"document_version": 3, "words": ["a", "b"], "tone": "plain"},
    ],
)
@pytest.mark.usefixtures("third")
def test_every_version_that_ever_was_is_read(kept: dict[str, Any]) -> None:
    assert read(Note, json.dumps(kept).encode(), "note.json") == NOW


@pytest.mark.usefixtures("third")
def test_what_is_written_says_its_version_and_is_read_again() -> None:
    content = written(NOW, indent=2)
    assert json.loads(content)["document_version"] == 3
    assert read(Note, content, "note.json") == NOW


def test_a_first_version_is_written_without_a_mark_as_releases_before_marks_did() -> None:
    assert json.loads(written(NOW)) == {"words": ["a", "b"], "tone": "plain"}
    assert read(Note, written(NOW), "note.json") == NOW


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (b'{"document_version": 4, "words": []}', "is of version 4, and this release knows up to"),
        (b'{"document_version": "x"}', "is of version 'x'"),
        (b'{"document_version": 0}', "is of version 0"),
        (b'{"words": ["a"], "tone": "plain", "colour": "red"}', "colour: Extra inputs are not"),
        (b'{"words": ["a"]}', "tone: Field required"),
        (b"[]", "it is no JSON object"),
        (b'{"wor', "it is no JSON"),
        (b"\xff", "it is no JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_key_and_the_reason(
    kept: bytes, reason: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read(Note, kept, "videos/ann/7/note.json")
    assert refused.value.message.startswith("videos/ann/7/note.json cannot be read as Note: ")
    assert reason in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.usefixtures("third")
def test_an_old_document_that_is_damaged_is_refused_too() -> None:
    with pytest.raises(Unreadable, match="cannot be brought up to date"):
        read(Note, b'{"txet": "a b"}', "note.json")


@pytest.mark.parametrize(
    "given", [{"text": "a b"}, {"words": ["a", "b"]}, {"words": ["a", "b"], "tone": "plain"}]
)
@pytest.mark.usefixtures("third")
def test_an_answer_to_a_form_of_any_release_is_taken(given: dict[str, Any]) -> None:
    assert answered(Note, given) == NOW


def test_an_answer_that_no_form_knows_is_refused_by_the_newest() -> None:
    with pytest.raises(ValidationError, match="tone"):
        answered(Note, {"words": ["a"]})


def test_what_no_form_asked_for_does_not_count() -> None:
    assert answered(Note, {"words": ["a", "b"], "tone": "plain", "other": 1}) == NOW
