"""What the Kubernetes files name is there, and each pod is limited, watched and not root."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api import metrics
from deployments.pools import pools
from reels.stages import STAGE_OF_STATE
from tests.deployments.containers_kit import (
    KUBERNETES,
    ONCE,
    WITHOUT_PORT,
    compose,
    manifests,
    targets,
)

BASE = KUBERNETES / "base"
WORKLOADS = ("Deployment", "StatefulSet", "Job")


def found(*kinds: str, under: Path = BASE) -> dict[str, Any]:
    return {
        document["metadata"]["name"]: document
        for path, document in manifests()
        if document["kind"] in kinds and path.is_relative_to(under)
    }


def workloads() -> list[Any]:
    return [pytest.param(each, id=name) for name, each in found(*WORKLOADS).items()]


@pytest.mark.parametrize("workload", workloads())
def test_a_pod_may_do_no_more_than_it_must(workload: Any) -> None:
    pod = workload["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert container["image"].removeprefix("reelwright-") in targets()


@pytest.mark.parametrize("workload", workloads())
def test_a_pod_is_asked_whether_it_is_well_at_a_port_that_it_has(workload: Any) -> None:
    name = workload["metadata"]["name"]
    container = workload["spec"]["template"]["spec"]["containers"][0]
    probes = {key: value for key, value in container.items() if key.endswith("Probe")}
    if name in WITHOUT_PORT | ONCE:
        assert not probes
        return
    assert set(probes) == {"startupProbe", "readinessProbe", "livenessProbe"}
    ports = {port["name"] for port in container["ports"]}
    assert {probe["httpGet"]["port"] for probe in probes.values()} <= ports


@pytest.mark.parametrize("workload", workloads())
def test_a_pod_mounts_what_it_has_and_is_found_by_its_labels(workload: Any) -> None:
    template = workload["spec"]["template"]
    pod = template["spec"]
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    claims = workload["spec"].get("volumeClaimTemplates", [])
    volumes |= {claim["metadata"]["name"] for claim in claims}
    mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounted == volumes
    labels = template["metadata"]["labels"]
    if "selector" in workload["spec"]:
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert labels["app.kubernetes.io/name"] == workload["metadata"]["name"]


def test_every_pool_has_a_worker_that_scales_and_is_spared() -> None:
    names = {f"worker-{pool.name}" for pool in pools()}
    deployments = found("Deployment")
    assert names <= set(deployments)
    assert names == set(found("ScaledObject"))
    assert names | {"server", "api"} == set(found("PodDisruptionBudget"))
    for name in names:
        spec = deployments[name]["spec"]["template"]["spec"]
        words = spec["containers"][0]["args"]
        assert words[3] == name.removeprefix("worker-")
        grace_s = float(words[words.index("--grace-s") + 1])
        assert grace_s < spec["terminationGracePeriodSeconds"]
        # What is scaled has no number of its own, which every `apply` would go back to.
        assert "replicas" not in deployments[name]["spec"]


def test_scaling_asks_for_figures_that_the_api_shows() -> None:
    shown = {family.name for family in metrics.REGISTRY.collect()}
    statuses = {*STAGE_OF_STATE.values(), "queued", "waiting", "cancelling"}
    for name, scaled in found("ScaledObject").items():
        assert scaled["spec"]["scaleTargetRef"]["name"] == name
        query = scaled["spec"]["triggers"][0]["metadata"]["query"]
        assert set(re.findall(r"reelwright_[a-z_]+", query)) <= shown
        assert re.findall(r'work_pool="(\w+)"', query) == [name.removeprefix("worker-")]
        named = {
            part for found in re.findall(r'status=~?"([\w|]+)"', query) for part in found.split("|")
        }
        assert named
        assert named <= statuses


def test_what_others_point_at_exists() -> None:
    names = set(found(*WORKLOADS))
    for name, budget in found("PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == name in names
    for service in found("Service").values():
        assert service["spec"]["selector"]["app.kubernetes.io/name"] in names
    for policy in found("NetworkPolicy").values():
        selector = policy["spec"]["podSelector"]
        meant = {selector.get("matchLabels", {}).get("app.kubernetes.io/name")} - {None}
        for expression in selector.get("matchExpressions", []):
            meant |= set(expression["values"])
        assert meant <= names
    ingress = found("Ingress", under=KUBERNETES)["api"]["spec"]["rules"][0]
    backend = ingress["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] in found("Service")


def test_kustomizations_name_what_exists_and_pods_what_they_make() -> None:
    made: set[tuple[str, str]] = set()
    for path, document in manifests():
        if document["kind"] not in ("Kustomization", "Component"):
            continue
        listed = [
            *document.get("resources", []),
            *(each["path"] for each in document.get("patches", [])),
        ]
        assert all((path.parent / name).exists() for name in listed), path
        for generator in document.get("configMapGenerator", []):
            made.add(("configMapRef", generator["name"]))
            assert all((path.parent / name).is_file() for name in generator.get("envs", []))
        for generator in document.get("secretGenerator", []):
            made.add(("secretRef", generator["name"]))
            assert all((path.parent / f"{name}.example").is_file() for name in generator["envs"])
        assert {image["name"] for image in document.get("images", [])} <= {
            f"reelwright-{target}" for target in targets()
        }
    used = {
        (kind, source[kind]["name"])
        for workload in found(*WORKLOADS).values()
        for source in workload["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        for kind in source
    }
    assert used == made


def test_by_default_nothing_is_reached() -> None:
    policies = found("NetworkPolicy")
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    clients = policies["prefect"]["spec"]["ingress"][0]["from"]
    assert clients == [{"podSelector": {"matchLabels": {"reelwright/prefect-client": "true"}}}]
    of_prefect = {"server", "services", "migrate"}
    for name, workload in found(*WORKLOADS).items():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert ("reelwright/prefect-client" in labels) == (name not in of_prefect)


def test_prefect_is_set_the_same_with_compose_and_with_kubernetes() -> None:
    """What differs are the addresses and secrets, which are everybody's own."""
    document = compose("compose.yaml")
    base, example = KUBERNETES / "base", KUBERNETES / "overlays" / "example"
    server = _variables(base / "prefect-server.env")
    own = _variables(example / "prefect-server.env.example")
    assert {**own, **server}.keys() == document["x-prefect-server"].keys()
    assert server.items() <= document["x-prefect-server"].items()
    client = _variables(base / "prefect-client.env")
    assert client.items() <= document["x-prefect-client"].items()
    missing = document["x-prefect-client"].keys() - client.keys()
    assert missing <= _variables(example / "reelwright.env.example").keys()


def _variables(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")
