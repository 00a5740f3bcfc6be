"""Where captions stand in a frame, and their sizes in pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from reels.captions.type import Extent, space
from reels.fonts import Weight
from reels.models import CaptionLook, CaptionStyle
from reels.safe_area import Position, caption_box

#: The faces that a look's fonts stand for.
WEIGHTS: dict[str, Weight] = {"sans": "extrabold", "display": "display", "mono": "mono"}

#: Ems as shares of the frame's shorter side: 70 px of 1080 upright, 56 px lying.
_EM_UPRIGHT = 0.065
_EM_LYING = 0.052
#: The outline, in ems; the soft shadow reaches beyond it by as much again.
_OUTLINE = 0.075
#: From baseline to baseline, in ems; a box around a word wants more.
_LEADING: dict[CaptionStyle, float] = {"box": 1.42}
_USUAL_LEADING = 1.2
#: Words that grow, or stand in a box, stand further apart; in widths of a space.
_GAP: dict[CaptionStyle, float] = {"box": 1.35, "pop": 1.5}
#: What letters of the house face reach above and below the baseline: lines keep their place
#: whether or not a line has such letters.
_ABOVE, _BELOW = 0.76, 0.24
#: The box around a word, in ems: beyond its letters (and beyond those of scripts without
#: spaces), above and below its line, its corners.
BOX_SIDE, BOX_SIDE_TIGHT, BOX_ABOVE, BOX_RADIUS = 0.14, 0.06, 0.1, 0.2
#: How much larger a word becomes while it is spoken.
GROWTH = 0.12


class Look(NamedTuple):
    """A caption's place and face. `box` is x0, y0, x1, y1 in pixels, `em_px` the usual size.

    `outline` and `gap`, the space between words, are in ems.
    """

    box: tuple[int, int, int, int]
    position: Position
    style: CaptionStyle
    weight: Weight
    em_px: float
    outline: float
    gap: float

    @property
    def reach(self) -> float:
        """What is drawn beyond the letters on each side, in ems."""
        return max(self.outline, BOX_SIDE if self.style == "box" else 0.0)

    def width(self, em_px: float) -> float:
        """The room for a line's letters, in ems of that size."""
        return (self.box[2] - self.box[0]) / em_px - 2 * self.reach

    def height(self, em_px: float) -> float:
        """The room for lines, in ems of that size."""
        return (self.box[3] - self.box[1]) / em_px - 2 * max(self.outline, self._padding)

    def leading(self, above: Extent, below: Extent) -> float:
        """The distance between the baselines of two lines, in ems: marks never collide."""
        least = _LEADING.get(self.style, _USUAL_LEADING)
        return max(least, above.below + below.above + self.outline + self._padding)

    @property
    def _padding(self) -> float:
        return BOX_ABOVE if self.style == "box" else 0.0

    def baselines(self, lines: list[Extent]) -> tuple[list[float], float]:
        """Each line's baseline below the first one's, and the height of all, in ems."""
        places = [0.0]
        for index in range(1, len(lines)):
            places.append(places[-1] + self.leading(lines[index - 1], lines[index]))
        height = above(lines) + places[-1] + below(lines)
        return places, height

    def first_baseline_px(self, lines: list[Extent], em_px: float) -> float:
        """Where the first line stands in the frame."""
        places, height = self.baselines(lines)
        _, y0, _, y1 = self.box
        edge = max(self.outline, self._padding) * em_px
        if self.position == "top":
            return y0 + edge + above(lines) * em_px
        if self.position == "middle":
            return (y0 + y1 - height * em_px) / 2 + above(lines) * em_px
        return y1 - edge - (below(lines) + places[-1]) * em_px


def above(lines: list[Extent]) -> float:
    """What is kept free above the first baseline, in ems."""
    return max(_ABOVE, lines[0].above)


def below(lines: list[Extent]) -> float:
    """What is kept free below the last baseline, in ems."""
    return max(_BELOW, lines[-1].below)


@lru_cache(maxsize=64)
def look_for(
    size_px: tuple[int, int], look: CaptionLook | None = None, style: CaptionStyle = "karaoke"
) -> Look:
    """The look of captions in frames of `size_px`."""
    look = look or CaptionLook()
    weight = WEIGHTS[look.font]
    share = _EM_LYING if size_px[0] > size_px[1] else _EM_UPRIGHT
    return Look(
        box=caption_box(size_px, look.position, look.platform, look.size),
        position=look.position,
        style=style,
        weight=weight,
        em_px=share * min(size_px) * look.size,
        outline=_OUTLINE * look.outline,
        gap=space(weight) * _GAP.get(style, 1.0),
    )
