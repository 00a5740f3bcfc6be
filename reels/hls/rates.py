"""Frame rates: the true one of a film, and the usual one for a film that has none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from reels.hls.packets import Track

#: What cameras and editors make; see SMPTE ST 2036 and the films before it.
USUAL = tuple(
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)
#: Slower films repeat their pictures, so that seeking and starting need not wait for one.
LEAST_FPS, MOST_FPS = Fraction(10), Fraction(60)
#: Clocks of milliseconds round by half of one, and some round twice.
_SLACK_S = 0.0011
#: A rate has no larger parts: 30000/1001.
_DENOMINATOR = 1001
_VARIES = 0.02


def true_rate(video: Track) -> Fraction | None:
    """The rate when pictures are one frame apart all the time, else None."""
    times = (video.shown - video.shown[0]) * float(video.base)
    count = len(times)
    if count < 2:
        length_s = int(video.lengths[0]) * video.base
        return _candidates(float(1 / length_s))[-1] if length_s else Fraction(30)
    if times[-1] <= 0:
        return None
    slack_s = max(float(video.base), _SLACK_S)
    for rate in _candidates((count - 1) / float(times[-1])):
        if np.abs(times - np.arange(count) / float(rate)).max() <= slack_s:
            return rate
    return None


def usual_rate(video: Track) -> Fraction:
    """The rate to give a film whose pictures come irregularly: that of its liveliest parts."""
    gaps = np.diff(video.shown) * float(video.base)
    gaps = gaps[gaps > 0]
    wished = 1 / float(np.quantile(gaps, 0.25)) if len(gaps) else 30.0
    near = min(USUAL, key=lambda rate: abs(float(rate) - wished))
    if float(near) >= wished * (1 - _VARIES):
        return near
    return min((rate for rate in USUAL if float(rate) >= wished), default=MOST_FPS)


def shown_rate(rate: Fraction) -> Fraction:
    """The rate to encode at: the film's own, or a whole part or multiple of it in the limits."""
    if rate > MOST_FPS:
        return rate / -(-rate // MOST_FPS)
    if rate < LEAST_FPS:
        return rate * -(-LEAST_FPS // rate)
    return rate


def _candidates(rate: float) -> list[Fraction]:
    """Rates that may be meant, the likeliest first: films of a few frames tell little."""
    exact = Fraction(rate).limit_denominator(_DENOMINATOR)
    near = sorted(USUAL, key=lambda usual: abs(float(usual) - rate))[:2]
    return [*near, *((exact,) if exact else ())]
