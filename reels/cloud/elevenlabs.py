"""ElevenLabs: one client per call, its failures as ours, and what it says that a call cost.

A call is tried once and never redirected; its answer is bounded in time and size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from reels.cloud.access import access, key_setting
from reels.cloud.charges import Operation, paid_call
from reels.cloud.elevenlabs_errors import SERVICE, translated
from reels.errors import AuthenticationFailed, BadOutput
from reels.settings import ProviderSettings

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs
    from elevenlabs.core.request_options import RequestOptions

    from reels.cloud.charges import Bill

T = TypeVar("T")

#: Ten minutes of music are 14 MB.
MAX_ANSWER_BYTES = 64 << 20
_SHORT_S = 10.0
#: To be given with every call: retries are the flows' own.
ONE_TRY: RequestOptions = {"max_retries": 0, "chunk_size": 64 << 10}

OnReply = Callable[[Mapping[str, str]], None]


class Connection:
    """Runs calls of the SDK, each within `limit_s`, and gives their failures as ours."""

    def __init__(self, on_reply: OnReply, limit_s: float) -> None:
        self._on_reply = on_reply
        self._limit_s = limit_s

    def ask(self, work: Callable[[ElevenLabs], T]) -> T:
        """What `work` gets from the client; an answer's body is to be read within `work`.

        Raises:
            ProviderError: see `reels.cloud.elevenlabs_errors`.
            InvalidInput: naming `voice`: the service does not have it.
        """
        reach = access("elevenlabs")
        key = _checked(reach.api_key.get_secret_value())
        failure: Exception | None = None
        try:
            with _client(key, reach.base_url, self._limit_s, self._on_reply) as client:
                return work(client)
        except Exception as error:
            failure = translated(error, key)
            if failure is None:
                raise
        # Raised outside of the handler: the SDK's error holds the answer's whole body.
        raise failure


@contextmanager
def paying(
    model: str, operation: Operation, *, expected: Mapping[str, float]
) -> Iterator[Connection]:
    """A connection for one paid call, which is charged by the answer's `character-cost`.

    The charge is that of the headers, whatever becomes of the body. An answer that is of
    use, but does not say its price, is charged as `expected`.

    Raises:
        BudgetExceeded: before anything is asked.
    """
    with paid_call(SERVICE, model, operation, expected=expected) as bill:
        limit_s = ProviderSettings().provider_timeout_s
        yield Connection(lambda headers: _count(bill, headers), limit_s)
        if not bill.units:
            bill.add(expected)


def asking() -> Connection:
    """A connection for calls that cost nothing, and for which people wait."""
    limit_s = min(_SHORT_S, ProviderSettings().provider_timeout_s)
    return Connection(lambda _headers: None, limit_s)


def whole(pieces: Iterator[bytes]) -> bytes:
    """A streamed sound in one piece.

    Raises:
        BadOutput: it is empty.
    """
    data = b"".join(pieces)
    if not data:
        raise BadOutput(SERVICE, "ElevenLabs answered with nothing.")
    return data


@contextmanager
def _client(key: str, base_url: str, limit_s: float, on_reply: OnReply) -> Iterator[ElevenLabs]:
    # Loaded when first called: the SDK takes a second that listing the voices need not wait.
    from elevenlabs.client import ElevenLabs

    from reels.cloud.bounds import bounded_client

    options: dict[str, Any] = {"base_url": base_url} if base_url else {}
    with bounded_client(limit_s=limit_s, limit_bytes=MAX_ANSWER_BYTES, on_reply=on_reply) as wire:
        yield ElevenLabs(api_key=key, timeout=limit_s, httpx_client=wire, **options)


def _checked(key: str) -> str:
    """A key as it can stand in a header; another one would be quoted by the transport."""
    bare = key.strip()
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        raise AuthenticationFailed(
            SERVICE,
            "The key of ElevenLabs holds characters that no key has.",
            remedy=f"Check {key_setting('elevenlabs')}.",
        )
    return bare


def _count(bill: Bill, headers: Mapping[str, str]) -> None:
    request_id = headers.get("request-id", "")[:100]
    try:
        credits = float(headers.get("character-cost", ""))
    except ValueError:
        credits = -1.0
    counted = {"credit": credits} if 0 <= credits < 1e9 else {}
    bill.add(counted, request_id=request_id)
