"""Themes as data: palettes, faces and the type scale. A new theme is one entry in `THEMES`.

Sizes are pixels on a picture whose shorter side is 1080 px; `Metrics` scales them.
"""

from __future__ import annotations

import hashlib
import re
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


_DARK = (
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
)
_LIGHT = (
    _palette(
        "paper",
        "f6f4ee ebe8df e3dfd3 f1eee6 c9c3b2 1d1c19 5d5a52 9c3515 1f2a37 f6f4ee",
    ),
    _palette(
        "mist",
        "f2f5f8 e2e9ef d9e2ea edf1f5 b4c6d4 14202b 4f5f6d 0f62b0 12385c f2f5f8",
    ),
    _palette(
        "mint",
        "f1f6f1 e0ebe2 d5e4d9 ebf2ec a9c8b3 13231b 4c6054 0b6b4a 10402f f1f6f1",
    ),
)
_WARM = (
    _palette(
        "sand",
        "f7e8d3 eed6b6 e8cba5 f3e0c5 d3a877 33200f 6b4c2f 8f340f 5a2410 fbeedd",
    ),
    _palette(
        "clay",
        "3a1d14 56291a 5f2e1d 452216 a35a3c fdf0e2 dfb9a0 ffb25c ffc27a 3a1d14",
    ),
    _palette(
        "blush",
        "fbe9e2 f3d3c7 eec7b9 f7dfd5 d9a08d 381a17 74443c 932540 5c1a2a fdf0eb",
    ),
)

#: What a video looks like that asks for nothing.
EDITORIAL = Theme("editorial", _DARK)

_ALL = (
    EDITORIAL,
    Theme("dark", (_DARK[3], _DARK[5], _DARK[0])),
    Theme("light", _LIGHT, grain=1.0),
    Theme("warm", _WARM, grain=1.3),
)
THEMES: dict[str, Theme] = {each.name: each for each in _ALL}


def theme(style: str) -> Theme:
    """The theme that `style` names in any of its words ("warm, calm"), else the editorial one."""
    for word in re.findall(r"[a-z]+", style.lower()):
        if word in THEMES:
            return THEMES[word]
    return EDITORIAL


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
