"""The wall clock of all processes of the stack, which is set in the middle of a job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.faults.fault import Fault
from tests.faults.house import House

#: Longer than a lease. What is scheduled in the moment of a step back begins later by as much:
#: Prefect's workers take no run whose time has not come.
STEP_S = 100


def stepped(shift_s: int, house: House) -> Sequence[str]:
    """In the draft's call, at a review, and in the picture's call; then it is right again."""
    assert house.clock is not None
    drafting, waiting, drawing = house.post(), house.post(auto_approve=["subtitles"]), house.post()
    house.until_asked(drawing, "picture")
    house.wait(lambda: house.state(waiting).get("type") == "PAUSED", "the review", of=waiting)
    late = house.post()
    house.until_asked(late, "storyboard")
    with house.struck():
        house.clock.step(shift_s)
    house.approve(waiting, "draft")
    jobs = [drafting, waiting, drawing, late, house.post()]
    for job in jobs:
        house.until_ended(job)
    house.clock.step(0)
    return jobs


FAULTS = [
    Fault(f"the clock steps {STEP_S} s {where}", partial(stepped, shift_s), "clock")
    for where, shift_s in (("on", STEP_S), ("back", -STEP_S))
]
