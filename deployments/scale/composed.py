"""What each service of the Compose file runs: read from that file, and from the Dockerfile.

Nothing is said twice: what these files get wrong goes wrong in the processes, too.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deployments.pools import REPOSITORY
from reels.errors import InvalidInput

DOCKER = REPOSITORY / "deployments" / "docker"
FILES = (DOCKER / "compose.yaml", DOCKER / "compose.store.yaml")
EXAMPLE = DOCKER / ".env.example"

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?])([^}]*))?\}")
_CHECK = re.compile(r"HTTPConnection\('127\.0\.0\.1', (\d+).*?'GET', '([^']+)'", re.DOTALL)


@dataclass(frozen=True)
class Check:
    """Where a container is asked whether it is well."""

    port: int
    path: str


@dataclass(frozen=True)
class Role:
    """One service. `needs` maps the services that it waits for to the condition they must meet.

    `image` is the Dockerfile's stage, empty for an image of somebody else's.
    """

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    replicas: int
    needs: Mapping[str, str]
    check: Check | None


@dataclass(frozen=True)
class _Stage:
    environment: Mapping[str, str]
    command: tuple[str, ...]
    check: Check | None


class _Loader(yaml.SafeLoader):
    """Knows Compose's own tag, as a plain value."""


def _plain(loader: Any, node: Any) -> Any:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("!override", _plain)


def read_example() -> dict[str, str]:
    """The variables of .env.example, the empty ones included."""
    lines = EXAMPLE.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def read_roles(variables: Mapping[str, str]) -> dict[str, Role]:
    """Every service by its name, with `variables` in place of an .env file.

    Raises:
        InvalidInput: a variable that must be set is not.
    """
    stages = _stages(Path(REPOSITORY / "Dockerfile").read_text())
    services: dict[str, Any] = {}
    for path in FILES:
        for name, more in yaml.load(path.read_text(), _Loader)["services"].items():
            base = services.get(more.get("extends", {}).get("service", name), {})
            services[name] = _merged(base, more)
    return {
        name: _role(name, fill_in(content, variables), stages) for name, content in services.items()
    }


def fill_in(value: Any, variables: Mapping[str, str]) -> Any:
    """A document with `${NAME}`, `${NAME-default}` and `${NAME:?what}` replaced, at any depth."""
    if isinstance(value, dict):
        return {key: fill_in(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, variables) for each in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: _variable(found, variables), value)


def _variable(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, how, rest = found[1], found[2] or "", found[3] or ""
    if name is None:
        return "$"
    given = variables.get(name)
    if given is not None and (given or ":" not in how):
        return given
    if "?" in how:
        raise InvalidInput(
            name, f"{name}: {rest}", remedy="The file .env.example names all of them."
        )
    return rest


def _merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """As Compose merges two files: what both say of `needs` is joined, else the later counts."""
    merged = {**base, **more}
    if "extends" not in more and "depends_on" in base and "depends_on" in more:
        merged["depends_on"] = {**base["depends_on"], **more["depends_on"]}
    return merged


def _role(name: str, content: dict[str, Any], stages: Mapping[str, _Stage]) -> Role:
    image = content.get("build", {}).get("target", "")
    stage = stages.get(image, _Stage({}, (), None))
    is_asked = not content.get("healthcheck", {}).get("disable", False)
    given = content.get("environment", {})
    return Role(
        name=name,
        image=image,
        command=tuple(map(str, content.get("command") or stage.command)),
        environment={**stage.environment, **{key: str(each) for key, each in given.items()}},
        replicas=int(content.get("deploy", {}).get("replicas", 1)),
        needs={to: how["condition"] for to, how in content.get("depends_on", {}).items()},
        check=stage.check if is_asked else None,
    )


def _stages(dockerfile: str) -> dict[str, _Stage]:
    text = re.sub(r"\\\n\s*", " ", dockerfile)
    parts = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)
    stages: dict[str, _Stage] = {}
    for parent, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        base = stages.get(parent, _Stage({}, (), None))
        settings = re.findall(r"^ENV (.+)$", body, flags=re.MULTILINE)
        words = [pair.split("=", 1) for line in settings for pair in shlex.split(line)]
        command = re.search(r"^CMD (\[.+\])$", body, flags=re.MULTILINE)
        check = re.search(r"^HEALTHCHECK .+$", body, flags=re.MULTILINE)
        stages[name] = _Stage(
            environment={**base.environment, **dict(words)},
            command=tuple(json.loads(command[1])) if command else base.command,
            check=_check(check[0]) if check else base.check,
        )
    return stages


def _check(line: str) -> Check | None:
    found = _CHECK.search(line)
    return Check(int(found[1]), found[2]) if found else None
