"""Documents that outlive a release: what one has written, the next one reads.

A document is a model's JSON. Its version is one more than there are `UPGRADES` of that model:
each turns the JSON of one version into that of the next. The mark of the version is written
from version 2 on, so that what has no mark is of version 1.

Of itself no version is needed by a field that is new and has a default. Whatever else changes
in the shape of a document needs one, and an upgrade, and keeps its old examples in the tests.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from reels.errors import Unreadable

M = TypeVar("M", bound=BaseModel)
Json = dict[str, Any]
#: Turns the JSON of one version into that of the next one. It MAY change what it is given.
Upgrade = Callable[[Json], Json]

MARK: Final = "document_version"
#: The upgrades of each model that has any, by its name, the oldest first.
UPGRADES: Mapping[str, tuple[Upgrade, ...]] = {}

_REMEDY: Final = (
    "Have all processes run the same release; what the old release had begun and this one cannot "
    "read must be asked for again."
)


def written(document: BaseModel, indent: int | None = None) -> bytes:
    """A document as it is kept: JSON in UTF-8."""
    version = _version(type(document))
    if version == 1:
        return document.model_dump_json(indent=indent).encode()
    marked = {MARK: version, **document.model_dump(mode="json")}
    return json.dumps(marked, ensure_ascii=False, indent=indent).encode()


def read(kind: type[M], content: bytes, where: str) -> M:
    """The document in `content`, of whatever version; `where` is its key, for an error.

    Raises:
        Unreadable: a newer release has written it, it is no such document, or it is damaged.
    """
    try:
        found = json.loads(content)
    except ValueError as error:
        raise _unreadable(kind, where, "it is no JSON") from error
    if not isinstance(found, dict):
        raise _unreadable(kind, where, "it is no JSON object")
    version = found.pop(MARK, 1)
    known = _version(kind)
    if not isinstance(version, int) or not 1 <= version <= known:
        reason = f"it is of version {version!r:.20}, and this release knows up to {known}"
        raise _unreadable(kind, where, reason)
    try:
        return kind.model_validate_json(json.dumps(upgraded(kind, found, version)))
    except (ValidationError, LookupError, TypeError, ValueError) as error:
        raise _unreadable(kind, where, _reason(error)) from error


def upgraded(kind: type[BaseModel], found: Json, version: int) -> Json:
    """The JSON of a document of that version, as this release has it."""
    for upgrade in UPGRADES.get(kind.__name__, ())[version - 1 :]:
        found = upgrade(found)
    return found


def answered(kind: type[M], given: Json) -> M:
    """An answer to a form that an older release may have asked for.

    It has no mark: the newest version by which all of it can be read is its own. What no
    version knows does not count.

    Raises:
        pydantic.ValidationError: it breaks a rule of this release's own form.
    """
    for version in range(_version(kind), 0, -1):
        with suppress(ValidationError, LookupError, TypeError, ValueError):
            return kind.model_validate(upgraded(kind, copy.deepcopy(given), version))
    return kind.model_validate({key: given[key] for key in kind.model_fields if key in given})


def _version(kind: type[BaseModel]) -> int:
    return 1 + len(UPGRADES.get(kind.__name__, ()))


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"it cannot be brought up to date ({type(error).__name__})"
    first, *more = error.errors(include_url=False, include_input=False)
    place = ".".join(map(str, first["loc"])) or "the whole"
    others = f", and {len(more)} more" if more else ""
    return f"{place}: {first['msg']}{others}"


def _unreadable(kind: type[BaseModel], where: str, reason: str) -> Unreadable:
    return Unreadable(f"{where} cannot be read as {kind.__name__}: {reason}.", remedy=_REMEDY)
