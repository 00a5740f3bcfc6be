"""An HTTP transport that tries again for a bounded time, and then says so in our words.

Prefect's own client backs off for up to a minute, which is no way to answer a request.
"""

from __future__ import annotations

import random
import re
import ssl
import time
from functools import cache, lru_cache
from itertools import count

import anyio
import httpx
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_TLS_INSECURE_SKIP_VERIFY

from api.metrics import PREFECT_FAILURES, PREFECT_SECONDS
from reels.errors import Unavailable
from reels.observing import tracing

#: Refused before anything was done, so that even a change may be sent again.
_REFUSED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BUSY = frozenset({429, 502, 503, 504})
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 1.0
_WORD = re.compile(r"[a-z][a-z_]{1,40}")


class PatientTransport(httpx.AsyncBaseTransport):
    """Sends through `inner`; tries again for `patience_s` seconds with jitter.

    What may have taken effect though no answer came is sent again only when that is
    harmless: reads, and creations, which carry an idempotency key.

    Raises:
        Unavailable: the server cannot be reached, is busy or failed.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, patience_s: float) -> None:
        self._inner = inner
        self._patience_s = patience_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation = operation_of(request.url.path)
        with (
            PREFECT_SECONDS.labels(operation).time(),
            tracing.span(f"prefect {operation}", "client"),
        ):
            return await self._answer(request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + self._patience_s
        for attempt in count():
            reason = "cannot be reached"
            try:
                response = await self._inner.handle_async_request(request)
            except httpx.TransportError as error:
                is_refused = isinstance(error, _REFUSED)
                PREFECT_FAILURES.labels("unreachable" if is_refused else "lost").inc()
                if not (is_refused or _is_repeatable(request)):
                    raise _unavailable("did not answer") from error
            else:
                if response.status_code < 500 and response.status_code not in _BUSY:
                    return response
                await response.aclose()
                is_busy = response.status_code in _BUSY
                PREFECT_FAILURES.labels("busy" if is_busy else "failed").inc()
                if not is_busy:
                    raise _unavailable(f"failed with status {response.status_code}")
                reason = "is busy"
            delay_s = _delay_s(attempt)
            if time.monotonic() + delay_s > deadline:
                raise _unavailable(reason)
            await anyio.sleep(delay_s)
        raise AssertionError("count() does not end")

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def tls() -> ssl.SSLContext:
    """How Prefect's server is verified, by Prefect's own settings. Dear to make: made once."""
    if PREFECT_API_TLS_INSECURE_SKIP_VERIFY.value():
        return httpx.create_ssl_context(verify=False)
    own = PREFECT_API_SSL_CERT_FILE.value()
    return ssl.create_default_context(cafile=own) if own else httpx.create_ssl_context()


@lru_cache(4096)
def operation_of(path: str) -> str:
    """What is asked of Prefect, by its path without ids and names: `flow_runs/{id}/set_state`."""
    words = path.strip("/").removeprefix("api").strip("/").split("/")
    named = words.index("name") + 1 if "name" in words else len(words)
    kept = [word if _WORD.fullmatch(word) else "{id}" for word in words[:named]]
    return "/".join([*kept, *(["{name}"] if named < len(words) else [])])[:80]


def _is_repeatable(request: httpx.Request) -> bool:
    reads = request.method == "GET" or request.url.path.endswith(("/filter", "/count"))
    return reads or request.url.path.endswith("/create_flow_run")


def _delay_s(attempt: int) -> float:
    longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, 10))
    return longest * random.uniform(0.5, 1.0)


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(f"The Prefect server {reason}.", remedy="Try again in a moment.")
