"""Themes as data: palettes, faces and the type scale. A new theme is one entry in `THEMES`.

Sizes are pixels on a picture whose shorter side is 1080 px; `Metrics` scales them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from reels.fonts import Weight
from reels.safe_area import safe_area
from reels.typography.typeset import Colour


def _hex(value: str) -> Colour:
    return int(value[0:2], 16), int(value[2:4], 16), int(value[4:6], 16)


@dataclass(frozen=True)
class Palette:
    """Colours of one video. Text on `ground` and on `panel` has a contrast of at least 4.5 : 1."""

    name: str
    ground: tuple[Colour, Colour]
    raised: tuple[Colour, Colour]
    shape: Colour
    ink: Colour
    muted: Colour
    accent: Colour
    panel: Colour
    on_panel: Colour


def _palette(name: str, colours: str) -> Palette:
    a, b, c, d, shape, ink, muted, accent, panel, on_panel = map(_hex, colours.split())
    return Palette(name, (a, b), (c, d), shape, ink, muted, accent, panel, on_panel)


@dataclass(frozen=True)
class Theme:
    """How slides look. `grain` is the strength of the dithering in 8-bit levels."""

    name: str
    palettes: tuple[Palette, ...]
    headline: Weight = "display"
    text: Weight = "medium"
    label: Weight = "semibold"
    figures: Weight = "mono"
    headline_leading: float = 1.08
    text_leading: float = 1.32
    title_px: int = 168
    statement_px: int = 122
    list_title_px: int = 100
    figure_px: int = 340
    text_px: int = 58
    label_px: int = 32
    smallest_px: int = 28
    grain: float = 1.6

    def palette(self, name: str, seed: str) -> Palette:
        """The palette called `name`, or the one that `seed` picks when there is none such."""
        for palette in self.palettes:
            if palette.name == name:
                return palette
        return self.palettes[number_from(seed) % len(self.palettes)]


EDITORIAL = Theme(
    name="editorial",
    palettes=(
        _palette(
            "harbour",
            "081a24 0d2b3a 0f3140 0a2230 2f6476 f6f1e6 9db4bb ffb545 ffb545 16202a",
        ),
        _palette(
            "pine",
            "0a1d17 10301f 123426 0b241a 3b7353 f5f2e4 a3b8a6 f4d35e f4d35e 14231b",
        ),
        _palette(
            "ember",
            "1b1210 2c1913 341d15 20130f 7d4630 faf1e8 c2a99b ff6b3d ff7a4f 1e120d",
        ),
        _palette(
            "graphite",
            "131416 1f2124 26282c 17181b 565b63 f4f2ee a9adb3 e9ff70 e4f768 17190f",
        ),
        _palette(
            "wine",
            "240d14 3a121d 42161f 2a0e15 84404d fbeee6 c9a4a4 ff9d76 ffa582 2a0d14",
        ),
        _palette(
            "north",
            "0b1426 12233f 162a4a 0d192e 3c5f96 eef3fb a1b1cc 6fd3ff 7fd8ff 0a1626",
        ),
    ),
)

THEMES: dict[str, Theme] = {EDITORIAL.name: EDITORIAL}


def theme(style: str) -> Theme:
    """The theme that `style` names (any case), else the editorial one."""
    return THEMES.get(style.strip().lower(), EDITORIAL)


def number_from(seed: str) -> int:
    """A number that depends on nothing but `seed`."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Metrics:
    """A picture's size and the unit in which the theme's pixels are given."""

    size_px: tuple[int, int]

    @property
    def unit(self) -> float:
        return min(self.size_px) / 1080

    @property
    def lying(self) -> bool:
        return self.size_px[0] / self.size_px[1] >= 1.1

    @property
    def upright(self) -> bool:
        return self.size_px[0] / self.size_px[1] < 0.9

    @property
    def side_px(self) -> int:
        return round(self.size_px[0] * safe_area(self.size_px).side)

    def px(self, value: float) -> int:
        """The theme's pixels on this picture, at least 1."""
        return max(1, round(value * self.unit))


def mix(under: Colour, over: Colour, share: float) -> Colour:
    """`over` laid on `under` with an opacity of `share`."""
    red, green, blue = (round(u + (o - u) * share) for u, o in zip(under, over, strict=True))
    return red, green, blue
