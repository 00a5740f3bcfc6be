"""Gemini writes texts and headings, is charged for them, and is replaced when it cannot."""

from __future__ import annotations

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.errors import AuthenticationFailed, BadOutput, TransientFailure
from reels.writers import Wanted, version_of, written
from reels.writers.gemini import GeminiWriter
from reels.writers.parts import GAP
from tests.reels.cloud.gemini_kit import error, said_json
from tests.reels.cloud.ledger import Ledger

TEA = Wanted(prompt="Write a text about tea", slides=4)


def test_a_text_is_written_for_its_slides_and_charged_once(cloud: Cloud) -> None:
    books = Ledger()
    with keep_books(books):
        text = written("gemini", TEA)
    assert text.provider == "gemini"
    assert len(text.text.split(GAP)) == 4
    assert [charge.operation for charge in books.charges] == ["text"]
    assert [call.operation for call in cloud.state.calls] == ["text"]


def test_a_heading_is_written_of_the_part_that_is_meant(cloud: Cloud) -> None:
    about = ("Cats purr at night.\n\nDogs bark at dawn.",)
    text = written("gemini", Wanted(prompt="A heading", about=about, part=2, parts=2))
    assert text.text == "Dogs bark at dawn."


def test_marks_of_an_answer_are_taken_away_and_its_paragraphs_kept(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [said_json({"text": "# Tea\n\nTea was **once** money.\n\nYes."})])
    assert written("gemini", TEA).text == "Tea was once money.\n\nYes."


def test_an_answer_without_words_is_asked_for_again(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [said_json({"text": "🍃"})])
    assert written("gemini", TEA).provider == "gemini"
    assert len(cloud.state.calls) == 2


def test_two_answers_without_words_are_bad_output(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [said_json({"text": ""}), said_json({"words": "Tea"})])
    with pytest.raises(BadOutput, match="text cannot be used"):
        GeminiWriter().write(TEA)


@pytest.mark.parametrize(
    "fault", [error(503, "UNAVAILABLE"), error(429, "RESOURCE_EXHAUSTED"), Fault(status=200)]
)
def test_the_next_in_the_chain_writes_for_one_that_fails_and_says_so(
    cloud: Cloud, fault: Fault
) -> None:
    cloud.state.plan("gemini", [fault])
    text = written("gemini,outline", TEA)
    assert text.provider == "outline"
    assert text.degraded.startswith("Not written by gemini: ")


def test_a_wrong_key_is_not_carried_to_the_next(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [error(403, "PERMISSION_DENIED")])
    with pytest.raises(AuthenticationFailed):
        written("gemini,outline", TEA)


def test_the_failure_of_the_last_is_told(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [error(503, "UNAVAILABLE")])
    with pytest.raises(TransientFailure):
        written("gemini", TEA)


def test_the_version_changes_with_the_chain_and_with_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = version_of("gemini,outline")
    assert before != version_of("outline")
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_MODEL", "gemini-of-another-year")
    assert version_of("gemini,outline") != before
    assert "gemini-of-another-year" in version_of("gemini,outline")


def test_a_storyboarder_that_writes_no_texts_is_passed_over() -> None:
    assert written("one_of_ones_own", Wanted(prompt="Why cats purr")).provider == "outline"
