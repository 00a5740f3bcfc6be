"""Everything that goes wrong with Gemini, as one of our errors. The only place that decides.

| what happened | becomes |
|---|---|
| 400 with a reason about the key, 401, 403, 400 FAILED_PRECONDITION | AuthenticationFailed |
| 429 by a quota of a day, of none, or by spent credit | QuotaExceeded |
| any other 429 | RateLimited, with the longer of RetryInfo and Retry-After |
| 408, 409, 425, 499, 5xx; no connection, a reset, a time-out | TransientFailure |
| a blocked prompt; a finish for safety, recitation, prohibited content | ContentBlocked |
| cut off, empty, no picture, malformed; a reply that is not the service's format | BadOutput |
| 404, 3xx, other 4xx | ProviderError: a setting is wrong, and the remedy names it |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from reels.cloud.access import key_setting
from reels.cloud.retry_after import retry_after_s
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    ContentBlocked,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    ReelsError,
    TransientFailure,
)

if TYPE_CHECKING:
    from google.genai.types import GenerateContentResponse

_SERVICE = "gemini"
_MAX_QUOTED_CHARS = 200
_PASSING = frozenset({408, 409, 425, 499})

_KEY_REASONS = ("API_KEY", "ACCESS_TOKEN", "CONSUMER_", "SERVICE_DISABLED", "ACCOUNT_STATE")
_KEY_MESSAGE = re.compile(r"api[ _]key (?:not valid|not found|expired|invalid)", re.I)
_SPENT = re.compile(r"per day|per-day|daily|deplet|spend(?:ing)? (?:cap|limit)|prepa", re.I)
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")

_BLOCKED = frozenset(
    [
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MODEL_ARMOR",
        "ESCALATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    ]
)
_FINISHED = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED", ""})
_UNUSABLE = {
    "MAX_TOKENS": "it was cut off at the limit of its length",
    "CONTINUATION": "it was cut off at the limit of its length",
    "LANGUAGE": "the language is not supported",
    "NO_IMAGE": "there is no picture in it",
    "IMAGE_OTHER": "the picture was not made",
}


class ChosenModel(NamedTuple):
    """A model's name, and the environment name of the setting that holds it."""

    name: str
    setting: str


class _Answer(NamedTuple):
    """An error that the service itself sent."""

    status: int
    body: Any
    headers: Mapping[str, str]


def failure_of(error: Exception, model: ChosenModel, key: str) -> ReelsError:
    """Our error for what the SDK raised; it holds neither the key nor the SDK's error."""
    if isinstance(error, ReelsError):
        return error
    answer = _answer_of(error)
    if answer is not None and answer.status >= 300:
        return _by_status(answer, model, key)
    transport = _transport_failure(error)
    if transport is not None:
        return transport
    kind = type(error).__name__
    return BadOutput(_SERVICE, f"Gemini's answer is not in the service's own format ({kind}).")


def refusal_of(response: GenerateContentResponse) -> ProviderError | None:
    """Why a reply may not be used; None when it ended as it should."""
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        reason = quoted(feedback.block_reason_message or _name(feedback.block_reason))
        return _blocked(f"Gemini refuses the request: {reason}.")
    if not response.candidates:
        return BadOutput(_SERVICE, "Gemini's reply is empty: it has no candidates.")
    candidate = response.candidates[0]
    reason = _name(candidate.finish_reason) if candidate.finish_reason else ""
    if reason in _FINISHED:
        return None
    if reason in _BLOCKED:
        return _blocked(f"Gemini refuses to answer: {reason}.")
    if reason == "PUP_LIMITED_DISABLED":
        return _no_access("Gemini has limited or disabled the account of this key.")
    why = _UNUSABLE.get(reason, f"it ended with {quoted(reason)}")
    return BadOutput(_SERVICE, f"Gemini's reply cannot be used: {why}.")


def quoted(text: object, key: str = "") -> str:
    """Words of the service for a message: in one line, short, and never with the key."""
    words = " ".join(str(text).split())
    if key:
        words = words.replace(key, "…")
    return words if len(words) <= _MAX_QUOTED_CHARS else words[: _MAX_QUOTED_CHARS - 1] + "…"


def _name(reason: Any) -> str:
    return str(getattr(reason, "value", reason))


def _answer_of(error: Exception) -> _Answer | None:
    from google.genai import errors

    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    if isinstance(error, errors.APIError):
        return _Answer(int(error.code or 0), error.details, headers)
    # The errors of `interactions` are a tree apart, without a public name.
    status = getattr(error, "status_code", None)
    return _Answer(status, getattr(error, "body", None), headers) if status else None


