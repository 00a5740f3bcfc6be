"""A look-ahead limiter on true peaks."""

from __future__ import annotations

import cv2
import numpy as np

from reels.loudness import RATE, Samples, true_peaks

#: The gain is found for chunks of so many samples (a third of a millisecond).
_CHUNK = 16
#: The gain goes down over the 65 ms before a peak and comes back as slowly: faster would
#: be heard as distortion in a low voice.
_RAMP = round(0.065 * RATE / _CHUNK)


def limited(block: Samples, ceiling_db: float) -> Samples:
    """`block` of (channels, samples) with no true peak over `ceiling_db`.

    Gains are found from what lies around each sample, so a block must come with context
    (at least 130 ms) that the caller cuts off.
    """
    ceiling = 10 ** (ceiling_db / 20)
    peaks = true_peaks(block).max(axis=0)
    if peaks.max(initial=0.0) <= ceiling:
        return block
    samples = len(peaks)
    chunks = np.pad(peaks, (0, -samples % _CHUNK)).reshape(-1, _CHUNK).max(axis=1)
    wanted = np.minimum(1.0, ceiling / np.maximum(chunks, 1e-9)).astype(np.float32)
    # The lowest gain within reach, then its mean over a little less: every mean is taken
    # over values that are at most what its chunk, and the two beside it, need.
    low = cv2.erode(wanted[None], np.ones((1, _RAMP + 2), np.uint8), borderValue=1.0)
    gains = cv2.blur(low, (_RAMP, 1), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.resize(gains, (gains.shape[1] * _CHUNK, 1), interpolation=cv2.INTER_LINEAR)
    return np.asarray(block * smooth[0, :samples], np.float32)
