"""How long a service asks to be left alone, by its `Retry-After` header."""

from __future__ import annotations

import math
import time
from email.utils import mktime_tz, parsedate_tz


def retry_after_s(value: str | None) -> float | None:
    """Seconds from now (RFC 9110: a number or a date); None when nothing sensible is said."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        date = parsedate_tz(value)
        if date is None:
            return None
        seconds = mktime_tz(date) - time.time()
    return max(0.0, seconds) if math.isfinite(seconds) else None
