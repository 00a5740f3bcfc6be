"""The flow of scenarios with one service more, which does nothing: only the bench runs it."""

from __future__ import annotations

from flows.run_scenario import run_scenario
from reels.services import SERVICES
from reels.services.base import Bench, Order, Pool, TaskResult

__all__ = ["IdleService", "run_scenario"]


class IdleService:
    """Its result is nothing, too."""

    name = "idle-service"
    version = "1"
    pool: Pool = "pipeline"

    def work(self, order: Order, bench: Bench) -> TaskResult:  # noqa: ARG002
        """See `Service.work`."""
        return TaskResult(text=order.name)


SERVICES[IdleService.name] = IdleService()
