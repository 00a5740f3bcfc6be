"""The machine's clock is set while a job is made; what is measured from the start goes on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.faults.cases.deaths import rendering
from tests.faults.fault import Fault
from tests.faults.house import House
from tests.faults.processes import hit, run_pid

AHEAD, BACK, RIGHT = "+3600", "-90", "+0"


def stepped(step: str, house: House) -> Sequence[str]:
    """A flow that has died since is begun again, too, by whatever the clock says."""
    first, second = house.post(), house.post()
    house.until_asked(first, "picture")
    rendering(house, second)
    try:
        house.set_clock(step)
        house.strike(lambda: hit(run_pid(second)))
        for job in (first, second):
            house.until_ended(job)
    finally:
        house.set_clock(RIGHT)
    return [first, second]


FAULTS = [
    Fault("the clock goes an hour ahead", partial(stepped, AHEAD), "clock"),
    Fault("the clock goes a minute and a half back", partial(stepped, BACK), "clock"),
]
