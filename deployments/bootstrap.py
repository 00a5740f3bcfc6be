"""Prepares a Prefect server for this house: pools, blocks, automations, deployments.

`python -m deployments.bootstrap` does all of it on the server that PREFECT_API_URL names, and
may be run again at any time. The embedded stack runs the parts side by side, and gives each
pool the socket of its warm engine with `--sockets`.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deployments.pools import REPOSITORY, Pool, engine_command, pools

PARTS = ("pools", "blocks", "deployments")
#: Only by name: it is for a stack that is alone on its database.
RECOVERY = "recovery"


async def recover_runs() -> None:
    """Put right what a stack that died left behind; no worker may be at work yet."""
    from prefect.client.orchestration import get_client

    from deployments.recovery import recover

    async with get_client() as client:
        print(f"runs put right: {await recover(client)}")


async def make_pools(sockets: Path | None) -> None:
    """Create or update every pool. With `sockets` their runs start from `POOL.sock` there."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    async with get_client() as client:
        for pool in pools():
            wanted = WorkPoolCreate(
                name=pool.name,
                type="process",
                description=pool.description,
                base_job_template=_job_template(template, pool, sockets),
            )
            await client.create_work_pool(wanted, overwrite=True)


def _job_template(template: dict[str, Any], pool: Pool, sockets: Path | None) -> dict[str, Any]:
    changed = copy.deepcopy(template)
    variables = changed["variables"]["properties"]
    variables["working_dir"]["default"] = str(REPOSITORY)
    if sockets is not None:
        variables["command"]["default"] = engine_command(sockets / f"{pool.name}.sock")
    return changed


def make_blocks() -> None:
    """Register the block types; make the default blocks, the services' limits, the automations."""
    from blocks.registry import register_blocks, save_default_blocks
    from deployments.automations import ensure_expiry
    from deployments.limits import ensure_limits
    from reels.settings import FlowSettings, ProviderSettings, StoreSettings

    register_blocks()
    save_default_blocks(StoreSettings())
    ensure_limits(ProviderSettings())
    ensure_expiry(FlowSettings())


def make_deployments() -> None:
    """Deploy all that prefect.yaml names. Raises CalledProcessError."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    subprocess.run(command, cwd=REPOSITORY, check=True)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--sockets", type=Path, help="directory of the warm engines' sockets")
    arguments = parser.parse_args(argv)
    parts = arguments.parts or PARTS
    if unknown := set(parts) - {*PARTS, RECOVERY}:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    if RECOVERY in parts:
        asyncio.run(recover_runs())
    if "pools" in parts:
        asyncio.run(make_pools(arguments.sockets))
    if "blocks" in parts:
        make_blocks()
    if "deployments" in parts:
        make_deployments()


if __name__ == "__main__":
    main()
