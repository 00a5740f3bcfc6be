"""How often callers may come: those who are known by user and route, others by address."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address

from cachetools import TTLCache
from starlette.requests import HTTPConnection

from api.doors.rates import Rate, Rates, Standing
from api.identity.base import Caller
from api.identity.bearer import KEY_HEADER, tokens_offered
from api.identity.gateway import SECRET_HEADER
from reels.errors import Unauthenticated
from reels.settings import LimitSettings

_CREDENTIALS = ("Authorization", KEY_HEADER, SECRET_HEADER)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Who was let in from where, of late: as many as are remembered, and for how long.
_KNOWN, _KNOWN_S = 50_000, 3600.0
_CALLER, _STANDING = "reelwright.caller", "reelwright.standing"


class Admission:
    """Counts each request once, however often it is asked about.

    An address from which many have come that could not prove who they are is not listened
    to for a while, so that nobody guesses keys; except with what has proved good from there.
    """

    def __init__(self, rates: Rates, settings: LimitSettings) -> None:
        self._rates = rates
        self._changes = Rate.of("changes", settings.rate_changes)
        self._reads = Rate.of("reads", settings.rate_reads)
        self._refused = Rate.of("refused", settings.rate_refused)
        self._known: TTLCache[bytes, None] = TTLCache(_KNOWN, _KNOWN_S)

    async def admit(
        self, connection: HTTPConnection, recognise: Callable[[], Awaitable[Caller]]
    ) -> Caller:
        """Who asks, by `recognise`, when they may ask now.

        Raises:
            LimitReached: this user, or this address, asks too often.
            ReelsError: as `recognise`.
        """
        admitted: Caller | None = connection.scope.get(_CALLER)
        if admitted is not None:
            return admitted
        caller = await self._recognised(connection, recognise)
        rate = self._reads if _method(connection) in _READS else self._changes
        standing = await self._rates.hit(rate, caller.user, connection.scope["route"].path)
        connection.scope[_CALLER] = caller
        connection.scope[_STANDING] = standing
        return caller

    async def _recognised(
        self, connection: HTTPConnection, recognise: Callable[[], Awaitable[Caller]]
    ) -> Caller:
        address = address_of(connection)
        proof = proof_of(connection, address)
        if proof not in self._known:
            await self._rates.require(self._refused, address)
        try:
            caller = await recognise()
        except Unauthenticated as error:
            # All users of a gateway have its address and its proof.
            if error.is_guess:
                self._known.pop(proof, None)
                await self._rates.hit(self._refused, address)
            raise
        self._known[proof] = None
        return caller


def standing_of(connection: HTTPConnection) -> Standing | None:
    """How the caller stands with the rate that the request counted for."""
    found: Standing | None = connection.scope.get(_STANDING)
    return found


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from. A network of IPv6 that one customer has is one address."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _method(connection: HTTPConnection) -> str:
    method: str = connection.scope.get("method", "GET")
    return method


def proof_of(connection: HTTPConnection, address: str) -> bytes:
    """What is shown as a proof, and from where, without keeping it."""
    digest = hashlib.sha256(address.encode())
    for name in _CREDENTIALS:
        for value in connection.headers.getlist(name):
            digest.update(f"\n{name}:{value}".encode())
    for token in tokens_offered(connection):
        digest.update(f"\n{token}".encode())
    return digest.digest()
