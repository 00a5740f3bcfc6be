"""How large what a scenario shows is."""

from __future__ import annotations

import re
from typing import Final

from reels.errors import InvalidInput
from reels.models import SIZES_PX
from reels.services.base import Order

_RESOLUTION = re.compile(r"\s*(\d{2,4})\s*[x×]\s*(\d{2,4})\s*")
LEAST_PX: Final = 240
MOST_PX: Final = 2_160


def size_for(order: Order) -> tuple[int, int]:
    """The size that `params.resolution` names, in even pixels; upright where there is none.

    Raises:
        InvalidInput: it is none, or a side is out of bounds.
    """
    told = order.told("resolution")
    if not told:
        return SIZES_PX["9:16"]
    found = _RESOLUTION.fullmatch(told)
    if found is None:
        raise InvalidInput("params.resolution", f"{told[:40]!r} is no size as 1080x1920.")
    sides = int(found[1]), int(found[2])
    if not all(LEAST_PX <= side <= MOST_PX for side in sides):
        raise InvalidInput(
            "params.resolution", f"A side has {LEAST_PX} to {MOST_PX} pixels, not {told[:40]}."
        )
    return sides[0] // 2 * 2, sides[1] // 2 * 2
