"""A timeline file becomes a `Document`, or an error that says where the fault is."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from reels import __version__
from reels.document.faults import invalid
from reels.document.limits import MAX_FILE_BYTES
from reels.document.model import VERSION, Document
from reels.errors import InvalidInput


def load(path: str | PathLike[str]) -> Document:
    """Read a timeline file. Paths of media in it become absolute.

    The media are not looked at: `reels.document.gathering` does that.

    Raises:
        InvalidInput: there is no such file, it is no JSON, or breaks a rule of the format.
            `field` is the place of the fault as in `shots.2.media`, or `timeline` when it
            is the file itself.
    """
    file = Path(path)
    raw = _read(file)
    _check_version(_parsed(raw, file))
    try:
        return Document.model_validate_json(
            raw, strict=True, context={"folder": file.absolute().parent}
        )
    except ValidationError as error:
        raise invalid(error) from None


def _read(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():
            raise InvalidInput("timeline", f"{file} is not a file.")
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InvalidInput("timeline", f"There is no file {file}.") from None
    except (OSError, ValueError) as error:
        raise InvalidInput("timeline", f"The file {file} cannot be read: {error}.") from None
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidInput(
            "timeline",
            f"The file {file} is larger than {MAX_FILE_BYTES // 1_000_000} MB.",
            remedy="A timeline names its media by their paths; it does not hold them.",
        )
    return raw.removeprefix(b"\xef\xbb\xbf")


def _parsed(raw: bytes, file: Path) -> Any:
    """The JSON, parsed by the book: no duplicate names, no NaN."""
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} in line {error.lineno}, column {error.colno}"
    except RecursionError:
        reason = "it is nested too deep"
    except ValueError as error:
        reason = str(error)
    raise InvalidInput(
        "timeline",
        f"The file {file} is not the JSON of a timeline: {reason}.",
        remedy="docs/timeline.md shows the format.",
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _check_version(data: Any) -> None:
    if not isinstance(data, dict):
        raise InvalidInput(
            "timeline", "A timeline is an object.", remedy='It starts with {"version": 1, ...'
        )
    if "version" not in data:
        raise InvalidInput(
            "version", "The timeline names no version.", remedy=f'Add "version": {VERSION}.'
        )
    found = data["version"]
    if found != VERSION or isinstance(found, bool):
        raise InvalidInput(
            "version",
            f"Reelwright {__version__} reads version {VERSION} of the format, "
            f"not {json.dumps(found)[:40]}.",
            remedy=f"Upgrade Reelwright, or write the timeline as version {VERSION}.",
        )
