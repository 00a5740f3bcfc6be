"""Starts the stack in the order of its needs, keeps it running, and stops all of it.

Server and nursery import side by side; everything else is forked from the nursery, so the
stack pays for its imports twice and not nine times.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deployments.layout import Addresses, Layout
from deployments.plan import DEFINITIONS, STATUS, Plan, Planned, free_addresses, make_plan
from deployments.service import Service, stop_all
from reels.errors import Unavailable

START_DEADLINE_S = 180.0
POLL_S = 0.05
PORT_ATTEMPTS = 3
MAX_RESTARTS = 5
RESTART_WINDOW_S = 600.0
STOP_GRACE_S = 6.0


class Stopped(Exception):
    """The supervisor was asked to stop."""


class Supervisor:
    """Runs one stack in one data directory. `stop` may be set by a signal handler."""

    def __init__(
        self,
        layout: Layout,
        given: Mapping[str, str],
        definitions: Path = DEFINITIONS,
        *,
        with_cloud: bool = False,
    ) -> None:
        self.stop = threading.Event()
        self._with_cloud = with_cloud
        self._definitions = definitions
        self._layout = layout
        self._given = given
        self._plan: Plan | None = None
        self._restarts: dict[str, list[float]] = {}

    def run(self, ports: tuple[int, int], on_ready: Callable[[Addresses], None]) -> None:
        """Start, report the addresses, watch until asked to stop; stops all in any case.

        Raises:
            Conflict: the data directory is in use.
            Unavailable: a process did not start, or would not stay; carries its log's end.
        """
        with self._layout.lock():
            self._layout.make()
            try:
                addresses = self._start_somewhere(ports)
                self._layout.write_addresses(addresses)
                on_ready(addresses)
                self._watch()
            except Stopped:
                pass
            finally:
                self._layout.ready_file.unlink(missing_ok=True)
                self._stop_all()

    def _start_somewhere(self, ports: tuple[int, int]) -> Addresses:
        """A port that was free may be taken before its process binds it: then try others."""
        for attempt in range(PORT_ATTEMPTS):
            try:
                addresses = free_addresses(*ports, with_cloud=self._with_cloud)
            except OSError as error:
                raise Unavailable(
                    f"A port is taken: {error}.", remedy="Choose others, or 0 for free ones."
                ) from error
            self._plan = make_plan(self._layout, addresses, self._given, self._definitions)
            try:
                self._start(self._plan)
                return addresses
            except Unavailable as error:
                clash = "address already in use" in str(error).lower()
                if not clash or attempt == PORT_ATTEMPTS - 1 or any(ports):
                    raise
                self._stop_all()
        raise AssertionError("unreachable")

    def _start(self, plan: Plan) -> None:
        began = time.monotonic()
        plan.server.service.start()
        plan.nursery.service.start()
        if plan.cloud is not None:
            plan.cloud.service.start()
        self._wait([plan.nursery])
        for engine in plan.engines:
            engine.service.start()
        self._wait([plan.server])
        self._finish([plan.make_pools])
        for worker in plan.workers:
            worker.start()
        plan.make_deployments.start()
        # The API reads from a block which store it serves.
        self._finish([plan.make_blocks])
        plan.api.service.start()
        plan.status.start()
        plan.keeper.start()
        self._finish([plan.make_deployments])
        self._wait([*plan.engines, plan.api, *_cloud(plan)])
        self._say(f"the stack is up after {time.monotonic() - began:.1f} s")

    def _wait(self, planned: Sequence[Planned]) -> None:
        """Until all are ready, or one has died, or the deadline has passed."""
        deadline = time.monotonic() + START_DEADLINE_S
        waiting = list(planned)
        while waiting:
            for each in waiting:
                if each.service.exit_code is not None:
                    raise _died(each.service)
            waiting = [each for each in waiting if not each.is_ready()]
            if waiting and time.monotonic() > deadline:
                raise _late(waiting[0].service)
            if waiting:
                self._pause(POLL_S)
        for each in planned:
            self._say(f"{each.service.name} ready ({_age(each.service)})")

    def _finish(self, jobs: Sequence[Service]) -> None:
        """Run one-shot jobs side by side to their end."""
        for job in jobs:
            if job.exit_code is None and not job.is_running:
                job.start()
        deadline = time.monotonic() + START_DEADLINE_S
        while any(job.is_running for job in jobs):
            if time.monotonic() > deadline:
                raise _late(next(job for job in jobs if job.is_running))
            self._pause(POLL_S)
        for job in jobs:
            if job.exit_code != 0:
                raise _died(job)
            self._say(f"{job.name} done ({_age(job)})")

    def _watch(self) -> None:
        while True:
            for service in self._lasting():
                if not service.is_running:
                    self._restart(service)
            self._pause(0.25)

    def _restart(self, service: Service) -> None:
        now = time.monotonic()
        recent = [at for at in self._restarts.get(service.name, []) if now - at < RESTART_WINDOW_S]
        if len(recent) >= MAX_RESTARTS:
            # The jobs do not need what only tells of them.
            if service.name == STATUS:
                return
            raise _died(service)
        self._restarts[service.name] = [*recent, now]
        self._say(f"{service.name} ended with {service.exit_code}; starting it again")
        self._pause(min(0.1 * 2 ** len(recent), 5.0))
        service.start()

    def _lasting(self) -> list[Service]:
        if self._plan is None:
            return []
        plan = self._plan
        planned = (plan.server, plan.nursery, *plan.engines, plan.api, *_cloud(plan))
        return [*(each.service for each in planned), *plan.workers, plan.status, plan.keeper]

    def _pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _stop_all(self) -> None:
        plan = self._plan
        if plan is None:
            return
        jobs = (plan.make_pools, plan.make_blocks, plan.make_deployments)
        stop_all([plan.api.service, plan.status, plan.keeper, *jobs], STOP_GRACE_S)
        # Asked to stop, a worker ends its runs, and they would report that they crashed.
        # Killed, they leave their state as it is, and the next start goes on with them.
        for service in (*plan.workers, *(engine.service for engine in plan.engines)):
            service.kill()
        last = [plan.server, plan.nursery, *_cloud(plan)]
        stop_all([each.service for each in last], STOP_GRACE_S)

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def _cloud(plan: Plan) -> list[Planned]:
    return [] if plan.cloud is None else [plan.cloud]


def _age(service: Service) -> str:
    return f"{time.monotonic() - service.started_at:.1f} s"


def _died(service: Service) -> Unavailable:
    return Unavailable(
        f"{service.name} ended with exit code {service.exit_code}. The end of its log:\n"
        f"{service.tail()}\n",
        remedy=f"The whole log: {service.log}",
    )


def _late(service: Service) -> Unavailable:
    return Unavailable(
        f"{service.name} was not ready after {START_DEADLINE_S:.0f} s. The end of its log:\n"
        f"{service.tail()}\n",
        remedy=f"The whole log: {service.log}",
    )
