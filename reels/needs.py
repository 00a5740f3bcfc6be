"""How much memory a run comes to at its peak, by what it makes.

Measured as anonymous memory, which cannot be had back from a process: of a run's own process,
forked from a warm engine, and of all children together. The sums are rounded up: a run that
takes more than was said may have its machine kill another.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from reels.limits import UNTRUSTED

#: Any run's process, at light work. Measured: 101 MB packaging, 111 MB aligning by `dtw`.
RUN_BYTES: Final = 120_000_000
#: A job's own flow, which draws slides in up to 8 threads. Measured: 310 MB.
JOB_BYTES: Final = 350_000_000

#: Each segment that is drawn and encoded at the same time, without clips. Measured with 1, 2, 4
#: and 8 of them: 46 MB each at 540x960, 138 to 153 MB at 1080x1920, 424 MB at 2160x3840.
_SEGMENT_BYTES: Final = 25_000_000
_SEGMENT_BYTES_PER_PX: Final = 62
#: The child that decodes a clip: see `reels.limits`, which bounds it. Measured beside segments:
#: 113 MB for H.264 in 1080p.
_CLIP_BYTES: Final = 100_000_000
_CLIP_BYTES_PER_PX: Final = 42

#: The child that encodes all rungs of a package. Measured on 2 cores: 546 MB of 1080x1920,
#: 594 MB of 4K. x264 holds some pictures more for every thread.
_RUNGS_BYTES: Final = 420_000_000
_RUNGS_BYTES_PER_CORE: Final = 60_000_000
#: What is decoded waits for the slowest rung; HDR is mapped in floats.
_FILM_BYTES_PER_PX: Final = 30
_MOST_RUNGS_BYTES: Final = 3 << 30

#: PyTorch and one line at work in it, beside the weights. Measured: 230 MB with `tiny`, 247 MB
#: with `base`, which grow with the width of the model.
_LISTENING_BYTES: Final = 400_000_000
#: 4 bytes of each parameter in use, and while they are read 2 more as they lie in the file.
_BYTES_PER_PARAMETER: Final = 6
#: As published with the models.
_PARAMETERS: Final = {
    "tiny": 39_000_000,
    "base": 74_000_000,
    "small": 244_000_000,
    "medium": 769_000_000,
    "large": 1_550_000_000,
    "turbo": 809_000_000,
}


def render_bytes(size_px: tuple[int, int], at_once: int, clips_px: Sequence[int] = ()) -> int:
    """A run that encodes `at_once` segments of `size_px` side by side.

    `clips_px` are the pictures' sizes, in pixels, of clips that are decoded for each of them.
    """
    segment = _SEGMENT_BYTES + _SEGMENT_BYTES_PER_PX * size_px[0] * size_px[1]
    most = UNTRUSTED.memory_bytes or 0
    clips = sum(min(_CLIP_BYTES + _CLIP_BYTES_PER_PX * pixels, most) for pixels in clips_px)
    return RUN_BYTES + at_once * (segment + clips)


def package_bytes(size_px: tuple[int, int], cores: int) -> int:
    """A run that packages a film of `size_px` in all its rungs."""
    pixels = size_px[0] * size_px[1]
    rungs = _RUNGS_BYTES + _RUNGS_BYTES_PER_CORE * cores + _FILM_BYTES_PER_PX * pixels
    return RUN_BYTES + min(rungs, _MOST_RUNGS_BYTES)


def listening_bytes() -> int:
    """A run that hears words with Whisper, beside the model."""
    return RUN_BYTES + _LISTENING_BYTES


def model_bytes(model: str) -> int:
    """Whisper's model, by its name or as a file: its engine holds it for all runs."""
    file = Path(model)
    if file.is_file():
        return file.stat().st_size // 2 * _BYTES_PER_PARAMETER
    name = model.partition(".")[0]
    known = (count for each, count in _PARAMETERS.items() if name.rpartition("-")[2] == each)
    # The largest, as `large-v3`, and what is not known.
    return next(known, _PARAMETERS["large"]) * _BYTES_PER_PARAMETER
