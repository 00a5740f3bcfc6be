"""What lies under the words: a slanted gradient, a soft light, one drawn motif, fine grain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from reels.safe_area import Box
from reels.typography.typeset import Colour
from reels.visuals.base import Canvas
from reels.visuals.motifs import MOTIFS, Layer
from reels.visuals.theme import Metrics, Palette, number_from

Pixels = npt.NDArray[np.float32]

_COARSE = 8
_GRAIN_TILE_PX = 256
#: Odd and without a factor in common with the number of motifs, so that all take their turn.
_MOTIF_STEP = 3


@dataclass(frozen=True)
class Backdrop:
    """All that shapes a ground.

    `panel` is filled with the palette's panel colour; in `calm`, where words will stand, the
    motif recedes. `quiet` draws the motif faintly everywhere.
    """

    palette: Palette
    seed: str
    raised: bool = False
    quiet: bool = False
    panel: Box | None = None
    calm: Box | None = None
    motif: int | None = None


def backdrop_of(
    palette: Palette,
    seed: str,
    what: str,
    canvas: Canvas,
    calm: Box,
    *,
    panel: Box | None = None,
    quiet: bool = False,
) -> Backdrop:
    """The backdrop of a video's scene: scenes take turns in grounds and motifs.

    `seed` is the video's, `what` tells apart what stands on the backdrop.
    """
    number = canvas.scene_number
    return Backdrop(
        palette=palette,
        seed=f"{seed}/{number}/{what}",
        raised=number % 2 == 0,
        motif=number_from(seed) + number * _MOTIF_STEP,
        calm=calm,
        panel=panel,
        quiet=quiet,
    )


def draw_backdrop(backdrop: Backdrop, metrics: Metrics, grain: float) -> Image.Image:
    """An RGB picture of `metrics.size_px`; the same arguments give the same pixels."""
    number = number_from(backdrop.seed)
    pixels = _gradient(backdrop, metrics, number)
    _draw_motif(pixels, backdrop, metrics, number)
    if backdrop.panel is not None:
        _fill_panel(pixels, backdrop, metrics, number)
    _add_grain(pixels, grain)
    return Image.fromarray(cv2.convertScaleAbs(pixels))


def _ink(colour: Colour) -> Pixels:
    return np.array(colour, np.float32)


def _gradient(backdrop: Backdrop, metrics: Metrics, number: int) -> Pixels:
    width, height = metrics.size_px
    top, bottom = backdrop.palette.raised if backdrop.raised else backdrop.palette.ground
    rows, columns = height // _COARSE + 2, width // _COARSE + 2
    y, x = np.mgrid[0 : 1 : complex(rows), 0 : 1 : complex(columns)].astype(np.float32)
    slant = 0.35 if number % 2 else -0.35
    along = np.clip((y + slant * (x - 0.5)), 0, 1)[..., None]
    coarse = _ink(top) * (1 - along) + _ink(bottom) * along
    light_x, light_y = ((0.9, 0.15), (0.1, 0.2), (0.8, 0.85), (0.15, 0.9))[number // 2 % 4]
    reach = (x - light_x) ** 2 * (width / height) + (y - light_y) ** 2 * (height / width)
    light = np.exp(-reach * 3.2)[..., None] * 0.30
    coarse += (_ink(backdrop.palette.shape) - coarse) * light
    pixels: Pixels = cv2.resize(
        coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return pixels


def _draw_motif(pixels: Pixels, backdrop: Backdrop, metrics: Metrics, number: int) -> None:
    chosen = number // 8 if backdrop.motif is None else backdrop.motif
    strength = 0.4 if backdrop.quiet else 1.0
    veil = _veil(backdrop.calm, metrics)
    for layer in MOTIFS[chosen % len(MOTIFS)](metrics, number // 64):
        if layer.accent and backdrop.quiet:
            continue
        colour = backdrop.palette.accent if layer.accent else backdrop.palette.shape
        _blend(pixels, layer, colour, strength, veil if layer.accent else veil * 0.55)


def _veil(calm: Box | None, metrics: Metrics) -> Pixels:
    """How far the motif recedes, 0 to 1, coarse: 1 under the words, softly less around them."""
    width, height = metrics.size_px
    veil: Pixels = np.zeros((height // _COARSE, width // _COARSE), np.float32)
    if calm is not None:
        x0, y0, x1, y1 = (side // _COARSE for side in calm)
        pad = round(metrics.unit * 40 / _COARSE)
        veil[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad] = 1
        veil = cv2.GaussianBlur(veil, (0, 0), metrics.unit * 26 / _COARSE).astype(np.float32)
    return veil


def _blend(
    pixels: Pixels, layer: Layer, colour: Colour, strength: float, veil: Pixels | None = None
) -> None:
    x, y, width, height = cv2.boundingRect(layer.mask)
    if not width:
        return
    part = pixels[y : y + height, x : x + width]
    share: Pixels = layer.mask[y : y + height, x : x + width].astype(np.float32)
    share *= layer.opacity * strength / 255
    if veil is not None and veil.any():
        whole = cv2.resize(veil, (pixels.shape[1], pixels.shape[0]))
        share *= 1 - whole[y : y + height, x : x + width]
    part += (_ink(colour) - part) * share[..., None]


def _fill_panel(pixels: Pixels, backdrop: Backdrop, metrics: Metrics, number: int) -> None:
    assert backdrop.panel is not None
    x0, y0, x1, y1 = backdrop.panel
    part = pixels[y0:y1, x0:x1]
    part[:] = _ink(backdrop.palette.panel)
    y = np.linspace(0, 1, part.shape[0], dtype=np.float32)[:, None, None]
    part *= 1.02 - 0.07 * y
    motif = MOTIFS[(number // 8) % len(MOTIFS)]
    for layer in motif(metrics, number // 64):
        if not layer.accent:
            cut = Layer(np.ascontiguousarray(layer.mask[y0:y1, x0:x1]), layer.opacity)
            _blend(part, cut, backdrop.palette.on_panel, 0.12)


@lru_cache(maxsize=4)
def _grain_tile(strength: float) -> Pixels:
    noise = np.random.default_rng(7).random((2, _GRAIN_TILE_PX, _GRAIN_TILE_PX), dtype=np.float32)
    tile: Pixels = ((noise[0] - noise[1]) * strength)[..., None]
    return tile


def _add_grain(pixels: Pixels, strength: float) -> None:
    """Triangular noise of about one level keeps wide gradients free of bands."""
    height, width = pixels.shape[:2]
    tile = _grain_tile(strength)
    times = (-(-height // _GRAIN_TILE_PX), -(-width // _GRAIN_TILE_PX), 1)
    pixels += np.tile(tile, times)[:height, :width]
