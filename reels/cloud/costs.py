"""What a job's charges come to, by scene, service, model and operation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from pydantic import Field

from reels.cloud.charges import Charge, Operation
from reels.models import Model

#: Sums of prices are kept to a billionth of a dollar, a thousandth of the cheapest token.
_PLACES = 9


class Cost(Model):
    """Calls of one kind for one scene (None: for the whole video). Failed ones are among them."""

    scene: int | None
    service: str
    model: str
    operation: Operation
    calls: int = Field(ge=1)
    failed: int = Field(ge=0)
    units: dict[str, float]
    cost_usd: float = Field(ge=0)


def costs_of(charges: Iterable[Charge]) -> tuple[Cost, ...]:
    """The charges added up, those of the whole video first."""
    groups: dict[tuple[int | None, str, str, Operation], list[Charge]] = defaultdict(list)
    for charge in charges:
        groups[charge.scene, charge.service, charge.model, charge.operation].append(charge)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] or 0, *item[0][1:]))
    return tuple(
        Cost(
            scene=scene,
            service=service,
            model=model,
            operation=operation,
            calls=len(group),
            failed=sum(not charge.succeeded for charge in group),
            units=_units(group),
            cost_usd=total_usd(charge.cost_usd for charge in group),
        )
        for (scene, service, model, operation), group in ordered
    )


def total_usd(costs_usd: Iterable[float]) -> float:
    """The sum, without the noise of binary fractions."""
    return round(math.fsum(costs_usd), _PLACES)


def _units(group: Iterable[Charge]) -> dict[str, float]:
    counted: dict[str, float] = defaultdict(float)
    for charge in group:
        for unit, count in charge.units.items():
            counted[unit] += count
    return dict(counted)
