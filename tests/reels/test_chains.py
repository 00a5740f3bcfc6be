"""Chains of providers: who is asked, and who next."""

from __future__ import annotations

import pytest

from reels.chains import Fallback, known_voice, links, speakers
from reels.errors import InvalidInput
from reels.voice import VOICES


class Choosy:
    """A voice that speaks German only, as one person."""

    name = "choosy"

    def speaks(self, language: str) -> bool:
        return language == "de"

    def check(self, language: str, voice: str) -> None:
        if language != "de":
            raise InvalidInput("language", "I speak German.")
        if voice not in ("", "Greta"):
            raise InvalidInput("voice", "I am Greta.")


@pytest.fixture(autouse=True)
def choosy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VOICES, "choosy", Choosy)  # type: ignore[arg-type]


def test_a_chain_is_its_names_in_order_each_once() -> None:
    assert links(" gemini, outline,gemini,") == ("gemini", "outline")


def test_an_empty_chain_is_refused() -> None:
    with pytest.raises(InvalidInput):
        links(" , ")


def test_all_that_speak_the_language_are_in_the_chain() -> None:
    assert speakers("choosy,espeak", "de", "") == ("choosy", "espeak")
    assert speakers("choosy,espeak", "en", "") == ("espeak",)


def test_the_first_speaker_is_one_that_knows_the_voice_and_those_after_need_not() -> None:
    assert speakers("choosy,espeak", "de", "Greta") == ("choosy", "espeak")
    assert speakers("choosy,espeak", "de", "f3") == ("espeak",)


def test_when_nobody_can_speak_the_first_ones_reason_is_told() -> None:
    with pytest.raises(InvalidInput, match="I speak German"):
        speakers("choosy", "en", "")


def test_a_voice_that_a_provider_does_not_know_becomes_its_own() -> None:
    assert known_voice("choosy", "de", "Greta") == "Greta"
    assert known_voice("choosy", "de", "f3") == ""


def test_an_unknown_provider_is_named_with_its_field() -> None:
    with pytest.raises(InvalidInput, match="nobody") as refused:
        speakers("nobody", "en", "")
    assert refused.value.field == "tts_provider"


def test_a_step_down_a_chain_reads_as_a_sentence() -> None:
    step = Fallback(stage="voice", failed="elevenlabs", instead="espeak", reason="No credits.")
    assert str(step) == "voice: made by espeak instead of elevenlabs: No credits."
