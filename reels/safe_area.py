"""Where content and captions may lie, so that nothing covers anything.

Shares of the picture, by its shape. They leave room for what the platforms lay over a video
(name and buttons at the bottom, tabs at the top, icons on the right) and for the slow zoom,
which crops up to 4 % on each side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Platform = Literal["any", "tiktok", "reels", "shorts", "none"]
Position = Literal["bottom", "middle", "top"]

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


@dataclass(frozen=True)
class Covered:
    """Shares of an upright video that a platform's own buttons and texts cover."""

    top: float
    bottom: float
    left: float
    right: float


#: Of organic videos on telephones of 9:16, the larger figure where two differ: blitzcutai.com,
#: "Best Caption Placement for Short-Form Video" (January 2026: TikTok 130 px above, 320 to 350
#: below, 120 to 164 on the right of 1080 x 1920; Reels 220, 450, 120; Shorts 120, 300, 120);
#: Meta's 14 % above and 6 % beside for Reels (Ads Guide, 2026); youraithumbnailgenerator.com,
#: "YouTube Shorts Safe Zones" (2026). Paid adverts cover up to 35 % below.
_PLATFORMS: dict[Platform, Covered] = {
    "tiktok": Covered(top=0.08, bottom=0.19, left=0.06, right=0.13),
    "reels": Covered(top=0.14, bottom=0.24, left=0.06, right=0.11),
    "shorts": Covered(top=0.10, bottom=0.22, left=0.06, right=0.12),
}
COVERED: dict[Platform, Covered] = _PLATFORMS | {
    "any": Covered(
        top=max(covered.top for covered in _PLATFORMS.values()),
        bottom=max(covered.bottom for covered in _PLATFORMS.values()),
        left=max(covered.left for covered in _PLATFORMS.values()),
        right=max(covered.right for covered in _PLATFORMS.values()),
    ),
    "none": Covered(top=0.05, bottom=0.05, left=0.05, right=0.05),
}

PORTRAIT = SafeArea(0.09, 0.125, 0.23, 0.13, 0.24, 0.16)
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


def caption_box(
    size_px: tuple[int, int],
    position: Position = "bottom",
    platform: Platform = "any",
    size: float = 1.0,
) -> Box:
    """The band of the captions; it is `size` times as high as usual where the frame allows.

    At the bottom its last line stands on its lower edge, at the top its first hangs from the
    upper one. Both sides keep the same distance, so that lines stand in the middle.
    """
    width, height = size_px
    area, free = safe_area(size_px), _free(size_px, platform)
    share = min(area.caption_height * max(size, 1.0), 1 - free.top - free.bottom)
    upper = {
        "bottom": 1 - free.bottom - share,
        "middle": min(max(0.5 - share / 2, free.top), 1 - free.bottom - share),
        "top": free.top,
    }[position]
    side = max(free.left, free.right)
    return (
        round(width * side),
        round(height * upper),
        round(width * (1 - side)),
        round(height * (upper + share)),
    )


def _free(size_px: tuple[int, int], platform: Platform) -> Covered:
    """What captions keep clear of. Videos of other shapes are shown without buttons on them."""
    area = safe_area(size_px)
    if area is PORTRAIT or platform == "none":
        return COVERED[platform]
    side = area.caption_side
    return Covered(area.top, area.caption_bottom, side, side)
