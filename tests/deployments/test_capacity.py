"""What machines and containers are fit for: by their cores, by their memory, or as is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deployments.capacity import Capacity, capacity, environment, here
from deployments.pools import REPOSITORY, pools
from reels.needs import listening_bytes, package_bytes, render_bytes
from reels.settings import WorkSettings
from reels.words import ALIGNERS

GB = 1_000_000_000
BY_ITSELF = WorkSettings(_env_file=None)


def fit(cores: int, memory_gb: float, pool: str = "", **chosen: int) -> Capacity:
    settings = BY_ITSELF.model_copy(update=chosen)
    return capacity(cores, int(memory_gb * GB), settings, pool=pool)


def test_more_cores_do_more_at_once_until_memory_ends() -> None:
    assert (fit(4, 64).render_runs, fit(8, 64).render_runs, fit(16, 64).render_runs) == (1, 2, 4)
    assert fit(2, 16).pipeline_runs == 8
    assert fit(16, 64).pipeline_runs == 64
    assert fit(16, 16).pipeline_runs < 32
    assert fit(16, 12).render_runs < 4


@pytest.mark.parametrize("memory_gb", [0.2, 1, 2, 4])
def test_a_small_machine_has_one_of_each_at_least(memory_gb: float) -> None:
    small = fit(1, memory_gb)
    assert min(small.pipeline_runs, small.gpu_runs, small.render_runs, small.heavy_bytes) >= 1


def test_a_machine_of_two_gigabytes_and_two_cores_has_room_for_a_render() -> None:
    assert fit(2, 2).heavy_bytes > render_bytes((1080, 1920), 3)


def test_what_is_chosen_stands() -> None:
    chosen = fit(2, 4, pipeline_runs=20, gpu_runs=3, render_runs=5, worker_memory_mb=700)
    assert chosen == Capacity(20, 3, 5, 700_000_000)
    assert environment(chosen) == {"VIDEO_SERVICE_WORKER_MEMORY_MB": "700"}


def test_the_weights_of_a_model_are_set_aside_where_it_is_held() -> None:
    def left(pool: str, model_bytes: int) -> int:
        return capacity(2, 8 * GB, BY_ITSELF, model_bytes=model_bytes, pool=pool).heavy_bytes

    assert left("gpu", 0) - left("gpu", GB) == GB
    assert left("render", 0) == left("render", GB)


def test_whisper_is_known_by_the_name_that_it_is_listed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = here()
    monkeypatch.setenv("VIDEO_SERVICE_WORDS_PROVIDER", "dtw, whisper")
    assert "whisper" in ALIGNERS
    assert here().heavy_bytes < without.heavy_bytes


def test_pools_are_as_wide_as_the_machine_allows() -> None:
    assert {pool.name: pool.limit for pool in pools(Capacity(9, 2, 3, 1))} == {
        "pipeline": 9,
        "gpu": 2,
        "render": 3,
    }


#: As scaling.yaml counts on them.
IN_A_CONTAINER = {"pipeline": 8, "gpu": 1, "render": 1}


def test_the_containers_limits_give_workers_the_width_that_scaling_counts_on() -> None:
    for pool, (cores, memory_bytes) in (*_pods().items(), *_services().items()):
        found = capacity(cores, memory_bytes, BY_ITSELF, pool=pool)
        runs = {pool.name: pool.limit for pool in pools(found)}
        assert runs[pool] == IN_A_CONTAINER[pool]
        if pool == "render":
            assert found.heavy_bytes > render_bytes((1080, 1920), cores + 1, (3840 * 2160,))
            assert found.heavy_bytes > package_bytes((3840, 2160), cores)
        if pool == "gpu":
            assert found.heavy_bytes > listening_bytes()


def _pods() -> dict[str, tuple[int, int]]:
    file = REPOSITORY / "deployments/kubernetes/base/workers.yaml"
    found = {}
    for each in yaml.safe_load_all(file.read_text()):
        container = each["spec"]["template"]["spec"]["containers"][0]
        given = container["resources"]["limits"]
        memory = int(given["memory"].removesuffix("Gi")) << 30
        found[container["args"][3]] = int(given["cpu"]), memory
    return found


def _services() -> dict[str, tuple[int, int]]:
    found = {}
    services = yaml.safe_load(Path(REPOSITORY, "deployments/docker/compose.yaml").read_text())
    for name, each in services["services"].items():
        if name.startswith("worker-"):
            given = each["deploy"]["resources"]["limits"]
            memory = int(given["memory"].removesuffix("g")) << 30
            found[each["command"][3]] = int(given["cpus"]), memory
    return found
