"""From a template's tree to drafts of tasks, with the line of each thing that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, get_args

from pydantic import JsonValue

from reels.scenarios.models import MAX_TASKS, Fault, Worker

Node = list[Any]

_ID = re.compile(r"[0-9a-f]{20}")
_REFERENCE = re.compile(r"[a-z][a-z0-9_]*_ids?")
#: Told by templates, and ours to say: when a task was made and how far it is.
_TOLD: Final = {"status", "created_at", "updated_at", "scenario_id"}
_ROOT: Final = {"scenario_id", "version", "name", "variables", "tasks", "description"}
_KIND = {"text": str, "number": (int, float), "yes or no": bool, "whole number": int}


class Named(NamedTuple):
    """Another task's id, and where it is written."""

    id: str
    line: int


class Draft(NamedTuple):
    """A task as it is written."""

    id: str
    line: int
    service: str
    service_line: int
    name: str
    declared_queue: int | None
    consumers: list[Named]
    references: dict[str, list[Named]]
    listed: frozenset[str]
    optional: bool
    worker: Worker
    lease_s: float | None
    prompt: str | None
    params: dict[str, JsonValue]


class Drafts(NamedTuple):
    """A template as it is written."""

    scenario_id: str
    name: str
    version: str
    tasks: list[Draft]


class Reading:
    """Goes through a tree and gathers `faults`."""

    def __init__(self, mark: str) -> None:
        self.faults: list[Fault] = []
        self._mark = mark

    def drafts(self, root: Node) -> Drafts:
        """All that can be read; what cannot be is among the faults."""
        fields = self._fields(root, "The template", _ROOT)
        scenario_id = self._id(fields, "scenario_id", root[0])
        tasks = fields.get("tasks")
        found: list[Draft] = []
        if tasks is None or tasks[1] != "l" or not tasks[2]:
            self._wrong(tasks[0] if tasks else root[0], "There are no tasks.")
        elif len(tasks[2]) > MAX_TASKS:
            self._wrong(tasks[0], f"A scenario has {MAX_TASKS:,} tasks at most.")
        else:
            found = [self._draft(node, scenario_id) for node in tasks[2]]
        return Drafts(
            scenario_id=scenario_id,
            name=self._one(fields, "name", "text", root[0]) or "",
            version=str(fields["version"][2]) if "version" in fields else "",
            tasks=found,
        )

    def _draft(self, node: Node, scenario_id: str) -> Draft:
        line = node[0]
        fields = self._fields(node, "A task", None)
        if "scenario_id" in fields and fields["scenario_id"][2] != scenario_id:
            self._wrong(fields["scenario_id"][0], "The task belongs to another scenario.")
        if "status" in fields and fields["status"][2] != "pending":
            self._wrong(fields["status"][0], "A task begins as pending.")
        worker: Any = self._one(fields, "worker", "text") or "ours"
        if worker not in get_args(Worker):
            self._wrong(fields["worker"][0], f"A worker is one of {', '.join(get_args(Worker))}.")
        lease_s = self._one(fields, "lease_s", "number")
        if lease_s is not None and not 0 < lease_s <= 86_400:
            self._wrong(fields["lease_s"][0], "A lease lasts up to a day (86400).")
        references = self._references(fields)
        return Draft(
            id=self._id(fields, "id", line),
            line=fields["id"][0] if "id" in fields else line,
            service=self._one(fields, "service", "text", line) or "",
            service_line=fields["service"][0] if "service" in fields else line,
            name=self._one(fields, "name", "text", line) or "",
            declared_queue=self._one(fields, "queue", "whole number"),
            consumers=list(self._named(fields["consumers"])) if "consumers" in fields else [],
            references=references,
            listed=frozenset(name for name in references if fields[name][1] == "l"),
            optional=self._one(fields, "optional", "yes or no") or False,
            worker=worker,
            lease_s=lease_s,
            prompt=self._one(fields, "prompt", "text"),
            params=self._params(fields),
        )

    def _fields(self, node: Node, what: str, known: set[str] | None) -> dict[str, Node]:
        line, kind, content = node
        if kind != "m":
            self._wrong(line, f"{what} is a mapping of fields.")
            return {}
        found = {}
        for key, key_line, value in content:
            if not self._is_known(key, known):
                self._wrong(key_line, f"{what} has no field {key[:80]!r}.")
            found[key] = value
        return found

    def _is_known(self, key: str, known: set[str] | None) -> bool:
        if known is not None:
            return key in known
        return key in Draft._fields or key in _TOLD or key == "queue" or _is_reference(key)

    def _one(
        self, fields: dict[str, Node], name: str, kind: str, required_at: int | None = None
    ) -> Any:
        if name not in fields or fields[name][2] is None:
            if required_at is not None:
                self._wrong(required_at, f"The field {name!r} is missing.")
            return None
        line, form, value = fields[name]
        fits = form == "s" and isinstance(value, _KIND[kind])  # type: ignore[arg-type]
        if not fits or (isinstance(value, bool) and kind != "yes or no"):
            self._wrong(line, f"{name!r} is a {kind}.")
            return None
        return value

    def _id(self, fields: dict[str, Node], name: str, line: int) -> str:
        told = self._one(fields, name, "text", line)
        if told is None:
            return ""
        if not self._is_ours(told):
            self._wrong(fields[name][0], f"{name!r} is made by SHORT_UUID('a name').")
        return str(told)

    def _is_ours(self, told: Any) -> bool:
        return (
            isinstance(told, str)
            and _ID.fullmatch(told) is not None
            and told.startswith(self._mark)
        )

    def _named(self, node: Node) -> Iterator[Named]:
        line, kind, content = node
        items = content if kind == "l" else [node] if content is not None else []
        for item in items:
            if item[1] == "s" and isinstance(item[2], str):
                yield Named(item[2], item[0])
            else:
                self._wrong(line, "Here stand ids of tasks, made by SHORT_UUID('a name').")

    def _references(self, fields: dict[str, Node]) -> dict[str, list[Named]]:
        return {
            name: list(self._named(node))
            for name, node in fields.items()
            if _is_reference(name) and name not in _TOLD
        }

    def _params(self, fields: dict[str, Node]) -> dict[str, JsonValue]:
        node = fields.get("params")
        if node is None or node[2] is None:
            return {}
        found = _plain(node)
        if isinstance(found, dict):
            return found
        self._wrong(node[0], "'params' is a mapping.")
        return {}

    def _wrong(self, line: int, message: str) -> None:
        self.faults.append(Fault(line=line, message=message))


def _is_reference(name: str) -> bool:
    return _REFERENCE.fullmatch(name) is not None


def _plain(node: Node) -> Any:
    _, kind, content = node
    if kind == "l":
        return [_plain(item) for item in content]
    if kind == "m":
        return {key: _plain(value) for key, _, value in content}
    return content
