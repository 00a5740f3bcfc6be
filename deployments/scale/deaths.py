"""Which machine has a run at work: the one whose death counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from deployments.engine.processes import descendants
from deployments.scale.machine import Machine
from deployments.scale.running import Scale

PAGE = 200


def busy(scale: Scale, machines: Sequence[Machine]) -> Machine | None:
    """One that has a run at work now, past its start."""
    working = _processes(
        flow_runs(scale, {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}})
    )
    return next((machine for machine in machines if _below(machine) & working), None)


def flow_runs(scale: Scale, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs that Prefect's filter finds, 200 at most."""
    name, _, password = scale.prefect_auth.partition(":")
    with httpx.Client(auth=(name, password), timeout=60, trust_env=False) as client:
        answer = client.post(
            f"{scale.prefect_api_url}/flow_runs/filter", json={**wanted, "limit": PAGE}
        )
        return list(answer.raise_for_status().json())


def _processes(runs: Sequence[dict[str, Any]]) -> set[int]:
    """The runs' processes by their ids, which all are of this machine."""
    named = [str(run["infrastructure_pid"] or "") for run in runs]
    return {int(each) for each in named if each.isdecimal()}


def _below(machine: Machine) -> set[int]:
    pid = machine.service.pid
    return set() if pid is None else set(descendants(pid))
