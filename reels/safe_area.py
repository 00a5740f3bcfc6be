"""Where content and captions may lie, so that nothing covers anything.

Shares of the picture, by its shape. They leave room for what the platforms lay over a video
(name and buttons at the bottom, tabs at the top: about a tenth above and a fifth below on
TikTok, Reels and Shorts in 2025) and for the slow zoom, which crops up to 4 % on each side.
"""

from __future__ import annotations

from dataclasses import dataclass

#: x0, y0, x1, y1 in pixels; x1 and y1 lie just outside.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class SafeArea:
    """Shares of width (`side`, `caption_side`) and height (all others) of a picture."""

    side: float
    top: float
    bottom: float
    caption_side: float
    caption_bottom: float
    caption_height: float
    gap: float = 0.025


PORTRAIT = SafeArea(0.09, 0.125, 0.23, 0.09, 0.24, 0.16)
SQUARE = SafeArea(0.08, 0.085, 0.09, 0.09, 0.08, 0.17)
LANDSCAPE = SafeArea(0.08, 0.095, 0.10, 0.14, 0.075, 0.16)


def safe_area(size_px: tuple[int, int]) -> SafeArea:
    """The area of a picture's shape: upright, square (within 10 %) or lying."""
    ratio = size_px[0] / size_px[1]
    if ratio < 0.9:
        return PORTRAIT
    return SQUARE if ratio < 1.1 else LANDSCAPE


def content_box(size_px: tuple[int, int], captions: bool) -> Box:
    """Where a visual's content lies; above the captions when there are any."""
    width, height = size_px
    area = safe_area(size_px)
    below = area.caption_bottom + area.caption_height + area.gap if captions else area.bottom
    return (
        round(width * area.side),
        round(height * area.top),
        round(width * (1 - area.side)),
        round(height * (1 - below)),
    )


def caption_box(size_px: tuple[int, int]) -> Box:
    """The band of the captions; their last line stands on its lower edge."""
    width, height = size_px
    area = safe_area(size_px)
    lower = 1 - area.caption_bottom
    return (
        round(width * area.caption_side),
        round(height * (lower - area.caption_height)),
        round(width * (1 - area.caption_side)),
        round(height * lower),
    )
