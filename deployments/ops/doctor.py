"""`reelwright doctor`: is everything here that jobs need, and what to do about what is not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.text import Text

from deployments.checking import check_settings
from deployments.layout import Addresses
from deployments.ops import machine_checks, prefect_checks, provider_checks, store_checks
from deployments.ops.finding import Finding, Findings, House
from reels.errors import InvalidInput, ReelsError

Check = Callable[[House], Findings]
#: In the order in which one thing needs the other. A new check is one function, and one here.
CHECKS: tuple[Check, ...] = (
    machine_checks.packages,
    machine_checks.ffmpeg_features,
    machine_checks.encoder,
    machine_checks.memory,
    machine_checks.fonts,
    machine_checks.data_directory,
    prefect_checks.prefect,
    prefect_checks.engines,
    store_checks.store,
    provider_checks.providers,
)
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def examine(stack: Addresses | None, checks: Iterable[Check] = CHECKS) -> Iterator[Finding]:
    """Every finding as it is made. `stack` is the one that is up in our data directory.

    Without settings that can be read there is nothing else to look at.
    """
    try:
        check_settings()
    except InvalidInput as error:
        yield Finding("fail", "settings", error.message, error.remedy)
        return
    yield Finding("ok", "settings", "all can be read")
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    is_embedded = stack is not None and url == stack.prefect_api_url
    house = House(os.environ, url, is_embedded)
    for check in checks:
        try:
            found = list(check(house))
        except (ReelsError, OSError) as error:
            # One thing that cannot be looked at must not hide how the others are.
            found = [Finding("fail", check.__name__, f"{error}")]
        yield from found


def show(console: Console, findings: Iterable[Finding]) -> bool:
    """Print a line for each finding; returns whether none is a failure."""
    is_well = True
    for finding in findings:
        is_well = is_well and finding.level != "fail"
        line = Text(f"{finding.level:<4}", style=_COLOURS[finding.level])
        said = " ".join(f"{finding.message} {finding.remedy}".split())
        line.append(f" {finding.name}: {said}", style="default")
        console.print(line, soft_wrap=True)
    return is_well
