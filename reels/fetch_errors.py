"""What goes wrong with a download, in the house's words, and always with its address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reels.addresses import Address
from reels.cloud.retry_after import retry_after_s
from reels.errors import BadOutput, InvalidInput, ProviderError, RateLimited, TransientFailure

if TYPE_CHECKING:
    import httpcore

#: Who failed.
PROVIDER = "web"
_PASSING = {408, 425, 500, 502, 503, 504}


def refusal(reply: httpcore.Response, address: Address) -> ProviderError:
    """What an answer that is no file means."""
    message = f"The file at {address.shown!r} cannot be had: the server answered {reply.status}."
    if reply.status == 429:
        after_s = retry_after_s(header(reply, b"retry-after"))
        return RateLimited(PROVIDER, message, retry_after_s=after_s)
    return (TransientFailure if reply.status in _PASSING else BadOutput)(PROVIDER, message)


def header(reply: httpcore.Response, name: bytes) -> str:
    """An answer's header by its lower-case name; empty when there is none."""
    found = (value for key, value in reply.headers if key.lower() == name)
    return next(found, b"").decode("utf-8", "replace")


@contextmanager
def in_our_words(address: Address) -> Iterator[None]:
    """httpcore's errors as ours, and all of them with the address."""
    import httpcore

    what = f"The file at {address.shown!r}"
    try:
        yield
    except InvalidInput as error:
        if address.shown in error.message:
            raise
        raise InvalidInput(
            error.field, f"{what} cannot be fetched. {error.message}", remedy=error.remedy
        ) from error
    except TransientFailure as error:
        if address.shown in error.message:
            raise
        raise TransientFailure(PROVIDER, f"{what} cannot be fetched. {error.message}") from error
    except httpcore.TimeoutException as error:
        raise TransientFailure(PROVIDER, f"{what} takes too long.") from error
    except httpcore.ConnectError as error:
        # httpcore drops the cause, but its error is made of it.
        if isinstance(next(iter(error.args), None), ssl.SSLCertVerificationError):
            raise BadOutput(PROVIDER, f"{what}: the server's certificate is not valid.") from error
        raise TransientFailure(PROVIDER, f"{what}: the server cannot be reached.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise TransientFailure(PROVIDER, f"{what} did not come whole.") from error
