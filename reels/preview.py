"""A quick look at a video: smaller, and encoded for speed."""

from __future__ import annotations

from reels.grid import Encoder
from reels.timeline import Timeline

PREVIEW_ENCODER = Encoder(preset="ultrafast", crf=24)
#: What a timeline takes at least.
_MIN_SIDE_PX = 32


def smaller(timeline: Timeline) -> Timeline:
    """The timeline at half its width and height, which stay even."""
    width, height = (max(_MIN_SIDE_PX, 2 * round(side / 4)) for side in timeline.size_px)
    return timeline.model_copy(update={"size_px": (width, height)})
