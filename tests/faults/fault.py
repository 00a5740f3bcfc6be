"""A fault: what is done to the house while it works, and to which jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.faults.house import House

#: Which stack is struck: the common one, one on S3, one on a small disk
#: or one with a clock of its own.
Ground = Literal["local", "s3", "disk", "clock"]


@dataclass(frozen=True)
class Fault:
    """One entry of the list. `strike` asks for jobs, waits for its moment, strikes, and puts
    right what a person would (never a job); it returns the jobs that are judged.

    Faults with `beside` hit their own jobs alone and are struck beside each other. Jobs of one
    with `fails_first` may end as failed and be asked for again, once each.
    """

    name: str
    strike: Callable[[House], Sequence[str]]
    ground: Ground = "local"
    beside: bool = False
    fails_first: bool = False
