"""Log lines as text and as JSON."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from reels.observing.about import About, about, answering, request_id
from reels.observing.lines import CLEAN, JsonLine, TextLine


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("flows.x").makeRecord(
        "flows.x", logging.WARNING, "f.py", 1, message, args, None, extra=extra
    )
    made.created, made.msecs = 1_800_000_000.25, 250.0
    return made


def test_a_json_line_has_its_time_level_words_and_whose_it_is() -> None:
    """In UTC; of what else a record may hold, only what is known to be harmless."""
    work = About(request="r-1", user="ada", job="j-1", stage="audio")
    with answering(work):
        line = JsonLine().format(record("Голос %d", 2, route="/videos", flow_run_name="tea"))
    assert "Голос" in line
    assert json.loads(line) == {
        "time": "2027-01-15T08:00:00.250Z",
        "level": "WARNING",
        "logger": "flows.x",
        "message": "Голос 2",
        "job": "j-1",
        "stage": "audio",
        "user": "ada",
        "request": "r-1",
        "route": "/videos",
    }


def test_a_json_line_is_one_line_whatever_is_in_it() -> None:
    """New lines, quotes and tracebacks are inside the JSON; secrets are nowhere."""
    try:
        raise ValueError('a "b"\nAuthorization: Bearer abcdefgh12345')
    except ValueError:
        made = record("one\ntwo")
        made.exc_info = sys.exc_info()
    line = JsonLine().format(made)
    assert "\n" not in line
    found = json.loads(line)
    assert found["message"] == "one\ntwo"
    assert 'ValueError: a "b"' in found["error"]
    assert "abcdefgh" not in line


def test_a_text_line_is_as_before_less_secrets_and_terminal_sequences() -> None:
    """What a terminal would obey is shown instead."""
    line = TextLine().format(record("\x1b[31mred\x1b[0m https://a:b@c.test/?x=y"))
    assert line.endswith(" | WARNING | flows.x - \\x1b[31mred\\x1b[0m https://***@c.test/?***")
    assert TextLine().format(record("a?b=c&d", **{CLEAN: True})).endswith("- a?b=c&d")


@pytest.mark.parametrize("given", ["a", "A-z_0.9:@/+=", "x" * 64])
def test_a_senders_own_name_for_its_request_is_kept(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", "é", "<script>", "a\x00", "a,b"])
def test_a_name_that_could_be_anything_else_is_replaced(given: str) -> None:
    made = request_id(given)
    assert made != given
    assert len(made) == 32


def test_requests_side_by_side_know_only_of_themselves() -> None:
    with answering(About(user="ada")):
        with answering(About(user="bob")):
            assert about().user == "bob"
        assert about().user == "ada"
    assert about().user == ""
