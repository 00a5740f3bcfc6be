"""Keys by which an object in a run's parameters is a reference and not what a user has said."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

#: Prefect's server puts variables and the results of templates in the place of objects with
#: the first, and a flow's process the content of a block, secrets too, with the second (3.8.8).
RESERVED_KEYS = frozenset({"__prefect_kind", "$ref"})


def reserved_in(value: JsonValue) -> str:
    """One of the keys that is anywhere in `value`, or nothing."""
    return next((key for found in _objects(value) for key in sorted(RESERVED_KEYS & found)), "")


def _objects(value: JsonValue) -> Iterator[set[str]]:
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, dict):
            yield set(found)
            pending.extend(found.values())
        elif isinstance(found, list):
            pending.extend(found)
