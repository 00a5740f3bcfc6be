"""What must not be told is taken out, whatever it stands in."""

from __future__ import annotations

import time

import pytest

from reels.models import Scene, Storyboard
from reels.observing import scrubbing
from reels.observing.about import About, answering
from reels.observing.scrubbing import conceal, scrub

SECRET = "Zq7hV0kEy9sT4uWx"


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}==",
        f"{{'x-api-key': '{SECRET}', 'accept': '*/*'}}",
        f"[(b'authorization', b'Bearer {SECRET}'), (b'host', b'a')]",
        f'{{"X-Gateway-Secret": "{SECRET}"}}',
        f"GET https://store.test/a/b.mp4?X-Amz-Signature={SECRET}&X-Amz-Expires=60 failed",
        f"/artifacts/videos/a/b.mp4?expires=1&signature={SECRET}",
        f"redis://:{SECRET}@cache:6379/0 does not answer",
        f"postgresql://user:{SECRET}@db:5432/postgres",
        f"signed with whsec_{SECRET}",
        f"the token eyJhbGciOi.{SECRET}.x9_",
        f"key AIzaSyA{SECRET}{SECRET}",
        f"password={SECRET}; retry",
        f"api_key='{SECRET}'",
        f"1 validation error: idea [type=x, input_value='{SECRET} …', input_type=str]",
        f"input_value={{'idea': \"{SECRET}\"}}, input_type=dict",
    ],
)
def test_what_looks_secret_is_not_told(line: str) -> None:
    """By its shape, in headers, addresses, reprs and in what Pydantic repeats."""
    assert SECRET not in scrub(line)


@pytest.mark.parametrize(
    "line",
    [
        "Worker 'pipeline-worker' submitting flow run '065f7f5d-d8d5-4f53-bd9f-e7372ec53ef7'",
        "Attempt 1 of 4 failed; the next is in 2.0 s. gemini: is busy",
        "View at http://127.0.0.1:4200/runs/flow-run/065f7f5d-d8d5-4f53-bd9f-e7372ec53ef7",
        "GET /videos/{video_id} 200 3.2 ms user=ada request=r-1",
        "There is no key for gemini. Set VIDEO_SERVICE_GEMINI_API_KEY.",
        "Голос не отвечает: повтор через 2 с",
    ],
)
def test_what_is_not_secret_stays_as_it_is(line: str) -> None:
    """Ids, addresses without a query, names of settings, Russian."""
    assert scrub(line) == line


def test_secrets_of_the_environment_are_known_by_their_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Settings and variables that are named like secrets, also as they stand in addresses."""
    monkeypatch.setenv("VIDEO_SERVICE_PEXELS_API_KEY", "plain/words and more")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:hunter22")
    scrubbing._values.cache_clear()
    try:
        told = scrub("with plain/words and more, plain%2Fwords%20and%20more, admin:hunter22")
        assert told == "with ***, ***, ***"
    finally:
        monkeypatch.undo()
        scrubbing._values.cache_clear()


def test_a_secret_that_is_learned_later_is_kept_too() -> None:
    """Such as a key out of a block."""
    assert scrub("it is opensesame42") == "it is opensesame42"
    conceal("opensesame42")
    assert scrub("it is opensesame42") == "it is ***"


def test_peoples_words_are_withheld_where_they_are_worked_on() -> None:
    """Whole texts and each of their lines, at any depth of a body; not those of others."""
    about = About()
    about.withhold({"scenes": [{"narration": "Осьминог имеет три сердца.\nИ девять мозгов."}]})
    with answering(about):
        assert scrub("KeyError: 'И девять мозгов.'") == "KeyError: '***'"
        assert scrub("no voice for Осьминог имеет три сердца.") == "no voice for ***"
    assert scrub("И девять мозгов.") == "И девять мозгов."


def test_models_are_looked_into_and_names_and_keys_stay() -> None:
    """A storyboard's words are withheld; an artifact's key and an address are no words."""
    about = About()
    scene = Scene(narration="Three hearts beat in it.", on_screen_text="Hearts")
    about.withhold([Storyboard(title="An octopus", scenes=(scene,)), "cache/plan/0123456789abcdef"])
    with answering(about):
        assert scrub("'Three hearts beat in it.'") == "'***'"
        assert scrub("no cache/plan/0123456789abcdef") == "no cache/plan/0123456789abcdef"


def test_a_long_line_is_scrubbed_in_no_time() -> None:
    """No shape backtracks: a hundred thousand characters that nearly match."""
    for piece in ("authorization", "a://", "/a", "eyJ", "bearer ", "input_value=", "?x", "key="):
        began = time.perf_counter()
        scrub(piece * (100_000 // len(piece)))
        assert time.perf_counter() - began < 2, piece
