"""What ElevenLabs' failures are for us. This is the one place that reads its SDK's errors.

An answer is judged by its code first (`detail.code`, or `detail.status` in older ones) and
by its HTTP status where the code is not known.
"""

from __future__ import annotations

import re
from typing import Any

from reels.cloud.access import key_setting
from reels.cloud.retry_after import retry_after_s
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    ContentBlocked,
    InvalidInput,
    QuotaExceeded,
    RateLimited,
    ReelsError,
    TransientFailure,
)

SERVICE = "elevenlabs"
_QUOTED_CHARS = 200

_QUOTA = {"quota_exceeded", "insufficient_credits", "payment_required", "payment_issue"}
_PLAN = {
    "limited_access",
    "output_format_not_allowed",
    "paid_plan_required",
    "subscription_required",
}
_RATE = {
    "concurrent_limit_exceeded",
    "rate_limit_exceeded",
    "system_busy",
    "too_many_concurrent_requests",
    "too_many_requests",
}
_VOICE = {"invalid_uid", "invalid_voice_id", "voice_does_not_exist", "voice_not_found"}
#: Parts of codes that say that the content is refused; `bad_prompt` names works or artists.
_BLOCKED = re.compile(r"policy|moderat|blocked|safety|violat|bad_prompt|bad_composition")
_PASSING = {408, 409, 425}


def translated(error: Exception, key: str) -> ReelsError | None:
    """Our error for one of the SDK's or its transport's; None for what is neither.

    `key` is kept out of the message, should an answer quote it.
    """
    import httpx
    from elevenlabs.core.api_error import ApiError
    from elevenlabs.core.parse_error import ParsingError

    if isinstance(error, ApiError):
        return from_answer(error.status_code or 0, error.body, dict(error.headers or {}), key=key)
    if isinstance(error, httpx.TimeoutException):
        return TransientFailure(SERVICE, "ElevenLabs did not answer in time.")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return BadOutput(
            SERVICE,
            "The address of ElevenLabs cannot be used.",
            remedy="Check VIDEO_SERVICE_ELEVENLABS_BASE_URL.",
        )
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return TransientFailure(SERVICE, "ElevenLabs cannot be reached.")
    if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.DecodingError):
        return TransientFailure(SERVICE, "The connection to ElevenLabs broke off.")
    if isinstance(error, httpx.HTTPError | httpx.StreamError):
        return BadOutput(SERVICE, f"ElevenLabs' answer cannot be read ({type(error).__name__}).")
    # The SDK builds its models without checks, so odd JSON fails in it in odd ways.
    if isinstance(error, ParsingError | ValueError | TypeError | AttributeError | KeyError):
        return BadOutput(SERVICE, "ElevenLabs answered with something of another form.")
    return None


def from_answer(status: int, body: Any, headers: dict[str, str], *, key: str = "") -> ReelsError:
    """Our error for an answer that is none."""
    code, text = _said(body)
    said = _quoted(text, key)
    message = f"ElevenLabs answered {status}{f' {_quoted(code, key)}' if code else ''}"
    message += f": {said}" if said else "."
    if code in _QUOTA or (status == 402 and code not in _PLAN):
        remedy = "Buy credits, raise the key's own limit, or wait for the next period."
        return QuotaExceeded(SERVICE, message, remedy=remedy)
    if code in _PLAN:
        return QuotaExceeded(SERVICE, message, remedy="The plan does not include it: take another.")
    if code in _RATE or status == 429:
        wait_s = retry_after_s(headers.get("retry-after"))
        return RateLimited(SERVICE, message, retry_after_s=wait_s)
    if code in _VOICE:
        return InvalidInput("voice", message, remedy="GET /voices lists the voices that there are.")
    if _BLOCKED.search(code) or status == 451:
        return ContentBlocked(SERVICE, message, remedy="Word it differently.")
    if status in (401, 403):
        return AuthenticationFailed(SERVICE, message, remedy=_key_remedy(code))
    if status in _PASSING or status >= 500:
        return TransientFailure(SERVICE, message)
    return BadOutput(SERVICE, message, remedy=_other_remedy(status, code))


def _key_remedy(code: str) -> str:
    if code == "missing_permissions":
        return "Give the key the permission that the message names."
    return f"Check {key_setting('elevenlabs')}, or the block elevenlabs-access/default."


def _other_remedy(status: int, code: str) -> str:
    if "model" in code:
        return (
            "Check VIDEO_SERVICE_ELEVENLABS_MODEL_ID and VIDEO_SERVICE_ELEVENLABS_MUSIC_MODEL_ID."
        )
    if status < 400 or status == 404:
        return "Check VIDEO_SERVICE_ELEVENLABS_BASE_URL."
    return ""


def _said(body: Any) -> tuple[str, str]:
    """The code and the words of an answer's body."""
    detail = body.get("detail", body) if isinstance(body, dict) else body
    if isinstance(detail, dict):
        code = detail.get("code") or detail.get("status") or detail.get("type") or ""
        words = detail.get("message") or detail.get("msg") or ""
        return str(code).strip().lower(), str(words)
    if isinstance(detail, list):
        return "", "; ".join(_invalid(each) for each in detail[:3])
    text = str(detail or "").strip()
    return "", "a web page" if text.startswith("<") else text


def _invalid(item: Any) -> str:
    """One entry of a 422's list, as in `body.text: field required`."""
    if not isinstance(item, dict):
        return str(item)
    where = item.get("loc") or ()
    path = ".".join(map(str, where)) if isinstance(where, list | tuple) else str(where)
    return f"{path}: {item.get('msg', '')}"


def _quoted(text: str, key: str) -> str:
    """The service's words on one line, without the key, and not many."""
    plain = text.replace(key, "[key]") if key else text
    plain = "".join(char if char.isprintable() else " " for char in plain)
    plain = " ".join(plain.split())
    return plain if len(plain) <= _QUOTED_CHARS else plain[: _QUOTED_CHARS - 1] + "…"
