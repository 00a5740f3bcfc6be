"""What is shown of what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.storyboard.headline import headline


@pytest.mark.parametrize(
    ("narration", "shown"),
    [
        ("It went badly.", "It went badly"),
        ("Did it work? No.", "Did it work?"),
        (
            "After a week, the army withdrew. Perhaps 50 birds had fallen.",
            "Perhaps 50 birds had fallen",
        ),
        (
            "И, хотя мастера ушли отсюда почти на сто лет и никто уже ни на что не надеялся, "
            "башня стоит.",
            "Башня стоит",
        ),
    ],
)
def test_the_strongest_short_clause_is_shown(narration: str, shown: str) -> None:
    assert headline(narration) == shown


def test_a_conjunction_at_its_start_is_dropped() -> None:
    assert headline("But the birds won.") == "The birds won"


@given(st.text(min_size=1, max_size=600).filter(lambda t: any(c.isalnum() for c in t)))
def test_any_line_gives_words_within_the_limit(narration: str) -> None:
    shown = headline(" ".join(narration.split()))
    assert any(char.isalnum() for char in shown)
    assert len(shown) <= 200


def test_nothing_is_shown_that_is_not_said() -> None:
    said = "The commander said that with such a division, he could face any army in the world."
    assert headline(said).lower() in said.lower()
