"""Lists, tables and topics become requests, all of them or none."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from reels.batches.models import BatchRequest, Wish
from reels.batches.planning import planned
from reels.batches.tables import read_wishes
from reels.errors import InvalidInput


def fields(wishes: list[Wish], **common: Any) -> list[dict[str, Any]]:
    return [each.fields for each in planned(wishes, common, "")]


def test_an_idea_alone_is_a_video_and_fields_of_its_own_go_before_common_ones() -> None:
    assert fields(["Tea", {"text": "Two words.", "style": "dark"}], style="light", idea="None") == [
        {"style": "light", "idea": "Tea"},
        {"style": "dark", "text": "Two words."},
    ]


def test_each_topic_comes_in_each_variant() -> None:
    request = BatchRequest(
        topics=("tea", "чай"), variants=("Why {topic}?", {"idea": "{topic}", "language": "ru"})
    )
    assert list(request.generated()) == [
        "Why tea?",
        {"idea": "tea", "language": "ru"},
        "Why чай?",
        {"idea": "чай", "language": "ru"},
    ]


def test_a_json_file_is_a_list_of_ideas_and_objects() -> None:
    content = '["Чай", {"idea": "Tea", "hls": true}]'.encode()
    assert read_wishes(content, "batch.json") == ["Чай", {"idea": "Tea", "hls": True}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_has_a_column_for_each_field_and_leaves_out_what_is_empty(delimiter: str) -> None:
    head = ["idea", "duration_s", "title_card", "auto_approve", "visuals"]
    row = ["Why tea?", "30", "Yes", "true", '"slide,code"']
    plain = ["Чай", "", "", "draft", ""]
    lines = [delimiter.join(cells) for cells in (head, row, plain)]
    content = ("\ufeff" + "\r\n".join(lines)).encode()
    assert read_wishes(content, "batch.csv") == [
        {
            "idea": "Why tea?",
            "duration_s": 30,
            "title_card": True,
            "auto_approve": True,
            "visuals": ["slide", "code"],
        },
        {"idea": "Чай", "auto_approve": ["draft"]},
    ]


def test_a_table_of_one_column_needs_no_delimiter() -> None:
    assert read_wishes(b"idea\nTea\nWhy do we yawn?\n", "a.csv") == [
        {"idea": "Tea"},
        {"idea": "Why do we yawn?"},
    ]


@pytest.mark.parametrize(
    ("content", "key", "message"),
    [
        (b"[1]", "a.json", "no list of ideas"),
        (b"{}", "a.json", "no list of ideas"),
        (b"[" * 100_000, "a.json", "no JSON"),
        (b"[]", "a.json", "1 to 1,000"),
        (b"idea\n", "a.csv", "1 to 1,000"),
        (b"idea\n" + b"tea\n" * 1_001, "a.csv", "1 to 1,000"),
        (b"idea,hls\ntea,perhaps\n", "a.csv", "Line 2 of the table: hls is true or false"),
        (b"idea,duration_s\ntea,long\n", "a.csv", "Line 2 of the table: duration_s is a number"),
        (b"idea,hls\ntea,true,more\n", "a.csv", "Line 2 of the table has more fields"),
        (b'idea,hls\n"tea', "a.csv", "Line 2 of the table"),
        ("чай".encode("cp1251"), "a.csv", "not in UTF-8"),
        (b"tea", "a.txt", "not from '.txt'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, key: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_wishes(content, key)
    assert refused.value.field == "file"
    assert message in str(refused.value)


def test_one_wrong_video_stops_the_batch_before_anything_is_made_and_all_are_named() -> None:
    wishes: list[Wish] = ["Tea", {"idea": "x", "duration_s": 1}, {"style": "dark"}, "", "Coffee"]
    with pytest.raises(InvalidInput) as refused:
        planned(wishes, {}, "")
    told = str(refused.value)
    assert "Video 2: duration_s" in told
    assert "Video 3: " in told
    assert "Video 4: idea" in told
    assert "Video 1" not in told


def test_what_prefect_would_evaluate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="__prefect_kind"):
        planned([{"idea": "Tea", "style": {"__prefect_kind": "jinja"}}], {}, "")


def test_a_batch_asks_for_something() -> None:
    with pytest.raises(ValidationError, match="give ideas"):
        BatchRequest()
