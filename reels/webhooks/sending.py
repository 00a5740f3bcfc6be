"""Posting a message to an address that a user gave: through the same door as downloads.

Nothing of what the receiver answers counts but its status and `Retry-After`; its body is
never read, and it is sent nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from reels.addresses import Address, check_address, read_address
from reels.cloud.retry_after import retry_after_s
from reels.errors import InvalidInput, TransientFailure
from reels.fetch import Net
from reels.fetch_errors import header
from reels.webhooks.messages import Message
from reels.webhooks.secrets import Secrets
from reels.webhooks.signing import signed_headers

GONE = 410


class Answer(NamedTuple):
    """What a receiver said. `status` is 0 when it said nothing, and `trouble` why."""

    status: int
    took_s: float
    retry_after_s: float | None = None
    trouble: str = ""

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def send(message: Message, url: str, secrets: Secrets, *, net: Net, max_s: float) -> Answer:
    """Post the message, signed by every secret that counts now; see `post`."""
    headers = signed_headers(secrets.signing(datetime.now(UTC)), message.id, message.body)
    return post(url, headers, message.body, net=net, max_s=max_s)


def post(url: str, headers: Mapping[str, str], body: bytes, *, net: Net, max_s: float) -> Answer:
    """Post `body`, once; `max_s` is for all of it. Never raises for what the other side does.

    `trouble` names the server at most: the rest of an address may be a secret.
    """
    began = time.monotonic()
    try:
        address = read_address(url, "url")
        check_address(address, net.allowed, "url")
    except InvalidInput:
        return Answer(0, time.monotonic() - began, trouble="The address is refused.")
    where = f"{address.scheme}://{address.authority}"
    try:
        status, after = _exchange(address, headers, body, net, began + max_s)
    except InvalidInput:
        trouble = f"{where} is refused: it leads to no public address."
    except TransientFailure:
        trouble = f"The host of {where} is not resolved just now."
    except Exception as error:
        trouble = _in_our_words(where, error)
    else:
        return Answer(status, time.monotonic() - began, retry_after_s(after))
    return Answer(0, time.monotonic() - began, trouble=trouble)


def _exchange(
    address: Address, headers: Mapping[str, str], body: bytes, net: Net, until_s: float
) -> tuple[int, str]:
    """The status, and the header `Retry-After`."""
    import httpcore

    from reels.dialing import guarded

    target = httpcore.URL(
        scheme=address.scheme, host=address.host, port=address.port, target=address.target
    )
    sent = [
        ("Host", address.authority),
        ("User-Agent", "reelwright"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        *headers.items(),
    ]
    with (
        guarded(net, "url", until_s) as pool,
        pool.stream("POST", target, headers=sent, content=body) as reply,
    ):
        return reply.status, header(reply, b"retry-after")


def _in_our_words(where: str, error: Exception) -> str:
    """What httpcore and its own libraries raise. Their words may hold anything."""
    import ssl

    import httpcore

    if isinstance(error, httpcore.TimeoutException):
        return f"{where} takes too long."
    if isinstance(error, httpcore.ConnectError):
        if isinstance(next(iter(error.args), None), ssl.SSLCertVerificationError):
            return f"The certificate of {where} is not valid."
        return f"{where} cannot be reached."
    return f"{where} gave no answer ({type(error).__name__})."
