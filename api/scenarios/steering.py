"""Scenarios are stopped, and run again."""

from __future__ import annotations

from prefect.client.schemas.objects import StateType

from api.identity.base import Caller
from api.identity.rights import require_charge
from api.jobs.gateway import PrefectGateway
from api.jobs.history import ENDED, RETRIABLE
from api.jobs.retrying import schedule_again
from api.jobs.stopping import stop
from api.jobs.turns import Turns
from api.scenarios.finding import Finder, Found
from api.scenarios.standing import Standings, status_of
from reels.errors import Conflict


class Steering:
    """Every method raises `NotFound` for a scenario that `asker` does not see, `Forbidden`
    for one that it sees and may not touch, and `Unavailable` when Prefect does not answer.

    Within this process one thing after the other is done to a run.
    """

    def __init__(
        self, gateway: PrefectGateway, finder: Finder, standings: Standings, turns: Turns
    ) -> None:
        self._gateway = gateway
        self._finder = finder
        self._standings = standings
        self._turns = turns

    async def cancel(self, asker: Caller, scenario_id: str) -> Found:
        """Stop a scenario. Its run may be `cancelling` for some seconds.

        Raises:
            Conflict: it has ended.
        """
        found = await self._finder.scenario(asker, scenario_id)
        require_charge(asker, found.owner, "scenario")
        async with self._turns.of(found.run.id):
            found = await self._finder.again(found)
            if _type(found) == StateType.CANCELLING:
                return found
            if _type(found) not in ENDED:
                await stop(self._gateway.client, found.run.id, _type(found))
                self._standings.forget(found)
                found = await self._finder.again(found)
                if _type(found) in (StateType.CANCELLING, StateType.CANCELLED):
                    return found
        raise Conflict(f"The scenario is {status_of(found.run)}; it can no longer be cancelled.")

    async def retry(self, asker: Caller, scenario_id: str, budget_usd: float | None) -> Found:
        """Run a scenario again that failed or was cancelled. What has succeeded is kept.

        Raises:
            Conflict: it has not failed, or is being retried.
            LimitReached: too many jobs wait to begin.
        """
        found = await self._finder.scenario(asker, scenario_id)
        require_charge(asker, found.owner, "scenario")
        async with self._turns.of(found.run.id):
            found = await self._finder.again(found)
            if _type(found) not in RETRIABLE:
                raise Conflict(
                    f"The scenario is {status_of(found.run)}; only failed and cancelled ones "
                    "can be retried."
                )
            await self._schedule(found, budget_usd)
            self._standings.forget(found)
            return await self._finder.again(found)

    async def _schedule(self, found: Found, budget_usd: float | None) -> None:
        client, run = self._gateway.client, found.run
        async with self._gateway.place_again(found.owner):
            if budget_usd is not None:
                parameters = {**run.parameters, "budget_usd": budget_usd}
                await client.update_flow_run(run.id, parameters=parameters)
            await schedule_again(client, run.id, "scenario")


def _type(found: Found) -> StateType:
    return found.run.state.type if found.run.state else StateType.SCHEDULED
