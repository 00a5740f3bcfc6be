"""Keys that ops make for callers; see `api.identity.keyring`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import anyio
import anyio.to_thread
from cachetools import TTLCache
from starlette.requests import HTTPConnection

from api.identity.base import Caller, OpenStore, Ways, header_way, only
from api.identity.bearer import KEY_HEADER, bearer_of
from api.identity.keyring import KeyRecord, Keyring, Sent, parse
from reels.errors import Unauthenticated
from reels.settings import ApiSettings, AuthSettings

#: A key that has been revoked stops counting after this.
KNOWN_FOR_S: Final = 3.0
MAX_KNOWN: Final = 10_000
AT_ONCE: Final = 8


class ApiKeys:
    """Believes keys whose hash the store keeps, sent in `X-API-Key` or as a bearer token."""

    challenge = f'Bearer realm="reelwright", ApiKey header="{KEY_HEADER}"'
    ways: Ways = (
        {"api_key": header_way(KEY_HEADER, "a key that ops have made")},
        {"bearer_key": {"type": "http", "scheme": "bearer", "description": "the same key"}},
    )

    def __init__(self, open_store: OpenStore, known_for_s: float = KNOWN_FOR_S) -> None:
        self._open_store = open_store
        # Anybody can ask for keys that are none: that may not use up the threads of all routes.
        self._at_once = anyio.CapacityLimiter(AT_ONCE)
        self._known: TTLCache[str, asyncio.Task[KeyRecord | None]] = TTLCache(
            MAX_KNOWN, known_for_s
        )

    @classmethod
    def of(cls, _auth: AuthSettings, _api: ApiSettings, open_store: OpenStore) -> ApiKeys:
        return cls(open_store)

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        sent = self._sent(connection)
        record = await self._record(sent.id)
        if record is None or not record.is_secret(sent.secret):
            raise self._refused("The key is none of ours.")
        state = record.state(datetime.now(UTC))
        if state != "valid":
            raise self._refused(f"The key {record.id} is {state}.")
        return record.caller

    def is_assumed(self, _connection: HTTPConnection) -> bool:
        return False

    def _sent(self, connection: HTTPConnection) -> Sent:
        given, other = only(connection, KEY_HEADER), bearer_of(connection)
        if given is None and not other:
            raise self._refused("The request brings no key.")
        if given is not None and other:
            raise self._refused("The request brings two keys; one is enough.")
        sent = parse(given or other)
        if sent is None:
            raise self._refused("The key is none of ours.")
        return sent

    async def _record(self, key_id: str) -> KeyRecord | None:
        """What the store keeps, read once for all who ask at the same time."""
        reading = self._known.get(key_id)
        if reading is None:
            reading = self._known[key_id] = asyncio.create_task(self._read(key_id))
        try:
            return await asyncio.shield(reading)
        except Exception:
            # A failure is not worth keeping: the next one asks again.
            if self._known.get(key_id) is reading:
                del self._known[key_id]
            raise

    async def _read(self, key_id: str) -> KeyRecord | None:
        return await anyio.to_thread.run_sync(
            lambda: Keyring(self._open_store()).find(key_id), limiter=self._at_once
        )

    def _refused(self, message: str) -> Unauthenticated:
        return Unauthenticated(
            message,
            scheme=self.challenge,
            remedy=f"Send a key in {KEY_HEADER}, or as Authorization: Bearer.",
        )
