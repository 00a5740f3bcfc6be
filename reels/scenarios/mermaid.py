"""A scenario as Mermaid text, with each task's status in its colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reels.scenarios.models import Scenario, TaskStatus

#: Fill and border; black text on each has a contrast of at least 7:1.
_COLOURS: Final[dict[TaskStatus, tuple[str, str]]] = {
    "pending": ("#e5e7eb", "#6b7280"),
    "processing": ("#bfdbfe", "#2563eb"),
    "success": ("#bbf7d0", "#16a34a"),
    "failed": ("#fecaca", "#dc2626"),
}
_MAX_LABEL_CHARS = 60


def drawn(scenario: Scenario, statuses: Mapping[str, TaskStatus]) -> str:
    """The graph, from the first task down; a task that is not in `statuses` is pending."""
    lines = ["graph TD"]
    for number, task in enumerate(scenario.tasks):
        status = statuses.get(task.id, "pending")
        label = _label(task.name) + ("<br/>optional" if task.optional else "")
        lines.append(f'    t{number}["{label}"]:::{status}')
    numbers = {task.id: number for number, task in enumerate(scenario.tasks)}
    lines += [
        f"    t{numbers[task.id]} --> t{numbers[consumer]}"
        for task in scenario.tasks
        for consumer in task.consumers
    ]
    lines += [
        f"    classDef {status} fill:{fill},stroke:{border},color:#000"
        for status, (fill, border) in _COLOURS.items()
    ]
    return "\n".join(lines) + "\n"


def _label(name: str) -> str:
    """A task's name as text that neither ends the label nor is markup."""
    plain = "".join(char if char.isalnum() or char in " ._-" else " " for char in name)
    return " ".join(plain.split())[:_MAX_LABEL_CHARS] or "task"
