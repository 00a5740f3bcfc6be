"""Lists of videos in files: JSON, or a CSV table whose columns are fields of a request."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from pydantic import JsonValue

from reels.batches.models import MAX_VIDEOS, Wish
from reels.errors import InvalidInput

MAX_BYTES: Final = 10_000_000
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}
#: Columns that hold several values, by commas.
_LISTS = {"visuals", "auto_approve"}
_NUMBERS: dict[str, type[int] | type[float]] = {"duration_s": int, "budget_usd": float}
_SWITCHES = {"title_card", "builds", "hls"}


def read_wishes(content: bytes, key: str) -> list[Wish]:
    """The videos of a file, in its order; `key` tells by its suffix what it is.

    Raises:
        InvalidInput: naming `file`, and the line of a table.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput("file", f"The file has more than {MAX_BYTES:,} bytes.")
    suffix = PurePosixPath(key).suffix.lower()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("file", "The file is not in UTF-8.", remedy="Save it so.") from error
    if suffix == ".json":
        found = _from_json(text)
    elif suffix == ".csv":
        found = _from_csv(text)
    else:
        raise InvalidInput("file", f"A batch is read from .json or .csv, not from {suffix!r}.")
    if not found or len(found) > MAX_VIDEOS:
        raise InvalidInput("file", f"A batch has 1 to {MAX_VIDEOS:,} videos, not {len(found):,}.")
    return found


def _from_json(text: str) -> list[Wish]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("file", f"This is no JSON: {error}.") from None
    if not isinstance(found, list) or not all(isinstance(each, str | dict) for each in found):
        raise InvalidInput("file", "The file is no list of ideas, or of objects.")
    return found


def _from_csv(text: str) -> list[Wish]:
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t")
    except csv.Error:
        # A table of one column has no delimiter to be found.
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), dialect=dialect, strict=True)
    try:
        return [_fields(row, rows.line_num) for row in rows]
    except csv.Error as error:
        raise InvalidInput("file", f"Line {rows.line_num + 1} of the table: {error}.") from None


def _fields(row: Mapping[str | None, str | list[str] | None], line: int) -> dict[str, JsonValue]:
    if None in row:
        raise InvalidInput("file", f"Line {line} of the table has more fields than its head.")
    found: dict[str, JsonValue] = {}
    for name, told in row.items():
        value = told.strip() if isinstance(told, str) else ""
        if name and value:
            found[name.strip()] = _value(name.strip(), value, line)
    return found


def _value(name: str, value: str, line: int) -> JsonValue:
    lowered = value.lower()
    if name in _SWITCHES or (name == "auto_approve" and lowered in _TRUE | _FALSE):
        if lowered not in _TRUE | _FALSE:
            raise InvalidInput("file", f"Line {line} of the table: {name} is true or false.")
        return lowered in _TRUE
    if name in _LISTS:
        return [part.strip() for part in value.split(",") if part.strip()]
    if name in _NUMBERS:
        try:
            return _NUMBERS[name](value)
        except ValueError:
            raise InvalidInput("file", f"Line {line} of the table: {name} is a number.") from None
    return value
