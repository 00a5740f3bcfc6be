"""Gemini's client: kept for a process, one attempt a call, one deadline, one size, no redirects.

The SDK's own retries heed neither RetryInfo nor Retry-After, a redirect would take the key
along to another host, and the transport's time limit starts anew with every piece it reads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from reels.cloud.access import access, key_setting
from reels.cloud.gemini_errors import ChosenModel, failure_of
from reels.errors import AuthenticationFailed, BadOutput, ReelsError
from reels.settings import ProviderSettings

if TYPE_CHECKING:
    import httpx2
    from google.genai import Client

T = TypeVar("T")

SERVICE: Final = "gemini"
#: A picture of 4K as base64 has about 30 MB.
MAX_REPLY_BYTES = 64_000_000


def sent(send: Callable[[Client], T], model: ChosenModel) -> T:
    """What `send` gives.

    Raises:
        ProviderError: one of our tree, raised apart from the SDK's error, which holds the key.
    """
    settings, found = ProviderSettings(), access(SERVICE)
    key = found.api_key.get_secret_value().strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AuthenticationFailed(
            SERVICE,
            "The key of Gemini has characters that no key has.",
            remedy=f"Correct {key_setting(SERVICE)}.",
        )
    failure: ReelsError
    try:
        timeout_s = settings.provider_timeout_s
        version = settings.gemini_api_version
        return send(_client(os.getpid(), key, found.base_url, version, timeout_s))
    except Exception as error:
        failure = failure_of(error, model, key)
    raise failure


@lru_cache(maxsize=4)
def _client(_pid: int, key: str, base_url: str, api_version: str, timeout_s: float) -> Client:
    """A client of this process, kept: one takes 0.2 s to make, and closes when let go of."""
    # The SDK takes a second to import; flows and API list their providers without it.
    from google.genai import Client, types

    return Client(
        api_key=key,
        vertexai=False,
        http_options=types.HttpOptions(
            base_url=base_url or None,
            api_version=api_version,
            timeout=round(timeout_s * 1000),
            retry_options=types.HttpRetryOptions(attempts=1),
            # A small answer cannot unpack to a large one.
            headers={"accept-encoding": "identity"},
            client_args={
                "follow_redirects": False,
                "event_hooks": _bounds(timeout_s),
            },
        ),
    )


def _bounds(timeout_s: float) -> dict[str, list[Callable[..., None]]]:
    """Hooks that hold a whole answer to one deadline and one size."""
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: httpx2.SyncByteStream, until_s: float) -> None:
            self._stream, self._until_s = stream, until_s

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in self._stream:
                size += len(chunk)
                if size > MAX_REPLY_BYTES:
                    raise BadOutput(
                        SERVICE, f"Gemini's reply has more than {MAX_REPLY_BYTES} bytes."
                    )
                if time.monotonic() > self._until_s:
                    raise httpx2.ReadTimeout("the reply takes too long")
                yield chunk

        def close(self) -> None:
            self._stream.close()

    def start(request: httpx2.Request) -> None:
        request.extensions["until_s"] = time.monotonic() + timeout_s

    def bound(response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = Bounded(response.stream, response.request.extensions["until_s"])

    return {"request": [start], "response": [bound]}
