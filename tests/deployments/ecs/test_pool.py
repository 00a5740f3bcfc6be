"""An ECS pool is made from a file of values, each of which has its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect_aws.workers import ECSWorker
from prefect_aws.workers.ecs_worker import ECSVariables

from deployments.ecs.pool import job_template, read_values
from reels.errors import InvalidInput
from tests.deployments.conftest import EmbeddedServer, Processes

RENDER = Path(__file__).resolve().parents[3] / "deployments" / "ecs" / "render.yaml"


def test_the_shipped_values_are_what_the_pools_variables_may_be() -> None:
    values = read_values(RENDER)
    ECSVariables.model_validate(values)
    variables = job_template(values)["variables"]["properties"]
    assert {name: variables[name]["default"] for name in values} == values
    untouched = ECSWorker.get_default_base_job_template()["variables"]["properties"]
    assert "default" not in untouched["cluster"] or untouched["cluster"]["default"] is None


def test_a_value_without_a_place_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidInput, match="cpus"):
        job_template({"cpus": 4096})
    assert "cpus" not in ECSWorker.get_default_base_job_template()["variables"]["properties"]


@pytest.mark.parametrize("text", ["- a list", "a: [", ""])
def test_a_file_without_values_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput):
        read_values(path)


@pytest.mark.slow
def test_the_pool_takes_the_place_of_one_that_is_deleted(
    server: EmbeddedServer, processes: Processes, tmp_path: Path
) -> None:
    """A pool of another type is named, and left as it is."""
    path = "/work_pools/render"
    server.client.delete(path)
    server.client.post("/work_pools/", json={"name": "render", "type": "process"})
    words = ("-m", "deployments.ecs", "render", str(RENDER))
    assert processes.python("first", *words).wait(timeout=60) == 1
    assert "is of the type 'process'" in (tmp_path / "first.log").read_text()
    assert server.client.get(path).json()["type"] == "process"

    server.client.delete(path).raise_for_status()
    assert processes.python("second", *words).wait(timeout=60) == 0
    pool = server.client.get(path).json()
    assert pool["type"] == "ecs"
    assert pool["base_job_template"]["variables"]["properties"]["cpu"]["default"] == 4096
    server.client.delete(path)
