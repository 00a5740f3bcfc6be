"""One caption drawn: its words as ink, and the pixels of each of its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np

from reels.captions.ink import bounds
from reels.captions.layers import Box, Layer, Yuv, blank, compose, even, meet, part, stamp
from reels.captions.look import Look
from reels.captions.place import Stretch
from reels.captions.word import Change, Word
from reels.planes import Patch, Plane, Planes

#: The soft shadow: its blur in ems, how far it is drawn in blurs, and how dark it is.
_SHADOW_BLUR, _SHADOW_REACH, _SHADOW = 0.07, 2.5, 0.62
#: What makes up for the blur's thinning of strokes; letters without an outline need more.
_SHADOW_GAIN, _BARE_SHADOW_GAIN = 1.35, 2.2
_BLACK: Yuv = (16, 128, 128)


class Colours(NamedTuple):
    """The colours of letters at rest and of outlines."""

    text: Yuv
    outline: Yuv


class Drawing:
    """A caption's words and pixels. It holds one state at a time, changed in place."""

    def __init__(
        self, stretches: Sequence[Stretch], em_px: float, look: Look, colours: Colours, frame: Box
    ) -> None:
        self._colours = colours
        self._words = [
            Word(tuple(group), em_px, look)
            for _, group in groupby(sorted(stretches, key=_word_of), key=_word_of)
        ]
        around = look.reach + _SHADOW_REACH * _SHADOW_BLUR
        self._box = even(bounds(stretches, em_px, around), frame)
        self._shadow = self._soft_shadow(em_px, bare=not look.outline)
        self._rest = Patch(*self._box[:2], *self._pixels(self._box, {}))
        self._now = Patch(*self._box[:2], _copied(self._rest.colour), _copied(self._rest.keep))
        self._changed: list[Box] = []
        self._state: dict[int, Change] = {}

    def patch(self, changes: Mapping[int, Change]) -> Patch:
        """The caption with some tokens changed, by number. Valid until the next call."""
        if changes == self._state:
            return self._now
        self._state = dict(changes)
        for box in self._changed:
            self._put(box, self._at_rest(box))
        words = [word for word in self._words if word.number in changes]
        self._changed = [even(word.reach(changes[word.number]), self._box) for word in words]
        for box in self._changed:
            self._put(box, self._pixels(box, changes))
        return self._now

    def _pixels(self, box: Box, changes: Mapping[int, Change]) -> tuple[Planes, Planes]:
        """The pixels inside `box`, which has even corners."""
        fill, outline = blank(box), blank(box)
        over: list[Layer] = []
        under: list[Layer] = []
        for word in self._words:
            change = changes.get(word.number)
            if not meet(word.reach(change), box):
                continue
            if change is None or not (change.grown or change.box):
                stamp(word.at_rest.outline_mask, box, outline)
            if change is None:
                stamp(word.at_rest.fill_mask, box, fill)
            else:
                over += self._over(word, change, box)
                under += [Layer(stamp(word.box, box), change.box)] if change.box else []
        return compose(
            [
                *over,
                Layer(fill, self._colours.text),
                Layer(outline, self._colours.outline),
                *under,
                Layer(part(self._shadow, self._box, box), _BLACK),
            ]
        )

    def _over(self, word: Word, change: Change, box: Box) -> list[Layer]:
        """What of a changed word stands above all others."""
        ink = word.ink(change.grown)
        layers = [Layer(stamp(ink.fill_mask, box), change.colour)]
        if change.grown:
            layers.append(Layer(stamp(ink.outline_mask, box), self._colours.outline))
        return layers

    def _soft_shadow(self, em_px: float, *, bare: bool) -> Plane:
        """The shadow of all words at rest."""
        solid = blank(self._box)
        for word in self._words:
            ink = word.at_rest
            stamp(ink.fill_mask if bare else ink.outline_mask, self._box, solid)
        # A blur is the same at half the size, and a quarter of the work.
        small = cv2.resize(solid, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), max(_SHADOW_BLUR * em_px / 2, 0.3))
        gain = _BARE_SHADOW_GAIN if bare else _SHADOW_GAIN
        small = cv2.convertScaleAbs(cv2.convertScaleAbs(small, alpha=gain), alpha=_SHADOW)
        return cv2.resize(small, solid.shape[::-1]).astype(np.uint8, copy=False)

    def _at_rest(self, box: Box) -> tuple[Planes, Planes]:
        colour, keep = self._rest.colour, self._rest.keep
        return _window(colour, self._box, box), _window(keep, self._box, box)

    def _put(self, box: Box, pixels: tuple[Planes, Planes]) -> None:
        for planes, new in zip((self._now.colour, self._now.keep), pixels, strict=True):
            for target, source in zip(_window(planes, self._box, box), new, strict=True):
                np.copyto(target, source)


def grown(patch: Patch, scale: float) -> Patch:
    """A patch drawn smaller about its middle, in a patch of the same size."""
    return Patch(patch.x, patch.y, _scaled(patch.colour, scale, 0), _scaled(patch.keep, scale, 255))


def _scaled(planes: Planes, scale: float, beyond: int) -> Planes:
    return Planes(*(_scaled_plane(plane, scale, beyond) for plane in planes))


def _scaled_plane(plane: Plane, scale: float, beyond: int) -> Plane:
    height, width = plane.shape
    x, y = (1 - scale) * (width - 1) / 2, (1 - scale) * (height - 1) / 2
    move = np.array([[scale, 0, x], [0, scale, y]])
    small = cv2.warpAffine(plane, move, (width, height), borderValue=(beyond,))
    return small.astype(np.uint8, copy=False)


def _word_of(stretch: Stretch) -> tuple[int, int]:
    return stretch.line, stretch.number


def _copied(planes: Planes) -> Planes:
    return Planes(*(plane.copy() for plane in planes))


def _window(planes: Planes, whole: Box, box: Box) -> Planes:
    """The part of planes that cover `whole` which lies in `box`."""
    x0, y0, x1, y1 = (a - b for a, b in zip(box, (*whole[:2], *whole[:2]), strict=True))
    half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
    return Planes(planes.y[y0:y1, x0:x1], planes.u[half], planes.v[half])
