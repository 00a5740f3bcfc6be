"""The colours of code: made from a video's palette, each legible on the card."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache

from reels.contrast import contrast, luminance
from reels.typography.typeset import Colour
from reels.visuals.lexing import Role
from reels.visuals.theme import Palette, mix

#: WCAG 2.2 AA for text; what is bright enough to be told apart reaches the second figure.
CONTRAST, _CLEAR = 4.5, {True: 8.0, False: 6.0}
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
#: Hue in degrees and saturation on dark and on light cards. Keywords have the accent's colour.
_HUES: dict[Role, tuple[float, float, float]] = {
    "string": (130, 0.42, 0.75),
    "number": (18, 0.80, 0.85),
    "name": (212, 0.75, 0.80),
    "type": (178, 0.45, 0.80),
    "added": (130, 0.50, 0.75),
    "removed": (358, 0.80, 0.75),
}
#: Hues nearer than this to the accent's, or to one another, could be taken for it.
_FROM_ACCENT, _APART, _STEP = 66.0, 32.0, 8.0
_FIXED: tuple[Role, ...] = ("added", "removed")


@dataclass(frozen=True)
class Syntax:
    """The colours on a card. `tint` lies under a highlighted line, `bar` beside it."""

    card: Colour
    edge: Colour
    tint: Colour
    bar: Colour
    number: Colour
    roles: dict[Role, Colour]
    dim: dict[Role, Colour]


@lru_cache(maxsize=32)
def syntax(palette: Palette) -> Syntax:
    """The colours for a palette: dark cards in dark ones, light cards in light ones."""
    dark = luminance(palette.ink) > luminance(palette.ground[0])
    card = mix(palette.ground[0], _BLACK if dark else _WHITE, 0.38 if dark else 0.62)
    tint = mix(card, palette.accent, 0.15 if dark else 0.10)
    grounds = (card, tint)
    roles: dict[Role, Colour] = {
        "plain": legible(palette.ink, grounds),
        "keyword": legible(palette.accent, grounds),
        "comment": legible(mix(card, palette.muted, 0.9), grounds),
        "mark": legible(mix(card, palette.ink, 0.78), grounds),
    }
    for role, hue in _hues(palette.accent).items():
        saturation = _HUES[role][1 if dark else 2]
        roles[role] = _clear(hue, saturation, grounds, dark=dark)
    dim = {role: legible(mix(card, colour, 0.62), (card,)) for role, colour in roles.items()}
    edge = mix(card, palette.shape, 0.55)
    return Syntax(card, edge, tint, palette.accent, dim["comment"], roles, dim)


def legible(colour: Colour, grounds: tuple[Colour, ...]) -> Colour:
    """The colour itself, or as much lighter or darker as `CONTRAST` on all grounds asks."""
    away = _WHITE if luminance(grounds[0]) < 0.18 else _BLACK
    for step in range(21):
        found = mix(colour, away, step / 20)
        if min(contrast(found, ground) for ground in grounds) >= CONTRAST:
            return found
    return away


def _hues(accent: Colour) -> dict[Role, float]:
    """The hue of each role, turned away from the accent's where the two are too near."""
    taken = [(_hue(accent), _FROM_ACCENT)]
    found: dict[Role, float] = {}
    for role, (hue, _, _) in _HUES.items():
        if role not in _FIXED:
            hue = _free(hue, taken)
            taken.append((hue, _APART))
        found[role] = hue
    return found


def _free(hue: float, taken: list[tuple[float, float]]) -> float:
    """The nearest hue that is as far as is told from each that is taken."""
    for step in range(23):
        for turned in (hue + step * _STEP, hue - step * _STEP):
            if all(abs((turned - other + 180) % 360 - 180) >= far for other, far in taken):
                return turned % 360
    return hue


def _hue(colour: Colour) -> float:
    return colorsys.rgb_to_hls(*(c / 255 for c in colour))[0] * 360


def _clear(hue: float, saturation: float, grounds: tuple[Colour, ...], *, dark: bool) -> Colour:
    """The least extreme lightness of a hue that is clear on all grounds."""
    for step in range(100):
        lightness = 0.4 + step * 0.006 if dark else 0.6 - step * 0.006
        parts = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
        colour = round(parts[0] * 255), round(parts[1] * 255), round(parts[2] * 255)
        if min(contrast(colour, ground) for ground in grounds) >= _CLEAR[dark]:
            return colour
    return _WHITE if dark else _BLACK
