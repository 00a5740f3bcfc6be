from __future__ import annotations

import pytest

from reels.captions.capitals import capitals


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("istanbul ılık", "tr", "İSTANBUL ILIK"),
        ("istanbul", "en", "ISTANBUL"),
        ("straße", "de", "STRAẞE"),
        ("straße", "fr", "STRASSE"),
        ("Ελλάδα Μάιος προϊόν", "el", "ΕΛΛΑΔΑ ΜΑΪΟΣ ΠΡΟΪΟΝ"),
        ("ή", "el", "Ή"),
        ("утро", "ru", "УТРО"),
        ("今日は ok שלום", "ja", "今日は OK שלום"),
        ("de-AT straße", "de-AT", "DE-AT STRAẞE"),
    ],
)
def test_capitals_follow_the_language(text: str, language: str, expected: str) -> None:
    assert capitals(text, language) == expected
