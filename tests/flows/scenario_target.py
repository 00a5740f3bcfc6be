"""The flow of scenarios with a service that a test has in its hands, and knows what it did."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flows.run_scenario import run_scenario
from reels.errors import RenderError
from reels.services import SERVICES
from reels.services.base import Bench, Order, Pool, TaskResult

__all__ = ["HandService", "run_scenario"]


class HandService:
    """In the folder `params.desk` it writes a line for each time that it works.

    A file there named `{task}.waits` holds a task up, `{task}.fails` makes it fail, and
    `{task}.dies` ends its thread.
    """

    name = "hand-service"
    version = "1"
    pool: Pool = "pipeline"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact tells what was given."""
        desk = Path(order.told("desk"))
        with (desk / "journal").open("a") as journal:
            journal.write(f"{order.name} {os.getpid()}\n")
        while (desk / f"{order.name}.waits").exists():
            time.sleep(0.05)
        if (desk / f"{order.name}.fails").exists():
            raise RenderError(f"{order.name} broke.")
        if (desk / f"{order.name}.dies").exists():
            raise SystemExit(3)
        given = [each.text or each.address for each in order.waited_for]
        file = bench.folder / "made.txt"
        file.write_text(f"{order.name}({', '.join(given)})")
        return TaskResult(kind="text", artifact=bench.keep(file), text=file.read_text())


SERVICES[HandService.name] = HandService()
