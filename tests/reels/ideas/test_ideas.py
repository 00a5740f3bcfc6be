"""Ideas expanded, by a service and offline."""

from __future__ import annotations

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    ContentBlocked,
    InvalidInput,
    TransientFailure,
)
from reels.ideas import EXPANDERS, expand
from tests.reels.cloud.gemini_kit import error, said, said_json
from tests.reels.cloud.ledger import Ledger

ANSWER = {
    "hook": "Tea was **once** money.",
    "tone": "curious",
    "format": "a hook and three scenes",
    "audience": "everyone",
    "angles": ["Tea as money", "Tea as medicine"],
}


def test_gemini_expands_an_idea_and_is_charged_for_it(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [said_json(ANSWER)])
    books = Ledger()
    with keep_books(books):
        found = EXPANDERS["gemini"].expand("Tea", "en")
    assert found.hook == "Tea was once money."
    assert found.angles == ("Tea as money", "Tea as medicine")
    assert [charge.operation for charge in books.charges] == ["ideas"]


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "closer look"), ("ru-RU", "поближе"), ("de", "closer look")]
)
def test_without_a_network_an_idea_gets_the_questions_that_fit_any(
    language: str, expected: str
) -> None:
    found = EXPANDERS["outline"].expand("Tea", language)
    assert found.hook.startswith("Tea. ")
    assert expected in found.hook
    assert len(set(found.angles)) == len(found.angles) >= 4


@pytest.mark.parametrize("idea", ["Tea?", "x" * 2_000, "**Tea** and `milk`", "a\nb"])
def test_any_idea_can_be_expanded_offline(idea: str) -> None:
    assert EXPANDERS["outline"].expand(idea, "en").hook


@pytest.mark.parametrize("name", EXPANDERS)
def test_an_idea_without_words_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        EXPANDERS[name].expand("🍃", "en")


@pytest.mark.parametrize(
    "answer",
    [
        {**ANSWER, "angles": []},
        {**ANSWER, "hook": ""},
        {**ANSWER, "tone": "x" * 500},
        {**ANSWER, "angles": "Tea"},
        {"hook": "Tea"},
    ],
)
def test_an_answer_that_breaks_a_rule_twice_is_bad_output(
    cloud: Cloud, answer: dict[str, object]
) -> None:
    cloud.state.plan("gemini", [said_json(answer), said_json(answer)])
    with pytest.raises(BadOutput, match="ideas cannot be used"):
        EXPANDERS["gemini"].expand("Tea", "en")


@pytest.mark.parametrize(
    "fault", [error(503, "UNAVAILABLE"), error(429, "RESOURCE_EXHAUSTED"), Fault(status=200)]
)
def test_the_next_in_the_chain_answers_for_one_that_fails(cloud: Cloud, fault: Fault) -> None:
    cloud.state.plan("gemini", [fault])
    assert expand("gemini,outline", "Tea", "en").provider == "outline"


def test_the_first_in_the_chain_is_named_when_it_answers(cloud: Cloud) -> None:
    assert expand("gemini,outline", "Tea", "en").provider == "gemini"


def test_a_storyboarder_that_expands_no_ideas_is_passed_over() -> None:
    assert expand("writer_of_ones_own", "Tea", "en").provider == "outline"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (error(403, "PERMISSION_DENIED"), AuthenticationFailed),
        (said(finish="SAFETY"), ContentBlocked),
    ],
)
def test_a_wrong_key_and_refused_content_are_not_carried_to_the_next(
    cloud: Cloud, fault: Fault, kind: type[Exception]
) -> None:
    cloud.state.plan("gemini", [fault])
    with pytest.raises(kind):
        expand("gemini,outline", "Tea", "en")


def test_the_failure_of_the_last_is_told(cloud: Cloud) -> None:
    cloud.state.plan("gemini", [error(503, "UNAVAILABLE")])
    with pytest.raises(TransientFailure):
        expand("gemini", "Tea", "en")
