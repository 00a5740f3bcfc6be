"""Which objects of the cache may go: the old ones, and the oldest where there is no room."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Final

from reels.artifacts import Entry

CACHE: Final = "cache"
_NAMED: Final = re.compile(rb'"(cache/[A-Za-z0-9_.@/-]+)"')


def keys_named(document: bytes) -> set[str]:
    """The keys of the cache that a JSON document names, wherever in it."""
    return {found.decode() for found in _NAMED.findall(document)}


def to_prune(
    entries: Mapping[str, Entry],
    needed: Collection[str],
    *,
    now: float,
    keep_s: float | None,
    most_bytes: int | None,
) -> list[str]:
    """The keys that may go, the oldest first.

    Objects that belong together, as an artifact and the record of it, go together and are as
    old as the youngest of them. Nothing goes that is `needed`, and the rest then counts as
    it is. `keep_s` and `most_bytes` are no limits when they are None.
    """
    groups: dict[str, list[str]] = {}
    for key in entries:
        groups.setdefault(_group(key), []).append(key)
    wanted = {_group(key) for key in needed}
    ages = {
        group: max(entries[key].written_at for key in keys)
        for group, keys in groups.items()
        if group not in wanted
    }
    held = sum(entry.size_bytes for entry in entries.values())
    found: list[str] = []
    for group in sorted(ages, key=lambda group: (ages[group], group)):
        is_old = keep_s is not None and now - ages[group] > keep_s
        is_too_much = most_bytes is not None and held > most_bytes
        if is_old or is_too_much:
            found += groups[group]
            held -= sum(entries[key].size_bytes for key in groups[group])
    return found


def _group(key: str) -> str:
    """`cache/{kind}/{sha256}`: all that one piece of work has left."""
    parts = PurePosixPath(key).parts[:3]
    return "/".join((*parts[:-1], parts[-1].partition(".")[0])) if parts else key
