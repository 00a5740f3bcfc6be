"""The list of voices and the languages they speak."""

from __future__ import annotations

import pytest

from reels.errors import InvalidInput
from reels.voice import VOICES, languages, speaks, voice
from reels.voice.espeak_catalog import language_voice


@pytest.mark.parametrize("name", list(VOICES))
def test_every_voice_is_listed_under_its_own_name(name) -> None:
    assert voice(name).name == name
    assert voice(name).version


def test_an_unknown_voice_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="espeak") as refused:
        voice("nobody")

    assert refused.value.field == "tts_provider"


@pytest.mark.parametrize(
    ("tag", "engine"),
    [
        ("en", "en-us"),
        ("en-US", "en-us"),
        ("en-GB", "en"),
        ("en-AU", "en-us"),
        ("ru", "ru"),
        ("pt", "pt"),
        ("pt-BR", "pt-br"),
        ("es-MX", "es-419"),
        ("zh", "cmn"),
        ("zh-Hans-CN", "cmn"),
        ("zh-HK", "yue"),
        ("no", "nb"),
        ("fr-CA", "fr"),
        ("xx", None),
        ("ja", None),
    ],
)
def test_a_language_tag_finds_the_engines_nearest_voice(tag, engine) -> None:
    assert language_voice(tag) == engine
    assert speaks("espeak", tag) is (engine is not None)


def test_the_listed_languages_are_lower_case_and_are_all_spoken() -> None:
    listed = languages("espeak")

    assert {"en", "ru", "de", "pt-br", "zh"} <= listed
    assert all(tag == tag.lower() and speaks("espeak", tag) for tag in listed)
