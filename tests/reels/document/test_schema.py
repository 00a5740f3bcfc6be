from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reels.document import Document
from reels.document.schema import SHARED, schema, schema_text
from tests.reels.document.kit import PLAIN

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = re.findall(r"```json\n(.*?)```", (DOCS / "timeline.md").read_text("utf-8"), re.DOTALL)


def _properties(shape: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(shape, dict):
        for name, field in shape.get("properties", {}).items():
            if "required" in shape or "additionalProperties" in shape:
                yield f"{place}.{name}", field
        for name, part in shape.items():
            if name not in ("oneOf", "default"):
                yield from _properties(part, f"{place}.{name}")
    elif isinstance(shape, list):
        for part in shape:
            yield from _properties(part, place)


def test_the_schema_in_the_docs_is_current() -> None:
    assert (DOCS / "timeline.schema.json").read_text("utf-8") == schema_text(), (
        "run: python -m reels schema > docs/timeline.schema.json"
    )


def test_every_field_is_described() -> None:
    fields = dict(_properties(schema()))
    assert len(fields) > 50
    assert [place for place, field in fields.items() if not field.get("description")] == []


def test_every_field_of_the_shared_models_has_its_meaning() -> None:
    definitions = schema()["$defs"]
    for name, meanings in SHARED.items():
        assert meanings.keys() == definitions[name]["properties"].keys()


def test_every_number_of_seconds_pixels_or_frames_is_bounded() -> None:
    for place, field in _properties(schema()):
        for kind in (field, *field.get("anyOf", ())):
            if kind.get("type") in ("number", "integer"):
                assert kind.keys() & {"maximum", "const"}, place


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_in_the_docs_are_timelines(example: str) -> None:
    Draft202012Validator(schema()).validate(json.loads(example))
    Document.model_validate_json(example, strict=True)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"shots": [{"media": {"path": "a.png"}, "duration_s": 2}]}, True),
        ({"shots": [{"media": "a.png", "duration_s": 2, "frames": None}]}, True),
        ({"shots": [{"media": "a.png", "duration_s": 2, "frames": 2}]}, False),
        ({"shots": [{"media": "a.png"}]}, False),
        ({"shots": [{"media": 7, "frames": 2}]}, False),
        ({"size_px": [180]}, False),
        ({"size_px": [181, 320]}, False),
        ({"effects": [{"name": "whoosh", "media": "a.wav", "at_s": 0}]}, False),
        ({"music": None}, True),
        ({"musik": None}, False),
        ({"version": 2}, False),
    ],
)
def test_schema_and_models_agree(changes: dict[str, Any], fits: bool) -> None:
    data = PLAIN | changes
    assert Draft202012Validator(schema()).is_valid(data) is fits
    if fits:
        Document.model_validate_json(json.dumps(data), strict=True)
    else:
        with pytest.raises(ValueError, match="validation error"):
            Document.model_validate_json(json.dumps(data), strict=True)


def test_a_document_that_was_written_fits_the_schema() -> None:
    written = Document.model_validate(PLAIN).model_dump_json(by_alias=True)
    Draft202012Validator(schema()).validate(json.loads(written))
