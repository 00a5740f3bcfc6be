"""The flow that cleans the cache: by age and size, and nothing that a job may still need."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.registry import load_store
from flows.ending import ended
from flows.observing import observed
from reels.artifacts import ArtifactStore, Entry
from reels.errors import ArtifactMissing
from reels.models import Model
from reels.pruning import CACHE, keys_named, to_prune
from reels.settings import FlowSettings, StoreSettings

logger = logging.getLogger(__name__)
_JOBS: Final = "videos"
_DAY_S: Final = 86_400
_AT_ONCE: Final = 16


class Pruned(Model):
    """What was in the cache, and what is gone from it."""

    objects: int
    size_bytes: int
    objects_gone: int
    bytes_gone: int


@flow(name="prune-cache", persist_result=True, result_serializer="json")
@observed
def prune_cache(keep_days: int | None = None, max_mb: int | None = None) -> State[Any]:
    """Take old objects out of the cache; None: as the settings say, 0: no limit."""
    try:
        settings = StoreSettings()
        days = settings.cache_keep_days if keep_days is None else keep_days
        most_mb = settings.cache_max_mb if max_mb is None else max_mb
        done = pruned(load_store(), days * _DAY_S or None, most_mb * 1_000_000 or None)
    except Exception as error:
        return ended(error)
    return Completed(
        data=done,
        message=f"{done.objects_gone:,} of {done.objects:,} objects are gone, "
        f"{done.bytes_gone / 1e6:,.1f} of {done.size_bytes / 1e6:,.1f} MB.",
    )


def pruned(store: ArtifactStore, keep_s: float | None, most_bytes: int | None) -> Pruned:
    """Delete what may go. What was put there meanwhile is not known here, and stays."""
    entries = store.entries(CACHE)
    needed = needed_keys(store, time.time(), FlowSettings().approval_timeout_s)
    going = to_prune(entries, needed, now=time.time(), keep_s=keep_s, most_bytes=most_bytes)
    logger.info("%d of %d objects may go; %d are needed.", len(going), len(entries), len(needed))
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        list(workers.map(store.delete, going))
    return Pruned(
        objects=len(entries),
        size_bytes=sum(entry.size_bytes for entry in entries.values()),
        objects_gone=len(going),
        bytes_gone=sum(entries[key].size_bytes for key in going),
    )


def needed_keys(store: ArtifactStore, now: float, wait_s: float) -> set[str]:
    """The keys of the cache that jobs name: finished ones in their manifests, and others that
    may go on, in any document of theirs.

    A job that has no manifest and has written nothing for longer than a job may wait is over.
    """
    documents: list[str] = []
    for prefix, job in _jobs(store.entries(_JOBS)).items():
        if f"{prefix}/manifest.json" in job:
            documents.append(f"{prefix}/manifest.json")
        elif now - max(entry.written_at for entry in job.values()) < 2 * wait_s:
            documents += [key for key in job if key.endswith(".json")]
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        found: Iterable[set[str]] = readers.map(lambda key: _named_in(store, key), documents)
        return set().union(*found)


def _jobs(entries: Mapping[str, Entry]) -> dict[str, dict[str, Entry]]:
    """What lies below `videos/{user}/{job}`, for each job."""
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    for key, entry in entries.items():
        found["/".join(key.split("/")[:3])][key] = entry
    return found


def _named_in(store: ArtifactStore, key: str) -> set[str]:
    try:
        return keys_named(store.read(key))
    except ArtifactMissing:
        return set()
