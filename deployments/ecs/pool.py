"""A pool of type `ecs`, made from the values of a file."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect_aws.workers import ECSWorker

from reels.errors import InvalidInput


def job_template(values: dict[str, Any]) -> dict[str, Any]:
    """prefect-aws's own template, with these values as the defaults of its variables.

    Raises:
        InvalidInput: a name is none of its variables.
    """
    template = copy.deepcopy(ECSWorker.get_default_base_job_template())
    variables = template["variables"]["properties"]
    for name, value in values.items():
        if name not in variables:
            raise InvalidInput(
                name,
                f"An ECS pool has no variable {name!r:.60}.",
                remedy=f"It has {', '.join(sorted(variables))}.",
            )
        variables[name]["default"] = value
    return template


def read_values(path: Path) -> dict[str, Any]:
    """The values of a YAML file.

    Raises:
        InvalidInput: it cannot be read, or holds no names with values.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(str(path), f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput(str(path), f"{path} holds no names with values.")
    return found


async def make_pool(name: str, values: dict[str, Any]) -> None:
    """Create the pool, or change it. One of another type must be deleted first: Prefect keeps it.

    Raises:
        InvalidInput: a value has no place, or a pool of another type has this name.
    """
    wanted = WorkPoolCreate(name=name, type="ecs", base_job_template=job_template(values))
    async with get_client() as client:
        pool = await client.create_work_pool(wanted, overwrite=True)
    if pool.type != "ecs":
        raise InvalidInput(
            name,
            f"The pool {name!r} is of the type {pool.type!r}.",
            remedy=f"Delete it (prefect work-pool delete {name}), then run this again, and "
            "`python -m deployments.bootstrap blocks deployments`.",
        )
