"""A bound that a measured figure is held to, as a measurement's table and JSON show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Goal(NamedTuple):
    """A figure's bound: at most `most` or at least `least`. `says` is for the table."""

    key: str
    says: str
    least: float | None = None
    most: float | None = None

    def kept_by(self, value: float) -> bool:
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    @property
    def bound(self) -> str:
        sides = (("at least", self.least), ("at most", self.most))
        return ", ".join(f"{side} {value:g}" for side, value in sides if value is not None)


def kept(goals: Sequence[Goal], figures: Mapping[str, Any]) -> dict[str, bool]:
    """Which goals are met, of those that were measured."""
    return {goal.key: goal.kept_by(figures[goal.key]) for goal in goals if goal.key in figures}
