"""What the container files of deployments/ say, read once for the tests of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deployments" / "docker"
KUBERNETES = ROOT / "deployments" / "kubernetes"
ECS = ROOT / "deployments" / "ecs"
DOCKERFILE = ROOT / "Dockerfile"
#: They wait for nothing that could be asked for: their end is what tells that they failed.
WITHOUT_PORT = {"services", "status", "keeper"}
OWN = {".env", "providers.env"}
ONCE = {"migrate", "bootstrap", "bucket"}


class _Loader(yaml.SafeLoader):
    """Knows Compose's own tags, as plain values."""


_Loader.add_constructor("!override", lambda loader, node: loader.construct_mapping(node, deep=True))


def compose(name: str) -> Any:
    return yaml.load((DOCKER / name).read_text(), _Loader)


def manifests() -> list[tuple[Path, Any]]:
    """Every object of the Kubernetes files, with its file."""
    return [
        (path, found)
        for path in sorted(KUBERNETES.rglob("*.yaml"))
        for found in yaml.safe_load_all(path.read_text())
    ]


def container_files() -> list[Path]:
    """All files that name settings or commands, and are not one user's own."""
    found = [DOCKERFILE, *DOCKER.iterdir(), ECS / "render.yaml", *KUBERNETES.rglob("*")]
    return sorted(path for path in found if path.is_file() and path.name not in OWN)


def targets() -> dict[str, str]:
    """The Dockerfile's stages by name, each with its own lines."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE.read_text(), flags=re.MULTILINE)
    return {parts[at + 1]: parts[at + 2] for at in range(1, len(parts), 3)}


def commands(value: Any) -> Iterator[list[str]]:
    """Every list of words in a file that starts a module of Python."""
    if isinstance(value, dict):
        for each in value.values():
            yield from commands(each)
    elif isinstance(value, list):
        if "-m" in value:
            yield [str(word) for word in value]
        else:
            for each in value:
                yield from commands(each)