def _transport_failure(error: Exception) -> ProviderError | None:
    """The texts of these errors may quote headers, so only their kinds are told."""
    import httpx2

    cause = error if isinstance(error, httpx2.HTTPError) else error.__cause__
    if isinstance(cause, httpx2.TimeoutException):
        return TransientFailure(
            _SERVICE,
            "Gemini did not answer in time.",
            remedy="VIDEO_SERVICE_PROVIDER_TIMEOUT_S is how long a call may take.",
        )
    if isinstance(cause, httpx2.UnsupportedProtocol):
        return _misplaced("The address of Gemini is none of http or https.")
    if isinstance(cause, httpx2.HTTPError):
        kind = type(cause).__name__
        return TransientFailure(_SERVICE, f"The connection to Gemini failed ({kind}).")
    return None


def _by_status(answer: _Answer, model: ChosenModel, key: str) -> ProviderError:
    status, said = answer.status, quoted(_message(answer), key).rstrip(" .")
    if _is_about_the_key(answer):
        return _no_access(f"Gemini refuses the key ({status}): {said}.")
    if status == 429:
        return _too_much(answer, said)
    if status >= 500 or status in _PASSING:
        return TransientFailure(_SERVICE, f"Gemini has failed ({status}): {said}.")
    if status == 404:
        return ProviderError(
            _SERVICE,
            f"Gemini does not have the model {model.name!r}: {said}.",
            remedy=f"Set {model.setting} to a model that there is.",
        )
    if status < 400:
        return _misplaced(f"Gemini's address leads elsewhere ({status}).")
    return ProviderError(
        _SERVICE,
        f"Gemini refuses the request ({status}): {said}.",
        remedy=f"If all requests fail so, check {model.setting}.",
    )


def _too_much(answer: _Answer, said: str) -> ProviderError:
    if _is_spent(answer):
        return QuotaExceeded(
            _SERVICE,
            f"Gemini's quota is used up: {said}.",
            remedy="Wait for the next day, or raise the quota of the key's project.",
        )
    delay_s = _delay_s(answer)
    return RateLimited(_SERVICE, f"Gemini is asked too often: {said}.", retry_after_s=delay_s)


def _is_about_the_key(answer: _Answer) -> bool:
    if answer.status in (401, 403):
        return True
    if answer.status != 400:
        return False
    if _error(answer).get("status") == "FAILED_PRECONDITION":
        return True
    reasons = [str(detail.get("reason", "")) for detail in _details(answer)]
    named = any(reason.startswith(_KEY_REASONS) for reason in reasons)
    return named or _KEY_MESSAGE.search(_message(answer)) is not None


def _is_spent(answer: _Answer) -> bool:
    for detail in _details(answer):
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if not isinstance(violation, dict):
                continue
            if "PerDay" in str(violation.get("quotaId", "")):
                return True
            if str(violation.get("quotaValue", "")) == "0":
                return True
    return _SPENT.search(_message(answer)) is not None


def _delay_s(answer: _Answer) -> float | None:
    found = [retry_after_s(answer.headers.get("retry-after"))]
    for detail in _details(answer):
        delay = _DELAY.fullmatch(str(detail.get("retryDelay", "")))
        found.append(float(delay.group(1)) if delay else None)
    return max((delay for delay in found if delay is not None), default=None)


def _error(answer: _Answer) -> Mapping[str, Any]:
    body = answer.body
    if isinstance(body, list) and body:
        body = body[0]
    inner = body.get("error", body) if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def _details(answer: _Answer) -> Iterator[Mapping[str, Any]]:
    details = _error(answer).get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict):
            yield detail


def _message(answer: _Answer) -> str:
    """What the service says; of a page of HTML only that it is one."""
    message = str(_error(answer).get("message") or "")
    if not message and isinstance(answer.body, str):
        message = answer.body
    if message.lstrip().startswith("<"):
        return "a page of HTML"
    return message or "no reason given"


def _blocked(message: str) -> ContentBlocked:
    return ContentBlocked(_SERVICE, message, remedy="Change the wording, or use another provider.")


def _no_access(message: str) -> AuthenticationFailed:
    return AuthenticationFailed(
        _SERVICE, message, remedy=f"Set {key_setting('gemini')} to a valid key."
    )


def _misplaced(message: str) -> ProviderError:
    return ProviderError(_SERVICE, message, remedy="Correct VIDEO_SERVICE_GEMINI_BASE_URL.")
