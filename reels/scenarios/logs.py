"""Under which keys the entries of tasks' logs lie, among other inputs of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from reels.scenarios.claims import Entry

PREFIX: Final = "outside-"
#: All entries of all tasks of a scenario.
MOST_INPUTS: Final = 100_000


def task_prefix(task: str) -> str:
    """What the keys of one task's entries begin with."""
    return f"{PREFIX}{task}-"


def entry_key(task: str, number: int) -> str:
    """The key of a task's entry; the first one's number is 0."""
    return f"{task_prefix(task)}{number:05d}"


def logs_in(inputs: Iterable[tuple[str, str]]) -> dict[str, list[Entry]]:
    """Entries by their tasks, in order, of a run's inputs. What is none is left out."""
    found: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
    for key, value in inputs:
        task, _, number = key.removeprefix(PREFIX).rpartition("-")
        with suppress(ValidationError):
            entry = Entry.model_validate_json(value)
            found[task].append((number, entry))
    return {
        task: [entry for _, entry in sorted(entries, key=lambda each: each[0])]
        for task, entries in found.items()
    }
