"""All that is done with scenarios, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from api.jobs.gateway import PrefectGateway
from api.jobs.turns import Turns
from api.scenarios.finding import Finder
from api.scenarios.logs import Logs
from api.scenarios.making import Expander, Making
from api.scenarios.next_task import NextTask
from api.scenarios.outside import Outside
from api.scenarios.standing import Standings
from api.scenarios.steering import Steering
from reels.artifacts import ArtifactStore


@dataclass(frozen=True)
class ScenarioDesk:
    """One per app."""

    expander: Expander
    making: Making
    finder: Finder
    standings: Standings
    steering: Steering
    outside: Outside
    next_task: NextTask

    @classmethod
    def of(cls, gateway: PrefectGateway, store: ArtifactStore) -> Self:
        expander, turns = Expander(), Turns()
        finder, logs = Finder(gateway, store), Logs(gateway)
        standings = Standings(gateway, store, logs)
        outside = Outside(gateway, finder, logs, standings, turns)
        return cls(
            expander=expander,
            making=Making(gateway, store, expander),
            finder=finder,
            standings=standings,
            steering=Steering(gateway, finder, standings, turns),
            outside=outside,
            next_task=NextTask(gateway, finder, logs, outside),
        )
