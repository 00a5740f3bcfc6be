"""Takes out of what is told whatever must not be: keys, tokens, signed links, people's words.

What is known to be secret is found by its value: every secret setting, and the variables of
the environment that are named like one. What is not known is found by its shape.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import quote

from pydantic import SecretStr

from reels.observing.about import about

MARK: Final = "***"
#: A shorter value would be found in words that are nobody's secret.
_SHORTEST_SECRET: Final = 6
_SECRET_NAME = re.compile(r"(?i)(KEY|SECRET|TOKEN|PASSWORD|AUTH_STRING|DSN|_HEADERS)(_ID)?$")

_HEADER_NAMES: Final = (
    "authorization|proxy-authorization|x-api-key|x-gateway-secret|xi-api-key|x-goog-api-key|"
    "cookie|set-cookie|webhook-signature|idempotency-key"
)
_FIELD_NAMES: Final = (
    r"[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?token|refresh[_-]?token|private[_-]?key"
    r"|client[_-]?secret|signature)"
)
_SHAPES: Final = (
    # Headers, as lines, in reprs of dicts and in ASGI's lists of pairs of bytes.
    (
        re.compile(
            rf"(?i)\b((?:{_HEADER_NAMES})[\"']?\s*[:=,]\s*(?:b?[\"'])?(?:(?:bearer|basic)\s+)?)"
            r"[^\s\"',;)}\]]+"
        ),
        rf"\1{MARK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MARK}"),
    (re.compile(rf"(?i)\b({_FIELD_NAMES}[\"']?\s*[:=]\s*b?[\"']?)[^\s\"',;)}}\]&]+"), rf"\1{MARK}"),
    # Whatever may be read by who has the link is in its query.
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s\"'<>?]*|/[\w./%~-]*)\?[^\s\"'<>]+"), rf"\1?{MARK}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@"), rf"\1{MARK}@"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), MARK),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*"), MARK),
    (re.compile(r"\b(?:AIza[\w-]{20,}|sk_[\w-]{16,}|AKIA[A-Z0-9]{12,})"), MARK),
    # What Pydantic repeats of a value that it refuses.
    (re.compile(r"(?s)input_value=.{0,400}?(, input_type=)"), rf"input_value={MARK}\1"),
)
#: None of the shapes is in a text that has none of these.
_HINT = re.compile(
    r"(?i)auth|key|secret|token|cookie|bearer|basic|pass|sign|\?|@|eyJ|AIza|sk_|AKIA|input_value"
)

_told: set[str] = set()


def conceal(secret: str) -> None:
    """From now on `secret` is never told by this process."""
    if len(secret) >= _SHORTEST_SECRET:
        _told.add(secret)
        _values.cache_clear()


def scrub(text: str) -> str:
    """`text` without what must not be told."""
    for value in _values():
        if value in text:
            text = text.replace(value, MARK)
    withheld = about().withheld
    if withheld:
        for words in sorted(withheld, key=len, reverse=True):
            if words in text:
                text = text.replace(words, withheld[words])
    if _HINT.search(text):
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
    return text


def secrets_in(environment: Mapping[str, str]) -> set[str]:
    """The values of variables that are named like secrets."""
    named = (value for name, value in environment.items() if _SECRET_NAME.search(name))
    return {value for value in named if len(value) >= _SHORTEST_SECRET}


@cache
def _values() -> tuple[str, ...]:
    """Every known secret as it is and as it stands in addresses, the longest first."""
    plain = {*_told, *secrets_in(os.environ), *_secret_settings()}
    return tuple(sorted({*plain, *map(_quoted, plain)}, key=len, reverse=True))


def _quoted(value: str) -> str:
    return quote(value, safe="")


def _secret_settings() -> set[str]:
    # They need the environment only when something is told first.
    from reels.settings import ALL

    found: set[str] = set()
    for kind in ALL:
        try:
            settings = kind()
        # Wrong settings are refused elsewhere; lines have to be written all the same.
        except Exception:
            continue
        values = (getattr(settings, name) for name in kind.model_fields)
        found |= {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    return {value for value in found if len(value) >= _SHORTEST_SECRET}
