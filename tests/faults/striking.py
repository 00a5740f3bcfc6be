"""Strikes a house with faults, several beside each other where they allow it, and judges."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from tests.faults.fault import Fault
from tests.faults.house import House, NotSurvived
from tests.faults.oracle import charges_of, judge, judge_payments

BESIDE = 3


@dataclass(frozen=True)
class Outcome:
    """`seen` is what was seen in place of what was promised; empty: it was survived."""

    name: str
    seen: str
    took_s: float
    remark: str = ""


def strike_all(
    house: House, faults: Sequence[Fault], tell: Callable[[Outcome], None]
) -> list[Outcome]:
    """Every fault's outcome, told as soon as it is known."""
    outcomes: list[Outcome] = []
    for together in _rounds(faults):
        before = len(house.cloud.state.calls), len(house.strikes), len(house.jobs)
        with ThreadPoolExecutor(BESIDE) as lanes:
            found = list(lanes.map(lambda fault: outcome(house, fault, tell), together))
        paid = payments(house, before, " + ".join(fault.name for fault in together))
        if paid.seen:
            tell(paid)
        outcomes += [*found, *([paid] if paid.seen else [])]
    return outcomes


def outcome(house: House, fault: Fault, tell: Callable[[Outcome], None]) -> Outcome:
    """Strike with one fault, judge its jobs, and tell how it went."""
    began = time.monotonic()
    seen = ""
    try:
        for job in fault.strike(house):
            judge(house, job, may_fail_first=fault.fails_first)
    except NotSurvived as error:
        seen = str(error)
    except Exception:
        seen = traceback.format_exc(limit=-4)
    found = Outcome(fault.name, seen, time.monotonic() - began)
    tell(found)
    return found


def _rounds(faults: Sequence[Fault]) -> Iterator[list[Fault]]:
    """Those that stand beside each other at once, the others each alone."""
    for beside, run in groupby(faults, key=lambda fault: fault.beside):
        if beside:
            yield list(run)
        else:
            yield from ([fault] for fault in run)


def payments(house: House, since: tuple[int, int, int], names: str) -> Outcome:
    """What was paid since so many calls, strikes and jobs."""
    calls, strikes, jobs = since
    charges = sum(len(charges_of(house, job)) for job in house.jobs[jobs:])
    try:
        remark = judge_payments(house.cloud.state.calls[calls:], house.strikes[strikes:], charges)
        return Outcome(f"payments under: {names}", "", 0.0, remark)
    except NotSurvived as error:
        return Outcome(f"payments under: {names}", str(error), 0.0)
