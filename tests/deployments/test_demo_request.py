from __future__ import annotations

from pathlib import Path

import pytest

from deployments.demo_request import demo_body
from reels.errors import InvalidInput


def test_without_arguments_the_shipped_text_is_asked_for() -> None:
    """The default is the English example, with words aligned so that the gpu pool has work."""
    body = demo_body({})
    assert len(body["text"]) > 200
    assert body["language"] == "en"
    assert body["words"] == "align"


def test_spoken_chooses_the_text_in_that_language() -> None:
    """SPOKEN=ru reads the Russian example."""
    body = demo_body({"DEMO_SPOKEN": "ru"})
    assert body["language"] == "ru"
    assert any("а" <= letter <= "я" for letter in body["text"])


def test_an_idea_is_sent_as_it_was_typed() -> None:
    """Quotes and dollar signs reach the request."""
    body = demo_body({"DEMO_IDEA": """ costs $5, "really" isn't much """})
    assert body["idea"] == """costs $5, "really" isn't much"""
    assert "text" not in body


def test_a_text_file_is_read(tmp_path: Path) -> None:
    """TEXT=file sends its content, less a byte order mark."""
    path = tmp_path / "text.md"
    path.write_text("\ufeffOne sentence.", encoding="utf-8")
    assert demo_body({"DEMO_TEXT": str(path)})["text"] == "One sentence."


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"DEMO_TEXT": "/nowhere/at/all.md"}, "TEXT", "no file"),
        ({"DEMO_TEXT": "/"}, "TEXT", "cannot be read"),
        ({"DEMO_TEXT": "/dev/null"}, "TEXT", "is empty"),
        ({"DEMO_IDEA": "x" * 3000}, "IDEA", "2000"),
        ({"DEMO_IDEA": "x", "DEMO_TEXT": "y"}, "TEXT", "both"),
        ({"DEMO_IDEA": "x", "DEMO_SPOKEN": "RU!"}, "SPOKEN", "match"),
        ({"DEMO_SPOKEN": "xx"}, "SPOKEN", "No example text"),
    ],
)
def test_a_bad_argument_is_refused_by_its_name(
    given: dict[str, str], field: str, says: str
) -> None:
    """The message names the argument of make that is wrong."""
    with pytest.raises(InvalidInput, match=says) as raised:
        demo_body(given)
    assert raised.value.field == field
