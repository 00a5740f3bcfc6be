"""Shots that are black because their pictures are: no fault of the renderer's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reels import pictures
from reels.grid import Segment
from reels.stretches import FrameRange

#: How light a pixel may be, of 255, and how many may be lighter, to pass for black.
_BLACK, _SEEN_SHARE = 30, 0.01
#: Wide enough to find what is seen.
_NEAR_PX = (128, 128)


def dark_shots(segments: Sequence[Segment]) -> tuple[FrameRange, ...]:
    """The frames of segments that show a picture that is black itself. Decodes them all."""
    media = {span.media for segment in segments for span in segment.spans}
    dark = {each for each in media if each.kind == "picture" and _is_dark(each.path)}
    return tuple(
        (segment.first_frame, segment.first_frame + segment.frames)
        for segment in segments
        if any(span.media in dark for span in segment.spans)
    )


def _is_dark(path: Path) -> bool:
    seen = pictures.decode(path, _NEAR_PX).max(axis=2) > _BLACK
    return bool(np.mean(seen) < _SEEN_SHARE)
