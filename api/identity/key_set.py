"""A key set at an address, kept for a while and read again when a new key is named."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

import anyio.to_thread
import httpx

from api.identity.signing_keys import SigningKey, keys_of_set
from reels.errors import Unavailable

log = logging.getLogger("api")

#: A key that has been taken out of the set stops counting after this at the latest.
LIFE_S: Final = 600.0
#: For so long the keys are used on while their address does not answer.
STALE_S: Final = 3600.0
#: Anybody can send a token that names a new key; the address is asked no more often.
FLOOR_S: Final = 10.0
TIMEOUT_S: Final = 5.0
MAX_BYTES: Final = 1_000_000


class KeySet:
    """The keys at `url`. Times are in seconds."""

    def __init__(self, url: str, *, floor_s: float = FLOOR_S, life_s: float = LIFE_S) -> None:
        self._url = url
        self._floor_s = floor_s
        self._life_s = life_s
        self._keys: list[SigningKey] = []
        self._read_at = self._asked_at = float("-inf")
        self._has_failed = False
        self._asking = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The key of that name for that algorithm; without a name, the only one that fits.

        Raises:
            Unavailable: the address does not answer, so that nobody knows.
        """
        age_s = time.monotonic() - self._read_at
        found = _fitting(self._keys, kid, algorithm)
        if found and (age_s < self._life_s or (self._asking.locked() and age_s < STALE_S)):
            return found
        await self._read_again()
        if time.monotonic() - self._read_at > max(STALE_S, self._life_s):
            self._keys = []
        found = _fitting(self._keys, kid, algorithm)
        if found is None and self._has_failed:
            raise Unavailable(
                "The keys that tokens are checked with cannot be had now.",
                retry_after_s=self._floor_s,
                remedy="Try again in a moment.",
            )
        return found

    async def _read_again(self) -> None:
        """Read the set, unless that has been tried just now."""
        async with self._asking:
            if time.monotonic() - self._asked_at < self._floor_s:
                return
            self._asked_at = time.monotonic()
            try:
                self._keys = await anyio.to_thread.run_sync(_fetch, self._url)
            except (httpx.HTTPError, OSError, ValueError) as error:
                self._has_failed = True
                log.warning("The keys of tokens cannot be read (%s).", type(error).__name__)
            else:
                self._has_failed = False
                self._read_at = time.monotonic()


def _fitting(keys: Iterable[SigningKey], kid: str | None, algorithm: str) -> SigningKey | None:
    fitting = [key for key in keys if algorithm in key.algorithms and kid in (None, key.kid)]
    return fitting[0] if len(fitting) == 1 else None


def _fetch(url: str) -> list[SigningKey]:
    """Raises ValueError for what is no set of usable keys, and httpx's errors."""
    deadline = time.monotonic() + TIMEOUT_S
    content = b""
    with httpx.stream("GET", url, timeout=TIMEOUT_S, follow_redirects=False) as answer:
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > MAX_BYTES or time.monotonic() > deadline:
                raise ValueError("too much, or too slow")
    keys = keys_of_set(content)
    if not keys:
        raise ValueError("no key that can be used")
    return keys
