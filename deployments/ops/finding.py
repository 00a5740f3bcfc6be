"""What a check of `reelwright doctor` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Level = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One line: what was looked at, how it is, and what to do about it where it is not well.

    `fail` is for what no job can do without, or what the settings ask for and is not there.
    """

    level: Level
    name: str
    message: str
    remedy: str = ""


class House(NamedTuple):
    """What checks look at. `prefect_url` ends in `/api` and is empty where none is known.

    `is_embedded` says that the stack in our data directory is up, and is the one meant.
    """

    environment: Mapping[str, str]
    prefect_url: str = ""
    is_embedded: bool = False


Findings = Iterable[Finding]
