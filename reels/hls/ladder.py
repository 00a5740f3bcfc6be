"""The rungs of the ladder, and what a film's package is made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from pydantic import Field

from reels.hls.grid import Grid
from reels.hls.source import Source
from reels.models import Model

#: Names of variants and of sounds, which are their folders.
NAME = r"^[a-z][a-z0-9]{0,15}$"


class Rung(NamedTuple):
    """Width and height of the upright picture, and the bits a second it is to have."""

    width_px: int
    height_px: int
    rate_bps: int


#: Apple's ladder, as vertical films have it; horizontal ones have it transposed.
RUNGS = (
    Rung(234, 416, 145_000),
    Rung(360, 640, 365_000),
    Rung(432, 768, 1_100_000),
    Rung(540, 960, 2_000_000),
    Rung(720, 1280, 3_000_000),
    Rung(1080, 1920, 6_000_000),
)
#: What a player starts with where nothing is known of the line.
FIRST_BPS = 2_000_000
MAXRATE, BUFFER = Fraction(3, 2), 2
#: The lowest variant's peak, its sound included.
CELLULAR_BPS = 192_000
#: What else a second of it may hold: boxes, and what x264 is off by.
MARGIN_BPS = 9_000
#: Peaks are looked for in windows from half a segment on: so long the buffer may empty.
_WINDOW_S = 3
_CELLULAR_BUFFER_S = Fraction(1, 2)
#: A film that is so much larger than the highest rung that fits gets one of its own.
_OWN_SIZE = Fraction(23, 20)


class Sound(Model):
    """An audio rendition, AAC-LC at 48 kHz. Of one that is copied, `skip` packets come first
    that are not heard."""

    name: str = Field(pattern=NAME)
    rate_bps: int
    channels: int = 2
    way: Literal["copy", "encode"] = "encode"
    skip: int = 0


class Variant(Model):
    """One size of the picture; `reason` says why it is copied or encoded.

    `rate_bps` is the average to aim at, `max_bps` and `buffer_bits` bound it. `sound` is the
    name of its audio rendition, empty in a silent film.
    """

    name: str = Field(pattern=NAME)
    size_px: tuple[int, int]
    rate_bps: int
    max_bps: int
    buffer_bits: int
    way: Literal["copy", "encode"]
    reason: str
    sound: str = ""


class Ladder(Model):
    """All that a film's package is made of, from the smallest variant to the largest one."""

    source: Source
    grid: Grid
    variants: tuple[Variant, ...]
    sounds: tuple[Sound, ...]

    @property
    def pieces(self) -> int:
        """How many segments there will be in all tracks together."""
        return len(self.grid.segments) * (len(self.variants) + len(self.sounds))


MAIN_SOUND = Sound(name="audio", rate_bps=128_000)
#: Speech stays intelligible; it leaves most of the lowest variant to the picture.
LOW_SOUND = Sound(name="audiolow", rate_bps=32_000, channels=1)


def sizes(source: Source) -> list[Rung]:
    """The rungs that a film fills, each in the film's own shape; never larger than it.

    From the smallest. A film that fills none gets one of its own size.
    """
    wide = source.size_px[0] * source.pixel_aspect
    high = Fraction(source.size_px[1])
    # A picture whose pixels are not square is seen in the size that loses none of its lines.
    found: list[Rung] = []
    for rung in RUNGS:
        box = (rung.width_px, rung.height_px)
        across, down = box if wide <= high else box[::-1]
        scale = min(across / wide, down / high)
        if scale <= 1:
            found.append(Rung(_even(wide * scale), _even(high * scale), rung.rate_bps))
    own = Rung(_even_down(wide), _even_down(high), 0)
    largest = found[-1] if found else None
    if largest is None:
        return [own._replace(rate_bps=RUNGS[0].rate_bps)]
    is_more = min(own[:2]) >= _OWN_SIZE * min(largest[:2])
    if largest.rate_bps < RUNGS[-1].rate_bps and is_more:
        found.append(own._replace(rate_bps=_rate_between(own, found[-1])))
    return found


def bounded(rung: Rung, fps: Fraction, sound_bps: int, *, is_lowest: bool) -> tuple[int, int, int]:
    """A variant's average and highest bits a second, and its buffer in bits."""
    if not is_lowest:
        return rung.rate_bps, int(rung.rate_bps * MAXRATE), rung.rate_bps * BUFFER
    # Four bits in a table for every picture's size and place.
    room = CELLULAR_BPS - sound_bps - MARGIN_BPS - int(64 * fps)
    most = int(room / (1 + _CELLULAR_BUFFER_S / _WINDOW_S))
    rate = min(rung.rate_bps, int(most / Fraction(11, 10)))
    return rate, most, int(most * _CELLULAR_BUFFER_S)


def first_variant(variants: Sequence[Variant]) -> Variant:
    """The one that a player starts with: of 2000k, or the next one below."""
    fitting = [variant for variant in variants if variant.rate_bps <= FIRST_BPS]
    return max(fitting or variants[:1], key=lambda variant: variant.rate_bps)


def _rate_between(own: Rung, below: Rung) -> int:
    """As the ladder's rates rise with the size: between the rung below and the next one."""
    index = next(n for n, rung in enumerate(RUNGS) if rung.rate_bps == below.rate_bps)
    above = RUNGS[index + 1]
    share = Fraction(min(own[:2]) - min(below[:2]), min(above[:2]) - min(below[:2]))
    share = min(max(share, Fraction(0)), Fraction(1))
    return int(below.rate_bps + (above.rate_bps - below.rate_bps) * share)


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))


def _even_down(length: Fraction) -> int:
    return max(2, 2 * int(length / 2))
