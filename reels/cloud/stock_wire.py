"""How the stock libraries are asked, and what their failures are for us.

Each call is tried once, is bounded in time and size, and follows no redirect with a key.
A key in a URL stands only in the line that is sent: neither httpx's log nor its errors have it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from reels.cloud.access import Access, Service, access, key_setting
from reels.cloud.bounds import bounded_client
from reels.cloud.retry_after import retry_after_s
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    ContentBlocked,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    TransientFailure,
)
from reels.settings import ProviderSettings

#: 80 results take 150 KB.
MAX_ANSWER_BYTES = 4 << 20
_QUOTED_CHARS = 200
#: A library that asks for a longer wait has given out what a month holds.
_LONG_S = 3600.0
_PASSING = {408, 409, 425}
_ABOUT_THE_KEY = re.compile(r"api[ _-]?key|unauthorized|authenticat", re.IGNORECASE)
_NAMES: dict[Service, str] = {"pexels": "Pexels", "pixabay": "Pixabay"}


def name_of(service: Service) -> str:
    """As people write it."""
    return _NAMES.get(service, service)


def ask_json(
    service: Service, home: str, path: str, params: Mapping[str, str], *, key_in: str = ""
) -> dict[str, Any]:
    """The JSON object that the service answers with.

    `home` is the vendor's own address. The key goes into the header `Authorization`, or into
    the parameter `key_in`.

    Raises:
        ProviderError: one of our tree.
    """
    reach = access(service)
    key = _checked(service, reach)
    failure: ProviderError
    try:
        url = httpx.URL((reach.base_url or home).rstrip("/") + path, params=dict(params))
        extensions = {}
        headers = {} if key_in else {"Authorization": key}
        if key_in:
            said = f"&{key_in}={quote(key, safe='')}".encode()
            extensions = {"target": url.raw_path + said}
        limit_s = ProviderSettings().provider_timeout_s
        with bounded_client(
            limit_s=limit_s, limit_bytes=MAX_ANSWER_BYTES, on_reply=lambda _headers: None
        ) as client:
            reply = client.get(url, headers=headers, extensions=extensions)
        found = _object(reply)
        if found is not None:
            return found
        failure = from_answer(service, reply, key)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
        failure = from_transport(service, error)
    # Raised outside of the handler: the transport's error holds the request and the answer.
    raise failure


def from_transport(service: Service, error: Exception) -> ProviderError:
    """Our error for one of the transport's; their texts may quote a URL and are not told."""
    name = name_of(service)
    if isinstance(error, httpx.TimeoutException):
        return TransientFailure(service, f"{name} did not answer in time.")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        return ProviderError(
            service, f"The address of {name} cannot be used.", remedy=_address(service)
        )
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return TransientFailure(service, f"{name} cannot be reached.")
    if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.DecodingError):
        return TransientFailure(service, f"The connection to {name} broke off.")
    return BadOutput(service, f"{name}'s answer cannot be read ({type(error).__name__}).")


def from_answer(service: Service, reply: httpx.Response, key: str) -> ProviderError:
    """Our error for an answer to a search that is none."""
    name, status = name_of(service), reply.status_code
    said = _said(reply, key)
    message = f"{name} answered {status}: {said}."
    if status == 200:
        return BadOutput(service, f"{name} answered with {said} in place of results.")
    if status in (401, 403) or (status == 400 and _ABOUT_THE_KEY.search(said)):
        return AuthenticationFailed(service, message, remedy=f"Check {key_setting(service)}.")
    if status == 402:
        return QuotaExceeded(service, message, remedy="Take another plan, or another library.")
    if status == 451:
        return ContentBlocked(service, message, remedy="Search for something else.")
    limited = limited_by(service, reply, message)
    if limited is not None:
        return limited
    if status in _PASSING or status >= 500:
        return TransientFailure(service, message)
    if 300 <= status < 400:
        return ProviderError(
            service, f"{name}'s address leads elsewhere.", remedy=_address(service)
        )
    return ProviderError(service, message, remedy=_address(service) if status == 404 else "")


def limited_by(service: Service, reply: httpx.Response, message: str) -> ProviderError | None:
    """Our error for a 429, None for another answer."""
    if reply.status_code != 429:
        return None
    wait_s = retry_after_s(reply.headers.get("retry-after"))
    if wait_s is None:
        wait_s = _until_reset_s(reply.headers.get("x-ratelimit-reset"))
    if wait_s is not None and wait_s > _LONG_S:
        return QuotaExceeded(
            service, message, remedy="Wait for the next period, or use another library."
        )
    return RateLimited(service, message, retry_after_s=wait_s)


def _until_reset_s(value: str | None) -> float | None:
    """Pixabay tells seconds, Pexels the moment in Unix time."""
    found = retry_after_s(value if value and value.isdecimal() else None)
    if found is None:
        return None
    return max(0.0, found - time.time()) if found > 1e9 else found


def _object(reply: httpx.Response) -> dict[str, Any] | None:
    if reply.status_code != 200:
        return None
    try:
        value = json.loads(reply.content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _said(reply: httpx.Response, key: str) -> str:
    """The service's own words on one line, without the key, and not many."""
    text = reply.content[:2_000].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return "a page of HTML"
    try:
        value = json.loads(reply.content)
        if isinstance(value, dict):
            text = str(value.get("error") or value.get("code") or value.get("message") or text)
    except (ValueError, RecursionError):
        pass
    for form in {key, quote(key, safe="")}:
        text = text.replace(form, "[key]")
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    text = text.rstrip(" .") or "nothing"
    return text if len(text) <= _QUOTED_CHARS else text[: _QUOTED_CHARS - 1] + "…"


def _checked(service: Service, reach: Access) -> str:
    """A key as it can stand in a header; another one would be quoted by the transport."""
    key = reach.api_key.get_secret_value().strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise AuthenticationFailed(
            service,
            f"The key of {name_of(service)} holds characters that no key has.",
            remedy=f"Check {key_setting(service)}.",
        )
    return key


def _address(service: Service) -> str:
    return f"Check VIDEO_SERVICE_{service.upper()}_BASE_URL."
