"""The language of a text is told when nobody says it."""

from __future__ import annotations

import pytest

from reels.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How tea came to Europe", "en"),
        ("Почему города растут у рек", "ru"),
        ("Чому коти муркочуть?", "uk"),
        ("Wie funktioniert ein Motor?", "de"),
        ("La historia del café", "es"),
        ("这是一个测试文章", "zh"),
        ("日本の歴史について", "ja"),
        ("# Übersicht\n\n```python\nfor x in range(10): print(x)\n```\n\nDas ist ein Satz.", "de"),
    ],
)
def test_a_text_is_in_the_language_of_its_words_not_of_its_code(text: str, language: str) -> None:
    assert language_of(text, "xx") == language


@pytest.mark.parametrize(
    "text", ["", "Tea", "12345 67890 12345", "```\nimport this\n```", "😀" * 30]
)
def test_a_text_that_is_too_short_to_tell_is_in_the_default_language(text: str) -> None:
    assert language_of(text, "de") == "de"


def test_the_region_of_the_default_language_is_kept() -> None:
    assert language_of("How tea came to Europe", "en-GB") == "en-GB"
