"""A look-ahead limiter on true peaks."""

from __future__ import annotations

import cv2
import numpy as np

from reels.loudness import RATE, Samples, true_peaks

#: The gain is down this long before a peak and comes back over the other.
_ATTACK, _RELEASE = round(0.005 * RATE), round(0.060 * RATE)


def limited(block: Samples, ceiling_db: float) -> Samples:
    """`block` of (channels, samples) with no true peak over `ceiling_db`.

    Gains are found from what lies around each sample, so a block must come with context
    (at least 130 ms) that the caller cuts off.
    """
    ceiling = 10 ** (ceiling_db / 20)
    peaks = np.maximum.reduce([true_peaks(channel) for channel in block])
    if peaks.max(initial=0.0) <= ceiling:
        return block
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)).astype(np.float32)
    # The lowest gain within reach, then its mean over that reach: every sample's mean is
    # taken over values that are all at most what that sample needs.
    reach = _ATTACK + _RELEASE
    kernel = np.ones((1, reach + 1), np.uint8)
    anchor = (_RELEASE, 0)
    low = cv2.erode(wanted[None], kernel, anchor=anchor, borderType=cv2.BORDER_REPLICATE)
    back = (reach - _RELEASE, 0)
    gains = cv2.blur(low, (reach + 1, 1), anchor=back, borderType=cv2.BORDER_REPLICATE)[0]
    return np.asarray(block * gains, np.float32)
