"""Templates and graphs for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reels.scenarios.expanding import expanded
from reels.scenarios.models import Scenario, ScenarioRequest
from reels.services import SERVICES

SEED = "0123456789abcdef" * 2
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
#: The document that the engine was made for, as it was handed over.
HANDED_OVER = (Path(__file__).parent / "seed.yml").read_text(encoding="utf-8")


def expand(template: str, seed: str = SEED, **asked: Any) -> Scenario:
    """The scenario of a template; what is not said is the plainest."""
    request = ScenarioRequest.model_validate(
        {"scenario": "Test", "description": "Why cats purr", **asked}
    )
    return expanded(template, request, seed=seed, now=NOW, services=SERVICES.keys())


def template(tasks: str, *, head: str = "") -> str:
    """A whole template around some tasks, which start in line 5."""
    return (
        "scenario_id: \"{{ SHORT_UUID('S') }}\"\n"
        "name: Test\n"
        f"{head or '# no variables'}\n"
        "tasks:\n" + tasks
    )


def task(name: str, more: str = "", service: str = "text-service") -> str:
    """A task of that name, with further lines of fields."""
    lines = [
        f"  - id: \"{{{{ SHORT_UUID('{name}') }}}}\"",
        f"    service: {service}",
        f"    name: {name}",
        *(f"    {line}" for line in more.splitlines()),
    ]
    return "\n".join(lines) + "\n"


def to(*names: str) -> str:
    """The field that names consumers."""
    ids = ", ".join(f"\"{{{{ SHORT_UUID('{name}') }}}}\"" for name in names)
    return f"consumers: [{ids}]"
