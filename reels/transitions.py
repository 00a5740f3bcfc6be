"""How one shot becomes the next: one function each, and the list that names them.

Each is given two whole frames and where it stands, and leaves the frame to be shown in
the first. `at` runs from just over 0 to just under 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reels.models import Transition
from reels.planes import Planes, dim, mix

Between = Callable[[Planes, Planes, float], None]


def crossfade(goes: Planes, comes: Planes, at: float) -> None:
    """The new shot shows through the old one, evenly."""
    mix(comes, goes, at)


def slide(goes: Planes, comes: Planes, at: float) -> None:
    """The new shot comes in from the right and pushes the old one out, slower at its ends."""
    eased = at * at * (3 - 2 * at)
    width = goes.y.shape[1]
    moved = 2 * round(width * eased / 2)
    for index, (old, new) in enumerate(zip(goes, comes, strict=True)):
        by = moved // 2 if index else moved
        rest = old.shape[1] - by
        # NumPy copies first where source and target overlap.
        old[:, :rest] = old[:, by:]
        old[:, rest:] = new[:, :by]


def fade_black(goes: Planes, comes: Planes, at: float) -> None:
    """The old shot goes to black in the first half, the new one comes from it in the second."""
    if at >= 0.5:
        for old, new in zip(goes, comes, strict=True):
            np.copyto(old, new)
    dim(goes, abs(2 * at - 1))


TRANSITIONS: dict[Transition, Between] = {
    "crossfade": crossfade,
    "slide": slide,
    "fade_black": fade_black,
}
