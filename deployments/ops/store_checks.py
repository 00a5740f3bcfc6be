"""Of `reelwright doctor`: the artifact store does all that is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import httpx

from deployments.ops.finding import Finding, Findings, House
from deployments.ops.target import own_layout, trusts_environment
from reels.artifacts import ArtifactStore
from reels.errors import ArtifactMissing, ReelsError
from reels.settings import StoreSettings

_TIMEOUT_S = 15.0
_REMEDY = "Check the VIDEO_SERVICE_S3_* values, or the store's block in Prefect's UI."


def store(house: House) -> Findings:
    """What is put can be read, by a link in part, and deleted: shown with a key of its own."""
    if not house.prefect_url and StoreSettings().store == "local":
        data_dir = own_layout().data_dir
        if not data_dir.exists():
            yield Finding("ok", "store", f"{data_dir} will be made with its first use")
            return
    try:
        opened = _open(house)
    except (ReelsError, ValueError) as error:
        yield Finding("fail", "store", f"It cannot be opened: {error}", _REMEDY)
        return
    yield from examine_store(opened)


def _open(house: House) -> ArtifactStore:
    # Prefect takes seconds to import, and without an address it would start a server.
    from blocks.registry import load_store, store_from_settings

    return load_store() if house.prefect_url else store_from_settings(StoreSettings())


def examine_store(opened: ArtifactStore) -> Findings:
    """The findings on a store; what is put there for them is gone afterwards."""
    key, content = f"doctor/{uuid4().hex}.txt", uuid4().hex.encode()
    try:
        try:
            opened.put(key, content)
            if opened.read(key) != content or opened.head(key) is None:
                yield Finding("fail", "store", f"{opened!r} gives back other bytes.", _REMEDY)
                return
            yield Finding("ok", "store", f"{opened!r}: written and read")
            yield _link(lambda: opened.link(key, expires_s=60), content)
        finally:
            opened.delete(key)
        yield _is_gone(opened, key)
    except ReelsError as error:
        yield Finding("fail", "store", error.message, error.remedy or _REMEDY)


def _link(make: Callable[[], str], content: bytes) -> Finding:
    link = make()
    try:
        answer = httpx.get(
            link,
            headers={"Range": "bytes=2-5"},
            timeout=_TIMEOUT_S,
            trust_env=trusts_environment(link),
        )
    except httpx.HTTPError as error:
        where = httpx.URL(link).host
        message = f"Nobody answers at {where} ({type(error).__name__}), where links lead."
        remedy = "Start the API, or mend VIDEO_SERVICE_PUBLIC_URL or the store's public endpoint."
        return Finding("warn", "links", message, remedy)
    if answer.status_code == 206 and answer.content == content[2:6]:
        return Finding("ok", "links", "signed links serve ranges")
    return Finding(
        "fail",
        "links",
        f"A signed link answered {answer.status_code} to a range, not 206 with its bytes.",
        "Players cannot seek. See that links lead to the store, or to our API, and no proxy "
        "takes their query or Range away.",
    )


def _is_gone(opened: ArtifactStore, key: str) -> Finding:
    try:
        opened.read(key)
    except ArtifactMissing:
        return Finding("ok", "deletion", "what is deleted is gone")
    remedy = "Give the key the right to delete; without it the store only grows."
    return Finding("warn", "deletion", f"{key} was deleted and is still there.", remedy)
